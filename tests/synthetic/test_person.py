"""Every kind of hair, hat, garment and beard makes one whole person, and strands make the rim soft."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from portrait_matting.synthetic.beard import BEARDS
from portrait_matting.synthetic.clothes import GARMENTS
from portrait_matting.synthetic.glasses import GLASSES
from portrait_matting.synthetic.hair import STYLES
from portrait_matting.synthetic.hat import HATS
from portrait_matting.synthetic.palette import MONK_TONES
from portrait_matting.synthetic.pattern import PATTERNS
from portrait_matting.synthetic.person import Person, draw_person, sample_person
from portrait_matting.synthetic.strand import hairline
from portrait_matting.synthetic.strap import STRAPS

CASES = [
    *(("hair", "style", kind) for kind in STYLES),
    *(("hat", "kind", kind) for kind in HATS),
    *(("clothes", "garment", kind) for kind in GARMENTS),
    *(("clothes", "pattern", kind) for kind in PATTERNS),
    *(("beard", "kind", kind) for kind in BEARDS),
    *(("glasses", "kind", kind) for kind in GLASSES),
    *(("strap", "kind", kind) for kind in STRAPS),
    ("hand", "side", 1),
]


def plain(seed: int) -> Person:
    """A bald person without hat, hand or glasses in the middle of the frame."""
    person = sample_person(np.random.default_rng(seed))
    return replace(
        person,
        x=0.5,
        y=0.4,
        size=0.2,
        hair=replace(person.hair, style="bald", volume=0.1, flyaways=60),
        hat=replace(person.hat, kind="none"),
        glasses=replace(person.glasses, kind="none"),
        strap=replace(person.strap, kind="none"),
        beard=replace(person.beard, kind="none", length=0.3),
        clothes=replace(person.clothes, pattern="plain", garment="tee"),
        hand=replace(person.hand, side=0),
    )


def paint(person: Person) -> np.ndarray:
    canvas = np.zeros((400, 320, 4), np.uint8)
    draw_person(canvas, person, light=-0.5)
    return canvas


@pytest.mark.parametrize("part, field, kind", CASES)
def test_every_kind_changes_the_picture_and_leaves_one_whole_person(part, field, kind):
    person = plain(4)
    other = replace(person, **{part: replace(getattr(person, part), **{field: kind})})
    canvas = paint(other)
    if other != person:
        assert (canvas != paint(person)).any()
    solid = (canvas[..., 3] > 127).astype(np.uint8)
    areas = cv2.connectedComponentsWithStats(solid)[2][1:, cv2.CC_STAT_AREA]
    assert areas.max() > 0.98 * areas.sum()  # no head floats, no hat hovers
    assert solid[-1].sum() > 100  # the body leaves the frame at its lower edge
    assert (canvas[..., :3] <= canvas[..., 3:].astype(int) + 2).all()  # premultiplied


@pytest.mark.parametrize("kind", STRAPS)
def test_a_strap_is_part_of_the_person_and_changes_no_alpha(kind):
    for seed in range(4):
        person = plain(seed)
        without, worn = paint(person), paint(replace(person, strap=replace(person.strap, kind=kind)))
        assert (without != worn).any()
        assert np.abs(without[..., 3].astype(int) - worn[..., 3]).max() <= 2


@pytest.mark.parametrize("style", ["spiky", "afro", "curly", "long", "ponytail"])
def test_strands_make_more_soft_pixels_than_a_bald_head(style):
    def soft(style):
        person = plain(5)
        alpha = paint(replace(person, hair=replace(person.hair, style=style, volume=0.3)))[..., 3]
        return int(((alpha > 0) & (alpha < 255)).sum())

    assert soft(style) > 1.3 * soft("bald")


def test_the_face_lies_on_solid_skin():
    for seed in range(8):
        person = plain(seed)
        alpha = paint(person)[..., 3]
        x, y, r = 160, int(0.4 * 400), int(0.2 * 400)
        assert (alpha[y - r // 2 : y + r // 2, x - r // 3 : x + r // 3] == 255).all()


def test_every_skin_tone_occurs():
    people = [sample_person(np.random.default_rng(i)) for i in range(300)]
    brightness = np.array([sum(p.head.skin) / 3 for p in people])
    monk = np.array([sum(tone) / 3 for tone in MONK_TONES])
    assert brightness.min() < 70
    assert brightness.max() > 200
    # Monk's tones 5 to 7 lie between 90 and 190
    assert 0.15 < ((brightness > 90) & (brightness < 190)).mean() < 0.6
    assert (np.diff(monk[2:]) < 0).all()


def test_both_ends_of_the_hairline_are_numbers():
    head = plain(1).head
    ends = hairline(head, 0.7, 0.3, np.array([0, 1]))
    assert np.allclose(ends[:, 1], 0.12, atol=0.01)
