"""What all tests have in common."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("native4k", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("native4k")


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """Steps tell libraries by the environment to stay off the network; the next test shall not hear of it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
