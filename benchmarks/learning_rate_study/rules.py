"""Prints as Markdown what each rule for the learning rate says of the results of measure.py, and what that costs.

    python benchmarks/learning_rate_study/rules.py OUTPUT ... [--output FILE]

OUTPUT is a folder that measure.py wrote to, or a file of one. Range tests were recorded to their end: they are cut
where a range test would have stopped. A rule is judged by how far its answers scatter over seeds and move with the
range, by the share of flat curves that it calls a rate, and, where a grid of peaks was measured, by the validation MAD
that its median answers would get. That is read off the grid: the best peak is the vertex of a parabola through the
lowest mean MAD and its neighbours, in log rate; farther away straight lines connect the peaks.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from results import read_all
from tables import Measured, arms_table, flat_table, grid_table, rules_table, trials_table

from portrait_matting.cli import command
from portrait_matting.disk.atomic_write import write_text
from portrait_matting.errors import InputError
from portrait_matting.learning_rate.suggestion import RULES


def sections(measured: Measured, rules: list[str], curves: int) -> Iterator[tuple[str, str]]:
    """Title and table of what was measured."""
    there = {part for part, _ in measured}
    if "ranges" in there:
        result = next(result for (part, _), result in measured.items() if part == "ranges")
        names = ", ".join(
            f"{name} ({rates[0]:g} to {rates[-1]:g}, {len(rates)} rates)" for name, rates in result.rates.items()
        )
        yield f"Answers, by range: {names}", rules_table(measured, rules)
    if "grid" in there:
        yield "One cycle at several peaks: validation MAD, mean over seeds", grid_table(measured)
    for part, title in (("policies", "Policies"), ("decay", "Weights that shrink")):
        if part in there:
            yield f"{title}: test", arms_table(measured, part)
    if "trials" in there:
        yield "Trial cycles", trials_table(measured)
    if curves:
        yield f"Flat curves that are called a rate, of {curves}", flat_table(rules, curves)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", metavar="OUTPUT", type=Path, nargs="+")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES), help="(default: all)")
    parser.add_argument(
        "--curves", type=int, default=1000, metavar="N", help="flat ones; 0: none (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args()
    if options.curves < 0:
        raise InputError(f"--curves {options.curves} is negative: give 0 or more")
    measured = {(result.part, result.setting): result for result in read_all(options.results)}
    text = ""
    for title, rows in sections(measured, options.rules, options.curves):
        print(f"#### {title}\n\n{rows}\n", flush=True)
        text += f"#### {title}\n\n{rows}\n\n"
    if options.output:
        write_text(options.output, text)


if __name__ == "__main__":
    command.run(main)
