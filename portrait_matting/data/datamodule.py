"""Splits and loaders, whatever the portraits come from."""

from collections.abc import Sequence
from typing import Any, Protocol

import albumentations as A
import cv2
import lightning.pytorch as L
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from portrait_matting.data.augment import Augmentation, resize, to_input
from portrait_matting.data.sampler import EpochSampler, ResumableLoader
from portrait_matting.errors import InputError

SPLITS = ("train", "val", "test")


class Portraits(Protocol):
    """Portraits of one split: item i is (image uint8 RGB (H, W, 3), alpha float32 (H, W) in [0, 1])."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]: ...


class TrainingSamples(Dataset):
    """Augmented samples, asked for by (epoch, index) so that no two epochs and no two workers draw alike."""

    def __init__(self, portraits: Portraits, augmentation: Augmentation, seed: int) -> None:
        self.portraits, self.augmentation, self.seed = portraits, augmentation, seed

    def __len__(self) -> int:
        return len(self.portraits)

    def __getitem__(self, key: tuple[int, int]) -> dict[str, Tensor]:
        epoch, index = key
        image, alpha = self.portraits[index]
        seed = int(np.random.SeedSequence((self.seed, epoch, index)).generate_state(1)[0])
        return self.augmentation(image, alpha, seed)


class ScoredSamples(Dataset):
    """Portraits as they are scored: the image at the network's size, the alpha at its own."""

    def __init__(self, portraits: Portraits, input_size: int) -> None:
        self.portraits, self.input_size = portraits, input_size

    def __len__(self) -> int:
        return len(self.portraits)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image, alpha = self.portraits[index]
        side = self.input_size
        return {"image": to_input(resize(image, side, side)), "alpha": torch.from_numpy(alpha)[None]}


def collate_scored(samples: Sequence[dict[str, Tensor]]) -> dict[str, Any]:
    """Stacks the images (B, 3, S, S); leaves the alphas, each of its own size, a list of (1, H, W)."""
    return {"image": torch.stack([s["image"] for s in samples]), "alpha": [s["alpha"] for s in samples]}


class PortraitDataModule(L.LightningDataModule):
    """The loaders of a run. A kind of data says only where a split's portraits are: it overrides `portraits(split)`.

    Args:
        input_size: side in pixels of the square that the network sees.
        batch_size: images in a batch of one process.
        workers: processes that read and augment; 0 reads in the main process.
        augment: albumentations transforms for training, in order.
        seed: of order and augmentation.
    """

    def __init__(
        self, input_size: int, batch_size: int, workers: int, augment: Sequence[A.BasicTransform], seed: int
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
        self.input_size, self.batch_size, self.workers, self.seed = input_size, batch_size, workers, seed
        self.augmentation = Augmentation(augment, input_size)
        self._portraits: dict[str, Portraits] = {}

    def portraits(self, split: str) -> Portraits:
        """The portraits of `split`, one of train, val and test."""
        raise NotImplementedError

    def setup(self, stage: str | None = None) -> None:
        for split in {"fit": ("train", "val"), "validate": ("val",), "test": ("test",)}.get(stage, SPLITS):
            if split not in self._portraits:
                self._portraits[split] = self.portraits(split)

    def train_dataloader(self) -> DataLoader:
        rank, processes = self._rank()
        samples = TrainingSamples(self._portraits["train"], self.augmentation, self.seed)
        if len(samples) < self.batch_size * processes:
            raise InputError(
                f"hardware.batch_size={self.batch_size} on {processes} process(es) is more than the {len(samples)} "
                "training images: choose a smaller one"
            )
        sampler = EpochSampler(samples, self.seed, rank, processes)
        if self.trainer:
            sampler.set_epoch(self.trainer.current_epoch)
        finished = self._finished_batches if self.trainer else None
        return ResumableLoader(samples, sampler, finished, drop_last=True, **self._loading())

    def val_dataloader(self) -> DataLoader:
        return self._scored("val")

    def test_dataloader(self) -> DataLoader:
        return self._scored("test")

    def _scored(self, split: str) -> DataLoader:
        rank, processes = self._rank()
        samples = ScoredSamples(self._portraits[split], self.input_size)
        # On several processes a few portraits count twice where the split does not divide by them: no process may have
        # fewer batches than the others, who would wait for it. The test is run in one process.
        sampler = DistributedSampler(samples, processes, rank, shuffle=False) if processes > 1 else None
        return DataLoader(samples, sampler=sampler, collate_fn=collate_scored, **self._loading())

    def _loading(self) -> dict[str, Any]:
        return {
            "batch_size": self.batch_size,
            "num_workers": self.workers,
            "persistent_workers": self.workers > 0,
            "pin_memory": torch.cuda.is_available(),
            "worker_init_fn": _one_thread,
        }

    def _finished_batches(self) -> int:
        return self.trainer.fit_loop.epoch_loop.batch_progress.current.processed

    def _rank(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(0)  # the workers are the parallelism; OpenCV's own threads would fight them for the cores
