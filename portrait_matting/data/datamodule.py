"""Splits and loaders, whatever the portraits come from."""

from collections.abc import Sequence
from typing import Any

import albumentations as A
import cv2
import lightning.pytorch as L
import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from portrait_matting.data.augment import Augmentation
from portrait_matting.data.bad_files import BadFiles
from portrait_matting.data.named import NamedPortraits
from portrait_matting.data.sampler import EpochSampler, ResumableLoader, ScoredLoader, ScoredSampler
from portrait_matting.data.samples import Portraits, ScoredSamples, TrainingSamples, collate_scored, collate_training
from portrait_matting.data.splits import SPLITS, Split
from portrait_matting.data.subset import choose_subset
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import AUTO, DEFAULT, normalisation_of, to_input


class PortraitDataModule(L.LightningDataModule):
    """The loaders of a run. A kind of data says only where a split's portraits are: it overrides `portraits(split)`.

    Args:
        input_size: side in pixels of the square that the network sees.
        batch_size: images in a batch of one process.
        workers: processes that read and augment; 0 reads in the main process.
        augment: albumentations transforms for training, in order.
        seed: of order and augmentation.
        subset: share of the training portraits that is used, in (0, 1]: the same ones in every run, whatever the seed,
            with every person in proportion (`data.subset.choose`).
        bad_share: of a split's portraits that may turn out bad during a run, in [0, 1] (`data.bad_files`).
        check_truth: whether a run first looks at a sample of the alphas (`data.truth`).
        normalisation: of the images, as `model.normalisation` gives it (`images.network_input`); a run has settled
            "auto" before, here it is the default.

    Attributes:
        shuffle: whether an epoch's order is its own; False: each begins with the same portraits, to overfit on them.
        is_mixed: whether portraits are from several sources, each with a name.
        sources: the names of those whose portraits are scored, by their numbers; none where nothing is mixed.
    """

    shuffle = True
    sources: Sequence[str] = ()
    is_mixed = False

    def __init__(
        self,
        input_size: int,
        batch_size: int,
        workers: int,
        augment: Sequence[A.BasicTransform],
        seed: int,
        subset: float = 1.0,
        bad_share: float = 0.01,
        check_truth: bool = True,
        normalisation: str | dict[str, Any] = DEFAULT,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("hardware.input_size", input_size, 16),
            ("hardware.batch_size", batch_size, 1),
            ("hardware.workers", workers, 0),
            ("seed", seed, 0),
        ):
            if value < least:
                raise InputError(f"{name}={value} is too small: choose at least {least}")
        if not 0 < subset <= 1:
            raise InputError(f"data.subset={subset} is no share: choose more than 0 and at most 1")
        if not 0 <= bad_share <= 1:
            raise InputError(f"data.bad_share={bad_share} is no share: choose 0 to 1")
        self.subset, self.bad_share, self.check_truth = subset, bad_share, check_truth
        self.input_size, self.batch_size, self.workers, self.seed = input_size, batch_size, workers, seed
        self.normalisation = normalisation_of(DEFAULT if normalisation == AUTO else normalisation)
        self.augmentation = Augmentation(augment, input_size, self.normalisation)
        self._portraits: dict[str, Portraits] = {}
        self._bad_files: dict[str, BadFiles] = {}

    def portraits(self, split: str) -> Portraits:
        """The portraits of `split`, one of train, val and test."""
        raise NotImplementedError

    def to_input(self, image: np.ndarray) -> Tensor:
        """What the network sees of a photo, uint8 RGB (H, W, 3): float32 (3, S, S), normalised, not augmented."""
        return to_input(image, self.input_size, self.normalisation)

    @classmethod
    def scored(cls, split: Split, trained_on: bool = False, **choice: Any) -> NamedPortraits:
        """The portraits that an evaluation scores, read from the data alone, which needs no other split.

        Args:
            split: of the data, all of it, or auto: the test split, or all where there are no splits.
            trained_on: a candidate has seen this data, apart from its val and test splits: auto is test then.
            choice: the values of the data group of the recipe; those of loading are of no use here.

        Raises:
            InputError: the data is missing or incomplete, or has no such split.
        """
        raise NotImplementedError

    def names(self, split: str) -> list[tuple[str, str]]:
        """(person, name) of each portrait of `split`; here every portrait is a person of its own."""
        return [(str(index), str(index)) for index in range(len(self._portraits[split]))]

    def least_side(self, split: str) -> int:
        """To how many pixels of its shorter side a photo of `split` may be reduced when it is read; 0: not at all."""
        return self.augmentation.least_side if split == "train" else 0  # scored as predict sees it

    def setup(self, stage: str | None = None) -> None:
        for split in {"fit": ("train", "val"), "validate": ("val",), "test": ("test",)}.get(stage, SPLITS):
            if split not in self._portraits:
                self._portraits[split] = self.portraits(split)

    def parts(self, split: str) -> dict[str, Portraits]:
        """The portraits of `split` by source; "" where there is but one."""
        return {"": self.portraits(split)}

    def place(self, part: str) -> str:
        """What a message calls the place that the portraits of a part are from."""
        return f"data.root={getattr(self, 'root', None)}"

    def training_portraits(self) -> Portraits:
        """Those that are trained on: the training portraits, or the subset of them."""
        portraits = self._portraits["train"]
        if self.subset == 1:
            return portraits
        return Subset(portraits, choose_subset(self.names("train"), self.subset))

    def training_samples(self) -> Dataset:
        """The samples of an epoch, asked for by (epoch, index)."""
        return TrainingSamples(self.training_portraits(), self.augmentation, self.seed)

    def train_dataloader(self) -> DataLoader:
        rank, processes = self._rank()
        samples = self.training_samples()
        if len(samples) < self.batch_size * processes:
            raise InputError(
                f"hardware.batch_size={self.batch_size} on {processes} process(es) is more than the {len(samples)} "
                "training images: choose a smaller one"
            )
        sampler = self._sampler(samples, rank, processes)
        sampler.shuffle = self.shuffle
        if self.trainer:
            sampler.set_epoch(self.trainer.current_epoch)
        finished = self._finished_batches if self.trainer else None
        return ResumableLoader(
            samples,
            sampler,
            self._bad("train", len(samples)),
            finished,
            collate_fn=collate_training,
            drop_last=True,
            **self._loading(),
        )

    def _sampler(self, samples: Dataset, rank: int, processes: int) -> EpochSampler:
        return EpochSampler(samples, self.seed, rank, processes)

    def val_dataloader(self) -> DataLoader:
        return self._scored("val")

    def test_dataloader(self) -> DataLoader:
        return self._scored("test")

    def _scored(self, split: str) -> DataLoader:
        rank, processes = self._rank()
        samples = ScoredSamples(self._portraits[split], self.input_size, self.normalisation)
        sampler = ScoredSampler(len(samples), rank, processes)
        bad_files = self._bad(split, len(samples))
        return ScoredLoader(samples, bad_files, sampler=sampler, collate_fn=collate_scored, **self._loading())

    def _bad(self, split: str, total: int) -> BadFiles:
        return self._bad_files.setdefault(split, BadFiles(total, self.bad_share))

    def _loading(self) -> dict[str, Any]:
        return {
            "batch_size": self.batch_size,
            "num_workers": self.workers,
            "persistent_workers": self.workers > 0,
            "prefetch_factor": 4 if self.workers else None,
            "pin_memory": self.trainer is not None and self.trainer.strategy.root_device.type == "cuda",
            "worker_init_fn": one_thread,
        }

    def _finished_batches(self) -> int:
        return self.trainer.fit_loop.epoch_loop.batch_progress.current.processed

    def _rank(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)


def one_thread(worker: int) -> None:
    """What every data worker begins with."""
    cv2.setNumThreads(0)  # the workers are the parallelism; OpenCV's own threads would fight them for the cores
