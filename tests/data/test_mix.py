"""Several sources in one training: shares, turns, resumed runs, processes, what is scored."""

from collections import Counter

import cv2
import lightning.pytorch as L
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from portrait_matting.data import synthetic
from portrait_matting.data.augment import RandomResizedCrop
from portrait_matting.data.mix import MixDataModule
from portrait_matting.data.mix_samples import MixSampler, apportioned
from portrait_matting.data.mix_source import check_sources
from portrait_matting.data.samples import ENDLESS
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import to_photo

DRAWN = {"data": "synthetic", "share": 0.5, "train": None, "val": 2, "test": 3, "height": 20, "width": 18}
LOADING = {"input_size": 16, "batch_size": 4, "workers": 0, "seed": 3}
REAL = 10  # pairs, of which a folder that is not split trains on 8

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`"),
]


def write_pairs(root, count: int, blue: int):
    """Noise, its red the number of the pair and its blue that of the source: seen again in a sample as it is."""
    for part in ("images", "alphas"):
        (root / part).mkdir(parents=True)
    for number in range(count):
        picture = np.zeros((20, 18, 3), np.uint8)
        picture[..., 2], picture[..., 0] = number, blue
        cv2.imwrite(str(root / "images" / f"{number}.png"), picture)
        alpha = np.zeros((20, 18), np.uint8)
        alpha[5:15, 4:14] = 255
        cv2.imwrite(str(root / "alphas" / f"{number}.png"), alpha)
    return root


@pytest.fixture
def real(tmp_path) -> dict:
    root = write_pairs(tmp_path / "real", REAL, blue=200)
    return {"data": "folder", "share": 0.5, "root": str(root), "val_share": 0.1, "test_share": 0.1}


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Drawn portraits that show their number."""

    def draw(split, seed, index, height, width):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[..., 0], picture[..., 2] = index % 256, 50
        return picture, np.full((height, width), 0.5, np.float32)

    monkeypatch.setattr(synthetic, "draw_portrait", draw)


def mix(sources, length=12, augment=(), **changed) -> MixDataModule:
    module = MixDataModule(sources=sources, length=length, augment=list(augment), **LOADING | changed)
    module.setup("fit")
    return module


def shown(batch) -> list[tuple[str, int]]:
    """Of each sample its source and the number of its portrait."""
    photos = [to_photo(image)[8, 8] for image in batch["image"]]
    return [("real" if blue > 125 else "drawn", int(red)) for red, _, blue in photos]


def epochs(module, numbers) -> list[list[tuple[str, int]]]:
    loader = module.train_dataloader()
    found = []
    for number in numbers:
        loader.sampler.set_epoch(number)
        found.append([one for batch in loader for one in shown(batch)])
    return found


def test_every_epoch_has_the_shares_to_the_sample(real):
    for shares, counts in (((0.5, 0.5), (6, 6)), ((1, 3), (3, 9)), ((2.0, 0.4), (10, 2))):
        module = mix({"drawn": DRAWN | {"share": shares[0]}, "real": real | {"share": shares[1]}})
        for epoch in epochs(module, range(3)):
            found = Counter(source for source, _ in epoch)
            assert (found["drawn"], found["real"]) == counts


def test_every_batch_has_about_its_share(real):
    module = mix({"drawn": DRAWN, "real": real | {"share": 0.25}}, length=300, batch_size=30)
    order = MixSampler(module.training_samples(), seed=1).order()
    assert sorted(order) == list(range(300))
    assert {sum(number >= 200 for number in order[at : at + 30]) for at in range(0, 300, 30)} == {10}
    of_seven = {sum(number >= 200 for number in order[at : at + 7]) for at in range(0, 294, 7)}
    assert {2, 3} < of_seven <= {1, 2, 3, 4}  # but not in step


def test_a_small_source_is_gone_through_again_and_a_large_one_on_and_on(real):
    module = mix({"drawn": DRAWN, "real": real})  # 6 a time of 8 real ones, and of drawn ones without end
    found = epochs(module, range(4))
    drawn = [number for epoch in found for source, number in epoch if source == "drawn"]
    assert sorted(drawn) == list(range(24))
    of_epochs = [[number for source, number in epoch if source == "real"] for epoch in found]
    train = {number for numbers in of_epochs for number in numbers}
    assert len(train) == 8
    assert all(len(set(numbers)) >= 4 for numbers in of_epochs)
    assert set(Counter(number for numbers in of_epochs for number in numbers).values()) == {
        3
    }  # 24 turns of 8, each pass whole
    assert of_epochs[0] != of_epochs[3]
    [more] = epochs(mix({"drawn": DRAWN, "real": real | {"share": 1.5}}, length=24, batch_size=4), [0])
    assert {2, 3} >= set(Counter(number for source, number in more if source == "real").values())


def test_a_number_of_drawn_portraits_is_drawn_again_and_again(real):
    module = mix({"drawn": DRAWN | {"train": 5}, "real": real})
    drawn = [number for epoch in epochs(module, range(5)) for source, number in epoch if source == "drawn"]
    assert Counter(drawn) == dict.fromkeys(range(5), 6)


def test_an_epoch_is_the_same_whatever_else_and_whoever_comes_first(real):
    first = epochs(mix({"drawn": DRAWN, "real": real}), [2])
    assert epochs(mix({"real": real, "drawn": DRAWN}), [2]) == first
    assert epochs(mix({"drawn": DRAWN, "real": real}, seed=4), [2]) != first
    with_another = epochs(mix({"drawn": DRAWN, "real": real, "more": None}), [2])
    assert with_another == first


def prints(batch) -> list[int]:
    both = torch.cat([batch["image"], batch["alpha"]], dim=1)
    return [hash(sample.numpy().tobytes()) for sample in both]


def cropped(sources, **changed) -> MixDataModule:
    return mix(sources, augment=[RandomResizedCrop((16, 16), scale=(0.3, 1.0))], **changed)


@pytest.fixture
def noise(tmp_path):
    """A folder and drawn portraits of noise: no two crops are equal."""

    def write(root, seed):
        for part in ("images", "alphas"):
            (root / part).mkdir(parents=True)
        for number in range(REAL):
            rng = np.random.default_rng((seed, number))
            cv2.imwrite(str(root / "images" / f"{number}.png"), rng.integers(0, 256, (60, 54, 3), np.uint8))
            cv2.imwrite(str(root / "alphas" / f"{number}.png"), rng.integers(0, 256, (60, 54), np.uint8))
        return str(root)

    real = {"data": "folder", "share": 0.5, "root": write(tmp_path / "noise", 0), "val_share": 0.1, "test_share": 0.1}
    other = {"data": "folder", "share": 1.0, "root": write(tmp_path / "other", 1), "val_share": 0.1, "test_share": 0.1}
    return {"real": real, "other": other}


def test_workers_change_nothing_and_no_two_samples_are_equal(noise):
    def samples(workers):
        loader = cropped(noise, workers=workers, length=30, batch_size=5).train_dataloader()
        found = []
        for epoch in range(2):
            loader.sampler.set_epoch(epoch)
            found += [one for batch in loader for one in prints(batch)]
        return found

    alone = samples(0)
    assert len(set(alone)) == len(alone) == 60  # also of portraits that come three times in an epoch
    assert samples(2) == alone


def test_processes_share_an_epoch(noise, monkeypatch):
    whole = cropped(noise, batch_size=6)
    batches = [prints(batch) for batch in whole.train_dataloader()]
    parts = []
    for rank in range(2):
        module = cropped(noise, batch_size=3)
        monkeypatch.setattr(module, "_rank", lambda rank=rank: (rank, 2))
        parts.append([prints(batch) for batch in module.train_dataloader()])
    together = [sorted(a + b) for a, b in zip(*parts, strict=True)]
    assert together == [sorted(batch) for batch in batches]


class Spy(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.weight, self.seen = torch.nn.Parameter(torch.zeros(())), []

    def training_step(self, batch, batch_idx):
        return self.weight * batch["image"].mean()

    def on_train_batch_end(self, outputs, batch, batch_idx):
        self.seen.append(prints(batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_resumed_after_any_step_sees_the_rest(workers, noise, tmp_path):
    def fit(resume=None, callbacks=()):
        module = Spy()
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        trainer = L.Trainer(
            **quiet,
            max_epochs=3,
            accelerator="cpu",
            callbacks=list(callbacks),
            enable_checkpointing=bool(callbacks),
            use_distributed_sampler=False,
            limit_val_batches=0,
            default_root_dir=tmp_path,
        )
        trainer.fit(module, datamodule=cropped(noise, workers=workers), ckpt_path=resume, weights_only=True)
        return module.seen

    whole = fit(callbacks=[ModelCheckpoint(tmp_path, "{step}", every_n_train_steps=1, save_top_k=-1)])
    assert len(whole) == 9
    for step in (1, 3, 4, 8) if workers == 0 else (4,):
        assert whole[:step] + fit(tmp_path / f"step={step}.ckpt") == whole, step


def test_a_run_that_overfits_sees_the_same_portraits_in_every_epoch(real):
    module = mix({"drawn": DRAWN, "real": real})
    module.shuffle = False
    first, second = epochs(module, range(2))
    assert first == second


def test_a_source_has_its_own_augmentation(real):
    crop = RandomResizedCrop((16, 16))
    module = mix({"drawn": DRAWN | {"augment": []}, "real": real | {"augment": None}}, augment=[crop])
    assert [part.augmentation.transforms for part in module.training_samples().parts] == [[], [crop]]
    assert module.mixed[1].data.least_side("train") > 16  # of its photos, as its own augmentation asks


def test_a_subset_is_one_of_every_source_that_has_an_end(real):
    module = mix({"drawn": DRAWN, "real": real}, subset=0.5)
    assert [len(part) for part in module.training_samples().parts] == [ENDLESS, 4]
    assert len({number for epoch in epochs(module, range(4)) for source, number in epoch if source == "real"}) == 4
    of_one = mix({"drawn": DRAWN | {"train": 10}, "real": real | {"subset": 0.25}})
    assert [len(part) for part in of_one.training_samples().parts] == [10, 2]
    with pytest.raises(InputError, match=r"data\.sources\.drawn\.subset=0\.5 of portraits without end"):
        mix({"drawn": DRAWN | {"subset": 0.5}, "real": real})


def test_the_first_scored_portraits_are_of_all_sources(real):
    module = mix({"drawn": DRAWN | {"test": 3}, "real": real})
    assert module.sources == ["drawn", "real"]
    assert [name for _, name in module.names("test")][0::2] == ["drawn/0", "drawn/1"]
    assert module.names("test")[1][1].startswith("real/")
    batches = list(module.test_dataloader())
    assert [source for batch in batches for source in batch["source"]] == [0, 1, 0, 0]
    assert len(module.portraits("test")) == 4


def test_a_source_that_is_learnt_from_alone_is_not_scored(real):
    module = mix({"drawn": DRAWN, "real": real | {"scored": False}})
    assert module.sources == ["drawn"]
    assert list(module.parts("val")) == ["drawn"]
    assert list(module.parts("train")) == ["drawn", "real"]
    assert {name.partition("/")[0] for _, name in module.names("val")} == {"drawn"}
    choice = {"sources": {"drawn": DRAWN | {"draw_seed": 0}, "real": real | {"scored": False}}}
    assert set(MixDataModule.scored("auto", **choice).sources) == {"drawn"}


def test_what_an_evaluation_scores(real):
    named = MixDataModule.scored("auto", sources={"drawn": DRAWN | {"draw_seed": 0}, "real": real})
    assert named.split == "test"
    assert named.names[0] == "drawn/test_00000"
    assert named.sources == ["drawn", "real", "drawn", "drawn"]
    image, _ = named.portraits[1]
    assert image[0, 0, 2] == 200
    with pytest.raises(InputError, match=r"data\.sources\.drawn: split=all"):
        MixDataModule.scored("all", sources={"drawn": DRAWN | {"draw_seed": 0}, "real": real})
    with pytest.raises(InputError, match=r"data\.sources\.drawn\.train=null draws without end"):
        MixDataModule.scored("train", sources={"drawn": DRAWN | {"draw_seed": 0}, "real": real})


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"share": 0}, r"data\.sources\.real\.share=0 is no share"),
        ({"share": -0.5}, r"data\.sources\.real\.share=-0\.5 is no share"),
        ({"share": float("nan")}, "share=nan is no share"),
        ({"share": float("inf")}, "share=inf is no share"),
        ({"share": "half"}, "share=half is no share"),
        ({"share": True}, "share=True is no share"),
        ({"share": 1e-4}, r"real\.share=0\.0001 is less than one of the data\.length=12"),
        ({"data": "foldr"}, r"data\.sources\.real\.data=foldr is no kind of source: give one of synthetic"),
        ({"root": "/nowhere"}, r"data\.sources\.real\.root=/nowhere has no folder images"),
        ({"val_share": 0.9}, r"data\.sources\.real\.val_share=0\.9 and data\.sources\.real\.test_share=0\.1 must"),
    ],
)
def test_a_source_that_cannot_be(changed, words, real):
    with pytest.raises(InputError, match=words) as error:
        mix({"drawn": DRAWN, "real": real | changed})
    assert "\n" not in str(error.value)


def test_a_source_without_portraits(tmp_path, real):
    for part in ("images", "alphas"):
        (tmp_path / "empty" / part).mkdir(parents=True)
    with pytest.raises(InputError, match=r"data\.sources\.real: .*images holds no image"):
        mix({"drawn": DRAWN, "real": real | {"root": str(tmp_path / "empty")}})
    with pytest.raises(InputError, match=r"data\.sources\.drawn\.train=0: draw at least one"):
        mix({"drawn": DRAWN | {"train": 0}, "real": real})


@pytest.mark.parametrize("name", ["a/b", "a b", "1", 1, "", "a.b", "über", "-a"])
def test_names_that_are_none(name):
    with pytest.raises(InputError, match="is no name of a source"):
        check_sources({name: DRAWN})


def test_names_that_differ_in_case_alone():
    with pytest.raises(InputError, match="drawn and Drawn, which are one name"):
        check_sources({"drawn": DRAWN, "Drawn": DRAWN})


def test_no_source_at_all():
    for none in ({}, {"drawn": None}):
        with pytest.raises(InputError, match="no source that takes part"):
            check_sources(none)


def test_shares_are_proportions():
    for shares in ((0.1, 0.1, 0.2), (25, 25, 50), (1e-3, 1e-3, 2e-3), (1e308, 1e308, 1.7e308)):
        assert sum(apportioned(shares, 1201)) == 1201
    assert apportioned((25, 25, 50), 1200) == [300, 300, 600]
    assert apportioned((0.7, 0.2, 0.1), 10) == [7, 2, 1]


def test_bad_files_are_counted_of_the_portraits_and_replaced_within_their_source(real, tmp_path, caplog):
    for file in sorted((tmp_path / "real" / "images").iterdir())[:2]:
        file.write_bytes(b"no picture")
    module = mix({"drawn": DRAWN, "real": real}, bad_share=0.5)
    for epoch in epochs(module, range(4)):
        assert Counter(source for source, _ in epoch) == {"drawn": 6, "real": 6}
    assert module._bad_files["train"].total == 8
