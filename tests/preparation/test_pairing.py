import random

import pytest

from portrait_matting.data.meta import MetaRow
from portrait_matting.preparation.pairing import Pair, pair_entries
from portrait_matting.preparation.record import Rejection
from portrait_matting.preparation.source import Entry, Source


def image(stem, split="train", suffix=".jpg", size=9, archive=""):
    return Entry(split, stem, "image", archive, f"images/{split}/{stem}{suffix}", size)


def mask(stem, split="train", suffix=".png", size=9, archive=""):
    return Entry(split, stem, "mask", archive, f"annotations/{split}/{stem}{suffix}", size)


def reasons(entries, meta=()):
    pairs, rejections = pair_entries(entries, dict(meta))
    assert pairs == []
    return {rejection.file: rejection.reason for rejection in rejections}


@pytest.mark.parametrize("layout", ["folders", "zips", "split_zips", "mixed", "one_zip"])
@pytest.mark.parametrize("meta", [None, "v1", "v2"])
def test_every_defect_in_every_layout(tmp_path, build_source, layout, meta):
    built = build_source(tmp_path, layout, meta, defects="all")
    source = Source(built.root)
    pairs, rejections = pair_entries(source.entries, source.meta)
    assert {(pair.split, pair.name) for pair in pairs} == built.good | built.broken.keys()
    assert {rejection.file for rejection in rejections} == built.unpaired.keys()
    for rejection in rejections:
        assert built.unpaired[rejection.file] in rejection.reason
    assert 2 * len(pairs) + len(rejections) == len(source.entries)  # each file is somewhere, and once
    assert {pair.name: pair.user for pair in pairs if pair.user} == {
        pair.name: built.user[pair.name] for pair in pairs if meta
    }
    for pair in pairs:
        assert (pair.image.kind, pair.mask.kind) == ("image", "mask")
        assert {(entry.split, entry.stem) for entry in (pair.image, pair.mask)} == {(pair.split, pair.name)}


@pytest.mark.parametrize("layout", ["folders", "zips"])
def test_each_defect_alone_leaves_the_others_whole(tmp_path, build_source, layout):
    for name in ("image_alone", "mask_alone", "two_suffixes", "two_splits", "mask_jpg", "empty_mask", "user_twice"):
        built = build_source(tmp_path / name, layout, defects=(name,), per_split=1)
        source = Source(built.root)
        pairs, rejections = pair_entries(source.entries, source.meta)
        assert [(pair.split, pair.name) for pair in pairs] == sorted(built.good)
        assert {rejection.file for rejection in rejections} == built.unpaired.keys() != set()


def test_the_order_of_the_entries_does_not_matter(tmp_path, build_source):
    source = Source(build_source(tmp_path, "zips", defects="all").root)
    pairs, rejections = pair_entries(source.entries, source.meta)
    shuffled = random.Random(0).sample(source.entries, len(source.entries))
    again, refused = pair_entries(shuffled, source.meta)
    assert (again, [rejection.file for rejection in refused]) == (pairs, [rejection.file for rejection in rejections])
    assert pairs == sorted(pairs)
    assert rejections == sorted(rejections)


def test_a_pair():
    meta = {"a": MetaRow("ann", "test")}
    assert pair_entries([mask("a"), image("a")], meta) == ([Pair("train", "a", "ann", image("a"), mask("a"))], [])


def test_a_lone_file():
    assert pair_entries([image("a")], {}) == ([], [Rejection("train", "images/train/a.jpg", "no mask has its name")])
    assert reasons([mask("a", archive="m.zip")]) == {"m.zip/annotations/train/a.png": "no image has its name"}


def test_names_differ_by_case():
    assert len(reasons([image("a"), mask("A")])) == 2


def test_of_two_files_with_one_name_neither_is_taken():
    found = reasons([image("a"), image("a", "val"), mask("a")])
    assert found["images/train/a.jpg"] == "the name occurs twice: also images/val/a.jpg"
    assert found["images/val/a.jpg"] == "the name occurs twice: also images/train/a.jpg"
    assert found["annotations/train/a.png"] == "its image occurs twice: images/train/a.jpg and images/val/a.jpg"
    found = reasons([image("a"), mask("a"), mask("a", "val"), mask("a", "test")])
    assert found["annotations/train/a.png"] == "the name occurs twice: also annotations/val/a.png and 1 more"


