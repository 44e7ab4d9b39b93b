"""Which callbacks only look on: each says so in its class, where it is read without running it."""

import ast
import functools
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

_MARK = "looks_on"


@functools.cache
def looks_on(target: str) -> bool:
    """Whether the class that a `_target_` names says `looks_on = True`: a run trains the same network without it.

    All others count, also a subclass that does not say it again, and what is not installed here. The source is parsed
    and nothing is imported: `compare` reads the recipes of many runs, which may name anything, and is to be quick.

    Args:
        target: package.module.Class, the class written out in that module.
    """
    module, _, name = target.rpartition(".")
    try:
        spec = _find(module)
        source = Path(spec.origin).read_bytes() if spec and spec.origin and spec.origin.endswith(".py") else b""
        classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    except (OSError, ImportError, SyntaxError, ValueError):
        return False
    return any(_says_so(statement) for definition in classes for statement in definition.body)


def _find(module: str) -> ModuleSpec | None:
    """Where a module's source is. Unlike importlib.util.find_spec it runs no `__init__.py` on the way."""
    spec, name, path = None, "", None
    for part in module.split("."):
        if not part or (name and path is None):  # below what is no package there is nothing
            return None
        name = f"{name}.{part}" if name else part
        spec = next((spec for finder in sys.meta_path if (spec := finder.find_spec(name, path))), None)
        path = spec.submodule_search_locations if spec else None
    return spec


def _says_so(statement: ast.stmt) -> bool:
    targets = {ast.Assign: lambda: statement.targets, ast.AnnAssign: lambda: [statement.target]}
    named = targets.get(type(statement), list)()
    marked = any(isinstance(name, ast.Name) and name.id == _MARK for name in named)
    return marked and isinstance(statement.value, ast.Constant) and statement.value.value is True
