import errno

import pytest
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from yaml import YAMLError

from portrait_matting.cli.explain import explain
from portrait_matting.errors import InputError


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


def test_a_bug_is_not_explained_away():
    assert explain(raised(ValueError("shapes differ"))) is None
    assert explain(raised(RuntimeError("x"), ZeroDivisionError())) is None


def test_our_line_is_found_however_deep_it_was_wrapped():
    wrapped = raised(RuntimeError("outer"), raised(TypeError("middle"), InputError("data.root=x is not a folder")))
    assert explain(wrapped) == "data.root=x is not a folder"


def test_our_line_is_found_in_the_traceback_that_a_data_worker_sends():
    text = (
        "Caught InputError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
        '  File "x.py", line 1, in f\nportrait_matting.errors.InputError: a.jpg cannot be decoded\n'
    )
    assert explain(InputError(text)) == "a.jpg cannot be decoded"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_disks_and_permissions_name_the_file_and_the_cure(number):
    line = explain(raised(OSError(number, "it is so", "run/best.ckpt")))
    assert line.startswith("run/best.ckpt: it is so")
    assert "hoose another folder" in line


def test_opencv_without_its_system_libraries_names_the_packages():
    error = ImportError("libGL.so.1: cannot open shared object file: No such file or directory", name="cv2")
    line = explain(raised(error))
    assert "libGL.so.1" in line
    assert "apt-get install -y libgl1 libglib2.0-0" in line
    assert "opencv-python-headless" in line


def test_another_missing_module_is_a_bug_of_the_installation_with_its_traceback():
    assert explain(raised(ModuleNotFoundError("No module named 'torch'"))) is None


def test_errors_that_point_at_each_other_end():
    first, second = RuntimeError("1"), RuntimeError("2")
    first.__context__, second.__context__ = second, first
    assert explain(first) is None


@pytest.mark.parametrize(
    "choice, extra",
    [("launcher=joblib", "joblib"), ("launcher=submitit_slurm", "submitit"), ("sweeper=optuna", "optuna")],
)
def test_a_launcher_that_is_not_installed_names_its_extra(choice, extra):
    error = MissingConfigException("no match", f"hydra/{choice.replace('=', '/')}", ["basic"])
    assert explain(raised(error)) == f"hydra/{choice} needs pip install 'portrait-matting[{extra}]'"
    wrong = MissingConfigException("no match", "hydra/launcher/jobs", ["basic"])
    assert explain(raised(wrong)) == "hydra/launcher=jobs is no choice: give one of basic"


def test_a_launcher_whose_process_was_killed_is_no_bug():
    class TerminatedWorkerError(Exception):
        """As joblib calls it."""

    assert "a job's process was killed" in explain(raised(TerminatedWorkerError("a page of text")))


def test_a_group_without_a_name_is_said_to_need_one():
    error = ValueError("Config group override must be a string or a list. Got NoneType")  # Hydra's, of logger=null
    assert "a group takes the name of one of its choices" in explain(raised(error))


def test_a_sweep_s_values_in_a_single_run_show_what_may_be_meant():
    error = HydraException(
        "Ambiguous value for argument 'seed=0,1'\n1. To use it as a list, use key=[value1,value2]\n2. To use it as …"
    )
    assert explain(raised(error)) == (
        'seed=0,1 is of several runs: give -m as well, or "seed=[0,1]" for a list, "seed=\'0,1\'" for a text'
    )


def test_two_of_one_name_in_a_file_are_one_line(tmp_path):
    (tmp_path / "twice.yaml").write_text("mine: 1\nmine: 2\n")
    with pytest.raises(YAMLError) as error:
        OmegaConf.load(tmp_path / "twice.yaml")
    assert explain(error.value) == f"{tmp_path / 'twice.yaml'}, line 2: found duplicate key mine"
