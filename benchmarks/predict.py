"""A photo to its cut-out on disk, ours against rembg with the same network, on this machine.

    python benchmarks/predict.py --write

One JPEG of 1080x1920 to an RGBA PNG, and folders of it. rembg runs the network by ONNX Runtime and is asked for what it
gives by default, without refinement or colour estimation, and for its own colour estimation ("decontaminate"); ours has
both on. Files are read and written by both, everybody is warm, has the same number of threads, and they take turns. Of
a folder, rembg does one photo after the other, as its command does.

Without a checkpoint the weights are random. What they take for a person is noise, which no PNG compresses and which is
soft everywhere, so the network's answer is replaced, in ours and in rembg's, by the true matte as the network would see
it, after all of it has been computed.
"""

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import onnxruntime
import rembg
import torch
from PIL import Image
from rembg.sessions.u2net_custom import U2netCustomSession
from report import machine, ratio
from sections import PHOTO, write
from torch import Tensor, nn
from tqdm import tqdm

from portrait_matting import checkpoint
from portrait_matting.cli import command
from portrait_matting.disk.atomic_write import write_bytes
from portrait_matting.errors import InputError
from portrait_matting.hardware import choose_precision
from portrait_matting.images.io import read_alpha, read_image
from portrait_matting.images.network_input import NORMALISATIONS, resize
from portrait_matting.matte import matter as matter_module
from portrait_matting.matte.matter import Matter
from portrait_matting.matte.predictor import Predictor
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2net, u2netp
from portrait_matting.prediction.batch import cut_out_all
from portrait_matting.prediction.cutout_file import Style, encode
from portrait_matting.prediction.jobs import CutOutJob
from portrait_matting.prediction.photo_file import read_photo
from portrait_matting.synthetic import draw_portrait

INPUT_SIZE = 320
HEIGHT, WIDTH = 1920, 1080
NETWORKS = {"u2netp": u2netp, "u2net": u2net}
STAGES = "read", "network", "refinement", "colours", "encode", "write"

Way = Callable[[Path, Path], None]


class Answering(Network):
    """Computes all of a network, and answers with what it is given instead, logits (1, 1, S, S)."""

    def __init__(self, net: nn.Module, answer: Tensor) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("answer", answer)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return {name: self.answer + 0 * logits for name, logits in self.net(image).items()}


class Sigmoids(nn.Module):
    """The network as the reference project exports it: the seven maps after their sigmoids."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(logits.sigmoid() for logits in self.net(image).values())


class Session(U2netCustomSession):
    """rembg's own, with a model from any folder."""

    @classmethod
    def download_models(cls, *args: object, **kwargs: object) -> str:
        return str(kwargs["model_path"])


class Quiet:
    """Stands for the bars."""

    def photo(self, reason: str | None) -> None:
        if reason is not None:
            raise SystemExit(reason)


