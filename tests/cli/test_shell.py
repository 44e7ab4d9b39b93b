"""What is printed to go on with comes back from the shell, and from Hydra's parser, as the very path."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from hydra.core.override_parser.overrides_parser import OverridesParser

from portrait_matting import plan, train
from portrait_matting.checkpoint import check_resumable
from portrait_matting.cli.shell import argument, hydra_quoted, path_override, word
from portrait_matting.config.command_line import read_command_line, read_overrides
from portrait_matting.errors import InputError
from portrait_matting.sweeps.outcome import summary

posix = pytest.mark.skipif(os.name == "nt", reason="of a POSIX shell")
NAMES = [
    *("runs/a", "my runs/x", "it's", 'say "x"', 'it\'s "both"', "a=b", "foo(1)", "人像", "Ordner ä", "$HOME", "`x`"),
    *("#1", "~/x", "~", "a,b", "[x]", "{a,b}", "*", "?", "a;b", "a&b", "a|b", "x\\", "x\\'", "\\", "-x", " x ", "a!b"),
    *("true", "null", "a\nb", "%x%", "D:\\x\\", "$'x'", "inf", "007", "<x>", "a:b", "@x", "=x", "\\\\'", "2024", "1e3"),
]


def through_a_shell(words):
    show = "import sys; sys.stdout.buffer.write(b'\\0'.join(map(__import__('os').fsencode, sys.argv[1:])))"
    environment = {**os.environ, "PY": sys.executable, "SHOW": show}
    done = subprocess.run(["sh", "-c", f'"$PY" -c "$SHOW" {words}'], env=environment, capture_output=True, check=True)
    return os.fsdecode(done.stdout).split("\0")


@posix
def test_words_come_back_from_a_shell():
    assert through_a_shell(" ".join(map(word, NAMES))) == NAMES


@posix
def test_overrides_come_back_from_a_shell_and_from_hydra():
    texts = through_a_shell(" ".join(path_override("hydra.run.dir", name) for name in NAMES))
    assert [override.value() for override in OverridesParser.create().parse_overrides(texts)] == NAMES


@posix
def test_arguments_come_back_as_paths_that_are_neither_flags_nor_homes():
    assert through_a_shell(f"{argument('-x y')} {argument('~')} {argument('a b')}") == ["./-x y", "./~", "a b"]


def test_windows_gets_double_quotes(monkeypatch):
    monkeypatch.setattr("portrait_matting.cli.shell.os.name", "nt")
    assert word("data.root='my data'") == "\"data.root='my data'\""


@pytest.mark.parametrize("name", NAMES)
def test_quotes_of_hydra(name):
    [override] = OverridesParser.create().parse_overrides([f"a={hydra_quoted(name)}"])
    assert override.value() == name


@posix
@pytest.mark.parametrize("name", ["my runs/it's", "a=b (1)", "Ordner ä/#1", 'say "$HOME"', "2024"])
def test_the_words_that_commands_end_with(name, monkeypatch, tmp_path):
    task = read_overrides([f"data.root={name}", "seed=1", f"model.weights={name}"])
    hydra = SimpleNamespace(overrides=SimpleNamespace(task=task))
    config = SimpleNamespace(initialized=lambda: True, get=lambda: hydra)
    for module in (train, plan):
        monkeypatch.setattr(module, "HydraConfig", config)
        monkeypatch.setattr(module, "config_dir", list)

    def values(words):
        read = read_command_line(through_a_shell(words))
        return {each.key_or_group: each.value() for each in OverridesParser.create().parse_overrides(read)}

    assert values(train._how_to_go_on(tmp_path / name)) == {
        **{"data.root": name, "seed": 1, "model.weights": name, "resume": "last"},
        "hydra.run.dir": str(tmp_path / name),
    }
    assert values(" ".join(plan._given())) == {"model.weights": name}

    sweep = tmp_path / name
    (sweep / "job" / ".hydra").mkdir(parents=True)
    (sweep / "job" / ".hydra" / "config.yaml").touch()
    (sweep / "job" / "metrics.json").touch()
    lines = dict(line.strip().split(maxsplit=1) for line in summary(sweep, stopped=True).splitlines() if line)
    words = lines["go"].removeprefix("on      the same command with ").partition(": what is finished")[0]
    assert values(words) == {"hydra.sweep.dir": str(sweep)}
    assert through_a_shell(lines["compare"]) == ["python", "-m", "portrait_matting.compare", str(sweep)]

    path = tmp_path / "weights.ckpt"
    torch.save({"config": {}}, path)
    path = path.rename(sweep / "weights.ckpt")
    with pytest.raises(InputError) as refused:
        check_resumable(path, {})
    assert values(str(refused.value).partition("start a new run with ")[2]) == {"model.weights": str(path)}
