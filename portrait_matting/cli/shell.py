"""What a command prints to go on with: pasted into a shell, and read by Hydra, a path comes back as it was."""

import os
import re
import shlex

_PLAIN = re.compile(r"[\w@%+:,./-][\w@%+=:,./-]*", re.ASCII)
_SAFE_IN_DOUBLE_QUOTES = re.compile(r"[^\"$`!\\\n]+")  # ! is of an interactive shell's history
_BARE = re.compile(r"[A-Za-z_./][\w./+-]*[A-Za-z_/+-]|[A-Za-z_/]", re.ASCII)  # to Hydra; no number has such an end
_WORDS = re.compile(r"null|true|false|nan|inf", re.IGNORECASE)


def word(text: str | os.PathLike[str]) -> str:
    """A text as one word: of a POSIX shell, on Windows of cmd and PowerShell.

    Double quotes where they do: all of these shells take them, and Hydra's own quotes are mostly single ones.

    >>> word("data.root=x/y"), word("data.root=my data"), word("a$b")
    ('data.root=x/y', '"data.root=my data"', "'a$b'")
    """
    text = os.fspath(text)
    if _PLAIN.fullmatch(text):
        return text
    if os.name == "nt":  # no file there has a " in its name
        return '"' + text.replace('"', r"\"") + '"'
    return f'"{text}"' if _SAFE_IN_DOUBLE_QUOTES.fullmatch(text) else shlex.quote(text)


def path_override(key: str, path: str | os.PathLike[str]) -> str:
    """The override that gives a key this path, as one word for the shell.

    >>> print(path_override("resume", "x/last.ckpt"), path_override("resume", "x/epoch=3.ckpt"))
    resume=x/last.ckpt "resume='x/epoch=3.ckpt'"
    """
    text = os.fspath(path)
    return word(f"{key}={text if _BARE.fullmatch(text) and not _WORDS.fullmatch(text) else hydra_quoted(text)}")


def hydra_quoted(text: str) -> str:
    r"""A text in quotes of Hydra's grammar: in those that it does not hold itself, if there are such.

    >>> print(hydra_quoted("a=b"), hydra_quoted("it's"), hydra_quoted("x\\y\\"))
    'a=b' "it's" 'x\y\\'
    """
    quote = '"' if "'" in text and '"' not in text else "'"
    doubled = re.sub(rf"\\+(?={quote}|\Z)", lambda slashes: 2 * slashes[0], text)  # before a quote they would escape it
    return quote + doubled.replace(quote, f"\\{quote}") + quote


def argument(path: str | os.PathLike[str]) -> str:
    """A path as one argument of a plain command: one that begins with a dash, which would be a flag, is put as ./-x."""
    text = os.fspath(path)
    return word(f"./{text}" if text.startswith(("-", "~")) else text)
