import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

import portrait_matting
from portrait_matting.evaluation.confidence import Interval, intervals
from portrait_matting.evaluation.paired_test import Difference, compare
from portrait_matting.evaluation.report import choose_pictures, write_report
from portrait_matting.evaluation.result import Candidate, Evaluation, ScoredPortrait, metric_values, per_image
from portrait_matting.evaluation.strata import strata
from portrait_matting.evaluation.verdict import best
from portrait_matting.metrics import all_metrics
from portrait_matting.metrics.catalogue import METRICS

SIDE = 24
EVIL = '<script>alert("1")</script>&.png'
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, the text, and whether every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def portrait(index: int) -> tuple[np.ndarray, np.ndarray]:
    """A photo smaller than its truth, and the truth: a soft disc, of another size in each; nobody in the third."""
    y, x = np.mgrid[:SIDE, :SIDE]
    alpha = np.clip(4 + index % 5 - np.hypot(x - 11.5, y - 11.5), 0, 1).astype(np.float32)
    return np.full((12, 12, 3), 40 + 10 * index, np.uint8), alpha * (index != 2)


def matte(index: int, candidate: int) -> np.ndarray:
    rng = np.random.default_rng(100 * candidate + index)
    _, alpha = portrait(index)
    return np.clip(alpha + rng.normal(0, 0.02 + 0.08 * candidate, alpha.shape), 0, 1).astype(np.float32)


def evaluate(images: int, names: list[str], files: dict[int, str] | None = None, **said):
    """An evaluation of small portraits, and the other arguments of `write_report`."""
    metrics = dict(all_metrics().items())
    candidates = []
    for at, name in enumerate(names):
        measured = {}
        for key, metric in metrics.items():
            metric.reset()
            for index in range(images):
                pair = matte(index, at), portrait(index)[1]
                metric.update(*([torch.from_numpy(one)[None]] for one in pair))
            measured[key] = metric.rows().numpy()
        candidates.append(Candidate(name, f"mattes/{at}", measured))
    portraits = [
        ScoredPortrait(
            (files or {}).get(index, f"portrait {index}.png"), SIDE, SIDE, index / 40, portrait(index)[1].mean()
        )
        for index in range(images)
    ]
    evaluation = Evaluation(
        "folder, photos, test", portraits, candidates, **({"hard_truth": False, "left_out": []} | said)
    )
    found = [intervals(one.measured, metrics, resamples=50) for one in candidates]
    against = [compare(candidates[0].measured, one.measured, metrics, 50, 1000) for one in candidates[1:]]
    return evaluation, metrics, found, against, strata(portraits)


@pytest.fixture(scope="module")
def pair():
    return evaluate(12, ["good", "noisy"], left_out=["IMG_7.png: no alpha of that name"])


@pytest.fixture(scope="module")
def alone():
    return evaluate(3, ["u2net"])


@pytest.fixture(scope="module")
def written_pair(tmp_path_factory, pair):
    return written(tmp_path_factory.mktemp("pair"), pair)


@pytest.fixture(scope="module")
def written_alone(tmp_path_factory, alone):
    return written(tmp_path_factory.mktemp("alone"), alone)


def show_all(candidates: int):
    return lambda index: (*portrait(index), [matte(index, at) for at in range(candidates)])


def written(tmp_path, arguments, **more) -> tuple[str, Page]:
    path = tmp_path / "report.html"
    write_report(path, *arguments, show_all(len(arguments[0].candidates)), **({"resamples": 50} | more))
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    html = path.read_text(encoding="utf-8")
    return html, Page(html)


def test_the_report_opens_without_a_network_and_without_scripts(written_pair):
    html, page = written_pair
    assert html.startswith("<!doctype html>")
    assert 'name="viewport" content="width=device-width' in html
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "base")
        for name in ("src", "href", "srcset", "poster", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:image/webp;base64,"))
        assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"@import|https?:|url\((?!#)", html)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one["href"][1:] for one in page.all("a")} <= set(ids)


