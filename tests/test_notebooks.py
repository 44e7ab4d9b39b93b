"""The notebooks: they run from top to bottom, define nothing of their own and are kept without outputs."""

import ast
import shutil
from pathlib import Path

import cv2
import nbformat
import pytest
from nbclient import NotebookClient

from portrait_matting.config.compose import compose
from portrait_matting.synthetic import draw_portrait
from portrait_matting.train import train

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
LEAVES = {"00_the_data": (5, 0), "01_a_first_run": (5, 1), "02_read_a_run": (6, 4), "03_cut_out_a_photo": (6, 1)}
"""How many pictures a notebook shows, at least, and how many runs it makes."""

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def pictures(path, folder, **given):
    """Runs a copy of a notebook in a folder, with other values for some of its variables; the pictures it shows."""
    notebook = nbformat.read(shutil.copy(path, folder), as_version=4)
    for name, value in given.items():
        asked = [
            cell for cell in notebook.cells if cell.source.startswith(f"{name} = ") or f"\n{name} = " in cell.source
        ]
        asked[0].source += f"\n{name} = {value!r}"
    NotebookClient(
        notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data["image/png"] for output in shown if "image/png" in output.get("data", {})]


@each
def test_outputs_are_stripped(path):
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@each
def test_nothing_is_defined(path):
    for cell in code_cells(path):
        defined = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, DEFINITIONS)]
        assert not defined, f"line {defined[0].lineno} of the cell that begins {cell.source.splitlines()[0]!r}"


@pytest.mark.slow
@pytest.mark.timeout(600)
@each
def test_it_runs(path, tmp_path):
    shown, runs = LEAVES[path.stem]
    assert len(pictures(path, tmp_path)) >= shown
    assert len(list(tmp_path.glob("runs/notebook/**/metrics.json"))) == runs


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run without a search for its rate, such as a reader may have."""
    run_dir = tmp_path_factory.mktemp("run [1]")
    tiny = ["hardware.input_size=32", "hardware.batch_size=2", "hardware.workers=0", "learning_rate.max_lr=0.01"]
    tiny += ["data.train=4", "data.val=2", "data.test=3", "data.height=48", "data.width=40", "trainer.max_epochs=1"]
    train(compose(tiny, run_dir))
    return run_dir


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_of_ones_own_is_read_and_nothing_is_trained(run, tmp_path):
    assert len(pictures(FOLDER / "02_read_a_run.ipynb", tmp_path, paths=[str(run)])) >= 5
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_photo_of_ones_own_is_cut_out_by_a_checkpoint_of_ones_own(run, tmp_path):
    photo, _ = draw_portrait("test", 0, 3, height=90, width=160)
    cv2.imwrite(str(tmp_path / "my photo.jpg"), photo[..., ::-1])
    given = {"checkpoint": str(run / "checkpoints/best.ckpt"), "photo_file": str(tmp_path / "my photo.jpg")}
    assert len(pictures(FOLDER / "03_cut_out_a_photo.ipynb", tmp_path, **given)) >= 6
    assert not list(tmp_path.rglob("metrics.json"))
    [written] = tmp_path.rglob("cut_out.png")
    assert cv2.imread(str(written), cv2.IMREAD_UNCHANGED).shape == (90, 160, 4)
