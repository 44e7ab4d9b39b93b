"""The exceptions that a user, not a programmer, is meant to see."""


class InputError(ValueError):
    """Something that the user gave is wrong: an override, a path, a file, a checkpoint.

    The message is one line that names the wrong value and the cure. The commands print that line alone, without a
    traceback; every other exception is a bug of ours and keeps its traceback.
    """


class Terminated(KeyboardInterrupt):
    """SIGTERM, from a scheduler or `kill`: whatever handles Ctrl-C handles it the same way, but for the exit code."""
