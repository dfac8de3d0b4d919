"""How much texture is in pixels, measured without learned weights: co-occurrence, entropy, compressibility."""

import io
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from native4k import provenance
from native4k.measure import columns
from native4k.measure.columns import Column, Model
from native4k.params import params

ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
"""Radians, of the GLCM score (Diffusion-4K's evaluation)."""


def grey(picture: np.ndarray) -> np.ndarray:
    """Luma by ITU-R 601, uint8."""
    return np.asarray(Image.fromarray(picture).convert("L"))


def entropy(values: np.ndarray) -> float:
    """Shannon entropy of how often each value occurs, bits."""
    if values.dtype == np.uint8:
        counts = np.bincount(values.ravel())  # the counts of np.unique in a twentieth of its time
        counts = counts[counts > 0]
    else:
        counts = np.unique(values, return_counts=True)[1]
    shares = counts / values.size
    return float(-(shares * np.log2(shares)).sum())


def glcms(patch: np.ndarray, levels: int, distances: tuple[int, ...]) -> np.ndarray:
    """Grey-level co-occurrence, not symmetric, each summing to 1: distances x angles x levels x levels."""
    return np.stack([[_glcm(patch, levels, distance, angle) for angle in ANGLES] for distance in distances])


def _glcm(patch: np.ndarray, levels: int, distance: int, angle: float) -> np.ndarray:
    """Pairs at a rounded offset: rows down by sin, columns right by cos, as scikit-image rounds them."""
    down, right = round(np.sin(angle) * distance), round(np.cos(angle) * distance)
    height, width = patch.shape
    first = patch[: height - down, max(0, -right) : width - max(0, right)].astype(int)
    second = patch[down:, max(0, right) : width - max(0, -right)]
    counts = np.bincount((first * levels + second).ravel(), minlength=levels**2)
    return counts.reshape(levels, levels) / counts.sum()


def glcm_published(matrices: np.ndarray) -> float:
    """The GLCM score as Diffusion-4K computes it: entropy of how often each *number* occurs in the matrices, bits."""
    return entropy(matrices)


def glcm_entropy(matrices: np.ndarray) -> float:
    """The entropy of co-occurrence (Haralick 1973): -sum p log2 p of each matrix, averaged, bits."""
    logs = np.log2(matrices, out=np.zeros_like(matrices), where=matrices > 0)
    return float(-(matrices * logs).sum(axis=(-2, -1)).mean())


def tiles(picture: np.ndarray, side: int) -> np.ndarray:
    """Cut a picture into squares of a side, without overlap; what is left over at right and bottom is not used."""
    rows, columns = (size // side for size in picture.shape[:2])
    cut = picture[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side, -1).swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def compression_ratio(pictures: np.ndarray, quality: int) -> float:
    """Bytes of the raw pixels over bytes as JPEG of that quality, all pictures together; detail makes it smaller."""
    return pictures.nbytes / sum(_jpeg_bytes(picture, quality) for picture in pictures)


def _jpeg_bytes(picture: np.ndarray, quality: int) -> int:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.tell()


Count = Annotated[int, Field(ge=1)]
Measure = Literal["glcm_published", "glcm_entropy", "shannon_entropy", "compression_ratio"]


@params
class Texture:
    """Which measure, on which view."""

    measure: Measure
    view: columns.View


@params
class Numbers:
    """The sizes that the measures use."""

    glcm_patch: Count  # pixels a side
    glcm_levels: Annotated[int, Field(ge=2, le=256)]  # grey levels
    glcm_distances: Annotated[tuple[Count, ...], Field(min_length=1)]  # pixels
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]


def column(name: str, texture: Texture, tiles: int, numbers: Numbers) -> Column:
    """A texture measure as a column of its own."""
    measure = texture_measures(numbers)[texture.measure]
    uses = {"compression_ratio": [numbers.jpeg_quality], "shannon_entropy": []}
    spec = [texture.measure, texture.view, *columns.shared_tiles(texture.view, tiles)]
    spec += uses.get(texture.measure, [numbers.glcm_patch, numbers.glcm_levels, numbers.glcm_distances])

    def rate(pictures: list[np.ndarray]) -> list[float]:
        return [measure(picture) for picture in pictures]

    return Column(
        name,
        columns.view_columns(name, texture.view),
        provenance.definition_of(spec, "measure.textures"),
        lambda: Model(lambda image: columns.rate_view(image, name, texture.view, tiles, rate)),
    )


def texture_measures(numbers: Numbers) -> dict[str, Callable[[np.ndarray], float]]:
    """Each measure of a picture (height x width x 3), by name."""
    return {
        "glcm_published": lambda picture: _glcm_mean(picture, numbers, glcm_published),
        "glcm_entropy": lambda picture: _glcm_mean(picture, numbers, glcm_entropy),
        "shannon_entropy": lambda picture: entropy(grey(picture)),
        "compression_ratio": lambda picture: compression_ratio(picture[None], numbers.jpeg_quality),
    }


def _glcm_mean(picture: np.ndarray, numbers: Numbers, value: Callable[[np.ndarray], float]) -> float:
    """The mean of a value over the picture's patches; NaN for a picture smaller than a patch."""
    if min(picture.shape[:2]) < numbers.glcm_patch:
        return float("nan")
    coarse = (grey(picture).astype(int) * numbers.glcm_levels // 256).astype(np.uint8)
    patches = tiles(coarse, numbers.glcm_patch)[..., 0]
    return float(np.mean([value(glcms(patch, numbers.glcm_levels, numbers.glcm_distances)) for patch in patches]))
