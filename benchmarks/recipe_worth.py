"""What is each source of a mix, and each piece of a recipe, worth to the network that comes of it?

    python benchmarks/recipe_worth.py WORK --selfies SELFIES --portraits DIR --weights CHECKPOINT \
        --people CUT_OUTS --labels LABELS --backgrounds PHOTOS --overrides hardware=gpu_8gb …

The lite network at 160², always as many steps, always from the same weights, `experiment=yardstick` on `data=mix`: an
arm is a choice of sources and shares, or the mix of all with one thing otherwise. Scored by the last weights on SELFIES
(images/ and alphas/) and on the test split of DIR (in EasyPortrait's layout), whose training split is the source
`real`. CUT_OUTS is what `draw --style people --cut-outs` writes, LABELS what `label` wrote for DIR's training
portraits. None of these is shipped. Several trainings run at once; what is in WORK/results.jsonl is not done again.
Prints a table: mean over the seeds, and each seed.
"""

import argparse
import json
import os
from concurrent.futures import as_completed
from pathlib import Path
from statistics import mean

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from omegaconf import OmegaConf

from portrait_matting import checkpoint
from portrait_matting.cli import command
from portrait_matting.cli.process_pool import begin_worker, open_pool
from portrait_matting.config.compose import compose
from portrait_matting.images.network_input import to_input
from portrait_matting.train import train

SIDE = 160
EQUAL = {"drawn": 1, "people": 1, "real": 1, "labels": 1}
NAMES = {"drawn": "drawn", "people": "cutouts", "real": "real", "labels": "labels"}
"""Of the sources in `data=mix`: people were drawn before."""
SOURCES = {
    "drawn": {"drawn": 1},
    "people": {"people": 1},
    "drawn, people": {"drawn": 1, "people": 1},
    "real (hard masks)": {"real": 1},
    "labels (of the same)": {"labels": 1},
    "real, labels": {"real": 1, "labels": 1},
    "drawn, people, real": {"drawn": 1, "people": 1, "real": 2},
    "all": EQUAL,
    "all, 3 of 4 made up": {"drawn": 3, "people": 3, "real": 1, "labels": 1},
    "all, 3 of 4 photos": {"drawn": 1, "people": 1, "real": 3, "labels": 3},
}
"""Shares by arm."""


def staged(of_l1: float, of_laplacian: float, **spans: list[float]) -> list[str]:
    """Overrides for a loss of boundary RMSE and BCE, and these weights of L1 and the Laplacian pyramid."""
    words = ["loss=staged", f"loss.criterion.weights.l1={of_l1}", f"loss.criterion.weights.laplacian={of_laplacian}"]
    whole = {"bce": [0, 1], "l1": [0, 1], "laplacian": [0, 1]} | spans
    return [*words, *(f"loss.criterion.spans.{name}={span}" for name, span in whole.items())]


QUICK = [  # only the last weights count, and they are scored here
    "trainer.limit_val_batches=0",
    "trainer.limit_test_batches=1",
    "trainer.num_sanity_val_steps=0",
    "data.check_truth=false",
    "learning_rate.cycle.anneal=cos",
    "~callbacks.samples",
    "~callbacks.gallery",
]
LATE = [0.67, 1]
PIECES = {
    "Laplacian in the last third": staged(0, 1, laplacian=LATE),
    "BCE in the first third only": staged(0, 0, bce=[0, 0.33]),
    "L1 in the last third": staged(2, 0, l1=LATE),
    "L1 and no BCE in the last third": staged(2, 0, l1=LATE, bce=[0, 0.67]),
    "loss=staged": ["loss=staged"],
    "edge weight 20": ["loss.criterion.edge_weight=20"],
    "averaged weights": ["callbacks=averaged", "callbacks.average.decay=0.98"],
    "sizes of 0.6 to 1": [
        "+callbacks.sizes={_target_:portrait_matting.callbacks.input_sizes.InputSizes,factors:[0.6,0.8,1.0]}"
    ],
}
"""Overrides by arm, all on top of the mix of all."""


def overrides(arm: str, arguments: argparse.Namespace) -> list[str]:
    """The recipe of an arm."""
    roots = {"cutouts": arguments.people, "real": arguments.portraits, "labels": arguments.labels}
    words = ["experiment=yardstick", "data=mix", "loss=boundary_rmse_bce"]
    shares = SOURCES.get(arm, EQUAL)
    for arm_name, name in NAMES.items():
        if arm_name not in shares:
            words.append(f"data.sources.{name}=null")
            continue
        words.append(f"data.sources.{name}.share={shares[arm_name]}")
        if name in roots:
            words.append(f"data.sources.{name}.root='{roots[name]}'")
    if shares.keys() == {"labels"}:
        words.append("data.sources.labels.scored=true")  # a validation needs somebody
    if "people" in shares:
        words.append(f"data.sources.cutouts.backgrounds='{arguments.backgrounds}'")
    words += [f"augment.backgrounds='{arguments.backgrounds}'"]
    words += QUICK + PIECES.get(arm, [])
    words += [f"trainer.max_steps={arguments.steps}", f"hardware.batch_size={arguments.batch}", "trainer.max_epochs=-1"]
    return [*words, f"model.weights='{arguments.weights}'", *arguments.overrides]


