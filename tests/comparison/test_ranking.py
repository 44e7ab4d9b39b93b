from collections.abc import Sequence
from itertools import combinations
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import torch

from portrait_matting.comparison.crossed import crossed_test
from portrait_matting.comparison.ranking import NO_MEANS, rank, sentence
from portrait_matting.comparison.result import Arm, Run
from portrait_matting.errors import InputError
from portrait_matting.evaluation.paired_test import holm
from portrait_matting.evaluation.result import per_image
from portrait_matting.metrics import all_metrics
from portrait_matting.metrics.catalogue import METRICS

IMAGES = [f"portrait {index}" for index in range(40)]


def run(scores: np.ndarray, seed: int = 0, images: Sequence[str] = IMAGES, root: str = "here", metric="mad") -> Run:
    metrics = {f"test/{name}": float(np.nanmean(scores)) for name in NO_MEANS}
    config = {"seed": seed, "data": {"root": root}}
    return Run(Path(f"run-{seed}"), config, metrics, list(images), {metric: np.asarray(scores, dtype=float)})


def arm(name: str, level: float, seeds: Sequence[int] = (0, 1, 2), noise: float = 0.002, **of_run) -> Arm:
    """Runs about a level; what is hard about an image is so for every arm and seed."""
    generator = np.random.default_rng([len(name), ord(name[0])])
    hard = np.random.default_rng(0).gamma(2, 0.01, len(IMAGES))
    return Arm(
        name, {}, [run(level + hard + generator.normal(0, noise, len(IMAGES)), seed, **of_run) for seed in seeds]
    )


@pytest.fixture
def three() -> list[Arm]:
    return [arm("worst", 0.2), arm("best", 0.05), arm("alike", 0.05)]


def test_the_best_comes_first_and_is_the_reference(three):
    ranking = rank(three, "mad")
    assert [row.arm.name for row in ranking.rows] == ["best", "alike", "worst"]
    assert ranking.reference is three[1]
    assert ranking.rows[0].against is None
    assert [row.against.differs for row in ranking.rows[1:]] == [False, True]
    assert ranking.rows[2].against.value == pytest.approx(0.15, abs=0.001)


def test_more_is_better_where_the_catalogue_says_so():
    ranking = rank([arm("low", 0.2, metric="iou"), arm("high", 0.7, metric="iou")], "iou")
    assert [row.arm.name for row in ranking.rows] == ["high", "low"]


def test_means_and_deviations_are_over_the_runs():
    found = rank([Arm("one", {}, [run([0.1, 0.3], images="ab"), run([0.5, np.nan], 1, images="ab")])], "mad").rows[0]
    assert found.values == pytest.approx([0.2, 0.5])
    assert found.mean == pytest.approx(0.35)
    assert found.deviation == pytest.approx(0.3 / np.sqrt(2))
    assert isnan(rank([arm("alone", 0.1, seeds=[0])], "mad").rows[0].deviation)


def test_differences_are_crossed_tests_corrected_for_the_number_of_arms(three):
    ranking = rank(three, "mad", against=three[2])
    assert ranking.reference is three[2]
    stacked = {one.name: np.stack([each.scores["mad"] for each in one.runs]) for one in three}
    tests = {name: crossed_test(stacked["alike"], stacked[name]) for name in ("best", "worst")}
    corrected = dict(zip(tests, holm([test[3] for test in tests.values()]), strict=True))
    for row in ranking.rows:
        if row.arm is not three[2]:
            found, wanted = row.against, tests[row.arm.name]
            assert (found.value, found.low, found.high) == pytest.approx(wanted[:3])
            assert found.p == pytest.approx(corrected[row.arm.name])
            assert (found.seeds, found.images) == (3, 40)
    assert ranking.rows[2].against.p == pytest.approx(2 * tests["worst"][3], rel=1e-9), "the correction is one"


