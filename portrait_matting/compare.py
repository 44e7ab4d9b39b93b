"""Which recipe is better, from run folders alone: `python -m portrait_matting.compare RUN|SWEEP …`."""

import argparse
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from portrait_matting.cli import command
from portrait_matting.cli.arguments import Parser, named, number, path
from portrait_matting.disk.atomic_write import atomic_write
from portrait_matting.disk.home import expand
from portrait_matting.errors import InputError

if TYPE_CHECKING:  # torch comes with it, and --help is to be quick
    from portrait_matting.comparison.result import Arm


def compare(arguments: argparse.Namespace) -> None:
    """Compares finished runs, prints what it found and writes `compare.csv`, `compare.html` and `compare.png`.

    Raises:
        InputError: a folder, the metric or the reference is none, nothing is finished, or the output cannot be written.
    """
    from portrait_matting.comparison.arm import arms as arms_of
    from portrait_matting.comparison.page import compare_html
    from portrait_matting.comparison.picture import compare_png
    from portrait_matting.comparison.portraits import shared_portraits
    from portrait_matting.comparison.ranking import rank
    from portrait_matting.comparison.run import find_runs
    from portrait_matting.comparison.same_portraits import check_same_test
    from portrait_matting.comparison.tables import compare_csv, summary
    from portrait_matting.metrics.catalogue import METRICS

    metric = arguments.metric
    check_metric(metric)
    runs, left_out = find_runs(arguments.runs)
    arms = arms_of(runs)
    check_same_test(arms)
    ranking = rank(arms, metric, reference(arguments.against, arms))
    against, best = ranking.reference, ranking.rows[0].arm
    measured = [name for name in METRICS if all(name in run.scores for arm in arms for run in arm.runs)]
    others = {name: rank(arms, name, against, ranking.named) for name in measured if name != metric}
    rankings = {metric: ranking} | others
    lead = ranking if best is against else rank(arms, metric)
    arms = [row.arm for row in ranking.rows]
    portraits = shared_portraits(arms, arguments.pictures)
    files = {
        "compare.csv": compare_csv(rankings).encode(errors="surrogateescape"),
        "compare.html": compare_html(arms, rankings, metric, lead, portraits, left_out).encode(errors="replace"),
        "compare.png": compare_png(arms, ranking, lead, portraits),
    }
    output = arguments.output or default_output(arguments.runs)
    print(summary(rankings, metric, lead, left_out))
    write(output, files)
    print("\n" + "\n".join(f"  {output / name}" for name in files))


def check_metric(metric: str) -> None:
    """Refuses a metric that there is not."""
    import difflib

    from portrait_matting.metrics.catalogue import METRICS

    if metric in METRICS:
        return
    name = metric.lower().removeprefix("test/")
    close = [name] if name in METRICS else difflib.get_close_matches(name, METRICS, n=2)
    cure = f"did you mean {' or '.join(sorted(close))}?" if close else f"give one of {', '.join(METRICS)}"
    raise InputError(f"--metric {metric} is no metric: {cure}")


def reference(against: str | None, arms: "list[Arm]") -> "Arm | None":
    """The arm that is meant, by its name or by the folder of one of its runs; None, the best, for None."""
    if against is None:
        return None
    place = expand(against).resolve()
    for arm in arms:
        if against == arm.name or any(run.folder.resolve() == place for run in arm.runs):
            return arm
    raise InputError(
        f"--against {against} is no arm, nor the folder of a run that is compared: "
        f"give one of {', '.join(repr(arm.name) for arm in arms)}"
    )


def default_output(paths: list[Path]) -> Path:
    """The folder that was named, if it was but one; else a new one below runs/compare/."""
    return paths[0] if len(paths) == 1 else Path("runs") / "compare" / time.strftime("%Y-%m-%d/%H-%M-%S")


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files over earlier ones, all or none; a reader never sees half a file.

    Raises:
        InputError: they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:  # none is moved into place before all are written
            for name, content in files.items():
                stack.enter_context(atomic_write(folder / name)).write_bytes(content)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written ({error.strerror}): make room, or choose another folder with --output DIR"
        ) from error


def parser() -> argparse.ArgumentParser:
    """The command line of this command."""
    parser = Parser(
        prog="python -m portrait_matting.compare",
        description="Ranks finished runs; those that differ in their seed alone are one arm. Says which differences "
        "are more than noise, and writes compare.csv, compare.html and compare.png. Runs are read, never changed.",
    )
    parser.add_argument("runs", metavar="RUN|SWEEP", nargs="+", type=path, help="folders of runs, or of whole sweeps")
    parser.add_argument("--metric", metavar="NAME", default="mad", help="rank by mad, iou, band_mad, … (%(default)s)")
    parser.add_argument(
        "--against", metavar="NAME|RUN", type=named, help="the arm that the others are compared with, or its run"
    )
    parser.add_argument(
        "--output", metavar="DIR", type=path, help="where to write (the folder, if one was named; else runs/compare/)"
    )
    parser.add_argument(
        "--pictures", metavar="N", type=number(0), default=10, help="portraits in compare.html (%(default)s)"
    )
    return parser


def main(argv: list[str] | None = None) -> None:
    """Runs the command. Ends with code 0, or 2 where nothing could be compared or written."""
    arguments = parser().parse_args(argv)
    command.run(lambda: compare(arguments))


if __name__ == "__main__":
    main()
