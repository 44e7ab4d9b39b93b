import re
from html.parser import HTMLParser

import pytest

import portrait_matting
from portrait_matting.comparison.arm import arms
from portrait_matting.comparison.page import compare_html
from portrait_matting.comparison.portraits import shared_portraits
from portrait_matting.comparison.ranking import rank
from portrait_matting.comparison.result import Arm
from portrait_matting.comparison.run import find_runs

EVIL = '<img src="http://x">&'
VOID = {"meta", "img", "br", "input", "wbr"}


class Page(HTMLParser):
    """Tags with their attributes, and the text as a reader sees it; fails where a tag is not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag not in ("wbr", "b", "code"):
            self.words.append(" ")

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag not in ("b", "code"):
            self.words.append(" ")

    def handle_data(self, data):
        if not {"style", "script"} & {*self.open}:
            self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def html(two, rankings):
    return compare_html(two, rankings, "mad", rankings["mad"], shared_portraits(two, 10), [EVIL])


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_the_page_opens_without_a_network(html, page):
    assert html.startswith("<!doctype html>")
    assert 'name="viewport" content="width=device-width' in html
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "base")
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:image/webp;base64,"))
    assert not re.search(r"@import|url\((?!#)|https?:(?!//x)", html)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {one["href"][1:] for one in page.all("a")} <= set(ids)


def test_it_answers_first(page):
    text = page.text.split("Ranking by MAD")[0]
    assert "Which has the better MAD: width=0.5 or width=2?" in text
    assert "width=0.5 has the lowest MAD: 0.1" in text
    assert "over 2 seeds and 12 test portraits" in text
    assert "It is better than width=2 by 0.20" in text


def test_the_ranking_has_spread_test_and_cost(page, rankings):
    table = page.text.split("Ranking by MAD")[1].split("What differs")[0]
    best, other = rankings["mad"].rows
    assert table.index("width=0.5 0.1") < table.index("width=2 0.3")
    for row in (best, other):
        assert f"{row.mean:.4f} ± {row.deviation:.4f}" in table
        assert " · ".join(f"{value:.4f}" for value in row.values) in table
    assert "reference" in table
    assert f"{other.against.value:+.4f} worse, more than noise" in table
    assert f"{other.against.low:+.4f} to {other.against.high:+.4f}, p = {other.against.p:.2g}" in table
    assert "50 1,234 1.5" in table  # seconds, seconds of the processor, GiB
    assert "width=2 has a worse MAD than width=0.5" in table


def test_what_differs_is_told_and_nothing_else(page):
    table = page.text.split("What differs between the recipes")[1].split("Seeds and learning curves")[0]
    assert "This key and no other" in table
    assert "loss.width" in table
    assert "max_lr" not in table
    assert "run_dir" not in table
    assert "width=0.5 0.5 width=2 2.0" in table


def test_curves_and_seeds_are_drawn_in_the_colours_of_the_arms(html, page):
    assert [one["aria-label"] for one in page.all("svg")] == [
        "MAD of every seed of every arm",
        "val/mad over the steps",
        "val/iou over the steps",
        "train/loss_epoch over the steps",
        "lr over the steps",
    ]
    for colour in ("--candidate-0", "--candidate-1"):
        assert html.count(f"var({colour}") > 8


def test_the_same_portraits_stand_side_by_side(page):
    alt = [one["alt"] for one in page.all("img")][1:]
    assert alt == [
        f"{what}"
        for name in ("photo_0_jpg", "photo_1_jpg")
        for what in (
            f"image of {name}",
            f"truth of {name}",
            f"matte of {name} by width=0.5",
            "its errors",
            f"matte of {name} by width=2",
            "its errors",
        )
    ]


def test_every_metric_is_in_a_table_with_its_verdict(page):
    table = page.text.split("All metrics")[2].split("How this was made")[0]
    assert re.search(r"MAD ↓ MAD in the band ↓ IoU ↑ max F ↑", table)
    assert len(re.findall("worse", table.split("Arm")[1])) == 3  # max F was not tested


def test_the_test_and_the_runs_are_accounted_for(page, two):
    account = page.text.split("How this was made")[-1]
    assert "Holm" in account
    assert f"portrait_matting {portrait_matting.__version__}" in account
    for arm in two:
        for run in arm.runs:
            assert f"{arm.name}, seed {run.seed}: {run.folder}" in account


def test_names_cannot_break_the_page(two, rankings):
    evil = [Arm(f"{EVIL}{at}", {EVIL: EVIL}, arm.runs) for at, arm in enumerate(two)]
    ranking = rank(evil, "mad")
    page = Page(compare_html(evil, {"mad": ranking}, "mad", ranking, shared_portraits(evil, 1), [EVIL]))
    assert not [one for one in page.all("img") if one["src"].startswith("http")]
    assert EVIL in page.text


def test_equal_arguments_give_equal_text(html, two, rankings):
    again = compare_html(two, rankings, "mad", rankings["mad"], shared_portraits(two, 10), [EVIL])
    assert again == html


def test_one_arm_without_a_gallery_and_without_curves_has_a_page_too(sweep, tmp_path):
    import shutil

    shutil.copytree(sweep / "wide 0", tmp_path / "wide 0", ignore=shutil.ignore_patterns("gallery", "metrics.csv"))
    alone = arms(find_runs([tmp_path])[0])
    ranking = rank(alone, "iou")
    page = Page(compare_html(alone, {"iou": ranking}, "iou", ranking, shared_portraits(alone, 10)))
    assert "nothing to compare it with" in page.text
    assert len(page.all("svg")) == 1
    assert "Against" not in page.text
    assert "What differs" not in page.text


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_without_scrolling_sideways_and_sorts_it(chromium, html, tmp_path, width):
    (tmp_path / "compare.html").write_text(html)
    tab = chromium.new_page(viewport={"width": width, "height": 800})
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto((tmp_path / "compare.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width

    def order():
        return tab.locator("#ranking tbody th").all_text_contents()

    assert order() == ["width=0.5", "width=2"]
    tab.locator("#ranking thead button", has_text="IoU").click()
    assert order() == ["width=0.5", "width=2"]  # the best first
    tab.locator("#ranking thead button", has_text="IoU").click()
    assert order() == ["width=2", "width=0.5"]
    tab.locator("#ranking thead button", has_text="fit").click()
    assert order() == ["width=0.5", "width=2"]
    matte = tab.locator(".two .error").first
    assert matte.evaluate("one => getComputedStyle(one).opacity") == "0"
    tab.locator("#errors").check()
    assert matte.evaluate("one => getComputedStyle(one).opacity") == "1"
    assert errors == []
