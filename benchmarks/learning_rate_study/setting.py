"""What a study varies: a network, a loss, a batch size and a source of portraits."""

from collections.abc import Callable
from typing import NamedTuple

from portrait_matting.losses import BCE, BoundaryRMSE, WeightedSum
from portrait_matting.losses.criterion import Criterion
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2net, u2netp

NETWORKS: dict[str, Callable[[], Network]] = {"lite": u2netp, "full": u2net}


def _both() -> WeightedSum:
    terms = {"boundary_rmse": BoundaryRMSE(), "bce": BCE()}
    return WeightedSum(terms, dict.fromkeys(terms, 1.0))


CRITERIA: dict[str, Callable[[], Criterion]] = {
    "boundary_rmse": BoundaryRMSE,
    "bce": BCE,
    "boundary_rmse_bce": _both,
}
"""By their names in conf/loss, with its numbers, which are the classes' defaults."""
DATA = ("real", "drawn")


class Setting(NamedTuple):
    """One of each. As text: the four joined by hyphens, as in the names of files."""

    network: str
    loss: str
    batch: int
    data: str

    def __str__(self) -> str:
        return f"{self.network}-{self.loss}-{self.batch}-{self.data}"

    @classmethod
    def parse(cls, text: str) -> "Setting":
        """The setting that is written so.

        Raises:
            ValueError: it is no setting.
        """
        network, loss, batch, data = text.split("-")
        return cls(network, loss, int(batch), data)
