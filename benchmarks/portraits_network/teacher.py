"""Soft mattes of real portraits by MediaPipe's selfie segmentation, for a training that doubts its hard masks.

    python benchmarks/portraits_network/teacher.py --model selfie_segmentation.tflite --portraits DIR --output MATTES

Needs ai-edge-litert, which this project does not install, and the network's file, which is not shipped: it lies in the
npm package @mediapipe/selfie_segmentation (Apache-2.0). DIR is in EasyPortrait's layout: images/SPLIT/NAME.jpg and
annotations/SPLIT/NAME.png. Writes MATTES/SPLIT/NAME.png, 8-bit grey at the network's own 256², stretched as it sees
the portrait, averaged with the mirrored portrait's, and prints how far they agree with the hard masks.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

SIDE = 256  # of the network's input and output
SPLITS = ("train", "val")


class Teacher:
    """RGB uint8 (H, W, 3) to float32 (256, 256) in [0, 1]."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.network = Interpreter(str(model), num_threads=1)
        self.network.allocate_tensors()
        self.input = self.network.get_input_details()[0]["index"]
        self.output = self.network.get_output_details()[0]["index"]

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        mirrored = np.ascontiguousarray(rgb[:, ::-1])
        return (self._once(rgb) + self._once(mirrored)[:, ::-1]) / 2

    def _once(self, rgb: np.ndarray) -> np.ndarray:
        how = cv2.INTER_AREA if min(rgb.shape[:2]) > SIDE else cv2.INTER_LINEAR
        self.network.set_tensor(
            self.input, cv2.resize(rgb, (SIDE, SIDE), interpolation=how).astype(np.float32)[None] / 255
        )
        self.network.invoke()
        return self.network.get_tensor(self.output)[0, ..., 0].copy()


def agreement(matte: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """IoU and MAD of a matte, at the mask's size, against the mask of 0 and 1."""
    matte = cv2.resize(matte, mask.shape[::-1])
    ours, theirs = matte > 0.5, mask > 0
    return (ours & theirs).sum() / max(1, (ours | theirs).sum()), np.abs(matte - mask).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="FILE", type=Path, required=True, help="selfie_segmentation.tflite")
    parser.add_argument("--portraits", metavar="DIR", type=Path, required=True, help="in EasyPortrait's layout")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True)
    parser.add_argument("--limit", metavar="N", type=int, help="so many of each split, for a try")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    teacher = Teacher(arguments.model)
    for split in SPLITS:
        folder = arguments.output / split
        folder.mkdir(parents=True, exist_ok=True)
        scores = []
        for photo in sorted((arguments.portraits / "images" / split).glob("*.jpg"))[: arguments.limit]:
            mask = cv2.imread(str(arguments.portraits / "annotations" / split / f"{photo.stem}.png"), 0) > 0
            matte = teacher(np.ascontiguousarray(cv2.imread(str(photo))[..., ::-1]))
            scores.append(agreement(matte, mask.astype(np.uint8)))
            cv2.imwrite(str(folder / f"{photo.stem}.png"), np.uint8(np.clip(matte * 255 + 0.5, 0, 255)))
        iou, mad = np.array(scores).T
        print(f"{split}: {len(iou)} mattes, IoU {iou.mean():.4f} and MAD {mad.mean():.4f} of the hard masks,", end=" ")
        print(f"{(iou < 0.9).sum()} below an IoU of 0.9, {(iou < 0.8).sum()} below 0.8")


if __name__ == "__main__":
    main()
