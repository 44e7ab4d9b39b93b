"""An Optuna study that was stopped: what its sweeper is set to, so that it resumes instead of beginning again."""

import logging
import warnings

from omegaconf import DictConfig

log = logging.getLogger(__name__)


def resume_study(sweeper: DictConfig) -> None:
    """Changes the settings of Hydra's Optuna sweeper to what a study in its storage still lacks.

    By itself the sweeper would run n_trials more; with a seeded sampler it would draw the values again that it drew
    first; and it would never finish trials that were killed. Here n_trials counts the completed trials of
    all launches, the sampler's seed moves on by the number of trials there are, and killed trials come first, with the
    values they had, so that their jobs go on from their last checkpoints.

    Args:
        sweeper: `hydra.sweeper`; one of another kind, or without storage and study_name, is left as it is.
    """
    if "optuna" not in sweeper._target_ or not sweeper.storage or not sweeper.study_name:
        return
    import optuna  # an extra

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.load_study(study_name=sweeper.study_name, storage=sweeper.storage)
    except KeyError:
        return  # a new one
    trials = study.get_trials(deepcopy=False)
    states = optuna.trial.TrialState
    for trial in trials:
        if trial.state == states.RUNNING:
            study.tell(trial.number, state=states.FAIL)
            if trial.params:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                    study.enqueue_trial(trial.params)
    completed = sum(trial.state == states.COMPLETE for trial in trials)
    sweeper.n_trials = max(0, sweeper.n_trials - completed)
    if sweeper.sampler.get("seed") is not None:
        sweeper.sampler.seed += len(trials)
    log.info("study %s: %d trials are completed, %d to go", sweeper.study_name, completed, sweeper.n_trials)
