"""Sweeps with a training of no time in place of the real one: what Hydra, the ledger and the summary do about it."""

import functools
import json
import logging
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from portrait_matting import train
from portrait_matting.config.compose import CONF_DIR, compose
from portrait_matting.errors import InputError
from portrait_matting.sweeps import sweep
from portrait_matting.sweeps.hydra_callback import SweepCallback
from portrait_matting.sweeps.job_folder import parse
from portrait_matting.sweeps.outcome import failures, summary

SWEEPS = sorted(path.stem for path in CONF_DIR.glob("sweep/*.yaml"))


@dataclass
class Done:
    stdout: str
    stderr: str


def stub(cfg: DictConfig, began: float | None = None) -> dict[str, float]:
    if done := sweep.take_up(cfg):
        return done
    print("training", cfg.seed, cfg.resume)
    if cfg.seed == 7:
        raise InputError("seven is wrong: choose another")
    if cfg.seed == 8:
        raise ZeroDivisionError("a bug")
    if cfg.seed == 9:
        raise KeyboardInterrupt
    OmegaConf.save(cfg, Path(cfg.run_dir) / "config.yaml", resolve=True)
    metrics = {"test/mad": 0.2, "val/mad": 0.1 * cfg.seed}
    (Path(cfg.run_dir) / "metrics.json").write_text(json.dumps(metrics))
    return metrics


