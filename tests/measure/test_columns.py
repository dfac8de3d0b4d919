"""What a metric is shown, and the columns it fills."""

import numpy as np
import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from native4k.measure import columns


def halves() -> Image.Image:
    """Black on the left, white on the right."""
    pixels = np.zeros((64, 128, 3), dtype=np.uint8)
    pixels[:, 64:] = 255
    return Image.fromarray(pixels)


def brightness(pictures: list[np.ndarray]) -> list[float]:
    return [float(picture.mean()) / 255 for picture in pictures]


def test_a_tiled_view_gives_mean_minimum_and_spread_and_the_others_one_value() -> None:
    def row(view: str) -> dict[str, float]:
        return columns.rate_view(halves(), "a", view, 2, brightness)

    assert row("full") == row("resize:32") == {"a": 0.5}
    assert row("tiles:32") == {"a_mean": 0.5, "a_min": 0.0, "a_spread": 1.0}
    assert columns.view_columns("a", "tiles:32") == tuple(row("tiles:32"))


def test_a_view_shows_what_its_name_says() -> None:
    assert [view.shape for view in columns.view_pixels(halves(), "full", 1)] == [(64, 128, 3)]
    assert [view.shape for view in columns.view_pixels(halves(), "resize:32", 1)] == [(16, 32, 3)]
    assert [view.shape for view in columns.view_pixels(halves(), "tiles:32", 2)] == [(32, 32, 3)] * 2
    assert [view.shape for view in columns.view_pixels(halves(), "tiles:32x8", 2)] == [(32, 32, 3)] * 8
    assert [view.size for view in columns.view_images(halves(), "tiles:32", 2)] == [(32, 32)] * 2


@pytest.mark.parametrize(
    "view",
    [
        "",
        "fully",
        "full:2",
        "resize",
        "resize:",
        "resize:x",
        "tiles:-1",
        "tiles:0",
        "tiles:32x0",
        "resize:32x8",
        "crop:3",
    ],
)
def test_an_unknown_view_is_named(view: str) -> None:
    with pytest.raises(ValidationError, match="unknown view .*; there are: full, resize:N, tiles:N"):
        TypeAdapter(columns.View).validate_python(view)
