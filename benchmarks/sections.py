"""The sections of README.md that commands write: which command owns each, and the columns that its tables have.

A section stands between `<!-- name -->` and the next `<!-- end -->`. What was never measured says by which command it
would be, so that no two sections hold the same words, and none is filled in by replacing another's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portrait_matting.errors import InputError

README = Path(__file__).with_name("README.md")
END = "<!-- end -->"
MORE = "…"  # among the columns of a table: any others


@dataclass(frozen=True)
class Section:
    """What one command writes.

    Args:
        command: as typed; the script of benchmarks/ in it is the owner.
        heads: the first line of each table that it may hold; "…" stands for columns that the options choose.
        where: the machine that it wants, if not any.
    """

    command: str
    heads: tuple[str, ...]
    where: str = ""

    @property
    def owner(self) -> str:
        return re.search(r"benchmarks/(\w+\.py)", self.command)[1]

    @property
    def not_measured(self) -> str:
        return f"not measured yet: `{self.command}`" + (f" {self.where}" if self.where else "")

    def has(self, head: str) -> bool:
        """Whether a table that begins with the line `head` is of this section."""
        return any(re.fullmatch(re.escape(known).replace(MORE, r"[^\n]+"), head) for known in self.heads)


STEP = "| network | step | median, s | times as fast as the reference: median (least to most) |"
FOOTPRINT = (
    "| network | size | precision | recompute | peak: predicted | real | ratio "
    "| activations: predicted | real | ratio |"
)
LOADING = "| read from | augment | images a second and core | times the reference: median (least to most) |"
PREPARING = (
    "| photos | photos a second | a worker: times Pillow on one core | MB after a quarter, at the end, at most |"
)
METRICS = "| figure | the usual way | ms | ours, ms | times as fast: median (least to most) | apart |"
REFINEMENT = "| refinement | SAD | MSE, 1e-4 | Grad | of bilinear's | Conn | IoU | ms |"
FOREGROUND = "| colours | drawn | drawn, before drawn backgrounds | drawn, edges four times as wide | … |"
PHOTO = "| network | way | median, s | times as fast as rembg: median (least to most) |"
STAGES = "| network | read | network | refinement | colours | encode | write |"
FOLDER = "| network | rembg, photos a second | ours | times as fast: median (least to most) of … turn(s) |"
DASHBOARDS = (
    "| logger | training, processor seconds, median | times that of csv: median (least to most) "
    "| share in the logging calls |"
)
DRAWING = (
    "| stage | then, ms of a core: mean | now | times as fast: of the means, "
    "by portrait: median (four of five lie in between) |"
)
PEOPLE = (
    "| portrait | ms of a core, median (least to most) | times a drawn one: median (least to most) | MB of a process |"
)
WITHOUT = "| without | ms of a core, median | times the whole |"
MEMORY = "| network | size | batch | precision | none | most | all |"
CAP = "| network | size | recompute | wanted | predicted | largest | peak: allocated, reserved | loss | images/s |"
SPEED = "| step | batch | images/s | times the first row | times what it changes | peak GiB |"
SHARES = "| step | TFLOP | GB moved: all, convolutions alone | bound by | ms | share, … |"
PROFILE = "| … | calls a step | ms a step | share |"
CHANGES = (
    "| step | ms: median (middle half, least) | images/s | times the reference: float32 | TF32 | times today "
    "| host, ms | GiB: peak, reserved | kernels: calls, ms | operations, GB | first loss from today's "
    "| first step or capture, s |"
)
PLANNER = "| network | size | batch | recompute | predicted | measured | deviation |"
CURVES = "| step | last loss | farthest from 32-true | within the noise |"

_STEP = "python benchmarks/training_step.py --reference U-2-Net --write"
SECTIONS = {
    "cpu amx_bf16": Section(_STEP, (STEP,), "on a processor with AMX"),
    "cpu avx512_bf16": Section(_STEP, (STEP,), "on a processor with AVX512-BF16"),
    "cpu float32": Section(_STEP, (STEP,), "on a processor with neither"),
    "cuda": Section(f"{_STEP} --device cuda", (STEP,)),
    "footprint cpu": Section("python benchmarks/footprint.py --write", (FOOTPRINT,)),
    "footprint cuda": Section("python benchmarks/footprint.py --device cuda --write", (FOOTPRINT,)),
    "loading": Section("python benchmarks/loading.py --write", (LOADING,)),
    "preparing": Section("python benchmarks/preparing.py --write", (PREPARING,)),
    "metrics": Section("python benchmarks/metrics.py --root DIR --write", (METRICS,)),
    "refinement": Section("python benchmarks/refinement.py --root DIR --write", (REFINEMENT,)),
    "foreground": Section("python benchmarks/foreground.py --root DIR --write", (FOREGROUND,)),
    "predict": Section("python benchmarks/predict.py --write", (PHOTO, STAGES, FOLDER)),
    "dashboards": Section("python benchmarks/dashboards.py --write", (DASHBOARDS,)),
    "drawing": Section("python benchmarks/drawing.py --earlier e795ea9 --write", (DRAWING,)),
    "people": Section("python benchmarks/people.py --write", (PEOPLE, WITHOUT)),
    "gpu": Section(
        "python benchmarks/gpu.py --reference U-2-Net --write", (MEMORY, CAP, SPEED, SHARES, PROFILE, CURVES)
    ),
    "gpu changes": Section(
        "python benchmarks/gpu_changes.py --reference U-2-Net --seconds 300 --write", (CHANGES, PLANNER)
    ),
}


def write(text: str, name: str, command: str, readme: Path = README) -> None:
    """Puts `text` into the section `name` of README.md; `command` is the file that asks for it, its `__file__`.

    Raises InputError, and writes nothing, where the section belongs to another command, where a table in `text` has
    other columns than the section's, and where README.md does not hold the section exactly once.
    """
    if name not in SECTIONS:
        raise InputError(f"{name!r} is no section of README.md: the sections are {', '.join(SECTIONS)}")
    section, asks = SECTIONS[name], Path(command).name
    if asks != section.owner:
        raise InputError(f"{asks} may not write the section {name!r} of README.md: it belongs to {section.owner}")
    strange = next((head for head in heads(text) if not section.has(head)), None)
    if strange:
        raise InputError(f"the section {name!r} of README.md has no table {strange!r}: add its columns to sections.py")
    before = readme.read_text()
    begin, end = span(before, name)
    readme.write_text(before[:begin] + text + before[end:])


def content(markdown: str, name: str) -> str:
    """What stands in the section `name`."""
    begin, end = span(markdown, name)
    return markdown[begin:end]


def span(markdown: str, name: str) -> tuple[int, int]:
    """Where the content of the section `name` begins and ends.

    Raises InputError unless it is there once, with its own end before the next section's beginning.
    """
    found = re.findall(rf"^<!-- {re.escape(name)} -->$", markdown, re.MULTILINE)
    match = re.search(rf"(?ms)^<!-- {re.escape(name)} -->\n(((?!<!-- ).)*?)\n{END}$", markdown)
    if len(found) != 1 or not match:
        raise InputError(f"README.md wants one <!-- {name} --> with an {END} before the next mark: it has {len(found)}")
    return match.span(1)


def heads(markdown: str) -> Iterator[str]:
    """The first line of each table: the one above its |---|."""
    return (match[1] for match in re.finditer(r"^(\|.*\|)\n\|(?:-+:?\|)+$", markdown, re.MULTILINE))
