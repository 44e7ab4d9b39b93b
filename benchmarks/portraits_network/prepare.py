"""Packs what a training of the portraits network reads into four files of some 45 MB, small enough to copy to a card.

    python benchmarks/portraits_network/prepare.py --people PEOPLE --portraits DIR --mattes MATTES \
        --backgrounds PHOTOS --output DATA

None of these is shipped:

PEOPLE       people in three dimensions, rendered beforehand: NAME.jpg with NAME.png, its alpha, 384×336. The renderer
             (a body model's meshes with hair and clothes on them) is to come as `data=people`.
DIR          real portraits in EasyPortrait's layout, hard masks, 550 px wide at most, 480 high (splits train and val).
MATTES       LABELS/alphas of `python -m portrait_matting.label DIR/images LABELS --network FILE --min-confidence 0`.
PHOTOS       photos without a person, 640 px at most.

Writes people.npz, real_train.npz, real_val.npz and backgrounds.npz: compressed pictures one after the other (`_blob`),
and where each ends (`_end`).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

SUFFIXES = (".jpg", ".jpeg", ".png")


def pack(path: Path, **pictures: list[bytes]) -> None:
    """Writes named lists of encoded pictures into one file."""
    arrays = {}
    for name, encoded in pictures.items():
        arrays[f"{name}_blob"] = np.frombuffer(b"".join(encoded), np.uint8)
        arrays[f"{name}_end"] = np.cumsum([len(each) for each in encoded])
    np.savez(path, **arrays)
    counts = ", ".join(f"{len(encoded)} {name}" for name, encoded in pictures.items())
    print(f"{path.name}: {counts}, {path.stat().st_size / 2**20:.1f} MiB", flush=True)


def encode(suffix: str, picture: np.ndarray, *options: int) -> bytes:
    return cv2.imencode(suffix, picture, list(options))[1].tobytes()


def pack_real(portraits: Path, mattes: Path, split: str, output: Path, limit: int | None) -> None:
    """Photos and mattes as WebP, hard masks as PNG of one bit."""
    photos, hard, teacher = [], [], []
    for photo in sorted((portraits / "images" / split).glob("*.jpg"))[:limit]:
        mask = cv2.imread(str(portraits / "annotations" / split / f"{photo.stem}.png"), 0) > 0
        matte = cv2.imread(str(mattes / split / f"{photo.stem}.png"), 0)
        photos.append(encode(".webp", cv2.imread(str(photo)), cv2.IMWRITE_WEBP_QUALITY, 82))
        one_bit = (cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 9)
        hard.append(encode(".png", mask.astype(np.uint8) * 255, *one_bit))
        teacher.append(encode(".webp", matte, cv2.IMWRITE_WEBP_QUALITY, 92))
    pack(output / f"real_{split}.npz", photo=photos, hard=hard, teacher=teacher)


def pack_people(folder: Path, output: Path, limit: int | None) -> None:
    """Photo and alpha as one WebP with transparency; one of a pair without the other is passed over."""
    rgba = []
    for path in sorted(folder.glob("*.jpg"))[:limit]:
        alpha, image = cv2.imread(str(path.with_suffix(".png")), 0), cv2.imread(str(path))
        if alpha is not None and image is not None:
            rgba.append(encode(".webp", np.dstack([image, alpha]), cv2.IMWRITE_WEBP_QUALITY, 78))
    pack(output / "people.npz", rgba=rgba)


def pack_backgrounds(folder: Path, output: Path, limit: int | None) -> None:
    """The files as they are."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)[:limit]
    pack(output / "backgrounds.npz", photo=[path.read_bytes() for path in paths])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("people", "portraits", "mattes", "backgrounds", "output"):
        parser.add_argument(f"--{name}", metavar="DIR", type=Path, required=True)
    parser.add_argument("--limit", metavar="N", type=int, help="so many pictures of each kind, for a try")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val"):
        pack_real(arguments.portraits, arguments.mattes, split, arguments.output, arguments.limit)
    pack_people(arguments.people, arguments.output, arguments.limit)
    pack_backgrounds(arguments.backgrounds, arguments.output, arguments.limit)


if __name__ == "__main__":
    main()
