"""Flags of plain commands: one line for a wrong one, and homes."""

import pytest

from portrait_matting import app, compare, predict, prepare


@pytest.mark.parametrize(
    "command, given, line",
    [
        (predict, "x --chekpoint a --output b", "error: --chekpoint is no flag: did you mean --checkpoint?"),
        (predict, "--checkpoint a", "error: INPUT is missing: --help says more"),
        (predict, "x --checkpoint=", "error: --checkpoint: a path is empty: name one"),
        (predict, "x --output b --workers 0", "error: --workers: 0 is below 1"),
        (predict, "x --output b --format gif", "error: --format: invalid choice: 'gif' (choose from"),
        (predict, "x --output=", "error: --output: a path is empty: name one"),
        (prepare, "x y --sise 3", "error: --sise is no flag: did you mean --size?"),
        (prepare, "x", "error: OUTPUT is missing: --help says more"),
        (compare, "", "error: RUN|SWEEP is missing: --help says more"),
        (compare, "x --xyzzy", "error: --xyzzy is no flag: --help lists them"),
        (app, "--port 0", "error: --port: 0 is no port: give 1 to 65535"),
    ],
)
def test_a_wrong_command_line_is_one_line(command, given, line, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(given.split())
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1


def test_home_is_put_where_no_shell_puts_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = predict.parser().parse_args(["~/a/*.jpg", "--checkpoint=~/c", "--output=~/o/", "--background=~/b.png"])
    assert arguments.inputs == [f"{tmp_path}/a/*.jpg"]
    assert arguments.checkpoint == f"{tmp_path}/c"
    assert arguments.output == f"{tmp_path}/o/"
    assert arguments.background == f"{tmp_path}/b.png"
    arguments = prepare.parser().parse_args(["~/a", "~"])
    assert (arguments.source, arguments.output) == (tmp_path / "a", tmp_path)
    arguments = compare.parser().parse_args(["~/a", "--against=~/b", "--output=~/o"])
    assert arguments.runs == [tmp_path / "a"]
    assert (arguments.against, arguments.output) == (f"{tmp_path}/b", tmp_path / "o")
    assert app.parser().parse_args(["--checkpoint=~/c"]).checkpoint == f"{tmp_path}/c"
