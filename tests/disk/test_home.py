from pathlib import Path

from portrait_matting.disk.home import expand


def test_home_and_what_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert expand("~/x") == tmp_path / "x"
    assert expand("x/~") == Path("x/~")
    assert expand("~nobody-of-this-name/x") == tmp_path / "~nobody-of-this-name" / "x"  # as a shell leaves it


def test_a_folder_of_that_name_stays_one_however_often_it_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert expand(expand("./~/x")) == tmp_path / "~" / "x"
