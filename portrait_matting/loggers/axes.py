"""Over what the dashboards draw each metric, which value sums a run up, and which metrics share a chart."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from portrait_matting.metrics.catalogue import METRICS

if TYPE_CHECKING:  # wandb takes a second to import, and TensorBoard need not be installed
    import wandb
    from torch.utils.tensorboard.writer import SummaryWriter

STEP, EPOCH = "trainer/global_step", "epoch"  # as Lightning calls them
LAYOUT = {
    "losses": {
        "training loss": ["Multiline", ["train/loss$"]],
        "by output of the network": ["Multiline", ["outputs/"]],
    },
    "validation": {
        "MAD whole and in the band": ["Multiline", ["val/mad", "val/band_mad"]],
        "MSE whole and in the band": ["Multiline", ["val/mse", "val/band_mse"]],
        "IoU and Dice": ["Multiline", ["val/iou", "val/dice"]],
    },
    "optimisation": {
        "gradient norm by stage": ["Multiline", ["gradients/"]],
        "learning rate": ["Multiline", ["schedule/lr"]],
        "momentum": ["Multiline", ["schedule/momentum"]],
    },
}
"""TensorBoard's custom scalars: sections, charts, and the metrics in each as regular expressions."""

BY_SOURCE = {
    "validation by source": {
        f"{METRICS[name].label} by source": ["Multiline", [f"val/([^/]+/)?{name}$"]]
        for name in ("mad", "band_mad", "iou")
    }
}
"""The same of a mix: each source, and all together."""


def define_axes(run: "wandb.Run", sources: Iterable[str] = ()) -> None:
    """Tells wandb that validation goes by the epoch, and all else by the optimizer step as Lightning has said already,
    and that the best of a run's validation metrics and the lowest of its losses over an epoch sum it up, not the last.

    `sources` are those of a mix, which have metrics of their own.
    """
    # By name: where a name fits two patterns, such as "val/*" and Lightning's "*", wandb takes either (0.31).
    run.define_metric(EPOCH, step_metric=STEP)
    run.define_metric("train/loss_epoch", step_metric=STEP, summary="min")
    for part in ("", *(f"{source}/" for source in sources)):
        for name, info in METRICS.items():
            run.define_metric(f"val/{part}{name}", step_metric=EPOCH, summary="max" if info.higher else "min")


def lay_out(writer: "SummaryWriter", mixed: bool = False) -> None:
    """Tells TensorBoard which metrics to draw in one chart (its tab Custom Scalars); of a mix, also by source."""
    writer.add_custom_scalars(LAYOUT | (BY_SOURCE if mixed else {}))
