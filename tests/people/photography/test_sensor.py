import numpy as np
import pytest

from portrait_matting.people.photography import sensor
from portrait_matting.people.photography.sensor import develop

SENSOR = frozenset({"sensor"})


def picture() -> np.ndarray:
    y, x = np.mgrid[0:60, 0:50]
    return np.stack([4 * y, 5 * x, 2 * (x + y)], 2).clip(0, 255).astype(np.uint8)


def test_without_a_sensor_it_stays_as_it_is():
    image = picture()
    assert develop(image, np.random.default_rng(0), frozenset()) is image


def test_the_same_generator_gives_the_same_picture_and_leaves_what_it_got():
    image = picture()
    first, second = (develop(image, np.random.default_rng(5), SENSOR) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, picture())
    assert first.dtype == np.uint8
    assert first.shape == image.shape


def test_it_stays_where_it_was_and_near_to_what_it_was():
    image, off, aligned = picture(), [], []
    for k in range(60):
        found = develop(image, np.random.default_rng(k), SENSOR).astype(float)
        off.append(abs(found.mean() - image.mean()))
        rows = found.mean((1, 2))
        aligned.append(np.corrcoef(rows, image.mean((1, 2)))[0, 1])
    assert 2 < np.median(off) < 20
    assert min(aligned) > 0.97


@pytest.mark.parametrize("step", ["rescaled", "exposed", "sharpened", "compressed"])
def test_each_step_has_pictures_that_it_changes(step):
    image = picture()
    found = [getattr(sensor, step)(image, np.random.default_rng(k)) for k in range(12)]
    assert any(not np.array_equal(each, image) for each in found)
    assert all(each.shape == image.shape and each.dtype == np.uint8 for each in found)


def test_noise_shows_in_the_shadows():
    dark, bright = (np.full((64, 64, 3), value, np.uint8) for value in (40, 200))
    noise = [
        [sensor.exposed(each, np.random.default_rng(k)).std((0, 1)).mean() for k in range(40)]
        for each in (dark, bright)
    ]
    assert np.mean(noise[0]) > 1.3 * np.mean(noise[1])
    assert np.percentile(noise[0], 95) < 14


def test_what_is_nearly_white_does_not_become_gaudy():
    # channels just below and at white, as around lamps
    image = np.random.default_rng(0).integers(246, 256, (40, 40, 3)).astype(np.uint8)
    for k in range(40):
        found = sensor.exposed(image, np.random.default_rng(k)).astype(int)
        assert np.ptp(found.mean((0, 1))) < 60
        assert np.ptp(found, axis=2).mean() < 60