def test_every_metric_is_there_with_its_interval_and_direction_for_every_candidate(pair, written_pair):
    evaluation, metrics, found, *_ = pair
    _, page = written_pair
    assert {*found[0]} == {*METRICS}
    for name, info in METRICS.items():
        row = f"{info.label} {'↑ higher' if info.higher else '↓ lower'} is better"
        assert row in page.text
        after = page.text.split(row, 1)[1]
        for candidate, one in zip(evaluation.candidates, found, strict=True):
            value = float(metric_values(candidate.measured, metrics)[name])
            low, high = (f"{end:.{info.digits}f}" for end in (one[name].low, one[name].high))
            cell = rf"{value:.{info.digits}f} {low} to {high}"
            assert cell in after[:400], name
    assert "the mattes of good are off by" in page.text
    assert "The mattes of noisy are off by" in page.text


def test_only_a_difference_beyond_noise_is_marked_and_all_are_told_in_words(pair, written_pair):
    _, _, found, (against,), _ = pair
    html, page = written_pair
    assert against["mad"].differs
    table = html.split('id="metrics"')[1].split("</table>")[0]
    marked = sum(best(name, found, [against]) is not None for name in METRICS)
    assert 0 < marked == table.count(">best<") == sum(one.differs for one in against.values()) < len(METRICS)
    assert page.text.count("noisy has a ") + page.text.count("noisy has the same ") == len(METRICS) + 2
    assert "noisy has a worse MAD than good" in page.text


def test_one_candidate_is_compared_with_nothing(written_alone):
    html, page = written_alone
    assert ">best<" not in html
    assert "than" not in page.text.split("How this was made")[0].replace("more than", "")
    assert page.text.startswith("How good are the mattes of u2net?")
    assert len(page.all("img")) == 1 + 3 * 4


def test_what_a_user_named_is_escaped(tmp_path):
    arguments = evaluate(2, [EVIL, "b"], {0: EVIL, 1: "\udcff.png"}, left_out=[EVIL])
    html, page = written(tmp_path, arguments)
    assert "<script" not in html
    assert page.text.count(EVIL) > 5
    assert not page.all("script")
    assert "matte, <script>" in "".join(one["alt"] for one in page.all("img"))


def test_the_worst_and_some_others_are_shown_with_their_scores(tmp_path, pair):
    evaluation, metrics, *_ = pair
    html, page = written(tmp_path, pair, pictures=3)
    scores = [per_image(one.measured, metrics) for one in evaluation.candidates]
    worst = np.argsort(-np.maximum(scores[0]["mad"], scores[1]["mad"]), kind="stable")[:3]
    shown = re.findall(r"<h3>(portrait \d+)\.png</h3>", html)
    assert len(shown) == len(set(shown)) == 6
    assert shown[:3] == [f"portrait {index}" for index in worst]
    assert len(page.all("img")) == 1 + 6 * 6
    assert all(one["alt"] for one in page.all("img"))
    assert [one["alt"] for one in page.all("img")][1:7] == [
        f"{title} of portrait {worst[0]}.png"
        for title in ("image", "truth", "matte, good", "error, good", "matte, noisy", "error, noisy")
    ]
    after = page.text.split(f"portrait {worst[0]}.png", 1)[1]
    for one in scores:
        cells = [f"{one[name][worst[0]]:.4f}" for name in ("mad", "band_mad", "iou")]
        assert " ".join(cells) in after[:200]


def test_few_images_are_all_shown_once(written_alone):
    _, page = written_alone
    assert "3 portraits, the worst first" in page.text
    assert "drawn by chance" not in page.text


def test_no_pictures_are_shown_where_none_are_asked_for(tmp_path, alone):
    def show(index):
        raise AssertionError("nothing is to be shown")

    write_report(tmp_path / "report.html", *alone, show, pictures=0)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not page.all("img")
    assert not [one for one in page.all("a") if one["href"] == "#worst"]


@pytest.mark.parametrize(("hard", "count"), [(True, 1), (False, 0)])
def test_a_hard_truth_is_said_plainly(tmp_path, hard, count):
    _, page = written(tmp_path, evaluate(1, ["u2net"], hard_truth=hard))
    assert page.text.count("The truth is a hard mask: no alpha lies between 0 and 1") == count
    assert ("The truth is a hard mask." if hard else "The truth is a soft alpha.") in page.text


