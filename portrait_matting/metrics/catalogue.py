"""What each metric is called in tables, what it means in a line, and which way is better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MetricInfo:
    """`label` for tables, `meaning` in a line, `higher` where more is better, `digits` after the point that tell."""

    label: str
    meaning: str
    higher: bool = False
    digits: int = 4


_WHOLE = {
    "mad": MetricInfo("MAD", "mean absolute difference of alpha, 0 to 1"),
    "mse": MetricInfo("MSE", "mean squared error of alpha, 0 to 1"),
    "sad": MetricInfo("SAD", "sum of absolute differences / 1,000; grows with the image", digits=3),
    "grad": MetricInfo("Grad", "squared difference of the gradients / 1,000, Gaussian derivative with σ 1.4", digits=3),
    "conn": MetricInfo("Conn", "alpha that hangs on to nothing / 1,000, levels of 0.1", digits=3),
}

METRICS: dict[str, MetricInfo] = {
    **_WHOLE,
    **{
        f"band_{name}": MetricInfo(
            f"{info.label} in the band", f"{info.label} in the transition band", False, info.digits
        )
        for name, info in _WHOLE.items()
    },
    "iou": MetricInfo("IoU", "intersection over union of the masks at 0.5", higher=True),
    "dice": MetricInfo("Dice", "twice the intersection over both areas, masks at 0.5", higher=True),
    "boundary_f": MetricInfo("Boundary F", "share of the outlines at 0.5 that meet within the tolerance", higher=True),
    "max_f": MetricInfo("max F", "F (β² 0.3) at the threshold that is best for the whole set", higher=True),
    "weighted_f": MetricInfo("weighted F", "F with errors weighed by where they are", higher=True),
    "s_measure": MetricInfo("S-measure", "likeness of structure, by object and by region", higher=True),
    "e_measure": MetricInfo("E-measure", "enhanced alignment, mean over all thresholds", higher=True),
    "mae": MetricInfo("MAE", "mean absolute difference from the truth as a mask at 0.5"),
    "calibration_error": MetricInfo("ECE", "expected calibration error of alpha, over bins of predicted alpha, 0 to 1"),
}
"""Every metric that `all_metrics()` yields, in the order of tables."""