def test_where_the_scores_chose_the_reference_p_allows_for_all_pairs(three):
    tests = {
        frozenset((one.name, other.name)): crossed_test(
            *(np.stack([each.scores["mad"] for each in side.runs]) for side in (one, other))
        )[3]
        for one, other in combinations(three, 2)
    }
    corrected = dict(zip(tests, holm(list(tests.values())), strict=True))
    chosen = [rank(three, "mad"), rank(three, "mad", three[1], named=False), rank(three, "mad", three[2], named=False)]
    for ranking in chosen:
        for row in ranking.rows:
            if row.against:
                wanted = corrected[frozenset((ranking.reference.name, row.arm.name))]
                assert row.against.p == pytest.approx(wanted)
    assert [one.named for one in chosen] == [False] * 3
    assert rank(three, "mad", three[1]).named
    assert chosen[0].rows[2].against.p == pytest.approx(1.5 * rank(three, "mad", three[1]).rows[2].against.p, rel=1e-6)


def test_a_pair_that_shares_no_image_is_no_test():
    """Neither is held against the other here: what was not done is not allowed for."""
    reference = arm("best", 0.05)
    halves = [
        Arm(
            name,
            {},
            [
                Run(
                    each.folder, each.config, each.metrics, each.images[part], {"mad": each.scores["mad"][part] + 0.001}
                )
                for each in arm(name, 0.05).runs
            ],
        )
        for name, part in (("left", slice(20)), ("right", slice(20, 40)))
    ]
    found, named = (
        {row.arm.name: row.against.p for row in rank([reference, *halves], "mad", reference, named).rows if row.against}
        for named in (False, True)
    )
    assert found == pytest.approx(named)


def test_equal_arms_have_a_loser_in_less_than_five_of_a_hundred_comparisons():
    """Held against the best of them as if it had been named before, it is 9 of a hundred (1,000 draws)."""
    generator = np.random.default_rng(1)
    hard = generator.normal(0, 1, len(IMAGES))
    false = []
    for _ in range(120):
        equal = [Arm(str(name), {}, trainings(hard, generator)) for name in range(8)]
        best = rank(equal, "mad")
        as_if_named = rank(equal, "mad", best.reference)
        false.append([any(row.against and row.against.differs for row in found.rows) for found in (best, as_if_named)])
    found, as_if_named = np.mean(false, axis=0)
    assert found < 0.05
    assert as_if_named > 0.06


def trainings(hard: np.ndarray, generator: np.random.Generator) -> list[Run]:
    """Three runs of one arm, in which chance has a part by seed, by arm and image, and by all three."""
    of_image = generator.normal(0, 0.5, len(IMAGES))
    return [
        run(hard + generator.normal(0, 0.2) + of_image + generator.normal(0, 1, len(IMAGES)), seed) for seed in range(3)
    ]


def test_images_are_paired_by_name():
    first, second = arm("first", 0.1), arm("second", 0.1)
    straight = rank([first, second], "mad", against=first).rows
    other_order = [
        Run(
            one.folder,
            one.config,
            one.metrics,
            [*one.images[:0:-1], "of second alone"],
            {"mad": one.scores["mad"][::-1]},
        )
        for one in second.runs
    ]
    turned = rank([first, Arm("second", {}, other_order)], "mad", against=first).rows
    [wanted], [found] = ([row.against for row in rows if row.against] for rows in (straight, turned))
    assert (wanted.images, found.images) == (40, 39)
    dropped = [np.stack([each.scores["mad"][1:] for each in one.runs]) for one in (first, second)]
    assert found.value == pytest.approx(crossed_test(*dropped)[0], rel=1e-12)
    assert found.p == pytest.approx(crossed_test(*dropped)[3])


@pytest.mark.parametrize(
    "first, second, pairs",
    [
        ((0, 1, 2), (2, 0), [(0, 0), (2, 2)]),
        ((0, 1), (7, 8, 9), [(0, 7), (1, 8)]),
        ((0, 1, 2), (2, 3, 4), [(2, 2), (0, 3), (1, 4)]),
    ],
)
def test_seeds_are_paired_by_number_and_then_by_order(first, second, pairs):
    one, other = arm("one", 0.1, first), arm("other", 0.1, second)
    found = next(row.against for row in rank([one, other], "mad", against=one).rows if row.against)
    assert found.seeds == len(pairs)
    rows = [
        np.stack([next(r for r in side.runs if r.seed == pair[at]).scores["mad"] for pair in pairs])
        for at, side in enumerate((one, other))
    ]
    assert found.p == pytest.approx(crossed_test(*rows)[3])


