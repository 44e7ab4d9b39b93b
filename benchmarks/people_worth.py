"""What are people in three dimensions, and each piece of them, worth as teachers of a network?

    python benchmarks/people_worth.py WORK --selfies SELFIES --portraits DIR --backgrounds BACKGROUNDS

Draws a folder of portraits for each arm, trains the network of `experiment=yardstick` on it from each seed, and scores
its last weights on SELFIES (images/ and alphas/) and on the test split of DIR (in EasyPortrait's layout). An arm is
`drawn`, `people`, `half` of each, or `people without PIECE,PIECE`. What is in WORK already is not done again. Prints a
table; results.jsonl in WORK has a line for each score.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean

from portrait_matting.cli import command
from portrait_matting.errors import InputError

GROUPS = (  # of pieces that go together
    "views",
    "company,bystanders",
    "poses",
    "hair,flyaways,beards",
    "flyaways",
    "patterns",
    "folds",
    "layers",
    "headwear",
    "glasses,jewellery,masks",
    "bags,objects",
    "skin",
    "place_light,sources",
    "shadows",
    "focus,sensor",
)
ARMS = ("drawn", "people", "half", *(f"people without {group}" for group in GROUPS))
SCORE = Path(__file__).parent / "portraits_network" / "score.py"


def run(*words: object) -> None:
    """A command of the project, in a process of its own.

    Raises:
        InputError: it failed.
    """
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"]  # -9: killed
        raise InputError(f"{' '.join(map(str, words))} failed: {said[-1]}")


def draw(folder: Path, style: str, count: int, without: str, size: int, backgrounds: str | None, seed: int) -> None:
    options = ["--without", *without.split(",")] if without else []
    options += ["--backgrounds", backgrounds] if backgrounds else []
    run(
        "-m",
        "portrait_matting.draw",
        folder,
        "--style",
        style,
        "--count",
        count,
        "--size",
        size,
        "--seed",
        seed,
        *options,
    )


def portraits(work: Path, arm: str, count: int, size: int, backgrounds: str | None) -> Path:
    """The folder data set of an arm."""
    folder = work / "data" / arm.replace(",", "_").replace(" ", "_")
    if arm != "half":
        style, _, without = arm.partition(" without ")
        draw(folder, style, count, without, size, backgrounds, 0)
        return folder
    for kind in ("images", "alphas"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for style in ("drawn", "people"):
        source = portraits(work, style, count, size, backgrounds)
        for kind in ("images", "alphas"):
            for path in sorted((source / kind).iterdir())[: count // 2]:
                target = folder / kind / f"{style}_{path.name}"
                if not target.exists() or target.stat().st_size != path.stat().st_size:
                    shutil.copyfile(path, target)
    return folder


def train(work: Path, arm: str, data: Path, seed: int, overrides: list[str]) -> Path:
    """The checkpoint of an arm from a seed."""
    folder = work / "runs" / f"{data.name}_{seed}"
    if not (folder / "metrics.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        words = [
            "experiment=yardstick",
            "data.val_share=0.01",
            "data.test_share=0.01",
            f"data.root='{data}'",
            f"seed={seed}",
            f"hydra.run.dir='{folder}'",
            *overrides,
        ]
        run("-m", "portrait_matting.train", *words)
    return folder / "checkpoints" / "last.ckpt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", metavar="WORK", type=Path)
    parser.add_argument("--selfies", metavar="DIR", type=Path, required=True)
    parser.add_argument("--portraits", metavar="DIR", type=Path, required=True)
    parser.add_argument("--backgrounds", metavar="DIR", help="pictures without people")
    parser.add_argument("--arms", metavar="ARM", nargs="+", default=list(ARMS))
    parser.add_argument("--seeds", metavar="N", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--count", metavar="N", type=int, default=2400, help="portraits of an arm (%(default)s)")
    parser.add_argument("--size", metavar="N", type=int, default=256, help="pixels high (%(default)s)")
    parser.add_argument("--overrides", metavar="KEY=VALUE", nargs="*", default=[], help="of the recipe")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    arguments.work.mkdir(parents=True, exist_ok=True)
    results = arguments.work / "results.jsonl"
    overrides = list(arguments.overrides)
    if arguments.backgrounds:
        overrides.append(f"augment.backgrounds='{arguments.backgrounds}'")
    done = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    for seed in arguments.seeds:
        for arm in arguments.arms:
            if any(row["arm"] == arm and row["seed"] == seed for row in done):
                continue
            data = portraits(arguments.work, arm, arguments.count, arguments.size, arguments.backgrounds)
            checkpoint = train(arguments.work, arm, data, seed, overrides)
            scores = checkpoint.with_name("scores.jsonl")
            scores.unlink(missing_ok=True)
            places = ["--selfies", arguments.selfies, "--portraits", arguments.portraits]
            run(SCORE, checkpoint, *places, "--drawn", 40, "--sizes", 160, "--output", scores)
            rows = [json.loads(line) for line in scores.read_text(encoding="utf-8").splitlines()]
            with results.open("a", encoding="utf-8") as file:
                for row in rows:
                    file.write(json.dumps({"arm": arm, "seed": seed} | row) + "\n")
                    done.append({"arm": arm, "seed": seed} | row)
            print(arm, seed, rows, flush=True)
    for arm in arguments.arms:
        ours = [row for row in done if row["arm"] == arm]
        cells = []
        for name in sorted({row["portraits"] for row in ours}):
            for metric in ("mad", "iou"):
                values = [row[metric] for row in ours if row["portraits"] == name]
                cells.append(f"{name} {metric} {mean(values):.4f} ({', '.join(f'{value:.4f}' for value in values)})")
        print(f"| {arm} | {' | '.join(cells)} |")


if __name__ == "__main__":
    command.run(main)
