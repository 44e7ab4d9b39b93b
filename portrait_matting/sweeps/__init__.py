"""The parts of a sweep: what is noted before it, the folders of its jobs, an Optuna study, what became of it."""
