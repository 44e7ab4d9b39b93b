"""What came out of a call, as lines for a person and an exit code for a script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from portrait_matting.prediction.names import shown

_NAMED = 3  # of many files


@dataclass
class Summary:
    """Counts of files, photos and videos alike.

    Args:
        done: cut out by this call.
        again: those of them whose results stood there already.
        existed: passed over, since their files were there.
        failed: a line for each that could not be done, with the reason.
        seconds: that cutting out took, without loading the network.
        changed: to be made again, since their photos are others than they were.
        otherwise: to be made again, since they were made by another network or with other options.
        overwritten: to be made again, since that is asked for.
        unmarked: results that are there and do not say what they were made of.
        apart: inputs whose results are named apart, and these.
        evaded: inputs whose results are named apart since another call wrote under their names meanwhile, and these.
        several: inputs that hold several pictures, of which the first is cut out, and how many.
        unread: pictures in folders that were passed over, by their suffixes.
        results: inputs that were passed over, since they are results of predict.
    """

    done: int = 0
    again: int = 0
    existed: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    changed: int = 0
    otherwise: int = 0
    overwritten: int = 0
    unmarked: list[Path] = field(default_factory=list)
    apart: list[tuple[Path, Path]] = field(default_factory=list)
    evaded: list[tuple[Path, Path]] = field(default_factory=list)
    several: list[tuple[Path, int]] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    results: list[Path] = field(default_factory=list)

    def count(self, reason: str | None, again: bool = False) -> None:
        """One more: done, or failed for this reason."""
        if reason is None:
            self.done += 1
            self.again += again
        else:
            self.failed.append(reason)

    def add(self, other: "Summary") -> None:
        """Takes in what another summary says, of the plan for another folder or of jobs that have come to their end."""
        self.done += other.done
        self.again += other.again
        self.existed += other.existed
        self.failed += other.failed
        self.seconds += other.seconds
        self.changed += other.changed
        self.otherwise += other.otherwise
        self.overwritten += other.overwritten
        self.unmarked += other.unmarked
        self.apart += other.apart
        self.evaded += other.evaded
        self.several += other.several

    @property
    def code(self) -> int:
        """Exit code: 0 if all that was asked for is there, 1 if some of it, 2 if nothing."""
        return 0 if not self.failed else 1 if self.done or self.existed else 2

    def plans(self) -> Iterator[str]:
        """What is to be known before anything is done: a line for each kind."""
        if self.changed:
            inputs = "1 input has" if self.changed == 1 else f"{self.changed:,} inputs have"
            again = "is" if self.changed == 1 else "are"
            yield f"{inputs} changed since the last time, and {again} cut out again"
        if self.otherwise:
            results = "1 result was" if self.otherwise == 1 else f"{self.otherwise:,} results were"
            again = "is" if self.otherwise == 1 else "are"
            yield f"{results} made by another network or with other options, and {again} made again"
        if self.apart:
            names = _some([f"{shown(source)} becomes {shown(target)}" for source, target in self.apart])
            yield f"named apart, since another photo or file has the name: {names}"
        if self.unmarked:
            names = _some([shown(path) for path in self.unmarked])
            yield (
                "there already, but nothing in them says of which photo and by which network (an earlier version's, or "
                f"not by predict): {names}; --overwrite cuts all out again"
            )
        if self.results:
            yield f"passed over, since they are results of predict: {_some([shown(path) for path in self.results])}"
        if self.unread:
            kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(self.unread.items()))
            yield f"passed over in folders, since they are not read: {kinds}: save them as JPEG or PNG"

    def remarks(self) -> Iterator[str]:
        """What is to be known of what was done."""
        if self.evaded:
            names = _some([f"{shown(source)} became {shown(target)}" for source, target in sorted(self.evaded)])
            yield f"named apart, since another call wrote under the name meanwhile: {names}"
        if self.several:
            names = _some([f"{shown(source)} ({count})" for source, count in sorted(self.several)])
            yield f"of files that hold several pictures the first is cut out: {names}"

    def line(self, where: str) -> str:
        """The counts in one line; `where` is as in "into FOLDER"."""
        parts = [f"{self.done:,} cut out {where}{f' in {self.seconds:,.1f} s' if self.done else ''}"]
        if self.again:
            parts.append(f"{self.again:,} of them again")
        if self.existed:
            parts.append(f"{self.existed:,} {'was' if self.existed == 1 else 'were'} there already")
        if self.unmarked:
            parts.append(f"{len(self.unmarked):,} of them without a mark")
        if self.failed:
            parts.append(f"{len(self.failed):,} could not be done")
        return ", ".join(parts)


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more