def test_what_was_left_out_is_listed(written_pair, written_alone):
    _, page = written_pair
    assert "1 image was left out" in page.text
    assert "IMG_7.png: no alpha of that name" in page.text
    assert "left out of every metric" not in written_alone[1].text


def test_one_image_with_nobody_in_it_has_no_band_and_a_report(tmp_path, alone):
    evaluation, metrics, *_ = alone
    rows = {key: rows[2:] for key, rows in evaluation.candidates[0].measured.items()}
    assert np.isnan(rows["mad"][0, 1])
    only = Evaluation("folder", evaluation.portraits[2:], [Candidate("u2net", "mattes", rows)], True, [])
    path = tmp_path / "report.html"
    write_report(
        path, only, metrics, [intervals(rows, metrics, 50)], [], strata(only.portraits), lambda _: show_all(1)(2)
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert "Over 1 portrait, the mattes of u2net" in page.text
    assert f"{rows['mad'][0, 0]:.4f} – " in page.text  # its MAD, then no MAD in the band
    assert "nan" not in page.text.lower().split()
    assert "MAD in the band ↓ lower is better – in no image" in page.text
    assert [one["id"] for one in page.all("section")] == ["metrics", "plots", "worst"]  # alike in every way: no strata


def test_scores_are_split_with_the_number_of_images_of_each_part(pair, written_pair):
    _, page = written_pair
    part = page.text.split("Split by ")[1]
    for stratum in pair[-1]:
        assert f"{stratum.label} {len(stratum.indices)} " in part
    assert "nobody 1 " in part


def test_how_it_was_made_and_what_the_metrics_are_is_told(written_pair):
    _, page = written_pair
    account = page.text.split("How this was made")[-1]
    assert f"portrait_matting {portrait_matting.__version__}" in account
    assert "folder, photos, test; 12 portraits scored, 1 left out" in account
    assert "good: mattes/0" in account
    assert "50 resamples" in account
    for name, info in METRICS.items():
        assert f"{info.label} {name}" in account
    assert "Mean absolute difference: mad of the whole image" in account


def test_equal_arguments_give_equal_bytes(tmp_path, alone, written_alone):
    assert written(tmp_path, alone)[0] == written_alone[0]


def test_an_earlier_report_stays_whole_where_this_one_fails(tmp_path, alone):
    path = tmp_path / "report.html"
    path.write_text("earlier")

    def show(index):
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        write_report(path, *alone, show)
    assert path.read_text() == "earlier"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_the_drawn_are_from_those_that_are_not_the_worst():
    errors = np.array([0.1, 0.5, 0.3, 0.5, 0.2, 0.0])
    worst, drawn = choose_pictures(errors, 2, seed=0)
    assert worst == [1, 3]
    assert len(drawn) == 2
    assert set(drawn) < {0, 2, 4, 5}
    assert choose_pictures(errors, 4, seed=0) == ([1, 3, 2, 4], [0, 5])
    assert choose_pictures(errors, 9, seed=0) == ([1, 3, 2, 4, 0, 5], [])
    assert len({tuple(choose_pictures(errors, 2, seed)[1]) for seed in range(20)}) > 3


@pytest.mark.parametrize(
    ("values", "differs", "expected"),
    [
        ([0.1], [], None),
        ([0.1, 0.2], [True], 0),
        ([0.1, 0.2], [False], None),
        ([0.2, 0.1], [True], 1),
        ([0.1, 0.2, 0.3], [True, True], 0),
        ([0.1, 0.2, 0.3], [False, True], None),
        ([0.3, 0.2, 0.1], [True, True], 2),  # 0.2 and 0.1 have intervals that do not meet
        ([0.3, 0.11, 0.1], [True, True], None),  # 0.11 and 0.1 have intervals that do
    ],
)
def test_best_is_who_beats_every_other_by_more_than_noise(values, differs, expected):
    found = [{"mad": Interval(value, value - 0.02, value + 0.02)} for value in values]
    against = [{"mad": Difference(0, 0, 0, 0, one)} for one in differs]
    assert best("mad", found, against) == expected
    mirrored = [{"iou": Interval(1 - value, 0.98 - value, 1.02 - value)} for value in values]
    assert best("iou", mirrored, [{"iou": one["mad"]} for one in against]) == expected
