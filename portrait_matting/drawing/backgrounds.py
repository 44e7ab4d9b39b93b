"""The folder of backgrounds of a drawing, looked through before any work: each picture can be read."""

from hashlib import blake2b
from pathlib import Path

from tqdm import tqdm

from portrait_matting.errors import InputError
from portrait_matting.images.io import read_image
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

_LEAST_SIDE = 64  # pixels: a JPEG is decoded the faster for it


def find_backgrounds(folder: Path, output: Path) -> FolderBackgrounds:
    """The pictures of a folder.

    Raises:
        InputError: the folder is missing or cannot be opened, holds no picture, or holds the output.
    """
    found = FolderBackgrounds(str(folder), "--backgrounds")
    if output.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"OUTPUT {output} lies in --backgrounds {folder}, among whose pictures it would be: move it")
    return found


def backgrounds_hash(backgrounds: FolderBackgrounds) -> str:
    """12 hexadecimal digits of the pictures' names and sizes, which stay as long as these do."""
    text = "\n".join(backgrounds.files())
    return blake2b(text.encode(errors="surrogateescape"), digest_size=6).hexdigest()


def check_backgrounds(backgrounds: FolderBackgrounds) -> None:
    """Reads every picture once. A broken one would stop the drawing hours later, and to remove it then changes all.

    Raises:
        InputError: a picture cannot be read; it is named.
    """
    with tqdm(
        backgrounds.paths, "backgrounds", unit="picture", dynamic_ncols=True, mininterval=0.2, disable=None, leave=False
    ) as paths:
        for path in paths:
            read_image(path, _LEAST_SIDE)
