import numpy as np
import pytest

from portrait_matting.people.photography.tone import to_display
from portrait_matting.people.places.light_of import light_of
from portrait_matting.people.rendering.camera import look_at

ALL = frozenset({"place_light", "sources"})
CAMERA = look_at(np.zeros(3), 0, 0, 0, 1.0, 100, (32, 32), 64, 64)


def place(value: float = 0.25) -> np.ndarray:
    return np.full((64, 64, 3), value, np.float32)


def lit(light, normals) -> np.ndarray:
    normals = np.asarray(normals, np.float32)
    found = light.ambient(normals)
    for source in light.sources:
        found = found + np.maximum(normals @ source.direction, 0)[:, None] * source.colour
    return found


def shown(background: np.ndarray, pieces=ALL, count: int = 300) -> np.ndarray:
    """How skin that looks at the camera is shown, of many lights."""
    normals = CAMERA.position[None] @ np.eye(3)
    lights = [light_of(background, CAMERA, np.random.default_rng(k), pieces) for k in range(count)]
    return to_display(0.35 * np.stack([lit(light, normals)[0].mean() for light in lights]))


@pytest.mark.parametrize("brightness", [0.003, 0.05, 0.25, 1.5])
def test_skin_comes_out_at_mid_tones_before_any_place(brightness):
    found = shown(place(brightness))
    assert 0.4 < np.median(found) < 0.68
    assert np.mean((found > 0.3) & (found < 0.8)) > 0.85
    assert found.std() > 0.02  # and not always the same


def test_silhouettes_are_before_bright_places_and_seldom():
    bright, dim = (np.mean(shown(place(value), count=600) < 0.35) for value in (1.5, 0.2))
    assert 0.02 < bright < 0.2
    assert dim < 0.1


def test_a_bright_side_lights_the_side_that_is_turned_to_it():
    background = place(0.05)
    background[:, 40:] = 2.0
    light = light_of(background, CAMERA, np.random.default_rng(0), ALL - {"sources"})
    right, left = light.ambient(np.float32([[0.8, 0.6, 0], [-0.8, 0.6, 0]])).mean(1)  # behind, where the picture is
    assert right > 1.5 * left


def test_a_turned_camera_turns_the_light_with_it():
    background = np.random.default_rng(0).uniform(0, 1, (64, 64, 3)).astype(np.float32)
    turned = look_at(np.zeros(3), 90, 0, 0, 1.0, 100, (32, 32), 64, 64)
    first, second = (light_of(background, camera, np.random.default_rng(1), ALL) for camera in (CAMERA, turned))
    np.testing.assert_allclose(
        lit(first, [[0, -1, 0], [1, 0, 0]]), lit(second, [[1, 0, 0], [0, 1, 0]]), rtol=0.01, atol=0.01
    )


def test_colours_of_the_place_are_on_people_only_with_its_light():
    background = place()
    background[..., 0] = 0.8
    behind = np.float32([[0, 1, 0]])
    red, _, blue = light_of(background, CAMERA, np.random.default_rng(2), ALL).ambient(behind)[0]
    assert red > 1.5 * blue
    plain = light_of(background, CAMERA, np.random.default_rng(2), frozenset())
    around = np.float32([[0, 1, 0], [0, -1, 0], [1, 0, 0], [0, 0, 1], [0, 0, -1]])
    np.testing.assert_allclose(np.ptp(plain.ambient(around)), 0, atol=1e-5)
    other = light_of(place(0.9), CAMERA, np.random.default_rng(3), frozenset())
    np.testing.assert_array_equal(plain.harmonics, other.harmonics)


def test_one_plain_lamp_without_sources():
    for k in range(20):
        (source,) = light_of(place(), CAMERA, np.random.default_rng(k), frozenset({"place_light"})).sources
        assert source.direction @ [0, -1, 0] > 0.7
        assert source.direction[2] > 0.3


def test_lamps_have_directions_of_length_one_and_the_brightest_is_first():
    counts = set()
    for k in range(60):
        sources = light_of(place(0.02 if k % 2 else 0.5), CAMERA, np.random.default_rng(k), ALL).sources
        counts.add(len(sources))
        assert all(abs(np.linalg.norm(source.direction) - 1) < 1e-6 for source in sources)
        assert all((source.colour > 0).all() for source in sources)
        sums = [source.colour.sum() for source in sources]
        assert sums == sorted(sums, reverse=True)
    assert {0, 1} <= counts


def test_a_dark_face_gets_more_light():
    dark, fair = (
        light_of(place(), CAMERA, np.random.default_rng(0), ALL, albedo=albedo).ambient(np.float32([[0, -1, 0]])).mean()
        for albedo in (0.07, 0.6)
    )
    assert dark > 1.5 * fair


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.choice([0.05, 0.3, 1.0]) * rng.uniform(0, 2, (8, 8, 3))).astype(np.float32).repeat(8, 0).repeat(8, 1)


def test_lamps_are_the_same_with_and_without_the_light_of_the_place():
    for k in range(60):
        own, even = (light_of(picture(k), CAMERA, np.random.default_rng(k), ALL - without)
                     for without in (set(), {"place_light"}))  # fmt: skip
        assert len(own.sources) == len(even.sources)
        for one in own.sources:  # their strength is the camera's, and so is their order
            directions = [np.abs(one.direction - other.direction).max() for other in even.sources]
            other = even.sources[int(np.argmin(directions))]
            assert min(directions) == 0
            colours = [source.colour / source.colour.sum() for source in (one, other)]
            np.testing.assert_allclose(*colours, rtol=1e-9)


def test_light_from_all_around_is_the_same_with_and_without_lamps():
    for k in range(60):
        varied, plain = (light_of(picture(k), CAMERA, np.random.default_rng(k), ALL - without)
                         for without in (set(), {"sources"}))  # fmt: skip
        np.testing.assert_array_equal(varied.harmonics, plain.harmonics)
        varied, plain = (light_of(picture(k), CAMERA, np.random.default_rng(k), ALL - {"place_light"} - without)
                         for without in (set(), {"sources"}))  # fmt: skip
        np.testing.assert_allclose(*(np.ptp(each.harmonics, axis=1) for each in (varied, plain)), atol=1e-7)
