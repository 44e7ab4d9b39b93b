"""How the page looks: quiet, readable in daylight and at night, with the fonts of the machine it is read on."""

import gradio as gr

_FONTS = ("system-ui", "-apple-system", "Segoe UI", "sans-serif")
# On a wide screen the result stands beside the two boxes that are left of it, on a narrow one between them.
CSS = """
.gradio-container { width: 100% !important; max-width: 1120px !important; margin: 0 auto !important; }
#head h1 { font-size: 1.7rem; font-weight: 650; margin: 0.3rem 0 0.2rem; }
#head p { margin: 0; opacity: 0.75; }
#work { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
#work > * { min-width: 0 !important; }
#photo { height: 380px; border: 2px dashed var(--neutral-400); background: var(--background-fill-secondary); }
#photo:hover, #photo:focus-within { border-color: var(--primary-600); }
#work:has(#slider) #photo, #picture { height: 180px; }
#save, #save-picture { min-height: 48px; }
@media (min-width: 800px) {
  #work:has(#slider) { grid-template-columns: 340px minmax(0, 1fr); grid-template-rows: auto 1fr; }
  #work:has(#slider) #result { grid-column: 2; grid-row: 1 / span 2; }
}
footer { display: none !important; }
"""


def theme() -> gr.themes.Base:
    """Gradio's plainest, which fetches no font."""
    plain = gr.themes.Base(
        primary_hue="emerald",
        neutral_hue="slate",
        radius_size="lg",
        font=_FONTS,
        font_mono=("ui-monospace", "monospace"),
    )
    return plain.set(
        button_primary_background_fill="*primary_700",  # white on the lighter ones is hard to read
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
    )
