"""The memory that a header foretells."""

import io

import pytest
from PIL import Image

from native4k.measure import decode_memory
from tests.pictures import encoded, photo


def each(kind: str, **options: object) -> float:
    """Bytes of a pixel that a large picture of the sort would take."""
    picture = Image.open(io.BytesIO(encoded(photo(64, 64), kind, **options)))
    return (decode_memory.memory(picture, 1000) - decode_memory.SMALL - 1000) / 64**2


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("JPEG", {}, 5.0),
        ("JPEG", {"progressive": True, "subsampling": "4:2:0"}, 8.0),
        ("JPEG", {"progressive": True, "subsampling": "4:4:4"}, 11.0),
        ("PNG", {}, 5.0),
        ("WEBP", {}, 8.0),
    ],
)
def test_a_pixel_takes_what_its_format_keeps_at_once(kind: str, options: dict[str, object], expected: float) -> None:
    assert each(kind, **options) == pytest.approx(expected)