def portrait(root: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Image, uint8 RGB (H, W, 3), and alpha, float32 (H, W)."""
    if root is None:
        drawn = (draw_portrait("test", 0, index, HEIGHT, WIDTH) for index in range(100))
        return next((image, alpha) for image, alpha in drawn if alpha.max() > 0.5)  # a few show nobody
    images = sorted((root / "images").glob("*"))
    if not images:
        raise InputError(f"--root {root} has no images/: give a folder with images/ and alphas/")
    alpha = read_alpha(root / "alphas" / f"{images[0].stem}.png")
    return resize(read_image(images[0]), HEIGHT, WIDTH), resize(alpha, HEIGHT, WIDTH)


def rembg_session(net: nn.Module, folder: Path, threads: int) -> Session:
    path = folder / "net.onnx"
    torch.onnx.export(Sigmoids(net).eval(), torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE), path, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return Session("u2net_custom", options, model_path=path, providers=["CPUExecutionProvider"])


def by_rembg(session: Session, **options: bool) -> Way:
    return lambda photo, target: target.write_bytes(rembg.remove(photo.read_bytes(), session=session, **options))


class Ours:
    """One photo all the way, as a worker of ours does it, with the seconds of each stage."""

    def __init__(self, matter: Matter) -> None:
        self.matter, self.seconds = matter, defaultdict(list)

    def __call__(self, path: Path, target: Path) -> None:
        photo = self._timed("read", read_photo)(path)
        [matte] = self._timed("network", self.matter.mattes)([photo.image])
        before = matter_module.refine, matter_module.estimate_foreground
        matter_module.refine = self._timed("refinement", before[0])
        matter_module.estimate_foreground = self._timed("colours", before[1])
        try:
            cut_out = self.matter.cut_out(photo.image, matte)
        finally:
            matter_module.refine, matter_module.estimate_foreground = before
        self._timed("write", write_bytes)(target, self._timed("encode", encode)(cut_out, photo, Style()))

    def _timed(self, stage: str, step: Callable) -> Callable:
        def timed(*arguments: object, **options: object) -> object:
            began = time.perf_counter()
            result = step(*arguments, **options)
            self.seconds[stage].append(time.perf_counter() - began)
            return result

        return timed


def seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def one_photo(ways: dict[str, Way], photo: Path, folder: Path, repeats: int) -> dict[str, list[float]]:
    """Seconds of each way, turn by turn; the first turn does not count."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            took = seconds(lambda way=way: way(photo, folder / "one.png"))
            if turn:
                taken[name].append(took)
            elif isinstance(way, Ours):
                way.seconds.clear()
    return taken


def folder_of(
    ours: Matter, theirs: Way, photos: list[Path], folder: Path, threads: int, turns: int
) -> list[list[float]]:
    """Seconds for the photos, theirs and ours, of each turn; a turn is a share of the photos."""
    taken: list[list[float]] = [[], []]
    for turn in range(turns):
        some = photos[turn::turns]
        taken[0].append(seconds(lambda some=some: [theirs(path, folder / f"{path.stem}.png") for path in some]))
        jobs = [CutOutJob(path, folder / f"{path.stem}.png") for path in some]
        taken[1].append(seconds(lambda jobs=jobs: cut_out_all(jobs, ours, Style(), threads, Quiet())))
    return taken


def measure(name: str, net: nn.Module, normalisation: object, arguments: argparse.Namespace, photo: Path) -> list[str]:
    """The rows of one network, for the three tables."""
    threads, folder = arguments.threads, photo.parent
    session = rembg_session(net, folder, threads)
    precision = choose_precision("auto", "cpu")
    precisions = dict.fromkeys([precision, "32-true"])
    matters = {
        one: Matter(Predictor(net, INPUT_SIZE, precision=one, normalisation=normalisation)) for one in precisions
    }
    ways: dict[str, Way] = {"rembg": by_rembg(session), "rembg, its colours": by_rembg(session, decontaminate=True)}
    ways |= {f"ours, {one}": Ours(matter) for one, matter in matters.items()}
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    taken = one_photo(ways, photo, folder, arguments.repeats)
    speed = [
        f"| {name} | {way} | {median(times):.2f} | {ratio(taken['rembg'], times) if way != 'rembg' else 1} |"
        for way, times in taken.items()
    ]
    stages = ways[f"ours, {precision}"].seconds
    total = sum(median(stages[stage]) for stage in STAGES)
    share = f"| {name} | " + " | ".join(
        f"{median(stages[stage]) * 1e3:.0f} ({median(stages[stage]) / total:.0%})" for stage in STAGES
    )
    links = []
    for number in range(arguments.photos):
        links.append(folder / f"{number}.jpg")
        if not links[-1].exists():
            os.link(photo, links[-1])
    theirs, ours = folder_of(matters[precision], ways["rembg"], links, folder, threads, arguments.turns)
    rates = f"{len(links) / sum(theirs):.2f} | {len(links) / sum(ours):.2f} | {ratio(theirs, ours)}"
    return ["\n".join(speed), f"{share} |", f"| {name} | {rates} |"]


def table(arguments: argparse.Namespace) -> str:
    image, alpha = portrait(arguments.root)
    if arguments.checkpoint:
        restored = checkpoint.load(arguments.checkpoint)
        networks = {type(restored.net).__name__: (restored.net, restored.normalisation)}
    else:
        torch.manual_seed(0)
        logits = torch.from_numpy(resize(alpha, INPUT_SIZE, INPUT_SIZE))[None, None].clamp(1e-4, 1 - 1e-4).logit()
        reference = NORMALISATIONS["imagenet_by_maximum"]
        networks = {name: (Answering(NETWORKS[name]().eval(), logits).eval(), reference) for name in arguments.networks}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        Image.fromarray(image).save(photo, quality=90)
        for name, (net, normalisation) in tqdm(networks.items(), unit="network"):
            rows.append(measure(name, net, normalisation, arguments, photo))
        size = photo.stat().st_size // 1000
    speed, share, rates = ("\n".join(each) for each in zip(*rows, strict=True))
    what = "a real portrait, resized" if arguments.root else "a drawn portrait"
    head = (
        f"{machine('cpu')}. rembg {rembg.__version__}, ONNX Runtime {onnxruntime.__version__}. {what.capitalize()}, "
        f"{WIDTH}x{HEIGHT}, {size} kB, network at {INPUT_SIZE}², {arguments.repeats} turn(s)."
    )
    return f"""{head}

{PHOTO}
|---|---|---:|---:|
{speed}

Where ours spends it, in ms:

| network | {" | ".join(STAGES)} |
|---|{"---:|" * len(STAGES)}
{share}

A folder of {arguments.photos} photos:

| network | rembg, photos a second | ours | times as fast: median (least to most) of {arguments.turns} turn(s) |
|---|---:|---:|---:|
{rates}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", metavar="FILE", help="a trained network (default: random weights)")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="with random weights")
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="a folder with images/ and alphas/; the first is resized"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of everybody (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=7, help="measured turns of one photo (default: %(default)s)")
    parser.add_argument("--photos", type=int, default=100, help="in the folder (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="that share the folder (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    arguments = parser.parse_args()
    if arguments.repeats < 1 or not 1 <= arguments.turns <= arguments.photos:
        raise InputError("measure at least one turn, and of a folder no more turns than photos")
    text = table(arguments)
    print(f"\n{text}")
    if arguments.write:
        write(text, "predict", __file__)


if __name__ == "__main__":
    command.run(main)
