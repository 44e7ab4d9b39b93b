"""The command `label` alone: tests/labelling has what it opens."""

import pytest

from portrait_matting.label import NORMALISATIONS, main, parser


def refused(capsys, *flags) -> str:
    """The one line of a command that is refused."""
    with pytest.raises(SystemExit) as stopped:
        main([str(flag) for flag in flags])
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "--network is missing: give a network, FILE.onnx, FILE.tflite or a checkpoint, or --mattes DIR"),
        (["--network", "a", "--mattes", "b"], "--network and --mattes are two sources of labels: give one"),
        (["--network", "nowhere.onnx"], "there is no network nowhere.onnx: check the path"),
        (["--network", ""], "--network: a path is empty"),
        (["--mattes", "nowhere"], "--mattes nowhere is no folder: check the path"),
        (["--mattes", "m", "--fit", "pad"], "--fit is of --network: --mattes are taken as they are"),
        (["--mattes", "m", "--min-confidence", "0.5"], "--min-confidence is of --network"),
        (["--mattes", "m", "--input-size", "320"], "--input-size is of --network"),
        (["--network", "a", "--min-confidence", "1.2"], "--min-confidence: 1.2 is not in [0, 1]"),
        (["--network", "a", "--min-confidence", "nan"], "--min-confidence: nan is not in [0, 1]"),
        (["--network", "a", "--min-confidence", "90%"], "--min-confidence: '90%' is no number: give one from 0 to 1"),
        (["--network", "a", "--normalisation", "vgg"], "--normalisation: 'vgg' is unknown: give one of unit, half"),
        (["--network", "a", "--input-size", "4"], "--input-size: 4 is below 16"),
        (["--network", "a", "--channel", "-1"], "--channel: -1 is below 0"),
        (["--network", "a", "--workers", "0"], "--workers: 0 is below 1"),
        (["--netwrok", "a"], "--netwrok is no flag: did you mean --network?"),
    ],
)
def test_wrong_flags_are_refused_before_any_work(flags, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"")
    assert refused(capsys, "photos", "out", *flags).startswith(says)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_what_is_missing_is_said(capsys):
    assert refused(capsys, "photos").startswith("OUTPUT is missing")


def test_the_normalisations_are_those_that_there_are():
    from portrait_matting.labelling import model_input

    assert set(NORMALISATIONS) == set(model_input.NORMALISATIONS)


def test_edges_are_allowed():
    for value in ("0", "1", "0.93"):
        given = parser().parse_args(["p", "o", "--network", "a", "--min-confidence", value])
        assert given.min_confidence == float(value)


def test_a_checkpoint_says_itself_how_it_is_fed(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"")
    (tmp_path / "a.ckpt").write_bytes(b"PK\3\4")
    line = refused(
        capsys, tmp_path / "photos", tmp_path / "o", "--network", tmp_path / "a.ckpt", "--normalisation", "half"
    )
    assert line.startswith("--normalisation is of ONNX and TensorFlow Lite models, a checkpoint says it itself")
