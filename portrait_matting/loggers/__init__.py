"""Where a run's metrics go, and what wandb and TensorBoard show of it.

csv, tensorboard, wandb   the loggers themselves
boards              pictures, metrics and curves, sent to whichever dashboard a run has
names               what each metric is called there
axes                over what metrics are drawn, which of their values sums a run up, which share a chart
recipe              the composed recipe
provenance          the code, and the checkpoint that a run began with
fingerprint         the data
finder_curve        the learning rate range test
"""
