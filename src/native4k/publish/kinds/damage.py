"""Small versions as the web would have damaged them, by seed: blur, bicubic reduction, noise, JPEG.

One round of what Real-ESRGAN does twice. Every picture and scale has a seed of its own, made of the export's and of its
id, so that the same picture is damaged alike in every export, whatever else is in it.
"""

import hashlib
import io

import cv2
import numpy as np
import torch
from PIL import Image

from native4k import images
from native4k.publish.kinds.numbers import Damage
from native4k.sr import degrade


def chance(numbers: Damage, name: str, scale: int) -> np.random.Generator:
    """The random numbers of a picture at a scale."""
    digest = hashlib.sha256(f"damage {numbers.seed} {name} {scale}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def kernel(across: float, along: float, angle: float) -> np.ndarray:
    """A Gaussian with two standard deviations, turned by an angle; it sums to one."""
    reach = int(np.ceil(3 * max(across, along)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    weights = np.exp(-((u / across) ** 2 + (v / along) ** 2) / 2)
    return weights / weights.sum()


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """The pixels after a JPEG of this quality."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return np.asarray(images.decode(out.getvalue()))


def damaged(pixels: np.ndarray, name: str, scale: int, numbers: Damage) -> np.ndarray:
    """The small version of a picture; its sides are multiples of the scale."""
    random = chance(numbers, name, scale)
    across, along = random.uniform(*numbers.blur, size=2)
    blurred = cv2.filter2D(pixels, -1, kernel(across, along, random.uniform(0, np.pi)), borderType=cv2.BORDER_REFLECT)
    small = degrade.imresize(degrade.to_tensor(blurred), 1 / scale)
    noise = random.normal(0, random.uniform(*numbers.noise) / 255, tuple(small.shape)).astype(np.float32)
    noisy = degrade.to_pixels(degrade.quantise(small + torch.from_numpy(noise)))
    return jpeg(noisy, int(random.integers(*numbers.jpeg, endpoint=True)))
