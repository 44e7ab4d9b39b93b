import importlib
import inspect
import pkgutil
import subprocess
import sys

import lightning.pytorch as L
import pytest

from portrait_matting import callbacks
from portrait_matting.config.compose import compose
from portrait_matting.config.onlookers import looks_on


def own_callbacks() -> list[type]:
    """Every callback class of the package that a recipe can name."""
    modules = [
        importlib.import_module(f"{callbacks.__name__}.{one.name}") for one in pkgutil.iter_modules(callbacks.__path__)
    ]
    return [
        cls
        for module in modules
        for cls in vars(module).values()
        if inspect.isclass(cls) and issubclass(cls, L.Callback) and cls.__module__ == module.__name__
    ]


@pytest.mark.parametrize("cls", own_callbacks(), ids=lambda cls: cls.__name__)
def test_what_is_read_is_what_the_class_says(cls):
    assert looks_on(f"{cls.__module__}.{cls.__name__}") == (vars(cls).get("looks_on", False) is True)


def test_every_callback_of_the_default_recipe_looks_on_but_the_best_checkpoint():
    targets = [callback._target_ for callback in compose().callbacks.values()]
    assert [target for target in targets if not looks_on(target)] == [
        "portrait_matting.callbacks.best_checkpoint.BestCheckpoint",
    ]


SOURCE = """
raise RuntimeError("a run's folder is read, and nothing in it is run")

class Says(Callback):
    looks_on = True

class SaysWithAType(Callback):
    looks_on: ClassVar[bool] = True

class SaysNo(Callback):
    looks_on = False

class Silent(Callback):
    def on_fit_end(self):
        looks_on = True

class Child(Says):
    pass

def function():
    looks_on = True
"""


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Says", True),
        ("SaysWithAType", True),
        ("SaysNo", False),
        ("Silent", False),
        ("Child", False),
        ("function", False),
        ("Missing", False),
    ],
)
def test_a_callback_of_somebody_says_so_in_its_own_class_which_is_not_run(name, wanted, tmp_path, monkeypatch):
    package = tmp_path / "somebodys_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('a package is found, not run')\n")
    (package / "callbacks.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    assert looks_on(f"somebodys_package.callbacks.{name}") == wanted
    assert "somebodys_package" not in sys.modules


@pytest.mark.parametrize(
    "target", ["", "Name", "no_such_package.Name", "os.path.Name", "sys.Name", ".x", "a..b", "nul\0.x"]
)
def test_what_cannot_be_found_or_read_does_not_look_on(target):
    assert not looks_on(target)


def test_broken_source_does_not_look_on(tmp_path, monkeypatch):
    (tmp_path / "broken_callbacks.py").write_text("class Broken(:\n    looks_on = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert not looks_on("broken_callbacks.Broken")


def test_recipes_are_compared_without_lightning():
    config = {"callbacks": {"a": {"_target_": "portrait_matting.callbacks.samples.SamplePictures", "portraits": 6}}}
    code = (
        "import sys; from portrait_matting.config.difference import essence;"
        f"print(essence({config}), *sorted({{'lightning', 'torch'}} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "{}\n"
