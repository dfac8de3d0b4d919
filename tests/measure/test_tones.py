"""Light and colour."""

import numpy as np
import pytest
from PIL import Image

from native4k.measure import tones
from tests.pictures import noise, photo


def measured(picture: Image.Image) -> dict[str, float | bool]:
    return tones.tones(np.asarray(picture.convert("L")), picture)


def test_brightness_contrast_and_clipping_are_those_of_the_luma() -> None:
    luma = np.asarray(photo(90, 70).convert("L")).copy()
    luma[:7], luma[7:21] = 0, 254
    found = tones.tones(luma, Image.fromarray(luma).convert("RGB"))
    expected = {"brightness": luma.mean(), "contrast": luma.std(), "clipped_dark": 0.1, "clipped_light": 0.2}
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_colourfulness_is_hasler_and_suesstrunks() -> None:
    red, green, blue = np.moveaxis(np.asarray(noise(90, 70)).astype(float), 2, 0)
    first, second = red - green, (red + green) / 2 - blue
    spread = np.sqrt(first.var() + second.var()) + 0.3 * np.sqrt(first.mean() ** 2 + second.mean() ** 2)
    assert measured(noise(90, 70))["colourfulness"] == pytest.approx(spread)


def test_a_grey_picture_has_no_colours_also_after_jpeg() -> None:
    grey = photo(64, 64).convert("L").convert("RGB")
    assert (measured(grey)["colourfulness"], measured(grey)["greyscale"]) == (0.0, True)
    nearly = Image.fromarray(np.clip(np.add(grey, [[[0, 2, -1]]]), 0, 255).astype(np.uint8))
    assert measured(nearly)["greyscale"]
    nearly.paste((200, 30, 30), (0, 0, 8, 8))
    assert not measured(nearly)["greyscale"]


def test_a_cmyk_picture_has_colours() -> None:
    assert measured(noise(64, 64).convert("CMYK"))["colourfulness"] > 50