def test_an_arm_with_nothing_to_measure_comes_last():
    first, second = arm("first", 0.1), arm("second", 0.1)
    for one in first.runs:
        one.scores["mad"][:] = np.nan
    ranking = rank([first, second], "mad")
    assert [row.arm.name for row in ranking.rows] == ["second", "first"]
    assert [isnan(ranking.rows[1].mean), ranking.rows[1].against.differs] == [True, False]
    assert (
        sentence(ranking, ranking.rows[1]) == "first and second have no image in common with a MAD (3 seeds, 0 images)"
    )


@pytest.mark.parametrize("metric", NO_MEANS)
def test_a_metric_that_is_no_mean_of_images_is_not_tested(three, metric):
    ranking = rank(three, metric)
    found = ranking.rows[1].against
    assert [isnan(value) for value in (found.low, found.high, found.p)] == [True] * 3
    assert not found.differs
    assert found.value == pytest.approx(ranking.rows[1].mean - ranking.rows[0].mean)
    label = METRICS[metric].label
    assert sentence(ranking, ranking.rows[1]).endswith(
        f"(3 seeds, 40 images): not tested, {label} is no mean of images"
    )


def test_no_means_are_all_metrics_that_their_images_means_do_not_give():
    generator = torch.Generator().manual_seed(0)
    metrics = all_metrics()
    for _ in range(4):
        prediction, alpha = torch.rand((2, 1, 1, 24, 24), generator=generator)
        for metric in metrics.values():
            metric.update(prediction, alpha)
    alone = per_image({name: metric.rows().numpy() for name, metric in metrics.items()}, metrics)
    whole = {name: value.item() for metric in metrics.values() for name, value in metric.compute().items()}
    other = {name for name in METRICS if abs(np.nanmean(alone[name]) - whole[name]) > 1e-9}
    assert other == set(NO_MEANS)


def test_one_arm_alone():
    ranking = rank([arm("alone", 0.1)], "mad")
    assert [sentence(ranking, row) for row in ranking.rows] == [f"alone has the best MAD, {ranking.rows[0].mean:.4f}"]


def test_what_cannot_be_ranked_is_refused(three):
    with pytest.raises(InputError, match=r"no metric loss: choose one of mad, mse, .*calibration_error"):
        rank(three, "loss")
    with pytest.raises(InputError, match="run-0 did not measure iou"):
        rank(three, "iou")
    other = arm("other", 0.1, images=[f"{name} else" for name in IMAGES], root="there")
    with pytest.raises(InputError, match="best and other were tested on other images, here and there"):
        rank([three[1], other], "mad")
    del three[0].runs[0].metrics["test/max_f"]
    with pytest.raises(InputError, match="run-0 did not measure max_f"):
        rank(three, "max_f")


def test_sentences(three):
    ranking = rank(three, "mad")
    best, alike, worst = (sentence(ranking, row) for row in ranking.rows)
    assert best.startswith("best has the best MAD, 0.0")
    assert alike.startswith("alike has a worse MAD than best, higher by 0.000")
    assert alike.endswith(", 3 seeds, 40 images): within noise")
    assert worst.startswith("worst has a worse MAD than best, higher by 0.15")
    assert worst.endswith(", 3 seeds, 40 images): more than noise")
    turned = rank(three, "mad", against=three[0])
    assert sentence(turned, turned.rows[2]).startswith("worst is the reference: MAD, 0.2")
    assert sentence(turned, turned.rows[0]).startswith("best has a better MAD than worst, lower by 0.15")


def test_a_sentence_on_one_seed_says_what_it_does_not_say():
    ranking = rank([arm("first (a)", 0.1, [0]), arm("second): b", 0.2, [0])], "mad")
    found = sentence(ranking, ranking.rows[1])
    assert found.startswith("second): b has a worse MAD than first (a), higher by 0.1")
    assert found.endswith(", 1 seed, 40 images): more than noise; one seed each: another may say otherwise")


def test_a_sentence_on_one_image():
    first, second = (
        Arm(name, {}, [run([0.1 * (1 + at)], images=["a"])]) for at, name in enumerate(("first", "second"))
    )
    ranking = rank([first, second], "mad")
    wanted = "second has a worse MAD than first, higher by 0.1000 (1 seed, 1 image): not tested, "
    assert sentence(ranking, ranking.rows[1]) == f"{wanted}one image tells nothing of others"
