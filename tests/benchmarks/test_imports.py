"""What benchmarks/ takes from the package is there: names move, and no other test runs every benchmark."""

import ast
import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("benchmarks/ is not part of this distribution", allow_module_level=True)


@pytest.mark.parametrize("path", sorted(BENCHMARKS.rglob("*.py")), ids=lambda path: path.stem)
def test_what_is_imported_from_the_package_is_there(path):
    """Read and not run: some benchmarks import libraries that only [benchmark] installs."""
    for statement in ast.walk(ast.parse(path.read_text())):
        if not isinstance(statement, ast.ImportFrom) or not (statement.module or "").startswith("portrait_matting"):
            continue
        module = importlib.import_module(statement.module)
        for alias in statement.names:
            if not hasattr(module, alias.name):
                importlib.import_module(f"{statement.module}.{alias.name}")
