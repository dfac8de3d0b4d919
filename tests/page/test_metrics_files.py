"""How numbers of metrics files are written."""

import pytest

from native4k.page import metrics_files


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.23 kB"), (2.67e12, "2.67 TB")]
)
def test_bytes_are_written_with_a_unit(size: float, words: str) -> None:
    assert metrics_files.file_size(size) == words
