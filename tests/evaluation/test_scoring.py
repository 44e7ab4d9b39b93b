import logging
import sys
import threading
import time

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.evaluation import scoring
from portrait_matting.evaluation.mattes import FolderMattes, NetworkMattes
from portrait_matting.evaluation.result import metric_values
from portrait_matting.evaluation.scoring import score, shower
from portrait_matting.metrics import MAD, ImageMetric, IoU
from portrait_matting.metrics.image_metric import transition_band
from portrait_matting.models.u2net import u2netp

SIZES = {"anna": (24, 30), "ben": (40, 20), "cleo": (33, 33), "dora": (16, 50), "emil": (21, 20)}


class Given:
    """Portraits in memory, which remember how often each was read; those without an alpha are bad."""

    def __init__(self, pairs):
        self.pairs, self.read = pairs, [0] * len(pairs)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        self.read[index] += 1
        image, alpha = self.pairs[index]
        if alpha is None:
            raise InputError("DIR/photo.jpg cannot be decoded")
        return image, alpha


def pairs(soft=True):
    rng = np.random.default_rng(0)
    found = []
    for height, width in SIZES.values():
        image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        alpha = np.zeros((height, width), np.float32)
        alpha[height // 4 : -height // 4, width // 4 : -width // 4] = 1
        if soft:
            alpha = cv2.blur(alpha, (5, 5)).clip(0, 1)
        found.append((image, alpha))
    return found


def folder_of(path, seed, names=SIZES):
    path.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for name in names:
        Image.fromarray(rng.integers(0, 256, SIZES[name], dtype=np.uint8)).save(path / f"{name}.png")
    return FolderMattes(path)


@pytest.fixture
def folders(tmp_path):
    return [folder_of(tmp_path / "one", 1), folder_of(tmp_path / "two", 2)]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    torch.manual_seed(0)
    net = u2netp()
    torch.nn.init.normal_(net.outconv.weight)
    path = tmp_path_factory.mktemp("weights") / "u2netp.pth"
    torch.save(net.state_dict(), path)
    return NetworkMattes(path, input_size=32)


def metrics():
    return {"mad": MAD(), "iou": IoU()}


def scored(portraits, mattes, measured=None, names=tuple(SIZES), **options):
    return score(portraits, list(names), mattes, measured or metrics(), "made up", progress=False, **options)


def same(first, second):
    return (first.portraits, first.hard_truth, first.left_out) == (
        second.portraits,
        second.hard_truth,
        second.left_out,
    ) and all(
        np.array_equal(a.measured[name], b.measured[name], equal_nan=True)
        for a, b in zip(first.candidates, second.candidates, strict=True)
        for name in a.measured
    )


def test_a_score_is_what_the_metrics_say_of_the_same_mattes(folders):
    portraits, names = Given(pairs()), list(SIZES)
    evaluation = scored(portraits, folders)
    alphas = [alpha for _, alpha in portraits.pairs]
    for folder, candidate in zip(folders, evaluation.candidates, strict=True):
        mattes = folder(names, [None] * 5, list(SIZES.values()))
        expected = {}
        for metric in metrics().values():
            metric.update([torch.from_numpy(m)[None] for m in mattes], [torch.from_numpy(a)[None] for a in alphas])
            expected |= {name: value.item() for name, value in metric.compute().items()}
        assert metric_values(candidate.measured, metrics()) == pytest.approx(expected, abs=1e-15)
        assert candidate.measured["mad"].shape == (5, 2)
        by_hand = np.abs(mattes[3].astype(float) - alphas[3]).mean()
        assert candidate.measured["mad"][3, 0] == pytest.approx(by_hand, abs=1e-8)
    assert [candidate.name for candidate in evaluation.candidates] == ["one", "two"]
    assert evaluation.candidates[0].source.endswith("/one")
    assert evaluation.data == "made up"
    assert portraits.read == [1] * 5  # once for both


def test_what_is_known_of_portraits(folders):
    red = np.full((24, 30, 3), (200, 0, 0), np.uint8)
    alpha = np.zeros((24, 30), np.float32)
    alpha[:6] = 1
    alpha[6:12] = 0.5
    evaluation = scored(Given([(red, alpha)]), folders[:1], names=["anna"])
    (portrait,) = evaluation.portraits
    assert (portrait.name, portrait.height, portrait.width) == ("anna", 24, 30)
    assert portrait.brightness == pytest.approx(round(0.299 * 200) / 255)  # Rec. 601, in whole grey levels
    assert portrait.coverage == pytest.approx(0.25 + 0.125)


def test_a_hard_truth_is_noticed_and_one_soft_pixel_too(folders):
    given = pairs(soft=False)
    assert scored(Given(given), folders).hard_truth
    given[-1][1][3, 4] = 0.5
    assert not scored(Given(given), folders).hard_truth


def test_a_photo_that_was_reduced_is_scored_at_the_size_of_its_alpha(network):
    image, alpha = pairs()[0]
    evaluation = scored(Given([(image[::2, ::2].copy(), alpha)]), [network], names=["anna"])
    assert (evaluation.portraits[0].height, evaluation.portraits[0].width) == (24, 30)


@pytest.mark.parametrize("options", [{"batch_size": 1}, {"batch_size": 2, "threads": 4}, {"threads": 4}])
def test_batches_and_threads_change_no_bit(folders, network, options):
    mattes = [*folders, network]
    assert same(scored(Given(pairs()), mattes, batch_size=16), scored(Given(pairs()), mattes, **options))


def test_worker_processes_change_no_bit(folders, network):
    given = pairs()
    given[2] = (given[2][0], None)
    mattes = [*folders, network]
    evaluation = scored(Given(given), mattes, batch_size=16)
    assert len(evaluation.portraits) == 4
    assert same(evaluation, scored(Given(given), mattes, batch_size=2, workers=2, threads=2))


def test_the_band_is_made_once_for_all_candidates_and_metrics(folders, monkeypatch):
    made = []
    monkeypatch.setattr(scoring, "transition_band", lambda *given: made.append(given) or transition_band(*given))
    scored(Given(pairs()), folders, {"a": MAD(), "b": MAD(), "c": IoU(), "d": MAD(width=0.2)})
    assert len(made) == 5 * 2


def test_a_portrait_without_a_matte_is_scored_for_nobody(tmp_path, caplog):
    mattes = [folder_of(tmp_path / "one", 1), folder_of(tmp_path / "two", 2, ["anna", "cleo", "emil"])]
    portraits = Given(pairs())
    with caplog.at_level(logging.WARNING):
        evaluation = scored(portraits, mattes)
    assert [portrait.name for portrait in evaluation.portraits] == ["anna", "cleo", "emil"]
    assert evaluation.left_out == [f"{name}: no matte in {tmp_path / 'two'}" for name in ("ben", "dora")]
    assert caplog.messages == ["2 of 5 portraits lack a matte and are left out"]
    assert portraits.read == [1, 0, 1, 0, 1]
    assert len(evaluation.candidates[0].measured["iou"]) == 3


def test_nothing_in_common_is_an_error(tmp_path):
    mattes = [folder_of(tmp_path / "one", 1, ["anna"]), folder_of(tmp_path / "two", 2, ["ben"])]
    with pytest.raises(InputError, match=r"no portrait has a matte in all of .*/one, .*/two: score them one by one"):
        scored(Given(pairs()), mattes)
    with pytest.raises(InputError, match=r"holds anna\.png, the portraits are ben, cleo, dora, …"):
        scored(Given(pairs()[1:]), mattes[:1], names=list(SIZES)[1:])


@pytest.mark.parametrize("batch_size", [1, 8])
def test_bad_portraits_are_left_out_and_said(folders, caplog, batch_size):
    given = pairs()
    given[1] = given[4] = (given[1][0], None)
    with caplog.at_level(logging.WARNING):
        evaluation = scored(Given(given), folders, batch_size=batch_size)
    assert [portrait.name for portrait in evaluation.portraits] == ["anna", "cleo", "dora"]
    assert evaluation.left_out == [f"{name}: DIR/photo.jpg cannot be decoded" for name in ("ben", "emil")]
    assert caplog.messages == [
        "2 of 5 portraits cannot be read and are left out; the first: ben: DIR/photo.jpg cannot be decoded"
    ]
    good = scored(Given([pair for pair in given if pair[1] is not None]), folders, names=["anna", "cleo", "dora"])
    assert np.array_equal(evaluation.candidates[1].measured["mad"], good.candidates[1].measured["mad"])


def test_nothing_but_bad_portraits_is_an_error(folders):
    with pytest.raises(InputError, match=r"none of the 5 portraits can be read; the first: anna: DIR/photo\.jpg"):
        scored(Given([(image, None) for image, _ in pairs()]), folders)


def test_a_bad_matte_stops_the_whole(folders, tmp_path):
    before = threading.active_count()
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(tmp_path / "two" / "dora.png")
    with pytest.raises(InputError, match=r"two/dora\.png is 6x5 but the portrait is 50x16"):
        scored(Given(pairs()), folders, batch_size=1, threads=2)
    assert threading.active_count() == before


@pytest.mark.parametrize("option, least", [("batch_size", 1), ("threads", 1), ("workers", 0)])
def test_options_too_small_are_refused(folders, option, least):
    with pytest.raises(InputError, match=f"{option}={least - 1} is too small: choose at least {least}"):
        scored(Given(pairs()), folders, **{option: least - 1})


class Slow(ImageMetric):
    """Takes `seconds`; keeps how many it has begun, and how many of torch's threads it had."""

    names, columns = ("slow",), 1

    def __init__(self, seconds=0.02):
        super().__init__()
        self.seconds, self.begun, self.threads = seconds, [], set()

    def measure(self, prediction, alpha, band):
        self.begun.append(band)
        self.threads.add(torch.get_num_threads())
        time.sleep(self.seconds)
        return torch.zeros(1, dtype=torch.float64)


class Interrupted(FolderMattes):
    """Ctrl-C comes when the third portrait is asked for."""

    def __call__(self, names, images, sizes):
        if names == ["cleo"]:
            raise KeyboardInterrupt
        return super().__call__(names, images, sizes)


def test_ctrl_c_ends_the_threads_and_measures_nothing_more(folders, tmp_path):
    slow, before = Slow(seconds=0.5), threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        scored(Given(pairs()), [Interrupted(tmp_path / "one")], {"slow": slow}, batch_size=1)
    assert threading.active_count() == before
    assert len(slow.begun) == 1  # of the two that were waiting


def test_measuring_threads_compute_alone_and_leave_the_settings_as_they_were(folders):
    slow = Slow()
    before = torch.get_num_threads(), cv2.getNumThreads()
    try:
        torch.set_num_threads(2)
        cv2.setNumThreads(2)
        scored(Given(pairs()), folders, {"slow": slow}, threads=2)
        inside = []
        thread = threading.Thread(target=lambda: inside.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert (slow.threads, torch.get_num_threads(), inside, cv2.getNumThreads()) == ({1}, 2, [2], 2)
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


def test_few_portraits_wait_to_be_measured(folders):
    slow, asked = Slow(), []

    class Watching(FolderMattes):
        def __call__(self, names, images, sizes):
            asked.append(len(slow.begun))
            return super().__call__(names, images, sizes)

    watching = Watching(folders[0].source)
    scored(Given(pairs() * 4), [watching], {"slow": slow}, names=list(SIZES) * 4, batch_size=1)
    lead = [at - begun for at, begun in enumerate(asked)]
    assert max(lead) <= 2


def test_a_terminal_shows_a_bar_that_counts_bad_portraits_too(folders, capsys, monkeypatch):
    given = pairs()
    given[0] = (given[0][0], None)
    score(Given(given), list(SIZES), folders, metrics(), "made up")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    score(Given(given), list(SIZES), folders, metrics(), "made up")
    assert "5/5" in capsys.readouterr().err
    scored(Given(given), folders)
    assert capsys.readouterr().err == ""


def test_equal_names_are_told_apart(tmp_path):
    mattes = [folder_of(tmp_path / run / "mattes", seed) for seed, run in enumerate(("one", "two"))]
    evaluation = scored(Given(pairs()), mattes)
    assert [candidate.name for candidate in evaluation.candidates] == ["mattes (one)", "mattes (two)"]


def test_a_shower_predicts_again_what_was_scored(folders, network):
    given = pairs()
    image, alpha, mattes = shower(Given(given), list(SIZES), [*folders, network])("cleo")
    assert np.array_equal(image, given[2][0])
    assert np.array_equal(alpha, given[2][1])
    evaluation = scored(Given(given), [*folders, network])
    for matte, candidate in zip(mattes, evaluation.candidates, strict=True):
        expected = candidate.measured["mad"][2, 0]
        assert np.abs(matte.astype(float) - alpha).mean() == pytest.approx(expected, abs=1e-7)
