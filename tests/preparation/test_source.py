import io
import multiprocessing
import os
import pickle
import shutil
import zipfile

import pytest

from portrait_matting.data.meta import MetaRow
from portrait_matting.errors import InputError
from portrait_matting.preparation.source import Entry, Source, location

LAYOUTS = ("folders", "zips", "split_zips", "mixed", "one_zip")
TABLE = b"image_name,user_id,set\na,ann,val\n"


def make_zip(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def make_files(root, *paths, content=b"x"):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def listed(root):
    return [(entry.split, entry.stem, entry.kind, location(entry)) for entry in Source(root).entries]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("meta", [None, "v1", "v2"])
def test_every_layout_holds_the_same_portraits(tmp_path, build_source, layout, meta):
    built = build_source(tmp_path / "easyportrait", layout, meta)
    source = Source(built.root)
    assert [(entry.split, entry.stem, entry.kind) for entry in source.entries] == sorted(
        (split, stem, kind) for split, stem in built.good for kind in ("image", "mask")
    )
    assert {location(entry) for entry in source.entries} == set(built.path.values())
    assert {stem: row.user for stem, row in source.meta.items()} == built.user
    assert all(row.split == stem.split("_")[0] for stem, row in source.meta.items())
    assert source.ignored == built.ignored == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_is_read_as_it_is(tmp_path, build_source, layout):
    plain = build_source(tmp_path / "plain", "folders", None)
    built = build_source(tmp_path / "easyportrait", layout, None)
    source = Source(built.root)
    for entry in source.entries:
        original = (plain.root / plain.path[entry.split, entry.stem, entry.kind]).read_bytes()
        assert source.read(entry) == original
        assert entry.size == len(original)


def test_the_entries_are_sorted_as_their_fields_are(tmp_path, build_source):
    entries = Source(build_source(tmp_path, "zips", defects="all").root).entries
    assert entries == sorted(entries)


@pytest.mark.parametrize(
    "place, split, kind",
    [
        ("images/valid/a.jpg", "val", "image"),
        ("images/train/deeper/a.jpg", "train", "image"),
        ("images/test/val/a.jpg", "val", "image"),
        ("images/a.png", "", "image"),
        ("annotations/Validation/a.png", "val", "mask"),
        ("train/a.JPG", "train", "image"),
        ("train/a.png", "train", "mask"),
        ("test/annotations/a.png", "test", "mask"),
        ("images.zip/a.png", "", "image"),
        ("images.zip/x/images/train/a.jpg", "train", "image"),
        ("images.zip/images\\val\\a.jpg", "val", "image"),
        ("images.zip/./images/val/a.jpg", "val", "image"),
        ("images.zip//images/../test/a.jpg", "test", "image"),
        ("annotations.zip/test/a.png", "test", "mask"),
        ("train.zip/a.jpg", "train", "image"),
        ("train.zip/a.png", "train", "image"),
        ("train.zip/annotations/a.png", "train", "mask"),
        ("images.zip/annotations/test/a.png", "test", "mask"),
        ("valid.zip/a.jpg", "val", "image"),
        ("images/test.zip/a.jpg", "test", "image"),
        ("kaggle.zip/easyportrait/annotations/test/a.png", "test", "mask"),
    ],
)
def test_the_place_says_kind_and_split(tmp_path, place, split, kind):
    make_files(tmp_path, "images/train/other.jpg", "annotations/train/other.png")
    archive, found, member = place.partition(".zip/")
    if found:
        make_zip(tmp_path / f"{archive}.zip", {member: b"x"})
    else:
        make_files(tmp_path, place)
    assert (split, "a", kind, place) in listed(tmp_path)


@pytest.mark.parametrize(
    "place",
    ["meta.csv", "people.tsv", "annotations/meta.csv", "meta/meta.csv"]
    + [
        "meta.zip/meta.csv",
        "meta.zip/meta/any.csv",
        "annotations.zip/annotations/meta.csv",
        "annotations/meta.zip/m.csv",
    ],
)
def test_the_table_is_found_and_tells_a_split_that_no_place_tells(tmp_path, place):
    make_files(tmp_path, "images/a.jpg", "annotations/a.png")
    archive, found, member = place.partition(".zip/")
    if found:
        make_zip(tmp_path / f"{archive}.zip", {member: TABLE})
    else:
        make_files(tmp_path, place, content=TABLE)
    source = Source(tmp_path)
    assert source.meta == {"a": MetaRow("ann", "val")}
    assert [entry.split for entry in source.entries] == ["val", "val"]
    assert source.ignored == 0


def test_the_place_counts_more_than_the_table(tmp_path):
    make_files(tmp_path, "images/train/a.jpg", "annotations/train/a.png")
    make_files(tmp_path, "meta.csv", content=TABLE)
    assert {entry.split for entry in Source(tmp_path).entries} == {"train"}


def test_a_table_called_meta_has_to_be_one_and_any_other_is_ignored(tmp_path):
    make_files(tmp_path, "images/train/a.jpg", "annotations/train/a.png", "notes.csv")
    make_files(tmp_path, "rejected.csv", content=TABLE)
    assert Source(tmp_path).ignored == 2
    make_files(tmp_path, "meta.csv", content=b"name,person\n")
    with pytest.raises(InputError, match=r"meta\.csv has the columns name, person"):
        Source(tmp_path)


def test_a_copy_inside_the_source_and_rubbish_are_no_part_of_it(tmp_path, build_source):
    built = build_source(tmp_path)
    before = listed(built.root)
    shutil.copytree(built.root, tmp_path / "small")
    make_files(tmp_path, ".unfinished/images/train/x.jpg", "alphas/train/x.png", "images/.cache/x.jpg")
    make_files(tmp_path, "annotations/__MACOSX/x.png", "images/train/._x.jpg")
    assert listed(built.root) == before
    assert Source(built.root).ignored == 1
    make_files(tmp_path, "settings.json", "picture.jpg", "images/train/notes.txt")
    assert listed(built.root) == before
    assert Source(built.root).ignored == 4


def test_folders_may_be_links_and_a_loop_ends(tmp_path):
    make_files(tmp_path / "disk", "photos/a.jpg", "masks/train/a.png")
    root = tmp_path / "root"
    (root / "images").mkdir(parents=True)
    (root / "images" / "train").symlink_to(tmp_path / "disk" / "photos")
    (root / "annotations").symlink_to(tmp_path / "disk" / "masks")
    (tmp_path / "disk" / "photos" / "again").symlink_to(root / "images")
    (tmp_path / "disk" / "photos" / "b.jpg").symlink_to("nowhere.jpg")
    assert [entry[:3] for entry in listed(root)] == [("train", "a", "image"), ("train", "a", "mask")]


def test_a_source_that_lacks_something_says_what(tmp_path):
    with pytest.raises(InputError, match="gone does not exist"):
        Source(tmp_path / "gone")
    with pytest.raises(InputError, match=r"holds no images, neither a folder images/ .* images\.zip, train\.zip"):
        Source(tmp_path)
    make_files(tmp_path, "images/train/a.jpg", "annotations/train/README.txt")
    with pytest.raises(InputError, match=r"holds no annotations, neither a folder annotations/ .* annotations\.zip"):
        Source(tmp_path)
    make_files(tmp_path, "photo.jpg")
    with pytest.raises(InputError, match=r"photo\.jpg is no whole zip"):
        Source(tmp_path / "photo.jpg")


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_zip_that_is_not_all_there_is_named_with_the_cure(tmp_path, build_source, share):
    built = build_source(tmp_path, "zips")
    whole = (tmp_path / "images.zip").read_bytes()
    (tmp_path / "images.zip").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=rf"{tmp_path}/images\.zip is no whole zip .*: download it again"):
        Source(built.root)


