"""A worker process: takes numbers, draws their portraits, writes their files, and ends with its parent process."""

import cv2

from portrait_matting.cli.process_pool import begin_worker
from portrait_matting.drawing.files import contents
from portrait_matting.drawing.folder import DrawingFolder
from portrait_matting.drawing.style import Style

_job: tuple[Style, DrawingFolder]


def start(style: Style, folder: DrawingFolder) -> None:
    """Makes this process a worker, of one thread."""
    global _job
    begin_worker(folder.join)
    cv2.setNumThreads(0)  # the workers are the parallelism
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    _job = (style, folder)


def warm_up() -> None:
    """Draws a portrait for nothing: of people, what it takes minutes to build is then on disk for all processes."""
    _job[0].portrait(0)


def work(indices: range) -> list[int]:
    """Draws portraits and writes their files: how many bytes each has."""
    style, folder = _job
    return [_write(style, folder, index) for index in indices]


def _write(style: Style, folder: DrawingFolder, index: int) -> int:
    files = contents(style, index)
    for path, content in files.items():
        folder.write(path, content)
    return sum(map(len, files.values()))
