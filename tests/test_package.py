"""The package as a whole: what it ships, what importing it does, and how its doors answer."""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import portrait_matting
from portrait_matting.cli.command import COMMANDS
from portrait_matting.config.compose import CONF_DIR
from portrait_matting.weights.shipped import find

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(portrait_matting.__file__).parent
SCRIPT = Path(sysconfig.get_path("scripts")) / "portrait-matting"
TRAIN = [sys.executable, "-m", "portrait_matting.train"]
HEAVY = {"torch", "lightning", "torchmetrics", "albumentations", "cv2", "numpy", "hydra", "pydantic", "wandb"}

IMPORT_ALL = """
import importlib, pkgutil, portrait_matting
for module in pkgutil.walk_packages(portrait_matting.__path__, "portrait_matting."):
    importlib.import_module(module.name)
    assert module.name in __import__("sys").modules
"""


def run(command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )


def imported(stderr):
    """Names of the modules in the output of `python -X importtime`."""
    return {line.rpartition("|")[2].strip() for line in stderr.splitlines() if line.startswith("import time:")}


def files(folder, pattern="*"):
    paths = [path for path in folder.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_conf_is_found():
    assert CONF_DIR.is_absolute()
    assert (CONF_DIR / "train.yaml").is_file()


def test_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+([.-]?\w+)*", portrait_matting.__version__)


@pytest.mark.slow
def test_importing_every_module_prints_and_writes_nothing(tmp_path):
    done = run([sys.executable, "-c", IMPORT_ALL], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_package_is_light(tmp_path):
    done = run([sys.executable, "-X", "importtime", "-c", "import portrait_matting"], tmp_path)
    names = imported(done.stderr)
    assert "portrait_matting" in names
    assert names & HEAVY == set()


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ([SCRIPT, "--help"], "portrait-matting COMMAND"),
        ([SCRIPT, "train", "--help"], "boundary_rmse"),
        (TRAIN + ["--help"], "boundary_rmse"),
    ],
    ids=["script", "script-train", "module"],
)
def test_help_imports_no_torch(command, says, tmp_path):
    done = run(command, tmp_path, PYTHONPROFILEIMPORTTIME="1")
    names = imported(done.stderr)
    assert done.returncode == 0
    assert says in done.stdout
    assert "portrait_matting.cli.command" in names
    assert names & {"torch", "lightning", "torchmetrics", "albumentations", "cv2", "numpy", "wandb"} == set()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_refused(tmp_path):
    done = run([SCRIPT, "trian"], tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def make_check():
    [code] = re.findall(r"-c '(from portrait_matting[^']*)'", (ROOT / "Makefile").read_text())
    return [sys.executable, "-c", code]


@pytest.mark.parametrize("command", [make_check, lambda: TRAIN + ["trainer=smoke"]], ids=["make", "train"])
def test_opencv_without_its_system_libraries_is_explained(command, tmp_path):
    (tmp_path / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')\n"
    )
    done = run(command(), tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("error: OpenCV cannot be loaded")
    for part in ("libGL.so.1: cannot open", "apt-get install -y libgl1 libglib2.0-0", "opencv-python-headless"):
        assert part in line


@pytest.mark.parametrize("folder", [PACKAGE, CONF_DIR], ids=["package", "conf"])
def test_no_file_names_a_path_of_one_machine(folder):
    absolute = re.compile(rb"(?<![\w.*}/])/(home|root|Users|tmp|mnt|media|opt|work|var)/|[A-Z]:\\")
    texts = {name: content for name, content in files(folder).items() if not name.endswith((".pt", ".safetensors"))}
    found = {name: absolute.search(content) for name, content in texts.items()}
    assert len(found) > 10
    assert {name: match[0] for name, match in found.items() if match} == {}


def test_every_direct_dependency_has_its_tested_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.match(r"[\w-]+", line)[0] for group in groups for line in group} - {"portrait-matting"}
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert names - set(pinned) == set()
    assert pinned["opencv-python"] == pinned["opencv-python-headless"]


@pytest.mark.slow
def test_wheel_holds_the_package_and_its_recipes(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", ROOT]
    done = run(build, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    shipped = tmp_path / "wheel" / "portrait_matting"
    assert "train.yaml" in files(shipped / "conf")
    assert files(shipped / "conf") == files(ROOT / "conf")
    assert files(shipped, "*.py") == files(ROOT / "portrait_matting", "*.py")
    assert {find("portraits").name} <= files(shipped / "weights").keys()
    assert files(shipped / "weights") == files(ROOT / "portrait_matting" / "weights")
    info = tmp_path / "wheel" / f"portrait_matting-{portrait_matting.__version__}.dist-info"
    assert {path.name for path in (tmp_path / "wheel").iterdir()} == {"portrait_matting", info.name}
    described = importlib.metadata.PathDistribution(info)
    assert described.version == portrait_matting.__version__
    assert [(entry.name, entry.value) for entry in described.entry_points] == [
        ("portrait-matting", "portrait_matting.cli.command:main")
    ]
    assert (info / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_way_in_for_python_is_imported_when_it_is_asked_for(tmp_path):
    code = (
        "import sys, portrait_matting; assert 'torch' not in sys.modules; from portrait_matting import Matter; "
        "from portrait_matting.matte.matter import Matter as same; assert Matter is same"
    )
    done = run([sys.executable, "-c", code], tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_package_has_few_modules_at_its_root():
    commands = {f"{name}.py" for name in COMMANDS}
    assert {path.name for path in PACKAGE.glob("*.py")} - commands == {
        "__init__.py",
        "checkpoint.py",
        "errors.py",
        "hardware.py",
    }
