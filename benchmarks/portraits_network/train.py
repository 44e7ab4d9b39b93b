"""Trains the lite network on four sources mixed in every batch, in a few minutes of one card with a dozen cores.

In this order:

    python -m portrait_matting.label DIR/images LABELS --network selfie_segmentation.tflite --min-confidence 0
    python benchmarks/portraits_network/prepare.py --people PEOPLE --portraits DIR --mattes LABELS/alphas \
        --backgrounds PHOTOS --output DATA
    OMP_NUM_THREADS=1 python benchmarks/portraits_network/train.py --data DATA --weights CHECKPOINT --output OUT
    python benchmarks/portraits_network/score.py OUT/ema.pt OUT/raw.pt --selfies SELFIES --portraits DIR

What goes in and is not shipped is told by prepare.py: the real portraits, people in three dimensions rendered
beforehand, photos for backgrounds; and the teacher's network, which lies in the npm package
@mediapipe/selfie_segmentation (Apache-2.0). CHECKPOINT is of the lite network; without it the training begins from
nothing. What came of it once: docs/portraits_network.md.

Drawings come from processes that draw all the time; all else is decoded once. Everything lies on the card as bytes
(26 GiB in all at its largest), where crops, composites, light and camera are computed: see mixture.py. The learning
rate is one cycle over the time, so that it ends when --seconds are over; the sizes grow from 192² to 384². Writes to
OUT: raw.pt and ema.pt, the last weights and their average, which predict --checkpoint reads; the same after 60 and 85 %
of the time; log.txt, result.json, batch.jpg. --dry-run does all of it on a CPU with tiny sizes for 12 s.
"""

import argparse
import functools
import json
import math
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import torch
import weights_file
from drawings import Ring
from mixture import SOURCES, Mixture
from pictures import Pictures, Pool
from torch import Tensor
from validation import normalised, validate

from portrait_matting import checkpoint
from portrait_matting.losses import BCE, BoundaryRMSE, WeightedSum
from portrait_matting.losses.criterion import band_weights
from portrait_matting.models.optimizer import build_optimizer
from portrait_matting.models.u2net import u2netp

BAND = {"width": 0.05, "edge_weight": 5.0, "tolerance": 1 / 255}
HELD = 60  # people for the validation
END = 14  # seconds for the end
KEPT = (0.60, 0.85)  # of the time, when weights are written beside the last ones


def since_start() -> float:
    """Seconds since this process began."""
    return time.time() - psutil.Process().create_time()


