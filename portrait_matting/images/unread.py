"""Pictures of types that no reader here reads, so that they are spoken of instead of being passed over."""

UNREAD_SUFFIXES = frozenset(
    [".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef"]
    + [".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"]  # cameras' raw files
    + [".ai", ".cdr", ".eps", ".pdf", ".ps", ".svg", ".svgz", ".wmf", ".emf"]
    + [".dds", ".exr", ".hdr", ".ico", ".icns", ".j2k", ".jp2", ".jpf", ".jpx", ".jxl", ".jxr", ".pbm", ".pcx", ".pfm"]
    + [".pgm", ".pnm", ".ppm", ".psb", ".psd", ".qoi", ".sgi", ".tga", ".wdp", ".xbm", ".xcf", ".xpm"]
)
"""By suffix, in small letters. HEIC is not among them: predict names each such photo."""
