import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.runs.test_scores import read_scores, write_scores

NAMES = ["0", "Zoë — été", 'a,"b"', "two\nlines", " ", "", "image", "latin-1 \udce9", "=1+1"]


def written(path, **scores):
    length = len(next(iter(scores.values())))
    write_scores(path, [f"p{index}" for index in range(length)], {name: np.array(v) for name, v in scores.items()})
    return path


def test_round_trip(tmp_path):
    draw = np.random.default_rng(0)
    scores = {
        "mad": draw.random(len(NAMES)) * 1e-3,
        "iou": draw.random(len(NAMES)),
        "sad": draw.random(len(NAMES)) * 1e4,
    }
    write_scores(tmp_path / "scores.csv", NAMES, scores)
    names, found = read_scores(tmp_path / "scores.csv")
    assert names == NAMES
    assert list(found) == ["mad", "iou", "sad"]
    for name, values in scores.items():
        assert found[name].dtype == np.float64
        np.testing.assert_allclose(found[name], values, rtol=1e-8)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"], "something half-written is left"


def test_the_file_by_hand(tmp_path):
    path = written(tmp_path / "scores.csv", mad=[0.25, 1 / 3], band_mad=[float("nan"), 1e-12])
    assert path.read_text() == "image,mad,band_mad\np0,0.25,\np1,0.333333333,1e-12\n"


def test_nothing_to_measure_is_nan_again(tmp_path):
    _, found = read_scores(written(tmp_path / "scores.csv", mad=[1.0, np.nan], iou=[np.nan, np.inf]))
    np.testing.assert_array_equal(found["mad"], [1, np.nan])
    np.testing.assert_array_equal(found["iou"], [np.nan, np.inf])


def test_float32_scores_of_a_metric_are_kept_exactly(tmp_path):
    values = np.random.default_rng(1).random(100).astype(np.float32)
    _, found = read_scores(written(tmp_path / "scores.csv", mad=values))
    assert np.array_equal(found["mad"].astype(np.float32), values)


@pytest.mark.parametrize("rows", [1, 5])
def test_a_file_that_was_cut_anywhere_but_at_a_line_is_refused(rows, tmp_path):
    path = written(tmp_path / "scores.csv", mad=[0.123456789] * rows, iou=[0.987654321] * rows)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        lines = whole[:length].count(b"\n")
        if lines > 1 and whole[length - 1 : length] == b"\n":
            assert len(read_scores(path)[0]) == lines - 1
            continue
        with pytest.raises(InputError, match=r"scores\.csv is no table of scores .*cut short"):
            read_scores(path)


@pytest.mark.parametrize(
    "content",
    [
        "\n",
        "image,mad\n\n",
        "image,mad\na,0.1\n\nb,0.2\n",
        "name,mad\na,0.1\n",
        "image,mad\na,good\n",
        "image,mad\na,0.1,0.2\n",
        "\x00\x01",
        'image,mad\n"' + "x" * 200_000,
    ],
)
def test_another_file_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "scores.csv").write_text(content)
    with pytest.raises(InputError, match="is no table of scores") as caught:
        read_scores(tmp_path / "scores.csv")
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_why_it_may_be(tmp_path):
    with pytest.raises(InputError, match=r"scores\.csv: No such file or directory; the run was not finished"):
        read_scores(tmp_path / "scores.csv")


def test_what_was_there_stays_when_the_new_file_cannot_be_written(tmp_path, monkeypatch):
    path = written(tmp_path / "scores.csv", mad=[0.5])
    before = path.read_bytes()
    with pytest.raises(IndexError):
        write_scores(path, ["a", "b"], {"mad": np.array([0.1])})
    assert path.read_bytes() == before


def test_the_source_of_each_portrait_of_a_mix(tmp_path):
    scores = {"mad": np.array([0.1, 0.2])}
    write_scores(tmp_path / "scores.csv", ["drawn/0", "real/0"], scores, ["drawn", "real"])
    assert (tmp_path / "scores.csv").read_text() == "image,source,mad\ndrawn/0,drawn,0.1\nreal/0,real,0.2\n"
    names, found = read_scores(tmp_path / "scores.csv")
    assert names == ["drawn/0", "real/0"]
    np.testing.assert_array_equal(found["mad"], scores["mad"])
