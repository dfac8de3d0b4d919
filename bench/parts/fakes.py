"""What happens to a picture on its way to a collection: a camera, an enlargement, sharpening, noise, a JPEG file."""

import io
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

Chance = np.random.Generator

FACTORS = (1.5, 2.0, 3.0, 4.0)
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos")
PILLOW = dict(zip(FILTERS, (Image.Resampling[name.upper()] for name in FILTERS), strict=True))
OPENCV = dict(zip(FILTERS, (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4), strict=True))
DEMOSAIC = (cv2.COLOR_BayerBG2RGB, cv2.COLOR_BayerBG2RGB_VNG, cv2.COLOR_BayerBG2RGB_EA)


class Finish(NamedTuple):
    """What is done last, to natives and fakes alike: unsharp masking, noise (grey levels), JPEG quality; 0 for not."""

    sharpened: bool
    noise: float
    quality: int


def camera(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """A lens's blur, a Bayer mosaic, shot and read noise, a demosaic, a denoiser."""
    lens = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.3, 0.6)).astype(np.float32)
    mosaic = np.zeros(lens.shape[:2], np.float32)
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):  # RGGB, which OpenCV calls BayerBG
        mosaic[row::2, column::2] = lens[row::2, column::2, channel]
    noise = np.sqrt(chance.uniform(0.5, 2) ** 2 + chance.uniform(0, 0.1) * mosaic)
    mosaic += noise * chance.standard_normal(mosaic.shape)
    code = DEMOSAIC[chance.integers(len(DEMOSAIC))]
    seen = cv2.cvtColor(np.clip(mosaic + 0.5, 0, 255).astype(np.uint8), code)
    return np.asarray(cv2.bilateralFilter(seen, 5, chance.uniform(4, 14), 1.2))


def enlarged(picture: np.ndarray, factor: float, name: str, chance: Chance) -> np.ndarray:
    """The most textured part of a picture, made as large as the whole, by Pillow or by OpenCV."""
    height, width = picture.shape[:2]
    part = textured(picture, round(width / factor), round(height / factor), chance)
    if chance.random() < 0.5:  # noqa: PLR2004
        return np.asarray(Image.fromarray(part).resize((width, height), PILLOW[name]))
    return np.asarray(cv2.resize(part, (width, height), interpolation=OPENCV[name]))


def textured(picture: np.ndarray, width: int, height: int, chance: Chance) -> np.ndarray:
    """Of eight random parts of this size the one with the strongest gradients."""
    tops = chance.integers(0, picture.shape[0] - height + 1, 8)
    lefts = chance.integers(0, picture.shape[1] - width + 1, 8)
    parts = [picture[top : top + height, left : left + width] for top, left in zip(tops, lefts, strict=True)]
    return max(parts, key=lambda part: float(np.abs(np.diff(part[..., 1].astype(np.int16), axis=1)).mean()))


def finished(picture: np.ndarray, finish: Finish, chance: Chance) -> np.ndarray:
    """The luma that is left after sharpening, noise and a JPEG file."""
    values = picture.astype(np.float32)
    if finish.sharpened:
        blurred = cv2.GaussianBlur(values, (0, 0), chance.uniform(0.7, 2.0))
        values += chance.uniform(0.4, 1.5) * (values - blurred)
    if finish.noise:
        values += finish.noise * chance.standard_normal(values.shape).astype(np.float32)
    image = Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))
    if finish.quality:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=finish.quality, subsampling=int(chance.choice([0, 2])))
        image = Image.open(out)
    return np.asarray(image.convert("L"))


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Three quarters the size."""
    return np.asarray(cv2.resize(picture, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA))


def shallow(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """In focus in about a tenth of the picture, far out of focus elsewhere."""
    height, width = picture.shape[:2]
    place = textured(np.dstack([picture, *np.mgrid[:height, :width]]), width // 3, height // 3, chance)[..., 3:]
    (top, left), (bottom, right) = place[0, 0].astype(int), place[-1, -1].astype(int)
    out = cv2.GaussianBlur(picture, (0, 0), chance.uniform(3, 8))
    out[top:bottom, left:right] = picture[top:bottom, left:right]
    return np.asarray(out)


def soft(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Nowhere sharp to the pixel: a small aperture, a strong denoiser."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.8, 1.2)))


def blocky(picture: np.ndarray, chance: Chance) -> np.ndarray:
    """Pixel art drawn at this size: blocks of 3 to 8 pixels, thin sharp lines over them, a fine grain."""
    side = int(chance.integers(3, 9))
    small = picture[::side, ::side]
    out = np.repeat(np.repeat(small, side, axis=0), side, axis=1)[: picture.shape[0], : picture.shape[1]].copy()
    for _ in range(400):
        ends = chance.integers(0, out.shape[1], 4).tolist()
        cv2.line(out, ends[:2], ends[2:], chance.integers(0, 256, 3).tolist(), 1, cv2.LINE_AA)
    return np.clip(out + chance.normal(0, 2, out.shape) + 0.5, 0, 255).astype(np.uint8)


NATIVES = {"shallow": shallow, "soft": soft, "pixel art": blocky}
"""Pictures of full size that could be taken for enlarged ones."""
