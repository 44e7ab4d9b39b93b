"""The folder of a run: what it leaves on disk, and how that is read again."""
