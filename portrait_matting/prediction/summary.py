"""What came out of a call, as a line for a person and an exit code for a script."""

from dataclasses import dataclass, field


@dataclass
class Summary:
    """Counts of files, photos and videos alike.

    Args:
        done: cut out by this call.
        existed: passed over, since their files were there.
        failed: a line for each that could not be done, with the reason.
        seconds: that cutting out took, without loading the network.
    """

    done: int = 0
    existed: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, reason: str | None) -> None:
        """One more: done, or failed for this reason."""
        if reason is None:
            self.done += 1
        else:
            self.failed.append(reason)

    def add(self, other: "Summary") -> None:
        """Takes in another call's counts."""
        self.done += other.done
        self.existed += other.existed
        self.failed += other.failed
        self.seconds += other.seconds

    @property
    def code(self) -> int:
        """Exit code: 0 if all that was asked for is there, 1 if some of it, 2 if nothing."""
        return 0 if not self.failed else 1 if self.done or self.existed else 2

    def line(self, output: str) -> str:
        """The counts in one line."""
        parts = [f"{self.done:,} cut out into {output}{f' in {self.seconds:,.1f} s' if self.done else ''}"]
        if self.existed:
            parts.append(f"{self.existed:,} {'was' if self.existed == 1 else 'were'} there already")
        if self.failed:
            parts.append(f"{len(self.failed):,} could not be done")
        return ", ".join(parts)