class Yardstick:
    """Portraits with their truth, as the network sees them: what `scores` holds a network against."""

    def __init__(self, selfies: Path, portraits: Path) -> None:
        self.sets = {"selfies": _pairs(selfies / "images", selfies / "alphas", soft=True)}
        self.sets["test"] = _pairs(portraits / "images" / "test", portraits / "annotations" / "test", soft=False)

    def scores(self, path: Path) -> dict[str, dict[str, float]]:
        """MAD and IoU by set, of the mattes enlarged bilinearly, at the portraits' own size."""
        restored, result = checkpoint.load(path), {}
        device = "cuda" if torch.cuda.is_available() else "cpu"
        net = restored.net.to(device)
        for name, pairs in self.sets.items():
            mads, ious = [], []
            for image, alpha in pairs:
                with torch.inference_mode():
                    logits = net(to_input(image, SIDE, restored.normalisation)[None].to(device))["matte"]
                matte = F.interpolate(logits.float().sigmoid(), alpha.shape, mode="bilinear", antialias=True)[0, 0]
                matte = matte.cpu().numpy()
                union = ((matte > 0.5) | (alpha > 0.5)).sum()
                mads.append(np.abs(matte - alpha).mean())
                ious.append(((matte > 0.5) & (alpha > 0.5)).sum() / union if union else 1.0)
            result[name] = {"mad": float(np.mean(mads)), "iou": float(np.mean(ious))}
        return result


def _pairs(images: Path, truths: Path, soft: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    pairs = []
    for path in sorted(images.iterdir()):
        [truth] = truths.glob(f"{path.stem}.*")
        alpha = cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE)
        alpha = alpha.astype(np.float32) / 255 if soft else (alpha > 0).astype(np.float32)
        pairs.append((np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]), alpha))
    return pairs


_yardstick: Yardstick | None = None


def start(selfies: Path, portraits: Path) -> None:
    """Begins a worker, which keeps the portraits that networks are scored on."""
    global _yardstick
    begin_worker(lambda: None)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    _yardstick = Yardstick(selfies, portraits)


def measure(arm: str, seed: int, words: list[str], folder: Path) -> dict:
    """Trains an arm from a seed, and scores it."""
    cfg = compose([*words, f"seed={seed}"], folder)
    train(cfg)
    path = folder / "checkpoints" / "last.ckpt"
    row = {"arm": arm, "seed": seed, "scores": _yardstick.scores(path)}
    path.unlink()
    return row | {"recipe": OmegaConf.to_container(cfg.data, resolve=True).get("sources")}


def table(rows: list[dict], arms: list[str]) -> str:
    """A line of Markdown an arm: mean over the seeds (each of them)."""
    lines = ["| | selfies: MAD | IoU | test portraits: MAD | IoU |", "|---|---:|---:|---:|---:|"]
    for arm in arms:
        ours = sorted((row for row in rows if row["arm"] == arm), key=lambda row: row["seed"])
        cells = []
        for name, metric in ((name, metric) for name in ("selfies", "test") for metric in ("mad", "iou")):
            values = [row["scores"][name][metric] for row in ours]
            each = ", ".join(f"{value:.3f}" for value in values)
            cells.append(f"{mean(values):.3f} ({each})" if values else "")
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", metavar="WORK", type=Path)
    for name in ("selfies", "portraits", "weights", "people", "labels", "backgrounds"):
        parser.add_argument(f"--{name}", metavar="PATH", type=Path, required=True)
    parser.add_argument("--arms", metavar="ARM", nargs="+", choices=[*SOURCES, *PIECES], default=[*SOURCES, *PIECES])
    parser.add_argument("--seeds", metavar="N", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--steps", metavar="N", type=int, default=200)
    parser.add_argument("--batch", metavar="N", type=int, default=32)
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="trainings at once (%(default)s)")
    parser.add_argument("--overrides", metavar="KEY=VALUE", nargs="*", default=[], help="of every recipe")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for name in ("weights", "people", "labels", "backgrounds", "portraits"):
        setattr(arguments, name, getattr(arguments, name).resolve())
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    done = {(row["arm"], row["seed"]) for row in rows}
    with open_pool(arguments.jobs, start, (arguments.selfies, arguments.portraits)) as pool:
        futures = [
            pool.submit(measure, arm, seed, overrides(arm, arguments), arguments.work / f"run_{seed}_{number}")
            for seed in arguments.seeds
            for number, arm in enumerate(arguments.arms)
            if (arm, seed) not in done
        ]
        for future in as_completed(futures):
            rows.append(future.result())
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
            print(rows[-1]["arm"], rows[-1]["seed"], rows[-1]["scores"], flush=True)
    print(table(rows, arguments.arms))


if __name__ == "__main__":
    command.run(main)
