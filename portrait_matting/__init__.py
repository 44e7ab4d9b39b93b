"""Train networks that remove the background from portraits and return a soft alpha matte.

`from portrait_matting import Matter` is the way in for Python: a photo goes in, its cut-out comes out.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portrait_matting.matte.matter import CutOut, Matter

__version__ = "0.1.0"
__all__ = ["CutOut", "Matter", "__version__"]


def __getattr__(name: str) -> Any:
    # Imported when it is asked for: importing the package is to stay light, and torch takes seconds.
    if name in ("CutOut", "Matter"):
        from portrait_matting.matte import matter

        return getattr(matter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
