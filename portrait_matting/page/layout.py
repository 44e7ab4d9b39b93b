"""What the page looks like and what its buttons do. What happens to a photo is in `studio`."""

import functools
import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio_client.utils import is_http_url_like
from PIL import Image

from portrait_matting.errors import InputError
from portrait_matting.page.background import Background
from portrait_matting.page.look import CSS, theme
from portrait_matting.page.studio import Sitting, Studio
from portrait_matting.synthetic import draw_portrait

Sent = dict[str, Any] | None
"""What the browser says of a file that it sent: path, orig_name and more."""
LARGEST_FILE = "100mb"
QUEUE_SIZE = 30
"""Requests that may wait; the next one is refused, since the queue is full."""
LIFETIME = 3600
"""Seconds after which a photo that nobody touched is deleted."""
_SWEEP = 300  # seconds between two looks for such photos
_BACKGROUNDS = [("Transparent", "transparent"), ("Colour", "colour"), ("Picture", "picture"), ("Blur", "blur")]
_HEAD = (
    "# Cut out a portrait\nThe person stays, the background goes. Photos stay on the machine that runs this page, and "
    "are deleted after an hour."
)
_EXAMPLE = 4  # curls before a shelf: what the page is for


def page(studio: Studio) -> gr.Blocks:
    """The page, not yet served."""
    example = draw_example(studio.folder)
    with gr.Blocks(title="Portrait matting", analytics_enabled=False, delete_cache=(_SWEEP, LIFETIME)) as blocks:
        sitting = gr.State(None, time_to_live=LIFETIME, delete_callback=studio.forget)
        gr.Markdown(_HEAD, elem_id="head")
        with gr.Row(elem_id="work"):
            with gr.Column():
                photo = _box("photo", ["upload", "clipboard", "webcam"])
                trial = gr.Button("No photo at hand? Try this one", size="md", icon=str(example))
                trial.keep_in_cache.add(str(example))  # else it is deleted like a photo
            with gr.Column(visible=False, elem_id="result") as result:
                slider = gr.ImageSlider(
                    label="Before | after", interactive=False, buttons=["fullscreen"], max_height=600, elem_id="slider"
                )
            with gr.Column(visible=False) as tools:
                kind = gr.Radio(_BACKGROUNDS, value="transparent", label="Background", elem_id="background")
                colour = gr.ColorPicker("#2e7d5b", label="Colour", visible=False, elem_id="colour")
                with gr.Column(visible=False) as pictures:
                    picture = _box("picture", ["upload", "clipboard"])
                save = gr.DownloadButton("Save the cut-out (PNG)", variant="primary", elem_id="save")
                save_picture = gr.DownloadButton("Save as shown (JPEG)", visible=False, elem_id="save-picture")

        chosen = [sitting, kind, colour, picture]
        shown = [slider, colour, pictures, save_picture]

        @_show_errors
        def cut_out(upload: Sent, before: Sitting | None) -> tuple:
            if upload is None:  # the box was emptied
                return before, *[gr.skip()] * 5
            made = studio.cut_out(*_file(upload))
            studio.forget(before)
            seen = gr.update(visible=True)
            return made, None, gr.update(visible=False), seen, seen, str(made.cut_out)

        @_show_errors
        def show(made: Sitting | None, kind: str, colour: str, picture: Sent) -> tuple:
            fields = gr.update(visible=kind == "colour"), gr.update(visible=kind == "picture")
            if made is None:
                return gr.skip(), *fields, gr.skip()
            background = Background(kind, colour, picture and _file(picture)[0])
            after = studio.show(made, background)
            button = gr.update(visible=not background.is_transparent, interactive=False)  # until `finish`
            return (str(made.before), str(after)), *fields, button

        @_show_errors
        def finish(made: Sitting | None, kind: str, colour: str, picture: Sent) -> Any:
            saved = made and studio.picture(made, Background(kind, colour, picture and _file(picture)[0]))
            return gr.update(value=saved and str(saved), interactive=saved is not None)

        network = {"concurrency_limit": 1, "concurrency_id": "network", "preprocess": False}
        quick = {"concurrency_limit": 4, "api_visibility": "private", "show_progress": "hidden", "preprocess": False}
        cut_outs = [sitting, photo, trial, result, tools, save]
        uploaded = photo.input(
            cut_out, [photo, sitting], cut_outs, api_name="cut_out", show_progress_on=photo, **network
        )
        uploaded.failure(lambda: None, None, photo, **quick)  # else the box keeps what cannot be shown
        tried = trial.click(
            functools.partial(cut_out, {"path": str(example), "orig_name": example.name}), sitting, cut_outs,
            api_visibility="private", show_progress_on=photo, **network,
        )  # fmt: skip
        for made in (uploaded, tried):
            made.success(show, chosen, shown, **quick).success(finish, chosen, save_picture, **quick)
        changed = gr.on(
            [kind.input, colour.input, picture.input], show, chosen, shown, trigger_mode="always_last", **quick
        )
        changed.success(finish, chosen, save_picture, trigger_mode="always_last", **quick)
    return blocks.queue(max_size=QUEUE_SIZE)


def serve(blocks: gr.Blocks, host: str, port: int, browser: bool = False) -> str:
    """Serves the page from a thread until `blocks.close()`, and returns its address.

    Raises:
        OSError: nothing can be served at this host and port.
    """
    _, address, _ = blocks.launch(
        server_name=host,
        server_port=port,
        inbrowser=browser,
        share=False,
        ssr_mode=False,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        max_file_size=LARGEST_FILE,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        theme=theme(),
        css=CSS,
    )
    return address


def _box(what: str, sources: list[str]) -> gr.Image:
    """A box for a photo. Its events have preprocess=False: else Gradio opens the file, and may write it anew."""
    box = gr.Image(
        label=what.capitalize(),
        sources=sources,
        placeholder=f"Drop a {what} here\nor click to choose one",
        webcam_options=gr.WebcamOptions(mirror=False),
        buttons=[],
        elem_id=what,
    )
    keep = box.async_move_resource_to_block_cache

    async def keep_file(place: str | Path | None) -> str | None:
        if is_http_url_like(str(place)):  # Gradio would fetch it
            raise gr.Error("Only files are taken, no addresses", print_exception=False)
        return await keep(place)

    # Not in a subclass, for each of which Gradio writes a .pyi file beside the source.
    box.async_move_resource_to_block_cache = keep_file
    return box


def _file(sent: dict[str, Any]) -> tuple[Path, str]:
    """Where Gradio has put a file, byte for byte as it was sent, and the name that it came with."""
    place = Path(sent["path"])
    return place, sent.get("orig_name") or place.name


def draw_example(folder: Path) -> Path:
    """A drawn portrait, as a file in a folder."""
    image, _ = draw_portrait("test", 0, _EXAMPLE, 800, 640)
    Image.fromarray(image).save(folder / "drawn portrait.jpg", quality=95)
    return folder / "drawn portrait.jpg"


def _show_errors(step: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a step so that an error that the user can mend is shown on the page, in its one line, escaped for HTML."""

    @functools.wraps(step)
    def shown_step(*arguments: Any) -> Any:
        try:
            return step(*arguments)
        except InputError as error:
            raise gr.Error(html.escape(str(error)), print_exception=False) from None
        except MemoryError:
            raise gr.Error("There is not enough memory for it: give a smaller photo", print_exception=False) from None

    return shown_step