@pytest.fixture
def launch(monkeypatch, tmp_path, capfd):
    """Runs the command with a training of no time, into the folder `s`, and returns what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "train", stub)
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def launched(*overrides: str, code: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["train", "-m", "hydra.sweep.dir=s", *overrides])
        try:
            train.main()
            ended = 0
        except SystemExit as end:
            ended = end.code
        finally:
            while SweepCallback.held:
                SweepCallback.held.pop().close()  # as the end of the process does
        said = Done(*capfd.readouterr())
        assert ended == code, said
        return said

    yield launched
    for handler in [one for one in root.handlers if one not in before[0]]:
        handler.close()
    root.handlers[:], root.level = before


def jobs(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in (folder / "s").glob("*/.hydra"))


@pytest.mark.slow
def test_a_sweep_that_is_started_again_passes_over_what_is_finished(launch, tmp_path):
    first = launch("seed=0", "loss.criterion.edge_weight=1,5", "trainer.max_epochs=1")
    assert jobs(tmp_path) == ["edge_weight-1+seed-0", "edge_weight-5+seed-0"], "one seed is named too"
    assert "finished   2 of 2" in first.stdout
    again = launch("seed=0,1", "loss.criterion.edge_weight=1,5", "trainer.max_epochs=1")
    assert again.stdout.count("training") == 2, "the second seed alone"
    assert "finished   4 of 4" in again.stdout
    assert "job 4 of 4: edge_weight-5+seed-1" in again.stdout
    assert "hydra" not in again.stdout.lower()
    note = json.loads((tmp_path / "s/sweep.json").read_text())
    assert note["swept"] == ["seed", "loss.criterion.edge_weight"]


def test_jobs_that_fail_are_named_at_the_end_and_stop_nothing(launch, tmp_path):
    done = launch("seed=7,8,0", "hydra.sweeper.max_batch_size=1", code=2)
    assert "finished   1 of 3" in done.stdout, "also where jobs are launched one by one"
    *_, one, two, _on, _compare = done.stdout.rstrip().splitlines()
    assert one == "  failed     seed-7: seven is wrong: choose another"
    assert two == "  failed     seed-8: ZeroDivisionError: a bug"
    assert (tmp_path / "s/seed-7/error.txt").read_text() == "seven is wrong: choose another\n"
    text = done.stdout + done.stderr
    assert text.count("Traceback") == 1, "of the bug, and not of what the user can mend"
    assert "ZeroDivisionError" in (tmp_path / "s/seed-8/train.log").read_text()


def test_a_sweep_without_m_is_no_single_run(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train", "sweep=edge_mask", "hydra.run.dir=never"])
    with pytest.raises(SystemExit, match="2"):
        train.main()
    assert "sweep=edge_mask is of many runs: give -m as well" in capfd.readouterr().err


@pytest.mark.slow
def test_what_failed_is_tried_anew(launch, tmp_path):
    launch("seed=7,0", code=2)
    stub = tmp_path / "s/seed-7/error.txt"
    assert stub.exists()
    again = launch("seed=7,0", code=2)
    assert re.findall(r"training (\d)", again.stdout) == ["7"]


def test_an_interrupt_stops_the_sweep_not_the_job_alone(launch, tmp_path):
    done = launch("seed=0,9,1", code=130)
    assert re.findall(r"training (\d)", done.stdout) == ["0", "9"]
    lines = done.stdout.rstrip().splitlines()
    assert "  finished   1 of 3" in lines
    assert "  unfinished seed-9" in lines
    assert "hydra.sweep.dir=s" in lines[-2]


@pytest.mark.slow
def test_a_begun_job_goes_on_from_its_last_checkpoint(launch, tmp_path):
    last = tmp_path / "s/seed-1/checkpoints/last.ckpt"
    last.parent.mkdir(parents=True)
    last.write_bytes(b"")
    done = launch("seed=0,1")
    assert "training 0 None" in done.stdout
    assert f"training 1 {last}" in done.stdout


@pytest.mark.slow
def test_a_folder_with_another_recipe_is_refused_by_name_and_kept(launch, tmp_path):
    launch("seed=0,1")
    before = (tmp_path / "s/seed-0/metrics.json").read_bytes()
    done = launch("seed=0,1", "loss.criterion.width=0.1", code=2)
    assert "seed-0 holds a run with loss.criterion.width=0.05, where 0.1 is asked for" in done.stdout
    assert (tmp_path / "s/seed-0/metrics.json").read_bytes() == before
    assert "finished   2 of 2" in launch("seed=0,1").stdout, "and nobody minds afterwards"


@pytest.mark.slow
def test_the_command_line_has_the_last_word_over_a_sweep_file(launch, tmp_path):
    done = launch("sweep=edge_mask", "seed=0", "loss.criterion.edge_weight=3,4")
    assert jobs(tmp_path) == ["edge_weight-3+seed-0", "edge_weight-4+seed-0"], "the seed stays in the name"
    assert "finished   2 of 2" in done.stdout
    assert "finished   4 of 4" in launch("sweep=edge_mask", "loss.criterion.edge_weight=3,4", "seed=0,1").stdout


def test_values_that_a_sweep_file_leaves_open_are_asked_for(launch, tmp_path):
    done = launch("sweep=start", code=2)
    assert done.stderr == "error: this sweep has no values for model.weights: give model.weights=A,B\n"
    launch("sweep=start", "model.weights=null,x/best.ckpt", "seed=0")
    assert re.fullmatch(r"weights-x_best\.ckpt-\w{6}\+seed-0", jobs(tmp_path)[1])
    assert jobs(tmp_path)[0] == "weights-null+seed-0"


def test_a_launcher_that_breaks_is_one_line_before_the_summary(launch, tmp_path):
    done = launch("seed=0,1", "hydra.launcher._target_=hydra_plugins.nothing.Launcher", code=2)
    assert "finished   0 of 2" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("error: ")


def test_a_summary_is_read_from_the_folder_alone(tmp_path):
    for name, file in (("a", "metrics.json"), ("b", "error.txt"), ("c", None)):
        (tmp_path / name / ".hydra").mkdir(parents=True)
        (tmp_path / name / ".hydra/config.yaml").write_text("")
        if file:
            (tmp_path / name / file).write_text("why\n")
    assert failures(tmp_path) == {"b": "why"}
    lines = [line.split(maxsplit=1) for line in summary(tmp_path, stopped=False).strip().splitlines()]
    assert [line[0] for line in lines] == ["sweep", "finished", "failed", "unfinished", "go", "compare"]
    assert dict(lines)["finished"] == "1"


@functools.cache
def arms(name: str) -> dict[str, list[str]]:
    """The values that each key of a sweep takes; of an interval, its ends."""
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        params = hydra_compose("train", [f"sweep={name}"], return_hydra_config=True).hydra.sweeper.params
    found = {}
    for key in params:
        text = "null,somewhere/best.ckpt" if OmegaConf.is_missing(params, key) else params[key]
        [one] = parse([f"{key}={text}"])
        value = one.value()
        found[key] = [str(value.start), str(value.end)] if hasattr(value, "end") else list(one.sweep_string_iterator())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEEPS)
def test_every_arm_of_every_sweep_composes_and_has_the_types_that_the_code_takes(name):
    if name == "optuna":
        pytest.importorskip("hydra_plugins.hydra_optuna_sweeper")
    values = arms(name)
    assert name == "optuna" or values["seed"] == [str(seed) for seed in range(len(values["seed"]))]
    assert all(len(set(texts)) == len(texts) > 1 for texts in values.values())
    values = values | {"seed": ["0"]}
    for number in range(max(map(len, values.values()))):  # each value in some arm; all pairs would take minutes
        arm = [f"{key}={texts[number % len(texts)]}" for key, texts in values.items()]
        compose([f"sweep={name}", "experiment=real_portraits_cpu", "data.root=somewhere", *arm])


@pytest.mark.parametrize("name", SWEEPS)
def test_every_sweep_says_its_question_its_command_and_what_it_costs(name):
    package, question, command = (CONF_DIR / f"sweep/{name}.yaml").read_text().splitlines()[:3]
    assert package == "# @package _global_"
    assert "?" in question
    runs = int(re.search(r"\((\d+) runs", command)[1])
    assert f"-m sweep={name}" in command
    if name != "optuna":
        count = 1
        for texts in arms(name).values():
            count *= len(texts)
        assert runs == count