def test_one_name_in_two_splits_is_of_two_portraits_unless_the_files_are_alike():
    entries = [kind("a", split, size=size) for split, size in (("train", 9), ("val", 7)) for kind in (image, mask)]
    pairs, rejections = pair_entries(entries, {})
    assert [(pair.split, pair.mask.path) for pair in pairs] == [
        ("train", "annotations/train/a.png"),
        ("val", "annotations/val/a.png"),
    ]
    assert rejections == []
    alike = [kind("a", split) for split in ("train", "val") for kind in (image, mask)]
    assert all("twice" in reason for reason in reasons(alike).values())
    assert len(reasons([*entries, image("a", "")])) == 5, "of which portrait it is, nobody knows"


def test_one_zip_with_one_name_twice_has_two_rows():
    _, rejections = pair_entries([image("a", archive="i.zip"), image("a", archive="i.zip"), mask("a")], {})
    assert [rejection.file for rejection in rejections].count("i.zip/images/train/a.jpg") == 2


def test_image_and_mask_in_two_splits():
    assert reasons([image("a"), mask("a", "val")]) == {
        "images/train/a.jpg": "its mask annotations/val/a.png lies in val",
        "annotations/val/a.png": "its image images/train/a.jpg lies in train",
    }


def test_the_other_file_of_a_faulty_one_names_it():
    assert reasons([image("a", size=0), mask("a")]) == {
        "images/train/a.jpg": "empty file",
        "annotations/train/a.png": "its image images/train/a.jpg: empty file",
    }
    assert set(reasons([image("a", size=0), mask("a", size=0)]).values()) == {"empty file"}
    assert reasons([image("a"), mask("a", suffix=".bmp")]) == {
        "annotations/train/a.bmp": "a mask has to be a PNG",
        "images/train/a.jpg": "its mask annotations/train/a.bmp: a mask has to be a PNG",
    }
    found = reasons([image("a"), mask("a", "")])
    assert found["annotations//a.png"].startswith("no split")
    assert found["images/train/a.jpg"].startswith("its mask annotations//a.png: no split")


def test_the_most_basic_reason_counts():
    assert reasons([image("a", "", size=0)]) == {"images//a.jpg": "empty file"}
    assert set(reasons([mask("a", suffix=".jpg", size=0)]).values()) == {"empty file"}
    assert "twice" in reasons([image("a", size=0), image("a", suffix=".png"), mask("a")])["images/train/a.jpg"]
    assert "name is empty" in reasons([image("a\n", size=0)])["images/train/a\\n.jpg"]


@pytest.mark.parametrize("stem", ["", ".", "..", " ", "a\nb", "a\x00", "a\x7f", "a\u2028b", "a\udcff", "a/b", "..\\a"])
def test_a_stem_that_cannot_name_a_file_of_the_copy(stem):
    found = reasons([image(stem), mask(stem)])
    assert len(found) == 2
    assert all(reason.startswith("the name is empty or holds") for reason in found.values())
    assert all(file.isprintable() for file in found)


@pytest.mark.parametrize("stem", ["a b", "a.b", "-a", "é", "写真", "a'\"$;*"])
def test_unusual_names_are_right(stem):
    assert len(pair_entries([image(stem), mask(stem)], {})[0]) == 1


def test_a_user_in_two_splits_loses_every_photo_and_nobody_else_does():
    stems = {"a": "train", "b": "train", "c": "val", "d": "test", "e": "train"}
    users = {"a": "ann", "b": "ann", "c": "ann", "d": "bob", "e": "bo"}
    entries = [kind(stem, split) for stem, split in stems.items() for kind in (image, mask)]
    pairs, rejections = pair_entries(entries, {stem: MetaRow(user, "train") for stem, user in users.items()})
    assert [pair.name for pair in pairs] == ["d", "e"]
    assert len(rejections) == 6
    assert {rejection.reason for rejection in rejections} == {"user 'ann' is in train and val"}


def test_where_the_photos_lie_counts_and_not_what_the_table_says_of_them():
    entries = [image("a"), mask("a"), image("b"), mask("b")]
    pairs, _ = pair_entries(entries, {"a": MetaRow("ann", "train"), "b": MetaRow("ann", "test")})
    assert len(pairs) == 2


def test_photos_of_unknown_users_and_refused_photos_put_nobody_into_two_splits():
    entries = [image("a"), mask("a"), image("b", "val"), mask("b", "val")]
    assert len(pair_entries(entries, {"a": MetaRow("", "train"), "b": MetaRow("", "val")})[0]) == 2
    entries += [image("c", "test")]
    meta = {"a": MetaRow("ann", "train"), "c": MetaRow("ann", "test")}
    assert len(pair_entries(entries, meta)[0]) == 2
