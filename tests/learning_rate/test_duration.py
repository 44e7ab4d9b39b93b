from datetime import timedelta

import pytest
from lightning.pytorch.callbacks import Timer

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.duration import seconds, written


@pytest.mark.parametrize(
    "given",
    [
        "00:01:30:00",
        "  00:00:90:99  ",
        "123:00:00:01",
        {"hours": 1, "minutes": 30},
        {"weeks": 1, "days": 2, "seconds": 3},
        {"hours": 0.5},
        timedelta(minutes=7),
    ],
)
def test_a_time_is_as_many_seconds_as_lightnings_timer_makes_of_it(given):
    assert seconds(given) == Timer(given).time_remaining()


@pytest.mark.parametrize(
    "given, cure",
    [
        ("01:30:00", "00:01:30:00"),  # as Slurm writes it
        ("90", "DD:HH:MM:SS"),
        (5400, "DD:HH:MM:SS"),
        (2160000, "DD:HH:MM:SS"),  # what YAML makes of 10:00:00:00 without quotes
        ("1.5h", "DD:HH:MM:SS"),
        ({"hour": 1}, "hours: 1"),
        ({"hours": "one"}, "hours: 1"),
        ({}, "leaves no time"),
        ({"hours": -1}, "leaves no time"),
        ("00:00:00:00", "leaves no time"),
        (True, "DD:HH:MM:SS"),
    ],
)
def test_what_is_no_time_is_refused_with_the_cure(given, cure):
    with pytest.raises(InputError, match=r"trainer\.max_time=") as error:
        seconds(given)
    assert cure in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [1, 59, 60, 3600, 86399, 86400, 999999])
def test_a_written_time_is_read_back(length):
    assert seconds(written(length)) == length
