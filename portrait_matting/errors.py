"""The one exception that a user, not a programmer, is meant to read."""


class InputError(ValueError):
    """Something that the user gave is wrong: an override, a path, a file, a checkpoint.

    The message is one line that names the wrong value and the cure. The commands print that line alone, without a
    traceback; every other exception is a bug of ours and keeps its traceback.
    """
