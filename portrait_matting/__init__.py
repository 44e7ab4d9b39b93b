"""Train networks that remove the background from portraits and return a soft alpha matte."""

__version__ = "0.1.0"