# A header of 30 bytes and the name; the data begin with what tells how they are packed.
@pytest.mark.parametrize("offset", [0, 30 + len("images/train/train_001.jpg"), 200], ids=["header", "method", "data"])
def test_a_damaged_member_is_one_bad_file_and_not_the_end(tmp_path, build_source, offset):
    built = build_source(tmp_path, "zips")
    with zipfile.ZipFile(tmp_path / "images.zip") as archive:
        start = archive.getinfo("images/train/train_001.jpg").header_offset
    content = bytearray((tmp_path / "images.zip").read_bytes())
    content[start + offset] ^= 0xFF
    (tmp_path / "images.zip").write_bytes(content)
    source = Source(built.root)
    refused = []
    for entry in source.entries:
        try:
            source.read(entry)
        except InputError as error:
            refused.append(str(error))
    assert len(refused) == 1
    assert refused[0].startswith("images.zip/images/train/train_001.jpg is damaged inside the zip")


@pytest.mark.parametrize("offset, value, message", [(6, 1, "locked with a password"), (8, 9, "compressed by method 9")])
def test_a_zip_that_python_cannot_read_is_refused_at_once(tmp_path, offset, value, message):
    make_files(tmp_path, "annotations/train/a.png")
    make_zip(tmp_path / "images.zip", {"images/train/a.jpg": b"x"})
    content = bytearray((tmp_path / "images.zip").read_bytes())
    directory = content.index(b"PK\x01\x02")  # the flags of a member lie 2 bytes further than in its own header
    content[directory + offset + 2] |= value
    (tmp_path / "images.zip").write_bytes(content)
    with pytest.raises(InputError, match=message):
        Source(tmp_path)


def test_a_table_in_a_zip_in_a_zip_in_the_one_zip(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("meta.csv", TABLE)
        archive.writestr("images/train/sample.jpg", b"x")  # could not be read from there
    members = {"images/a.jpg": b"x", "annotations/a.png": b"x", "annotations/meta.zip": packed.getvalue()}
    make_zip(tmp_path / "all.zip", members)
    source = Source(tmp_path / "all.zip")
    assert [(entry.split, entry.stem) for entry in source.entries] == [("val", "a"), ("val", "a")]
    assert source.ignored == 1


def test_what_cannot_be_printed_is_escaped_in_messages():
    assert location(Entry("train", "a", "image", "", "images/a.jpg", 1)) == "images/a.jpg"
    assert location(Entry("train", "é", "image", "z.zip", "é.jpg", 1)) == "z.zip/é.jpg"
    assert location(Entry("train", "", "image", "", "a\x1b[1m\n\udcff.jpg", 1)) == "a\\x1b[1m\\n\\udcff.jpg"


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_other_processes_read_what_this_one_reads(tmp_path, build_source, start):
    source = Source(build_source(tmp_path, "zips", per_split=10).root)
    here = [source.read(entry) for entry in source.entries]  # the zips are open when the others start
    assert len(pickle.dumps(source)) < 1000
    with multiprocessing.get_context(start).Pool(2) as pool:
        there = pool.starmap(pickle.loads(pickle.dumps(source)).read, [(entry,) for entry in source.entries], 1)
    assert there == here


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX")
def test_a_forked_process_opens_its_own_zip(tmp_path, build_source):
    source = Source(build_source(tmp_path, "zips").root)
    source.read(source.entries[0])
    here = {handle.fp.fileno() for handle in source._zips.values()}
    pid = os.fork()
    if pid == 0:
        source.read(source.entries[0])
        mine = {handle.fp.fileno() for (process, _), handle in source._zips.items() if process == os.getpid()}
        os._exit(0 if mine and not mine & here else 1)
    assert os.waitpid(pid, 0)[1] == 0
