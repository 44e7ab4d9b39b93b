"""The page as served: what a program gets over HTTP, and what a person sees in a browser."""

import importlib
import io
import json
import os
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from portrait_matting.app import stay_here
from portrait_matting.page.studio import Studio

pytest.importorskip("gradio")
httpx = pytest.importorskip("httpx")
layout = importlib.import_module("portrait_matting.page.layout")

SIDEWAYS = 6  # EXIF orientation: the top of the photo is at its right


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def http():
    with httpx.Client(timeout=30, limits=httpx.Limits(max_connections=None)) as client:
        yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Serves a page and returns its address, as often as one likes."""
    environment, folder, pages = dict(os.environ), tmp_path_factory.mktemp("served"), []
    stay_here(folder)

    def served(matter):
        pages.append(layout.page(Studio(matter, folder)))
        return layout.serve(pages[-1], "127.0.0.1", free_port())

    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(layout, "LARGEST_FILE", "1mb")
        yield served
    for blocks in pages:
        blocks.close(verbose=False)
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture(scope="module")
def address(served):
    return served(lambda photo: Swapped.matter(photo))


class Swapped:
    """One page serves all tests, each with its own matter."""

    matter = None


@pytest.fixture(autouse=True)
def _own_matter(matter):
    Swapped.matter = matter


def upload(http, address, path):
    """Sends a file, and returns what the browser then says of it."""
    with path.open("rb") as file:
        [place] = http.post(f"{address}gradio_api/upload", files={"files": (path.name, file)}).json()
    return {"path": place, "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def join(http, address, sent, person="person"):
    calls = http.get(f"{address}config").json()["dependencies"]
    [number] = [call["id"] for call in calls if call["api_name"] == "cut_out"]
    body = {"data": [sent, None], "fn_index": number, "session_hash": person}
    return http.post(f"{address}gradio_api/queue/join", json=body)


def ask(http, address, sent, person="person"):
    """What the page receives when a photo is dropped: the picture to save, or the error."""
    assert join(http, address, sent, person).status_code == 200
    query = {"session_hash": person}
    with http.stream("GET", f"{address}gradio_api/queue/data", params=query) as answer:
        for line in answer.iter_lines():
            said = json.loads(line.removeprefix("data: ")) if line else {}
            if said.get("msg") == "process_completed":
                return said["output"]["data"][-1] if said["success"] else said["output"]["error"]
    raise AssertionError("no answer")


def rgba(http, saved):
    return np.asarray(Image.open(io.BytesIO(http.get(saved["url"]).content)))


def test_ten_at_once_get_their_own(http, address, matter, tmp_path):
    colours = [(20 * person, 100, 250 - 20 * person) for person in range(10)]
    for person, colour in enumerate(colours):
        Image.new("RGB", (64, 48), colour).save(tmp_path / f"photo {person}.jpg", quality=100, subsampling=0)
    start = threading.Barrier(10)

    def one(person):
        start.wait()
        return ask(http, address, upload(http, address, tmp_path / f"photo {person}.jpg"), f"person{person}")

    with ThreadPoolExecutor(10) as people:
        answers = list(people.map(one, range(10)))
    assert (matter.calls, matter.most_inside) == (10, 1)
    for person, colour in enumerate(colours):
        assert answers[person]["orig_name"] == f"photo {person}.png"
        picture = rgba(http, answers[person])
        assert np.abs(picture[:, :32, :3].astype(int) - colour).max() <= 2  # JPEG
        assert (picture[:, :32, 3] == 255).all()
        assert (picture[:, 33:, 3] == 0).all()


def test_the_file_arrives_as_it_was_sent(http, address, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = SIDEWAYS
    Image.new("RGB", (64, 48), (90, 90, 90)).save(tmp_path / "a.jpg", exif=exif, icc_profile=b"a profile")
    sent = upload(http, address, tmp_path / "a.jpg")
    saved = ask(http, address, sent)
    with open(sent["path"], "rb") as uploaded:
        assert uploaded.read() == (tmp_path / "a.jpg").read_bytes()
    assert rgba(http, saved).shape == (64, 48, 4)


def test_a_renamed_text_file_is_an_error_of_one_line(http, address, tmp_path, capfd):
    (tmp_path / "notes <b>.jpg").write_text("no photo\n" * 9)
    error = ask(http, address, upload(http, address, tmp_path / "notes <b>.jpg"))
    assert error.startswith("notes &lt;b&gt;.jpg is not an image")
    assert str(tmp_path) not in error
    assert "\n" not in error
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["http://192.0.2.1/a.png", "/etc/hostname", "data:image/png;base64,AAAA", None])
def test_nothing_but_uploaded_files_is_read(http, address, matter, path):
    error = ask(http, address, {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}})
    assert isinstance(error, str | None)
    assert matter.calls == 0
    if path and path.startswith("http"):
        assert error == "Only files are taken, no addresses"


def test_a_file_too_large_is_refused(http, address):
    answer = http.post(f"{address}gradio_api/upload", files={"files": ("a.png", bytes(2**20 + 1))})
    assert answer.status_code == 413
    assert "maximum allowed size" in answer.text


def test_requests_wait_in_the_queue_and_are_refused_when_it_is_full(http, served, matter, monkeypatch, tmp_path):
    monkeypatch.setattr(layout, "QUEUE_SIZE", 2)
    address = served(matter)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    sent = upload(http, address, tmp_path / "a.png")
    matter.go_on.clear()
    assert join(http, address, sent, "person0").status_code == 200
    for _ in range(200):  # until the first is no longer waiting
        if matter.inside:
            break
        time.sleep(0.02)
    answers = [join(http, address, sent, f"person{person}") for person in range(1, 5)]
    assert [answer.status_code for answer in answers] == [200, 200, 503, 503]
    assert "full" in answers[-1].text
    matter.go_on.set()


def test_the_page_names_no_other_machine(http, address):
    config = http.get(f"{address}config").json()
    assert config["analytics_enabled"] is False
    assert config["stylesheets"] == []
    assert re.search(r"@import|url\(.?(https?:)?//", http.get(f"{address}theme.css").text) is None


@pytest.mark.slow
def test_in_a_browser(chromium, address, matter, tmp_path):
    photo = np.zeros((300, 400, 3), np.uint8)
    photo[...] = (200, 60, 40)
    photo[:, 300:] = (20, 40, 220)
    Image.fromarray(photo).save(tmp_path / "Zoë (1) [final] 50%#.png")
    (tmp_path / "notes.jpg").write_text("no photo\n" * 9)
    for width, height in ((1280, 800), (390, 844)):
        page = chromium.new_page(viewport={"width": width, "height": height})
        asked, broken = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("pageerror", lambda error, broken=broken: broken.append(str(error)))
        page.goto(address)
        box = page.locator("#photo input[type=file]")
        box.wait_for(state="attached")
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / f"{width}_empty.png", full_page=True)

        box.set_input_files(tmp_path / "notes.jpg")
        page.get_by_text("notes.jpg is not an image").wait_for()
        page.screenshot(path=tmp_path / f"{width}_refused.png", full_page=True)

        calls = matter.calls
        box.set_input_files(tmp_path / "Zoë (1) [final] 50%#.png")
        slider = page.locator("#slider img")
        slider.first.wait_for()
        assert slider.count() == 2
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / f"{width}_transparent.png", full_page=True)

        middle = page.locator("#slider").bounding_box()
        before = page.locator("#slider").screenshot()
        page.mouse.move(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
        page.mouse.down()
        page.mouse.move(middle["x"] + middle["width"] / 4, middle["y"] + middle["height"] / 2, steps=5)
        page.mouse.up()
        assert page.locator("#slider").screenshot() != before

        source = slider.last.get_attribute("src")
        page.get_by_label("Blur", exact=True).check()
        page.wait_for_function("old => [...document.querySelectorAll('#slider img')].at(-1).src != old", arg=source)
        page.locator("#save-picture:not([disabled])").wait_for()
        page.wait_for_timeout(300)
        page.screenshot(path=tmp_path / f"{width}_blur.png", full_page=True)
        assert matter.calls == calls + 1

        assert page.evaluate("document.documentElement.scrollWidth") == width
        for button, name in (("#save", "cut-out"), ("#save-picture", "picture")):
            with page.expect_download() as download:
                page.locator(button).click()
            download.value.save_as(tmp_path / f"{width}_{name}")
            suffix = {"cut-out": "png", "picture": "jpg"}[name]
            assert download.value.suggested_filename == f"Zoë (1) [final] 50%#.{suffix}"
        page.close()

        rgba = np.asarray(Image.open(tmp_path / f"{width}_cut-out"))
        assert (rgba[:, :200] == (200, 60, 40, 255)).all()
        assert np.isin(rgba[:, 200, 3], (127, 128)).all()
        assert (rgba[:, 201:, 3] == 0).all()
        blurred = np.asarray(Image.open(tmp_path / f"{width}_picture")).astype(int)
        assert blurred.shape == (300, 400, 3)
        assert np.abs(blurred[:, :190] - (200, 60, 40)).max() <= 6
        assert len(np.unique(blurred[150, 250:350], axis=0)) > 10  # where the photo has one sharp step
        assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
        assert broken == []
