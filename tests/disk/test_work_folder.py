import pytest

from portrait_matting.disk.work_folder import human


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (91.8e9, "91.8 GB"),
        (2.5e12, "2.5 TB"),
        (4e15, "4,000.0 TB"),
    ],
)
def test_bytes_are_said_in_the_unit_that_reads_best(size, text):
    assert human(size) == text
