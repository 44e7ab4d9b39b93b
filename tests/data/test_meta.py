from zipfile import ZipFile

import pytest

from portrait_matting.data.meta import MetaRow, is_meta, merge_meta, parse_meta, read_users
from portrait_matting.errors import InputError

VERSION_2 = "image_name,user_id,height,width,set,brightness\na1,ann,1920,1080,train,101.5\nb2,bob,1080,1920,val,80.0\n"
VERSION_1 = (
    "attachment_id\tuser_id\tdata_hash\twidth\theight\tbrightness\ttrain\ttest\tvalid\n"
    "a1\tann\tffe7\t1080\t1920\t101.5\tTrue\tFalse\tFalse\n"
    "b2\tbob\tffe8\t1920\t1080\t80.0\tFalse\tFalse\tTrue\n"
)
ROWS = {"a1": MetaRow("ann", "train"), "b2": MetaRow("bob", "val")}


@pytest.mark.parametrize(
    "text",
    [
        VERSION_2,
        VERSION_2.encode(),
        ("\ufeff" + VERSION_2).encode(),
        VERSION_2.replace("\n", "\r\n"),
        VERSION_2.replace(",", ";"),
        VERSION_2.replace("a1,", "a1.jpg,").replace("b2,", "train/b2.JPEG,"),
        VERSION_2.replace(",val,", ",Validation,").replace("ann", '"ann"'),
        VERSION_2 + "\n",
        "brightness,set,user_id,width,image_name\n101.5,train,ann,1080,a1\n80,valid,bob,1920,b2\n",
        VERSION_1,
        VERSION_1.replace("\t", ","),
        VERSION_1.replace("True", "1").replace("False", "0"),
        "valid,train,test,user_id,attachment_id\nfalse,true,false,ann,a1\ntrue,false,false,bob,b2\n",
    ],
)
def test_both_versions_in_every_dress(text):
    assert parse_meta(text, "meta.csv") == ROWS


def test_test_is_not_taken_for_valid_nor_the_reverse():
    text = "attachment_id,user_id,train,test,valid\na,ann,0,1,0\nb,bob,0,0,1\nc,cat,0,0,0\n"
    assert {stem: row.split for stem, row in parse_meta(text, "meta.csv").items()} == {"a": "test", "b": "val", "c": ""}


def test_a_dot_in_a_name_is_no_suffix():
    assert list(parse_meta("image_name,user_id,set\nphoto.v2,ann,train\n", "meta.csv")) == ["photo.v2"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("name,person\na,b\n", "meta.csv has the columns name, person: .*image_name, user_id, set .*attachment_id"),
        ("image_name,user_id\na,b\n", "has the columns image_name, user_id"),
        ("", "has the columns"),
        (VERSION_2.replace("val", "dev"), "line 3 has the set 'dev'"),
        (VERSION_2 + "c3,cat,19", "line 4 has 3 of 6 cells"),
        (VERSION_2 + "a1,eve,1920,1080,train,1\n", "line 4 says .*eve.* of a1, an earlier line .*ann"),
        (VERSION_2 + "a1,ann,1920,1080,test,1\n", "line 4 says .*test.* of a1, an earlier line .*train"),
        (VERSION_1.replace("True\tFalse\tFalse", "True\tTrue\tFalse"), "line 2 puts one photo into train and test"),
        (VERSION_1.replace("True\tFalse\tFalse", "yes\tFalse\tFalse"), "line 2 has 'yes'"),
        (VERSION_2.encode().replace(b"ann", b"\xe9ve"), "is no UTF-8 text"),
    ],
)
def test_a_wrong_table_is_named_and_never_guessed(text, message):
    with pytest.raises(InputError, match=message) as error:
        parse_meta(text, "meta.csv")
    assert "\n" not in str(error.value)


def test_a_row_said_twice_in_the_same_words_is_one_row():
    assert parse_meta(VERSION_2 + "a1,ann,1920,1080,train,101.5\n", "meta.csv") == ROWS


def test_a_meta_table_is_known_by_its_first_line():
    assert is_meta(VERSION_2)
    assert is_meta(VERSION_1.encode())
    assert not is_meta("split,name,user\n")
    assert not is_meta(b"\xff\xd8\xff")
    assert not is_meta("")


def test_tables_are_joined_unless_they_contradict():
    both = merge_meta({"one": {"a": MetaRow("ann", "train")}, "two": {"b": MetaRow("bob", "val")}})
    assert both == {"a": MetaRow("ann", "train"), "b": MetaRow("bob", "val")}
    with pytest.raises(InputError, match=r"two says .*bob.* of a, one says .*ann"):
        merge_meta({"one": {"a": MetaRow("ann", "train")}, "two": {"a": MetaRow("bob", "train")}})


def test_users_are_read_from_whatever_table_has_the_columns(tmp_path):
    assert read_users(tmp_path) == {}
    (tmp_path / "notes.csv").write_text("what,when\nnothing,never\n")
    (tmp_path / "prepared.csv").write_text(VERSION_2.replace("ann", "no one"))
    (tmp_path / "._meta.csv").write_bytes(b"\x00\x05\x16\x07")
    assert read_users(tmp_path) == {}
    (tmp_path / "people.TSV").write_text(VERSION_1)
    assert read_users(tmp_path) == {"a1": "ann", "b2": "bob"}
    (tmp_path / "meta.csv").write_text(VERSION_2.replace("ann", "eve"))
    with pytest.raises(InputError, match=r"people\.TSV says"):
        read_users(tmp_path)


def test_a_photo_without_a_user_has_none(tmp_path):
    (tmp_path / "meta.csv").write_text("image_name,user_id,set\na,,train\nb,bob,train\n")
    assert read_users(tmp_path) == {"b": "bob"}


def test_users_in_the_zip_as_it_was_downloaded(tmp_path):
    with ZipFile(tmp_path / "meta.zip", "w") as archive:
        archive.writestr("meta.csv", "image_name,user_id,height,width,set,brightness\na,anna,2,1,train,9\n")
        archive.writestr("__MACOSX/._meta.csv", b"\x00")
    assert read_users(tmp_path) == {"a": "anna"}
    (tmp_path / "meta.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"meta\.zip is no whole zip"):
        read_users(tmp_path)
