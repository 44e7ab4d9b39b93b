"""Files and folders of a disk: written whole or not at all, held by one process."""
