"""The loop that scores: reads every portrait once, asks every candidate for its matte, and measures every metric."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import islice

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from portrait_matting.data.datamodule import one_thread
from portrait_matting.data.samples import Portraits
from portrait_matting.errors import InputError
from portrait_matting.evaluation.mattes import Mattes, name_apart
from portrait_matting.evaluation.photos import LoadedPortrait, Photos, as_it_is
from portrait_matting.evaluation.result import Candidate, Evaluation
from portrait_matting.metrics.image_metric import ImageMetric, transition_band

log = logging.getLogger(__name__)

_WAITING = 2  # portraits for each measuring thread

Row = dict[str, np.ndarray]
"""What was measured of one matte, by metric: float64 (columns,)."""


def score(
    portraits: Portraits,
    names: list[str],
    mattes: list[Mattes],
    metrics: Mapping[str, ImageMetric],
    data: str,
    batch_size: int = 8,
    workers: int = 0,
    threads: int = 1,
    progress: bool = True,
) -> Evaluation:
    """Scores candidates on the portraits that all of them have a matte for, each at its own size.

    A portrait that cannot be read is left out, and said. Of an image nothing is kept but what the metrics measure.
    Neither `batch_size` nor `workers` nor `threads` changes a bit of the result.

    Args:
        portraits: of one split.
        names: their stems, in the same order.
        mattes: the candidates.
        metrics: by name, such as `all_metrics()`.
        data: what the portraits are, in words.
        batch_size: portraits whose mattes a candidate is asked for at once.
        workers: processes that read the portraits; 0 reads them in this one.
        threads: that measure, beside the one that predicts.
        progress: shows a bar on stderr, where that is a terminal.

    Raises:
        InputError: a candidate has no matte of any portrait, or no portrait one of every candidate; a matte is broken
            or of another size; no portrait can be read; an argument is too small.
    """
    for name, value, least in (("batch_size", batch_size, 1), ("workers", workers, 0), ("threads", threads, 1)):
        if value < least:
            raise InputError(f"{name}={value} is too small: choose at least {least}")
    scored, left_out = _in_common(names, mattes)
    photos = Photos(portraits, names, scored)
    known: list[LoadedPortrait] = []
    rows: list[list[Row]] = [[] for _ in mattes]
    bad: list[str] = []
    with (
        closing(_measured(photos, mattes, dict(metrics.items()), batch_size, workers, threads)) as measured,
        _bar(len(scored), progress) as bar,
    ):
        for photo, found in measured:
            bar.update()
            if photo.bad:
                bad.append(f"{photo.portrait.name}: {photo.bad}")
                continue
            known.append(photo)
            for own, row in zip(rows, found, strict=True):
                own.append(row)
    if not known:
        raise InputError(f"none of the {len(scored)} portraits can be read; the first: {bad[0]}")
    if bad:
        log.warning("%d of %d portraits cannot be read and are left out; the first: %s", len(bad), len(names), bad[0])
    candidates = [
        Candidate(name, candidate.source, {metric: np.stack([row[metric] for row in own]) for metric in own[0]})
        for name, candidate, own in zip(name_apart(mattes), mattes, rows, strict=True)
    ]
    hard_truth = all(photo.hard for photo in known)
    return Evaluation(data, [photo.portrait for photo in known], candidates, hard_truth, left_out + bad)


def shower(
    portraits: Portraits, names: list[str], mattes: list[Mattes]
) -> Callable[[str], tuple[np.ndarray, np.ndarray, list[np.ndarray]]]:
    """A function from a portrait's name to its photo, its alpha and each candidate's matte, which it predicts again.

    The photo is uint8 RGB (H, W, 3); the alpha and the mattes are float32 (H, W) in [0, 1]. It raises
    InputError where a file is broken.
    """
    index = {name: at for at, name in enumerate(names)}

    def show(name: str) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        image, alpha = portraits[index[name]]
        return image, alpha, [candidate([name], [image], [alpha.shape])[0] for candidate in mattes]

    return show


def _in_common(names: list[str], mattes: list[Mattes]) -> tuple[list[int], list[str]]:
    """The portraits that every candidate has a matte of, and a line for each of the others."""
    lacking: dict[str, str] = {}
    for candidate in mattes:
        for name in candidate.missing(names):
            lacking.setdefault(name, candidate.source)
    scored = [index for index, name in enumerate(names) if name not in lacking]
    if not scored:
        raise InputError(
            f"no portrait has a matte in all of {', '.join(candidate.source for candidate in mattes)}: score them one "
            "by one, or add the mattes"
        )
    if lacking:
        log.warning("%d of %d portraits lack a matte and are left out", len(lacking), len(names))
    return scored, [f"{name}: no matte in {lacking[name]}" for name in names if name in lacking]


def _measured(
    photos: Photos,
    mattes: list[Mattes],
    metrics: dict[str, ImageMetric],
    batch_size: int,
    workers: int,
    threads: int,
) -> Iterator[tuple[LoadedPortrait, list[Row]]]:
    """Yields each photo without its pixels, in turn, and a row of each candidate; of a bad one no rows."""
    # Photos come one by one, whatever `batch_size`, as the queue to this process holds several of each worker's; and as
    # arrays, which need none of the shared memory that containers are short of.
    loader = DataLoader(photos, None, num_workers=workers, collate_fn=as_it_is, worker_init_fn=one_thread)
    reading = iter(loader)  # forks before there are threads
    pending: deque = deque()
    with _measuring_threads(threads) as pool:
        while batch := list(islice(reading, batch_size)):
            good = [photo for photo in batch if not photo.bad]
            yield from ((photo, []) for photo in batch if photo.bad)
            asked = ([photo.portrait.name for photo in good], [photo.image for photo in good])
            sizes = [photo.alpha.shape for photo in good]
            for photo, *own in zip(good, *(candidate(*asked, sizes) for candidate in mattes), strict=True):
                future = pool.submit(_measure, photo.alpha, own, metrics)
                pending.append((photo._replace(image=None, alpha=None), future))
                if len(pending) > _WAITING * threads:
                    done, future = pending.popleft()
                    yield done, future.result()
        for done, future in pending:
            yield done, future.result()


def _measure(alpha: np.ndarray, mattes: list[np.ndarray], metrics: dict[str, ImageMetric]) -> list[Row]:
    true = torch.from_numpy(alpha)[None]
    bands = {width: transition_band(true, width) for width in {own.width for own in metrics.values() if own.banded}}
    return [
        {
            name: own.measure(torch.from_numpy(matte)[None], true, bands[own.width] if own.banded else None).numpy()
            for name, own in metrics.items()
        }
        for matte in mattes
    ]


@contextmanager
def _measuring_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that end at once on any error. In each, torch and OpenCV compute in that thread alone.

    They are the parallelism; and a sum by several of torch's own threads is rounded as their number has it.
    """
    before = torch.get_num_threads(), cv2.getNumThreads()
    cv2.setNumThreads(0)
    pool = ThreadPoolExecutor(count, "measuring", torch.set_num_threads, (1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before[0])  # the number of threads that are yet to come: it is the process's
        cv2.setNumThreads(before[1])


def _bar(total: int, progress: bool) -> tqdm:
    return tqdm(total=total, unit="portrait", disable=None if progress else True, dynamic_ncols=True)
