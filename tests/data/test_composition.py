import numpy as np
import pytest
import torch

from portrait_matting.data.composition import BoxedCutOut, boxed, compose, reduced

GREY = (128, 128, 128)


def behind(rng, height, width):
    return np.full((height, width, 3), GREY, np.uint8)


def person(height=60, width=40, ends=(False, True, False, False)) -> BoxedCutOut:
    """A red person whose right half is blue, with a soft border where the person does not end."""
    alpha = np.ones((height, width), np.float32)
    for index, end in enumerate(ends):
        if not end:
            view = alpha if index < 2 else alpha.T
            view[0 if index % 2 == 0 else -1] = 0.5
    colours = np.full((height, width, 3), (200, 0, 0), np.uint8)
    colours[:, width // 2 :] = (0, 0, 200)
    return BoxedCutOut(colours, alpha, ends)


def compositions(cut_out, count=60, size=(96, 84)):
    return [compose(cut_out, behind, np.random.default_rng(seed), *size) for seed in range(count)]


def test_the_box_is_around_what_is_seen_and_knows_where_the_person_ends():
    alpha = np.zeros((30, 40), np.float32)
    alpha[10:, 5:20] = 1
    alpha[10, 5:20] = 0.3
    alpha[0, 0] = 0.01  # a tool's noise
    colours = np.arange(30 * 40 * 3, dtype=np.uint32).reshape(30, 40, 3).astype(np.uint8)
    found = boxed(colours, alpha)
    np.testing.assert_array_equal(found.colours, colours[10:, 5:20])
    np.testing.assert_array_equal(found.alpha, alpha[10:, 5:20])
    assert found.ends == (False, True, False, False)


@pytest.mark.parametrize("size", [(96, 84), (40, 90), (33, 17)])
def test_an_image_is_the_person_before_the_background(size):
    for image, alpha in compositions(person(), 20, size):
        assert (image.dtype, image.shape, alpha.dtype, alpha.shape) == (np.uint8, (*size, 3), np.float32, size)
        assert alpha.min() >= 0
        assert alpha.max() <= 1
        assert (alpha > 0.9).mean() > 0.02
        assert set(map(tuple, image[alpha == 0].tolist())) <= {GREY}
        opaque = image[alpha == 1].astype(int)
        assert (opaque[:, 1] <= 1).all()  # neither colour holds green, which the background does


def test_colours_are_mixed_by_alpha_alone():
    """What stands where alpha is 0 does not come in, though the person is scaled."""
    alpha = np.zeros((60, 60), np.float32)
    alpha[20:, 10:50] = 1
    alpha[20:, 10:50][:, ::2] = 0.5
    colours = np.where(alpha[..., None] > 0, np.uint8((200, 100, 50)), np.uint8((0, 255, 0)))
    for image, matte in compositions(boxed(colours, alpha), 20):
        exact = matte[..., None] * np.float32((200, 100, 50)) + (1 - matte[..., None]) * np.float32(GREY)
        assert np.abs(image - exact).max() < 2


def test_size_place_and_side_change():
    found = compositions(person(), 80)
    shares = [float((alpha > 0.5).mean()) for _, alpha in found]
    assert max(shares) > 2 * min(shares)
    lefts = {int(np.flatnonzero((alpha > 0.5).any(axis=0))[0]) for _, alpha in found}
    assert len(lefts) > 15
    mirrored = [np.argmax(image[-1, :, 0] > 190) > np.argmax(image[-1, :, 2] > 190) for image, _ in found]
    assert 15 < sum(mirrored) < 65


@pytest.mark.parametrize(
    "ends",
    [
        (False, True, False, False),
        (False, True, True, False),
        (False, True, True, True),
        (True, True, False, False),
        (True, True, True, True),
        (False, False, False, True),
        (True, False, False, False),
    ],
)
@pytest.mark.parametrize("shape", [(60, 40), (40, 90), (200, 30)])
def test_nobody_ends_in_mid_air(ends, shape):
    """A side on which the person ends with their picture lies at the frame's border or beyond it."""
    red, blue = 0, 2
    for image, alpha in compositions(person(*shape, ends), 40):
        solid = alpha > 0.98
        assert solid.any()
        assert not ends[0] or solid[0].any()
        assert not ends[1] or solid[-1].any()
        columns = [np.flatnonzero((solid & (image[..., colour] > 150)).any(axis=0)) for colour in (red, blue)]
        if all(map(len, columns)):  # else one cannot tell whether the person is mirrored
            left, right = ends[2:] if columns[0].mean() < columns[1].mean() else ends[:1:-1]
            assert not left or solid[:, 0].any()
            assert not right or solid[:, -1].any()


def test_a_head_is_seen_and_most_of_who_is_whole():
    for _, alpha in compositions(person(200, 100), 60):  # its head has a soft upper border
        assert (alpha[0] > 0.98).sum() == 0 or (alpha > 0.98).any(axis=1).mean() > 0.9
    for _, alpha in compositions(person(60, 50, (False,) * 4), 60):
        assert (alpha > 0.5).any(axis=1).mean() > 0.3
        assert (alpha > 0.5).any(axis=0).mean() > 0.3


def test_a_photo_of_a_camera_is_reduced_and_what_is_not_seen_stays_out():
    alpha = np.zeros((900, 700), np.float32)
    alpha[300:, 100:600] = 1
    colours = np.where(alpha[..., None] > 0, np.uint8((200, 100, 50)), np.uint8((0, 255, 0)))
    small = reduced(BoxedCutOut(colours, alpha, (False, True, False, False)), 48, 42)
    assert small.alpha.shape == (135, 105)
    assert small.ends == (False, True, False, False)
    seen = small.alpha > 0.05
    assert np.abs(small.colours[seen].astype(int) - (200, 100, 50)).max() <= 2
    assert abs(small.alpha.mean() - alpha.mean()) < 0.01
    own = person()
    assert reduced(own, 48, 42) is own


@pytest.mark.parametrize("shape", [(40, 1), (1, 40), (1, 1), (300, 1), (40, 2)])
def test_a_person_one_pixel_wide_is_a_portrait_like_others(shape):
    """torch takes no array that runs backwards, and of one column NumPy does not say that it does."""
    found = BoxedCutOut(np.full((*shape, 3), 90, np.uint8), np.ones(shape, np.float32), (False, True, False, False))
    for image, alpha in compositions(reduced(found, 48, 42), 12):
        assert torch.from_numpy(image).shape == (*alpha.shape, 3)
        assert 0 < torch.from_numpy(alpha).max() <= 1


def test_the_generator_decides_and_nothing_else():
    first = compositions(person(), 3)
    for (image, alpha), (again, matte) in zip(first, compositions(person(), 3), strict=True):
        np.testing.assert_array_equal(image, again)
        np.testing.assert_array_equal(alpha, matte)
