"""What classes were called in recipes of earlier versions, which runs and checkpoints keep for good."""

EARLIER = {
    "portrait_matting.callbacks.SamplePictures": "portrait_matting.callbacks.samples.SamplePictures",
    "portrait_matting.dashboard.gradients.GradientNorms": "portrait_matting.callbacks.gradients.GradientNorms",
    "portrait_matting.dashboard.lineage.Lineage": "portrait_matting.callbacks.lineage.Lineage",
    "portrait_matting.dashboard.score_curves.ScoreCurves": "portrait_matting.callbacks.score_curves.ScoreCurves",
    "portrait_matting.dashboard.throughput.Throughput": "portrait_matting.callbacks.throughput.Throughput",
    "portrait_matting.dashboard.validation_table.ValidationTable": (
        "portrait_matting.callbacks.validation_table.ValidationTable"
    ),
    "portrait_matting.data.synthetic_portraits.SyntheticDataModule": (
        "portrait_matting.data.synthetic.SyntheticDataModule"
    ),
    "portrait_matting.gallery.Gallery": "portrait_matting.callbacks.gallery.Gallery",
    "portrait_matting.interruption.StopBetweenSteps": "portrait_matting.callbacks.interruption.StopBetweenSteps",
    "portrait_matting.loggers.csv_logger": "portrait_matting.loggers.csv.csv_logger",
    "portrait_matting.loggers.tensorboard_logger": "portrait_matting.loggers.tensorboard.tensorboard_logger",
    "portrait_matting.loggers.wandb_logger": "portrait_matting.loggers.wandb.wandb_logger",
    "portrait_matting.models.u2net": "portrait_matting.models.u2net.u2net",
    "portrait_matting.models.u2netp": "portrait_matting.models.u2net.u2netp",
}
"""By a `_target_` that was, the one that it is now. Whoever moves what a recipe can name adds a line."""


def present(target: str) -> str:
    """What a `_target_` is called now.

    >>> present("portrait_matting.gallery.Gallery")
    'portrait_matting.callbacks.gallery.Gallery'
    >>> present("torch.optim.AdamW")
    'torch.optim.AdamW'
    """
    return EARLIER.get(target, target)
