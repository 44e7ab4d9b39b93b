"""What all tests share: no network, few threads, and the real portraits where somebody has them."""

import gc
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # before its import, which would ask the network for a newer version

import pytest
import torch

PROJECT = Path(__file__).resolve().parent.parent

torch.set_num_threads(1)  # the tensors are small: threads cost more than they bring


def pytest_collection_finish() -> None:
    """Keeps what was imported out of every later search for cycles, which takes an eighth of the tests' time else."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_log_handlers() -> Iterator[None]:
    """A command that a test calls lets Hydra log to the stream that the test captures, which is closed after it."""
    before = logging.root.handlers[:]
    yield
    logging.root.handlers[:] = before


@pytest.fixture(scope="session")
def real_portraits() -> Path:
    """The folder of real portraits, `easyportrait_layout/` and `soft_alpha/` below it; skips where there is none.

    PORTRAIT_MATTING_REAL_PORTRAITS names it, else it is `shared/real_portraits` in a folder above the project.
    """
    if named := os.environ.get("PORTRAIT_MATTING_REAL_PORTRAITS"):
        if not Path(named).is_dir():
            pytest.fail(f"PORTRAIT_MATTING_REAL_PORTRAITS={named} is not a folder")
        return Path(named)
    for folder in PROJECT.parents:
        if (folder / "shared" / "real_portraits").is_dir():
            return folder / "shared" / "real_portraits"
    pytest.skip("no real portraits here: name their folder in PORTRAIT_MATTING_REAL_PORTRAITS")


@pytest.fixture
def chromium() -> Iterator[Any]:
    """Chromium without a window, playwright's Browser; skips where there is none. CHROMIUM names its program."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium here: name one in CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
