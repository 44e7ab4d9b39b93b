"""What wandb and TensorBoard show of a run. Where a run has neither, nothing here does anything.

boards              pictures, figures and curves, sent to whichever dashboard a run has
names               what each figure is called there
axes                over what figures are drawn, which of their values sums a run up, which share a chart
recipe              the composed recipe
provenance          the code, and the checkpoint that a run began with
fingerprint         the data
finder_curve        the learning rate range test
gradients, throughput, validation_table, score_curves, lineage   the callbacks
"""
