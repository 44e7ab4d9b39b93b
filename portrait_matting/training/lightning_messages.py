"""What Lightning says of itself in every run, and what would drown what a run says."""

import logging
import warnings


def silence() -> None:
    """Silences them, for the whole process."""
    import lightning.pytorch  # noqa: F401  its import sets the levels that are changed here

    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        r".*isinstance\(treespec, LeafSpec\)",  # Lightning against a newer torch
        ".*could not find the monitored key",  # of a run without validation: its test says what is scored
        ".*does not have many workers",  # workers are the recipe's choice
        ".*Checkpoint directory .* exists and is not empty",  # it is the run's own folder
        ".*is smaller than the logging interval",  # a short epoch is logged at its end all the same
        ".*It is recommended to use .self.log",  # every process logs the metrics of all
    ):
        warnings.filterwarnings("ignore", message=message)
