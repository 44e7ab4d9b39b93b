"""Arms: runs by one recipe, which differ in their seed alone."""

import os
from collections.abc import Sequence
from pathlib import Path

from portrait_matting.comparison.arm_name import arm_names
from portrait_matting.comparison.result import Arm, Run
from portrait_matting.config.difference import Flat, differing, essence, essences


def arms(runs: Sequence[Run]) -> list[Arm]:
    """Groups runs whose recipes are equal but for the seed; a key that is null counts as one that is not there.

    An arm has one run of each seed, by rising seed: of several the one that was finished last. A second training with
    the same seed is no second sample of trainings: where it computes alike, it tells nothing.

    Args:
        runs: finished, in any order.

    Returns:
        The arms in the order of their first runs. Their names are unique and say what differs, as overrides do but
        short ("edge_weight=5", "u2netp", "BCE"); if nothing does, it is the name of the folder that all runs are in.
    """
    groups: list[tuple[Flat, list[Run]]] = []
    for run in runs:
        recipe = {key: value for key, value in essence(run.config).items() if value is not None and key != "seed"}
        for known, members in groups:
            if known == recipe:
                members.append(run)
                break
        else:
            groups.append((recipe, [run]))
    first = [members[0] for _, members in groups]
    keys = [key for key in differing([run.config for run in first]) if key != "seed"]
    flats = essences([run.config for run in first])
    names = arm_names([{key: value for key, value in flat.items() if key != "seed"} for flat in flats])
    return [
        Arm(name or _folder(members).name, {key: flat.get(key) for key in keys}, _one_per_seed(members))
        for name, flat, (_, members) in zip(names, flats, groups, strict=True)
    ]


def _one_per_seed(runs: Sequence[Run]) -> list[Run]:
    newest: dict[int, Run] = {}
    for run in sorted(runs, key=_finished):
        newest[run.seed] = run
    return [newest[seed] for seed in sorted(newest)]


def _finished(run: Run) -> float:
    last_written = run.folder / "metrics.json"
    return last_written.stat().st_mtime if last_written.is_file() else 0.0


def _folder(runs: Sequence[Run]) -> Path:
    return Path(os.path.commonpath([run.folder.resolve() for run in runs]))
