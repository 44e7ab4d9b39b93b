from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from portrait_matting.sweeps.study import resume_study

optuna = pytest.importorskip("optuna")


def sweeper(folder: Path, **changes) -> DictConfig:
    settings = {
        "_target_": "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper",
        "storage": f"sqlite:///{folder}/study.db",
        "study_name": "s",
        "n_trials": 5,
        "sampler": {"seed": 7},
    }
    return OmegaConf.create(settings | changes)


def test_a_new_study_is_left_as_it_is(tmp_path):
    settings = sweeper(tmp_path)
    resume_study(settings)
    assert settings == sweeper(tmp_path)


def test_a_stopped_study_goes_on_with_the_killed_trial_and_draws_nothing_again(tmp_path):
    settings = sweeper(tmp_path)
    space = {"x": optuna.distributions.UniformDistribution(0.0, 1.0)}

    def study(seed: int):
        sampler = optuna.samplers.TPESampler(seed=seed)
        return optuna.create_study(settings.storage, sampler, study_name="s", load_if_exists=True)

    first = study(7)
    done, failed, killed = [first.ask(space) for _ in range(3)]
    first.tell(done, 0.5)
    first.tell(failed, state=optuna.trial.TrialState.FAIL)

    resume_study(settings)
    assert (settings.n_trials, settings.sampler.seed) == (4, 10)
    second = study(settings.sampler.seed)
    again, fresh = second.ask(space), second.ask(space)
    assert again.params == killed.params
    assert fresh.params["x"] not in {trial.params["x"] for trial in (done, failed, killed)}
    second.tell(again, 0.1)

    settings = sweeper(tmp_path)
    resume_study(settings)
    assert settings.n_trials == 3
    third = study(settings.sampler.seed)
    assert third.ask(space).params == fresh.params, "killed again, and first again; what has ended is not"
    assert third.ask(space).params["x"] not in {trial.params["x"] for trial in (done, failed, killed, fresh)}


def test_a_completed_study_has_nothing_to_go(tmp_path):
    settings = sweeper(tmp_path, n_trials=1)
    study = optuna.create_study(settings.storage, study_name="s")
    study.tell(study.ask(), 0.5)
    study.tell(study.ask(), 0.4)
    resume_study(settings)
    assert settings.n_trials == 0


@pytest.mark.parametrize(
    "changes", [{"storage": None}, {"study_name": None}, {"_target_": "hydra._internal.BasicSweeper"}]
)
def test_another_sweeper_and_a_study_in_memory_are_left_alone(changes, tmp_path):
    settings = sweeper(tmp_path, **changes)
    resume_study(settings)
    assert settings == sweeper(tmp_path, **changes)
