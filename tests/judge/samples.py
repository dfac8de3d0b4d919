"""Small pictures that are a certain native, a certain fake, or neither."""

from functools import cache
from pathlib import Path

import skimage.data
from PIL import Image

ROOT = Path(__file__).parent.parent.parent


@cache
def photograph(name: str = "grass") -> Image.Image:
    """A texture of 512 pixels a side that comes with scikit-image."""
    return Image.open(Path(skimage.data.__file__).parent / f"{name}.png").convert("RGB")


def fake() -> Image.Image:
    """The same size, of a quarter of the pixels."""
    return photograph().resize((256, 256), Image.Resampling.LANCZOS).resize((512, 512), Image.Resampling.BICUBIC)


def flat(side: int = 512) -> Image.Image:
    return Image.new("RGB", (side, side), (128, 128, 128))
