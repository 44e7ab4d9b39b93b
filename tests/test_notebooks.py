"""The notebooks: they run from top to bottom, define nothing of their own and are kept without outputs."""

import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_outputs_are_stripped(path):
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_nothing_is_defined(path):
    for cell in code_cells(path):
        defined = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, DEFINITIONS)]
        assert not defined, f"line {defined[0].lineno} of the cell that begins {cell.source.splitlines()[0]!r}"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_runs(path, tmp_path):
    copy = shutil.copy(path, tmp_path)
    notebook = nbformat.read(copy, as_version=4)
    client = NotebookClient(
        notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 5
    trains = any("train(cfg)" in cell.source for cell in code_cells(path))
    assert len(list(tmp_path.glob("runs/notebook/*/*/metrics.json"))) == trains