def sizes(time_gone: float, rng: np.random.Generator, dry_run: bool) -> tuple[int, int]:
    """Side and batch size by the share of the time that is gone: small first, at last as the network is used."""
    if time_gone < 0.35:
        size, count = [(192, 112), (224, 88), (256, 64)][rng.choice(3, p=[0.3, 0.35, 0.35])]
    elif time_gone < 0.85:
        size, count = [(256, 64), (320, 48), (384, 32)][rng.choice(3, p=[0.3, 0.5, 0.2])]
    else:
        size, count = [(288, 56), (320, 48), (352, 40)][rng.choice(3, p=[0.2, 0.6, 0.2])]
    return (size // 4 // 32 * 32 or 32, max(4, count // 16)) if dry_run else (size, count)


def rate(time_gone: float, max_lr: float) -> float:
    """One cycle: a straight warm-up of a tenth of the time, half a cosine down to nothing."""
    if time_gone < 0.1:
        return max_lr * time_gone / 0.1 + 1e-6
    return max_lr * 0.5 * (1 + math.cos(math.pi * (time_gone - 0.1) / 0.9)) + 1e-6


class Training:
    """The network, its average, the optimizer and what was seen."""

    def __init__(self, weights: Path | None, device: torch.device) -> None:
        self.net = u2netp()
        if weights:
            checkpoint.load_weights(self.net, weights)
        self.net = self.net.to(device, memory_format=torch.channels_last).train()
        adamw = functools.partial(torch.optim.AdamW, weight_decay=1e-2, betas=(0.9, 0.99), fused=True)
        self.optimizer = build_optimizer(adamw, self.net, lr=1e-4)
        terms = {"boundary_rmse": BoundaryRMSE(), "bce": BCE()}
        self.loss = WeightedSum(terms, dict.fromkeys(terms, 1.0), *BAND.values()).to(device)
        self.average = {name: tensor.clone() for name, tensor in self.net.state_dict().items()}
        self.steps, self.seen, self.left_out = 0, 0, torch.zeros((), device=device)
        self.mixed, self.by_size = np.zeros(len(SOURCES), int), {}

    def step(self, mixture: Mixture, size: int, count: int, strength: float, lr: float) -> dict[str, Tensor]:
        """One step, to the fused map's losses and its MAD; a gradient that is not finite changes nothing."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        image, alpha, valid, counts = mixture.batch(count, size, strength)
        with torch.autocast(image.device.type, torch.bfloat16):
            outputs = self.net(normalised(image))
        logits = torch.cat(list(outputs.values()), 1)
        weight = band_weights(alpha, BAND["edge_weight"], BAND["width"], BAND["tolerance"]) * valid
        parts = self.loss.measure(logits, alpha, weight)
        self.optimizer.zero_grad(set_to_none=True)
        parts["loss"].mean(0).sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 4.0)
        self.optimizer.found_inf = (~torch.isfinite(norm)).float()  # the fused step leaves such a step out
        self.left_out += self.optimizer.found_inf
        self.optimizer.step()
        self.steps, self.seen, self.mixed = self.steps + 1, self.seen + count, self.mixed + counts
        steps, seen = self.by_size.get(size, (0, 0))
        self.by_size[size] = steps + 1, seen + count
        if self.steps % 4 == 0:
            self._take_average(1 - max(0.0, min(0.985, 1 - 8 / (self.steps + 8))))
        mad = (torch.sigmoid(logits[:, :1].detach().float()) - alpha).abs().mean()
        return {
            "rmse": parts["boundary_rmse"].detach()[:, 0].mean(),
            "bce": parts["bce"].detach()[:, 0].mean(),
            "mad": mad,
        }

    def _take_average(self, share: float) -> None:
        live = {name: tensor for name, tensor in self.net.state_dict().items() if tensor.is_floating_point()}
        torch._foreach_lerp_([self.average[name] for name in live], list(live.values()), share)

    def averaged(self) -> dict[str, Tensor]:
        """The average, with the network's own counters."""
        return {
            name: self.average[name] if tensor.is_floating_point() else tensor
            for name, tensor in self.net.state_dict().items()
        }

    def write(self, folder: Path, suffix: str = "") -> None:
        about = {
            "steps": self.steps,
            "samples": self.seen,
            "sources": dict(zip(SOURCES, self.mixed.tolist(), strict=True)),
        }
        weights_file.write(folder / f"raw{suffix}.pt", self.net.state_dict(), about)
        weights_file.write(folder / f"ema{suffix}.pt", self.averaged(), about)


def show(mixture: Mixture, path: Path) -> None:
    """A contact sheet of 48 samples beside their alphas."""
    batch = mixture.batch(48, 192)
    image, alpha = (each.cpu().numpy().transpose(0, 2, 3, 1) for each in (batch.image, 255 * batch.alpha))
    tiles = np.uint8(np.concatenate([image, alpha.repeat(3, 3)], 2))
    sheet = np.vstack([np.hstack(tiles[first : first + 6]) for first in range(0, 48, 6)])
    cv2.imwrite(str(path), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def train(arguments: argparse.Namespace) -> None:
    """Trains until the time is over, and writes weights and records."""
    folder, dry_run, rng = arguments.output, arguments.dry_run, np.random.default_rng(arguments.seed)
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / "log.txt").open("a")

    def say(*words: object) -> None:
        line = " ".join(map(str, (f"[{since_start():6.1f}]", *words)))
        print(line, flush=True)
        print(line, file=log, flush=True)

    # Forks come before CUDA.
    pictures = Pictures(arguments.data, arguments.workers, limit=24 if dry_run else None)
    pools = {"people": pictures.people, "real": pictures.real, "backgrounds": pictures.backgrounds}
    say("decoded", ", ".join(f"{len(pool)} {name}" for name, pool in pools.items()), f"and {len(pictures.val)} val")
    ring = Ring(arguments.ring, 8 if dry_run else 256, arguments.workers, arguments.seed)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        say(torch.cuda.get_device_name())
    elif not dry_run:
        ring.stop()
        sys.exit("error: there is no CUDA card: try --dry-run")
    people, real, backgrounds = (Pool(torch.from_numpy(each.canvas).to(device), each.about) for each in pools.values())
    seen, held = len(people) - (8 if dry_run else HELD), slice(len(people) - (8 if dry_run else HELD), None)
    held = Pool(people.canvas[held], people.about[held])
    people = Pool(people.canvas[:seen], people.about[:seen])
    ring.fill(device, say)
    mixture = Mixture(people, real, backgrounds, ring, arguments.shares, rng)
    training = Training(arguments.weights, device)

    began = time.time()
    while len(ring) < (12 if dry_run else 700) and time.time() - began < 40:
        time.sleep(0.1)
    if not len(ring):
        sys.exit("error: there are no drawings")

    def validated() -> dict[str, tuple[float, float]]:
        return validate(training.net, pictures, held, 64 if dry_run else weights_file.INPUT_SIZE, device)

    say(
        f"{len(ring)} drawings; {len(mixture.strips)} real portraits lend backgrounds; validation before: {validated()}"
    )
    show(mixture, folder / "batch.jpg")
    began, end = time.time(), time.time() + (12 if dry_run else arguments.seconds - END - since_start())
    due, kept, history, scale = began, [], [], 1.0
    while (gone := (time.time() - began) / max(1, end - began)) < 1:
        for share in KEPT:
            if gone >= share and share not in kept:
                kept.append(share)
                training.write(folder, f"_{share:.0%}".removesuffix("%"))
        size, count = sizes(gone, rng, dry_run)
        strength = 1.0 if gone < 0.85 else 0.6
        try:
            figures = training.step(
                mixture, size, max(4 if dry_run else 8, int(count * scale)), strength, rate(gone, arguments.max_lr)
            )
        except torch.cuda.OutOfMemoryError:
            training.optimizer.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
            scale *= 0.7
            say(f"out of memory: batches times {scale:.2f}")
            continue
        if time.time() > due:
            due = time.time() + (4 if dry_run else 8)
            row = {"t": round(since_start(), 1), "step": training.steps, "seen": training.seen, "size": size}
            row |= {name: round(float(value), 4) for name, value in figures.items()}
            row |= {
                "lr": round(rate(gone, arguments.max_lr), 6),
                "drawn": ring.count,
                "left_out": int(training.left_out),
            }
            history.append(row)
            say(json.dumps(row), f"{training.seen / (time.time() - began):.0f} samples/s")
            if not math.isfinite(row["rmse"]):
                say("not finite: stopping, what was written stays")
                break
    training.write(folder)
    results = {"raw": validated()}
    training.net.load_state_dict(training.averaged())
    results["ema"] = validated()
    say("validation (MAD, IoU):", json.dumps(results))
    record = {"result": results, "steps": training.steps, "seen": training.seen, "drawn": ring.count}
    record |= {"mixed": dict(zip(SOURCES, training.mixed.tolist(), strict=True)), "by_size": training.by_size}
    record |= {"seconds": since_start(), "arguments": {key: str(value) for key, value in vars(arguments).items()}}
    (folder / "result.json").write_text(json.dumps(record | {"log": history}, indent=1))
    ring.stop()


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True)
    parser.add_argument("--weights", metavar="FILE", type=Path, help="a checkpoint of the lite network to go on from")
    parser.add_argument("--seconds", type=float, default=430, help="of the whole process (%(default)s)")
    parser.add_argument("--max-lr", type=float, default=0.004, help="(%(default)s)")
    parser.add_argument(
        "--shares",
        type=float,
        nargs=len(SOURCES),
        default=[0.30, 0.26, 0.24, 0.20],
        metavar="SHARE",
        help=" ".join(SOURCES),
    )
    parser.add_argument("--workers", type=int, default=12, help="processes that draw (%(default)s)")
    parser.add_argument("--ring", type=int, default=16_000, help="drawings on the card, 0.76 MB each (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="on a CPU, tiny, to see that it runs")
    return parser


def main() -> None:
    arguments = parser().parse_args()
    if arguments.dry_run:
        arguments.workers, arguments.ring = 1, 64
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    train(arguments)


if __name__ == "__main__":
    main()
