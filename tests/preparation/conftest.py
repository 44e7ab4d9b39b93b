"""EasyPortrait in small: sources as people have them, whole or with every fault that the preparation has to name."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

HEIGHT, WIDTH = 64, 96
SPLITS = ("train", "val", "test")
STAMP = (2024, 9, 19, 0, 0, 0)  # of every zip member: the same arguments give the same bytes

# Found by the listing alone, and a word that the reason of each of its files must contain.
UNPAIRED = {
    "image_alone": "mask",
    "mask_alone": "image",
    "two_suffixes": "twice",  # NAME.jpg and NAME.jpeg, one mask
    "two_splits": "twice",  # in train and in val, each with its mask
    "two_archives": "twice",  # a second copy of the photo in another zip; left out of one_zip
    "mask_jpg": "PNG",
    "empty_image": "empty",
    "empty_mask": "empty",
    "user_twice": "user",  # two photos of one user, one in train, one in val; only with a meta table
    "no_split": "split",
    "control_character": "name",
}
# Found by decoding, and a word that the reason must contain.
BROKEN = {
    "truncated_image": "decoded",
    "truncated_mask": "decoded",
    "text_image": "decoded",
    "sizes_differ": "96x63",
    "exif_unrotated": "96x64",  # the photo is turned by its EXIF flag, the mask is as the sensor saw it
    "id_9": "9",
    "id_255": "255",
    "colour_mask": "colour",  # its channels differ
}
# Unusual and right.
ODD = (
    "exif_6",  # photo stored on its side, mask upright
    "exif_3",
    "exif_both",  # photo and mask stored on their side, both with the flag
    "cmyk",
    "grey",
    "sixteen_bit",
    "sixteen_bit_grey",
    "palette",
    "rgba",
    "palette_mask",
    "sixteen_bit_mask",
    "rgb_mask",  # the ids three times over
    "upper_case",  # NAME.JPG
    "split_by_meta",  # no split folder, the meta table knows it; only with a meta table
)

Key = tuple[str, str]  # split, stem


@dataclass
class Built:
    """A source and the truth about it.

    Attributes:
        root: what `prepare` is given: a folder, or the zip for the layout one_zip.
        good: (split, stem) of every portrait that the copy has to hold.
        unpaired: path as `rejected.csv` gives it -> word in its reason, for each file that pairing has to refuse.
        broken: (split, stem) -> word in its reason, for each pair that only decoding shows to be bad.
        image: (split, stem) -> uint8 RGB (H, W, 3), upright; a JPEG of it is a few levels off. Of good and broken ones.
        mask: (split, stem) -> class ids uint8 (H, W), upright and exact.
        user: stem -> user; empty without a meta table.
        path: (split, stem, kind) -> path as `rejected.csv` gives it.
        ignored: files that are neither pictures nor meta tables.
    """

    root: Path
    good: set[Key] = field(default_factory=set)
    unpaired: dict[str, str] = field(default_factory=dict)
    broken: dict[Key, str] = field(default_factory=dict)
    image: dict[Key, np.ndarray] = field(default_factory=dict)
    mask: dict[Key, np.ndarray] = field(default_factory=dict)
    user: dict[str, str] = field(default_factory=dict)
    path: dict[tuple[str, str, str], str] = field(default_factory=dict)
    ignored: int = 0


@pytest.fixture
def build_source() -> Callable[..., Built]:
    """Gives `build(root, layout="folders", meta="v2", defects=(), per_split=3, size=(64, 96)) -> Built`.

    root: a folder to make.
    layout:
        folders     images/SPLIT/STEM.jpg, annotations/SPLIT/STEM.png
        zips        images.zip, annotations.zip, the same paths inside
        split_zips  train.zip, val.zip and test.zip with photos at their top, annotations.zip
        mixed       annotations/ unpacked, images.zip
        one_zip     easyportrait.zip, the folders inside
    meta: None, "v1" or "v2". v2 is meta.csv in the root (folders, mixed) or meta.zip; v1 is annotations/meta.zip,
        in a zip where the annotations are in one.
    defects: names out of UNPAIRED, BROKEN and ODD, or "all". A defect that the layout or the lack of a meta table
        rules out makes no file. Each lies in train and its name is its stem, but for two_splits (train and val),
        user_twice (stems user_twice_train and user_twice_val), no_split and control_character.
    per_split: good portraits of each split, beside the odd ones; two of a split have one user.
    size: height and width.

    The same arguments write the same bytes. Every source has one stray file (`images/README.txt`) and the rubbish that
    macOS leaves.
    """
    return _build


def _build(
    root: Path,
    layout: str = "folders",
    meta: str | None = "v2",
    defects: Iterable[str] | str = (),
    per_split: int = 3,
    size: tuple[int, int] = (HEIGHT, WIDTH),
) -> Built:
    names = [*UNPAIRED, *BROKEN, *ODD] if defects == "all" else list(defects)
    if unknown := set(names) - {*UNPAIRED, *BROKEN, *ODD}:
        raise KeyError(f"no defect {sorted(unknown)}")
    source = _Writer(root, layout, meta, size)
    for split in SPLITS:
        for number in range(per_split):
            source.portrait(split, f"{split}_{number:03d}", user=f"{split}_{number // 2}")
    for name in names:
        source.defect(name)
    return source.close()


def drawn(seed: str, size: tuple[int, int] = (HEIGHT, WIDTH)) -> tuple[np.ndarray, np.ndarray]:
    """A photo, uint8 RGB (H, W, 3), smooth so that JPEG changes it little, and its mask (H, W) of all nine ids."""
    rng = np.random.default_rng(int(sha1(seed.encode()).hexdigest()[:8], 16))
    height, width = size
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    slope = rng.uniform(-60, 60, (2, 3))
    image = 128 + (y[..., None] - 0.5) * slope[0] + (x[..., None] - 0.5) * slope[1]
    centre = rng.uniform(0.4, 0.6)
    person = ((x - centre) / 0.25) ** 2 + ((y - 0.7) / 0.55) ** 2 < 1
    image += person[..., None] * rng.uniform(20, 50, 3)
    mask = np.where(person, 1, 0).astype(np.uint8)
    row, column = int(height * 0.6), int(width * centre)
    mask[row - 4 : row + 4, column - 14 : column + 14] = 2
    for label in range(3, 9):
        mask[row : row + 2, column - 13 + 4 * (label - 3) : column - 11 + 4 * (label - 3)] = label
    return image.round().clip(0, 255).astype(np.uint8), mask


class _Writer:
    """Writes files where the layout puts them, and remembers what is true of them."""

    def __init__(self, root: Path, layout: str, meta: str | None, size: tuple[int, int]) -> None:
        if layout not in ("folders", "zips", "split_zips", "mixed", "one_zip"):
            raise KeyError(f"no layout {layout}")
        root.mkdir(parents=True, exist_ok=True)
        self.folder, self.layout, self.version, self.size = root, layout, meta, size
        self.built = Built(root / "easyportrait.zip" if layout == "one_zip" else root)
        self.zips: dict[str, zipfile.ZipFile] = {}
        self.rows: list[dict[str, object]] = []
        self.file("images/README.txt", b"stray")
        self.built.ignored = 1
        self.file("images/.DS_Store", b"rubbish")
        self.file("images/train/._train_000.jpg" if layout != "split_zips" else "images/._train_000.jpg", b"rubbish")
        self.file("__MACOSX/images/train/._train_000.jpg", b"rubbish")

    def file(self, path: str, content: bytes, archive: str | None = None) -> str:
        """Writes one file, `path` as in the layout folders; returns its path as `rejected.csv` gives it."""
        archive, member = (archive, path) if archive else self.place(path)
        if not archive:
            (self.folder / member).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / member).write_bytes(content)
            return member
        if archive not in self.zips:
            self.zips[archive] = zipfile.ZipFile(self.folder / archive, "w")
        self.zips[archive].writestr(zipfile.ZipInfo(member, STAMP), content, zipfile.ZIP_DEFLATED)
        return f"{archive}/{member}"

    def place(self, path: str) -> tuple[str, str]:
        """The archive, empty for none, and the path inside it."""
        top, *rest = path.split("/")
        if self.layout == "one_zip":
            return "easyportrait.zip", path
        if self.layout == "folders" or (self.layout == "mixed" and top == "annotations"):
            return "", path
        if self.layout == "split_zips" and top == "images" and rest[0] in SPLITS:
            return f"{rest[0]}.zip", "/".join(rest[1:])
        return ("annotations.zip" if top == "annotations" else "images.zip"), path

    def portrait(
        self,
        split: str,
        stem: str,
        user: str = "",
        image: bytes | None = None,
        mask: bytes | None = None,
        truth: tuple[np.ndarray, np.ndarray] | None = None,
        bad: str = "",
        suffix: str = ".jpg",
        folder: str | None = None,
    ) -> None:
        """One photo and its mask; `bad` is a word of the reason where decoding has to refuse them."""
        drawing = drawn(f"{split}/{stem}", self.size) if truth is None else truth
        folder = split if folder is None else folder
        for kind, top, name, content in (
            ("image", "images", stem + suffix, jpeg(drawing[0]) if image is None else image),
            ("mask", "annotations", stem + ".png", png(drawing[1]) if mask is None else mask),
        ):
            path = "/".join(part for part in (top, folder, name) if part)
            self.built.path[split, stem, kind] = self.file(path, content)
        key = (split, stem)
        self.built.image[key], self.built.mask[key] = drawing
        if bad:
            self.built.broken[key] = bad
        else:
            self.built.good.add(key)
        self.row(split, stem, user or stem)

    def row(self, split: str, stem: str, user: str) -> None:
        if self.version:
            user = sha1(user.encode()).hexdigest()  # as they look in the real table
            self.built.user[stem] = user
            self.rows.append({"stem": stem, "user": user, "split": split})

    def refuse(self, path: str, name: str) -> None:
        self.built.unpaired[path] = UNPAIRED[name]

    def defect(self, name: str) -> None:
        image, mask = drawn(name, self.size)
        whole, ids = jpeg(image), png(mask)
        if name in UNPAIRED:
            self.unpaired(name, whole, ids)
        elif name in BROKEN:
            self.broken(name, image, mask)
        else:
            self.odd(name, image, mask)

    def unpaired(self, name: str, whole: bytes, ids: bytes) -> None:
        photo, annotation = f"images/train/{name}", f"annotations/train/{name}"
        files: list[tuple[str, bytes]] = {
            "image_alone": [(f"{photo}.jpg", whole)],
            "mask_alone": [(f"{annotation}.png", ids)],
            "two_suffixes": [(f"{photo}.jpg", whole), (f"{photo}.jpeg", whole), (f"{annotation}.png", ids)],
            "two_splits": [
                (f"{top}/{split}/{name}{suffix}", content)
                for split in ("train", "val")
                for top, suffix, content in (("images", ".jpg", whole), ("annotations", ".png", ids))
            ],
            "mask_jpg": [(f"{photo}.jpg", whole), (f"{annotation}.jpg", whole)],
            "empty_image": [(f"{photo}.jpg", b""), (f"{annotation}.png", ids)],
            "empty_mask": [(f"{photo}.jpg", whole), (f"{annotation}.png", b"")],
            "no_split": [(f"images/{name}.jpg", whole), (f"annotations/{name}.png", ids)],
            "control_character": [(f"{photo}\x1b[1m.jpg", whole), (f"{annotation}\x1b[1m.png", ids)],
        }.get(name, [])
        if name == "two_archives" and self.layout != "one_zip":
            files = [(f"{photo}.jpg", whole), (f"{annotation}.png", ids)]
            other = "images.zip" if self.layout == "split_zips" else "train.zip"
            self.refuse(self.file(f"train/{name}.jpg", whole, archive=other), name)
        if name == "user_twice" and self.version:
            for split in ("train", "val"):
                stem = f"{name}_{split}"
                files += [(f"images/{split}/{stem}.jpg", whole), (f"annotations/{split}/{stem}.png", ids)]
                self.row(split, stem, name)
        for path, content in files:
            self.refuse(self.file(path, content).replace("\x1b", "\\x1b"), name)

    def broken(self, name: str, image: np.ndarray, mask: np.ndarray) -> None:
        whole, ids, truth = jpeg(image), png(mask), (image, mask)
        changed = mask.copy()
        changed[5:9, 5:9] = 9 if name == "id_9" else 255
        written = {
            "truncated_image": {"image": whole[: len(whole) // 2]},
            "truncated_mask": {"mask": ids[: len(ids) // 2]},
            "text_image": {"image": b"<html>404: this is no photo</html>"},
            "sizes_differ": {"mask": png(mask[:-1])},
            "exif_unrotated": {"image": jpeg(image, orientation=6)},
            "id_9": {"mask": png(changed)},
            "id_255": {"mask": png(changed)},
            "colour_mask": {"mask": png(image)},
        }[name]
        height, width = self.size
        word = BROKEN[name].replace("96x63", f"{width}x{height - 1}").replace("96x64", f"{width}x{height}")
        self.portrait("train", name, truth=truth, bad=word, **written)

    def odd(self, name: str, image: np.ndarray, mask: np.ndarray) -> None:
        truth, written = (image, mask), {}
        if name == "exif_6":  # 6: the viewer turns the stored pixels clockwise by 90 degrees (EXIF 2.3, tag 274)
            truth, written = (np.rot90(image, -1), np.rot90(mask, -1)), {"image": jpeg(image, orientation=6)}
        elif name == "exif_3":
            truth, written = (np.rot90(image, 2), np.rot90(mask, 2)), {"image": jpeg(image, orientation=3)}
        elif name == "exif_both":
            truth = (np.rot90(image, -1), np.rot90(mask, -1))
            written = {"image": jpeg(image, orientation=6), "mask": png(mask, orientation=6)}
        elif name == "cmyk":
            written = {"image": _encoded(Image.fromarray(image).convert("CMYK"), "JPEG", quality=97, subsampling=0)}
        elif name == "grey":
            grey = image[..., 1]
            truth, written = (np.stack([grey] * 3, axis=-1), mask), {"image": jpeg(grey)}
        elif name == "sixteen_bit":  # by OpenCV, since Pillow writes no colours of 16 bits
            _, encoded = cv2.imencode(".png", image[..., ::-1].astype(np.uint16) * 257)
            written = {"image": encoded.tobytes()}
        elif name == "sixteen_bit_grey":
            grey = image[..., 1]
            truth, written = (np.stack([grey] * 3, axis=-1), mask), {"image": png(grey.astype(np.uint16) * 257)}
        elif name == "palette":
            reduced = Image.fromarray(image).quantize(64)
            truth, written = (np.asarray(reduced.convert("RGB")), mask), {"image": _encoded(reduced, "PNG")}
        elif name == "rgba":  # the colours under the transparency are the photo's
            alpha = np.where(mask > 0, 255, 90).astype(np.uint8)
            written = {"image": png(np.dstack([image, alpha]))}
        elif name == "palette_mask":
            indexed = Image.fromarray(mask)
            indexed.putpalette([(7 * i) % 256 for i in range(768)])
            written = {"mask": _encoded(indexed, "PNG")}
        elif name == "sixteen_bit_mask":
            written = {"mask": png(mask.astype(np.uint16))}
        elif name == "rgb_mask":
            written = {"mask": png(np.stack([mask] * 3, axis=-1))}
        elif name == "upper_case":
            written = {"suffix": ".JPG"}
        elif name == "split_by_meta":
            if not self.version:
                return
            written = {"folder": ""}
        if name in ("sixteen_bit", "sixteen_bit_grey", "palette", "rgba"):
            written["suffix"] = ".png"
        self.portrait("train", name, truth=tuple(np.ascontiguousarray(array) for array in truth), **written)

    def close(self) -> Built:
        if self.version:
            self.meta()
        for archive in self.zips.values():
            archive.close()
        return self.built

    def meta(self) -> None:
        table = meta_table(self.rows, self.version, self.size)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo("meta.csv", STAMP), table)
        if self.version == "v1":
            self.file("annotations/meta.zip", packed.getvalue())
        elif self.layout == "one_zip":
            self.file("meta.zip", packed.getvalue())
        elif self.layout in ("folders", "mixed"):
            (self.folder / "meta.csv").write_bytes(table)
        else:
            (self.folder / "meta.zip").write_bytes(packed.getvalue())


def meta_table(rows: list[dict[str, object]], version: str, size: tuple[int, int] = (HEIGHT, WIDTH)) -> bytes:
    """EasyPortrait's table in the columns of version 1 (tabs) or 2 (commas), of rows of stem, user and split."""
    height, width = size
    if version == "v2":
        columns = ["image_name", "user_id", "height", "width", "set", "brightness"]
        lines = [[row["stem"], row["user"], height, width, row["split"], 101.5] for row in rows]
    else:
        columns = ["attachment_id", "user_id", "data_hash", "width", "height", "brightness", "train", "test", "valid"]
        lines = [
            [row["stem"], row["user"], "ffe7c3", width, height, 101.5, *(row["split"] == s for s in ("train", "test"))]
            + [row["split"] == "val"]
            for row in rows
        ]
    text = io.StringIO()
    csv.writer(text, delimiter="," if version == "v2" else "\t", lineterminator="\n").writerows([columns, *lines])
    return text.getvalue().encode()


def jpeg(image: np.ndarray, orientation: int | None = None) -> bytes:
    """A JPEG of (H, W) or (H, W, 3) with an EXIF orientation, without colour subsampling."""
    return _encoded(Image.fromarray(image), "JPEG", orientation, quality=97, subsampling=0)


def png(array: np.ndarray, orientation: int | None = None) -> bytes:
    """A PNG of (H, W), (H, W, 3) or (H, W, 4) with an EXIF orientation."""
    return _encoded(Image.fromarray(array), "PNG", orientation)


def _encoded(picture: Image.Image, type_: str, orientation: int | None = None, **options) -> bytes:
    buffer = io.BytesIO()
    if orientation is not None:
        options["exif"] = Image.Exif()
        options["exif"][274] = orientation
    picture.save(buffer, type_, **options)
    return buffer.getvalue()
