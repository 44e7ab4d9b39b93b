"""A recipe's command line: what was meant, or one line that shows it right."""

import sys

import pytest

from portrait_matting.config.command_line import read_command_line, read_overrides
from portrait_matting.config.compose import compose
from portrait_matting.errors import InputError
from portrait_matting.train import main


@pytest.mark.parametrize(
    "given, says",
    [
        (["--data.root", "x"], "--data.root is no flag: an override has no dashes, data.root=x"),
        (["--data.root=x y"], '--data.root is no flag: an override has no dashes, "data.root=x y"'),
        (["--max-epochs", "3"], "--max-epochs is no flag: an override has no dashes, trainer.max_epochs=3"),
        (["-seed=1"], "-seed is no flag: an override has no dashes, seed=1"),
        (["--multirn"], "--multirn is no flag: did you mean --multirun?"),
        (["data.root", "=", "x"], "data.root = x has spaces around =: give data.root=x"),
        (["data.root=", "x"], "data.root= x has a space after =: give data.root=x"),
        (["data.root", "=x"], "data.root =x has a space before =: give data.root=x"),
        (["data.root =x"], "data.root =x has a space before =: give data.root=x"),
        (["data.root:x"], "data.root:x has a colon for =: give data.root=x"),
        (["data.root", "x"], "data.root has no =: give data.root=x"),
        (["sed"], "sed has no =: give seed=VALUE"),
        (["data.root=my", "data"], 'quote both, "data.root=my data"'),
        (["x/y.jpg"], "x/y.jpg is no KEY=VALUE: give one, such as seed=1; --help lists the choices"),
        (["=3"], "=3 has no key before ="),
        (["project=a=b"], "project=a=b cannot be read: a value with such characters goes in quotes of its own"),
        (["project=a=b"], ", \"project='a=b'\""),
        (["project=it's"], "in quotes of its own, 'project=\"it'\"'\"'s\"'"),
        (["data.root="], "data.root= is empty: give a path"),
        (["learning_rate=0.1"], "learning_rate=0.1 is no choice: give one of constant, cosine"),
        (["a b=1"], "a b=1 has"),
    ],
)  # fmt: skip
def test_a_slip_of_the_hand_is_shown_right(given, says):
    with pytest.raises(InputError) as refused:
        read_command_line(given)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "key, says",
    [
        ("data.pieces.wig", "data.pieces has views, company,"),
        ("data.pieces.hats", "data.pieces has views, company,"),
        ("data.pieces.head", "did you mean data.pieces.headwear? data.pieces has views,"),
        ("data.hair", "did you mean data.pieces.hair?"),
        ("data.trian", "did you mean data.train?"),
        ("trainer.precision", "did you mean hardware.precision?"),
    ],
)
def test_of_a_key_that_is_none_those_beside_it_are_named_rather_than_the_one_above(key, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train", "data=people", f"{key}=off"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith(f"error: {key} is no key of the recipe: {says}")


def test_what_is_right_stays():
    right = [
        "seed=1",
        "+a=2",
        "++b.c=[1,2]",
        "~logger",
        "~d=1",
        "hydra/launcher=joblib",
        "group@pkg=x",
        "data={root:x}",
    ]
    assert read_overrides(right) == right
    assert read_command_line([*right, "-m"]) == [*right, "-m"]
    assert read_command_line(["seed=1,2", "project='a=b'"]) == ["seed=1,2", "project='a=b'"]


@pytest.mark.parametrize("sign", ["", "+", "++"])
def test_signs(sign):
    assert read_overrides([f"{sign}data.root=a=b"]) == [f"{sign}data.root='a=b'"]


def test_overrides_after_flags_are_taken_and_homes_in_their_values(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    given = ["seed=1", "-m", "--config-dir", "~/conf", "data.root=~/x", "-cd=~/y", "--config-name=~z"]
    assert read_command_line(given) == [
        *("seed=1", f"data.root={tmp_path}/x", "-m", "--config-dir", f"{tmp_path}/conf", f"-cd={tmp_path}/y"),
        "--config-name=~z",
    ]


def test_a_sweep_parts_paths_at_commas_and_a_run_does_not():
    assert read_command_line(["data.root=a,b=1"]) == ["data.root='a,b=1'"]
    assert read_command_line(["data.root=a,b=1", "-m"]) == ["data.root=a,'b=1'", "-m"]
    assert read_command_line(["data.root=a,b=1", "hydra.mode=MULTIRUN"])[0] == "data.root=a,'b=1'"
    assert read_command_line(["checkpoint=[x/epoch=3.ckpt,1e3]"]) == ["checkpoint=['x/epoch=3.ckpt','1e3']"]


@pytest.mark.parametrize("name", ["data/人像", "it's", "2024", "1e3", "a,b", "foo(1)", "-x", "D:\\ä\\", "$HOME", "#1"])
def test_from_the_command_line_to_the_recipe(name):
    assert compose(["data=folder", f"data.root={name}"]).data.root == name
    assert compose([f"model.weights={name}", f"resume={name}"]).model.weights == name


@pytest.mark.parametrize(
    "override, says",
    [
        ("data.root=null", "data.root=null is no path: give one"),
        ("data.root=${b}/x", r"data.root cannot be resolved \(Interpolation key 'b' not found\)"),
        ("data.root=a${b", "data.root cannot be resolved"),
        ("+trainer.max_epoch=3", "did you mean trainer.max_epochs?"),
    ],
)
def test_what_no_path_can_be_is_said_in_one_line(override, says):
    with pytest.raises(InputError, match=says):
        compose(["data=folder", "data.root=x", override])
