import errno
import os
import threading
from pathlib import Path

import pytest

from portrait_matting.disk.atomic_write import atomic_write, write_bytes, write_text


@pytest.fixture
def place(tmp_path) -> Path:
    path = tmp_path / "metrics.json"
    path.write_bytes(b"old")
    return path


def broken_off(path: Path, error: BaseException | type[BaseException]) -> None:
    with atomic_write(path) as unfinished:
        unfinished.write_bytes(b"ne")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_stands_until_the_new_one_is_whole(place):
    with atomic_write(place) as unfinished:
        unfinished.write_bytes(b"ne")
        assert place.read_bytes() == b"old"
        with unfinished.open("ab") as file:
            file.write(b"w")
    assert place.read_bytes() == b"new"
    assert names(place.parent) == ["metrics.json"]


def test_what_is_unfinished_is_hidden_beside_the_file_has_its_suffix_and_a_name_of_its_own(place):
    with atomic_write(place) as one, atomic_write(place) as other:
        assert one != other
        for path in (one, other):
            assert path.parent == place.parent
            assert path.name.startswith(f".{os.getpid()}-")
            assert path.suffix == ".json"
            path.write_bytes(b"new")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_beside_it(error, place):
    with pytest.raises(error):
        broken_off(place, error)
    assert place.read_bytes() == b"old"
    assert names(place.parent) == ["metrics.json"]


def test_a_place_of_the_callers_own(place, tmp_path):
    with atomic_write(place, tmp_path / "half") as unfinished:
        assert unfinished == tmp_path / "half"
        unfinished.write_bytes(b"new")
    assert place.read_bytes() == b"new"
    assert names(tmp_path) == ["metrics.json"]


@pytest.mark.parametrize("there", ["gone", "file"])
def test_a_folder_that_is_none_is_an_error_that_names_the_file(there, tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / there / "metrics.json"
    with pytest.raises(OSError, match=r"directory: '.*metrics\.json'$") as error:
        write_bytes(path, b"new")
    assert error.value.filename == str(path)
    assert type(error.value) is {"gone": FileNotFoundError, "file": NotADirectoryError}[there]


def test_a_file_that_cannot_be_moved_into_place_is_named(tmp_path):
    (tmp_path / "metrics.json" / "in it").mkdir(parents=True)
    with pytest.raises(OSError, match="metrics") as error:
        write_bytes(tmp_path / "metrics.json", b"new")
    assert error.value.filename == str(tmp_path / "metrics.json")
    assert names(tmp_path) == ["metrics.json"]


def test_a_full_disk_names_the_file(place):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # of no file, as a write has it
    with pytest.raises(OSError, match="No space left") as error:
        broken_off(place, full)
    assert error.value.filename == str(place)
    assert names(place.parent) == ["metrics.json"]


def test_an_error_about_another_file_stays_what_it_is(place, tmp_path):
    with pytest.raises(FileNotFoundError) as error, atomic_write(place):
        (tmp_path / "photo.jpg").read_bytes()
    assert error.value.filename == str(tmp_path / "photo.jpg")


def test_a_name_of_any_length(tmp_path):
    path = tmp_path / ("x" * 251 + ".csv")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_text_is_utf_8_and_its_lines_end_as_they_were_given(tmp_path):
    write_text(tmp_path / "a.csv", "Zoë 東京\r\nb\n")
    assert (tmp_path / "a.csv").read_bytes() == "Zoë 東京\r\nb\n".encode()
    write_text(tmp_path / "a.csv", "latin-1 \udce9\n", errors="surrogateescape")
    assert (tmp_path / "a.csv").read_bytes() == b"latin-1 \xe9\n"
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a.csv", "\udce9")
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, step):
    (tmp_path / "a.png").write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "replace":
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            write_bytes(tmp_path / "a.png", b"new")
    else:
        resource = pytest.importorskip("resource")
        signal = pytest.importorskip("signal")
        before = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[0][1]))  # the system itself cuts the file short
        try:
            with pytest.raises(OSError, match="too large"):
                write_bytes(tmp_path / "a.png", bytes(5000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before[0])
            signal.signal(signal.SIGXFSZ, before[1])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"old"}


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_must_be_new_replaces_none(links, tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:  # as on FAT
        monkeypatch.setattr(os, "link", no_links)
    write_bytes(tmp_path / "a.png", b"first", replace=False)
    with pytest.raises(FileExistsError):
        write_bytes(tmp_path / "a.png", b"second", replace=False)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"first"}
    write_bytes(tmp_path / "a.png", b"third")
    assert (tmp_path / "a.png").read_bytes() == b"third"


def test_threads_that_write_into_one_folder_do_not_meet(tmp_path):
    contents = {tmp_path / f"{index}.png": bytes([index]) * 100_000 for index in range(16)}
    threads = [threading.Thread(target=write_bytes, args=each) for each in contents.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == contents
