"""What is measured of pixels: sharpness and flat patches, detail, noise and blocks, tones and colours, borders."""

from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

from native4k import images

NO_SHARPNESS = {"laplacian": np.nan, "sharpness_p10": np.nan, "sharpness_p50": np.nan, "sharpness_p90": np.nan}
"""The Laplacian's variance, of the whole and its percentiles over patches. One column `flat_NAME` a preset beside."""


def sharpness(luma: np.ndarray, patch: int, flat: dict[str, float]) -> dict[str, float]:
    """The Laplacian's variance, and for each preset the share of patches whose Sobel variance is below its bound.

    Exactly the published arithmetic: the patches at the right and lower edge are smaller, borders are reflected.
    """
    rows = np.array([row for band in bands_with_neighbours(luma, patch) for row in _patch_sums(*band, patch)])
    count, total, squares, spread = rows.T
    variances = squares / count - np.square(total / count)
    p10, p50, p90 = np.percentile(variances, [10, 50, 90])
    whole = squares.sum() / count.sum() - (total.sum() / count.sum()) ** 2
    made = {"laplacian": whole, "sharpness_p10": p10, "sharpness_p50": p50, "sharpness_p90": p90}
    made |= {f"flat_{name}": np.mean(spread < bound) for name, bound in sorted(flat.items())}
    return {name: float(value) for name, value in made.items()}


def bands_with_neighbours(luma: np.ndarray, height: int) -> Iterator[tuple[np.ndarray, slice]]:
    """Bands of rows, each with a row of its neighbours, and which of its rows are its own."""
    for top in range(0, len(luma), height):
        first = max(0, top - 1)
        band = luma[first : top + height + 1]
        yield band, slice(top - first, min(top - first + height, len(band)))


def _patch_sums(band: np.ndarray, own: slice, patch: int) -> Iterator[tuple[float, float, float, float]]:
    laplacian = cv2.Laplacian(band, cv2.CV_16S)[own]
    across, down = (cv2.Sobel(band, cv2.CV_32F, *way)[own] for way in ((1, 0), (0, 1)))
    magnitude = cv2.magnitude(across, down)
    for left in range(0, band.shape[1], patch):
        edge, slope = laplacian[:, left : left + patch], magnitude[:, left : left + patch]
        mean = cv2.norm(slope, cv2.NORM_L1) / slope.size
        spread = cv2.norm(slope, cv2.NORM_L2SQR) / slope.size - mean * mean
        yield edge.size, cv2.sumElems(edge)[0], cv2.norm(edge, cv2.NORM_L2SQR), spread


NO_DETAIL = {"detail": np.nan, "fineness": np.nan}


def detail(luma: np.ndarray, side: int, count: int) -> dict[str, float]:
    """The Haar bands of the sharpest tiles.

    `detail` is the standard deviation of the finest Haar band in grey levels, `fineness` its ratio to that of the
    next coarser band: an enlarged picture has little in the finest. Both are the median of the sharpest quarter of
    the tiles, so that a shallow depth of field does not count against an image.
    """
    bands = np.array([haar_energies(tile) for tile in images.tiles(luma, side, count)])
    sharpest = bands[np.argsort(-bands[:, 1])[: max(1, len(bands) // 4)]]
    fine, coarse = np.median(np.sqrt(sharpest), axis=0)
    return {"detail": float(fine), "fineness": float(fine / (coarse + 1e-3))}  # 1e-3 grey levels: a flat tile is 0


def haar_energies(tile: np.ndarray) -> tuple[float, float]:
    """Mean square of the finest and of the next Haar detail band; exact, as all values are sixteenths."""
    mean, finest = _haar(tile.astype(np.float32))
    _, next_one = _haar(mean)
    return finest, next_one


def _haar(x: np.ndarray) -> tuple[np.ndarray, float]:
    height, width = x.shape[0] // 2, x.shape[1] // 2
    if not height * width:
        return x[:0, :0], 0.0
    even = x[: 2 * height, : 2 * width]
    mean = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return mean, cv2.norm(even, cv2.NORM_L2SQR) / even.size - cv2.norm(mean, cv2.NORM_L2SQR) / mean.size


NO_ARTEFACTS = {"noise": np.nan, "blockiness": np.nan}
"""Standard deviation in grey levels; mean step between neighbours every eighth pixel over that elsewhere."""

LAPLACIANS = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32)
"""Immerkaer 1996: the difference of two Laplacians, which edges and slopes hardly pass."""

QUIETEST = 10
"""ASSUME: the percentile of patches that have hardly anything but noise."""

BLOCK = 8
"""Pixels of a JPEG's block."""


def artefacts(luma: np.ndarray, patch: int) -> dict[str, float]:
    """The noise of the quietest patches, and how a grid of eight pixels stands out, at whatever place it begins."""
    return {"noise": noise(luma, patch), "blockiness": blockiness(luma, patch)}


def noise(luma: np.ndarray, patch: int) -> float:
    """Estimate the noise of each patch as Immerkaer does, and return that of the quietest."""
    found = []
    for band, own in bands_with_neighbours(luma, patch):
        passed = cv2.filter2D(band, cv2.CV_16S, LAPLACIANS)[own]
        for left in range(0, band.shape[1], patch):
            piece = passed[:, left : left + patch]
            found.append(cv2.norm(piece, cv2.NORM_L1) / piece.size)
    return float(np.percentile(found, QUIETEST) * np.sqrt(np.pi / 2) / 6)


def blockiness(luma: np.ndarray, patch: int) -> float:
    """How a grid of eight pixels stands out, in the direction where it does more; 1 without blocks."""
    if min(luma.shape) <= BLOCK:
        return 1.0
    across, down = np.zeros(luma.shape[1] - 1), np.zeros(len(luma))
    for number, (band, own) in enumerate(bands_with_neighbours(luma, patch)):
        rows = band[own]
        across += cv2.reduce(cv2.absdiff(rows[:, 1:], rows[:, :-1]), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        steps = cv2.reduce(cv2.absdiff(band[1:], band[:-1]), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        start = number * patch - own.start
        down[start : start + len(steps)] = steps
    return max(_grid_contrast(across / len(luma)), _grid_contrast(down[: len(luma) - 1] / luma.shape[1]))


def _grid_contrast(steps: np.ndarray) -> float:
    phases = steps[: len(steps) // BLOCK * BLOCK].reshape(-1, BLOCK).mean(axis=0)
    return float((phases.max() + 1e-3) / (np.median(phases) + 1e-3))  # 1e-3 grey levels: a flat picture has 1


NO_TONES = {
    "brightness": np.nan,
    "contrast": np.nan,
    "clipped_dark": np.nan,
    "clipped_light": np.nan,
    "colourfulness": np.nan,
    "greyscale": False,
}
"""Mean and standard deviation of luma, in grey levels; shares of pixels at or beside 0 and 255; Hasler and
Süsstrunk's measure; whether hardly a pixel has any colour."""

MAX_GREY_SPREAD = 4
"""ASSUME: levels between the channels of a grey pixel, after JPEG."""


def tones(luma: np.ndarray, small: Image.Image) -> dict[str, float | bool]:
    """Measure luma at every pixel, and colour in the small picture."""
    counts = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    shares, levels = counts / counts.sum(), np.arange(256)
    mean = float(shares @ levels)
    return {
        "brightness": mean,
        "contrast": float(np.sqrt(shares @ np.square(levels - mean))),
        "clipped_dark": float(shares[:2].sum()),
        "clipped_light": float(shares[-2:].sum()),
        **colourfulness(np.asarray(small.convert("RGB"))),
    }


def colourfulness(pixels: np.ndarray) -> dict[str, float | bool]:
    """Hasler and Süsstrunk 2003: spread and mean of two opponent axes; and whether there are colours at all."""
    red, green, blue = cv2.split(pixels.astype(np.int16))
    first, second = (cv2.meanStdDev(axis) for axis in (red - green, (red + green - 2 * blue)))
    spread = np.hypot(first[1][0, 0], second[1][0, 0] / 2)
    mean = np.hypot(first[0][0, 0], second[0][0, 0] / 2)
    spread_of_channels = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    greyscale = bool(np.mean(spread_of_channels > MAX_GREY_SPREAD) < 0.001)  # noqa: PLR2004
    return {"colourfulness": float(spread + 0.3 * mean), "greyscale": greyscale}


NO_BORDERS = {"border_top": 0, "border_bottom": 0, "border_left": 0, "border_right": 0}
"""Pixels; a letterbox has the upper two."""

MAX_SPREAD = 8
"""ASSUME: grey levels within a line, and from the outermost line, that JPEG puts into one colour."""

STRIP = 64
"""Lines looked at together."""

RINGING = 8
"""Lines on either side of a border's end that JPEG may mix."""


def borders(luma: np.ndarray) -> dict[str, int]:
    """How many lines of one and the same grey lie along each edge; the sides between upper and lower border."""
    top, bottom = count_uniform_lines(luma), count_uniform_lines(luma[::-1])
    if top == len(luma):
        return {"border_top": top, "border_bottom": 0, "border_left": 0, "border_right": 0}
    between = luma[top : len(luma) - bottom].T
    return {
        "border_top": top,
        "border_bottom": bottom,
        "border_left": count_uniform_lines(between),
        "border_right": count_uniform_lines(between[::-1]),
    }


def count_uniform_lines(lines: np.ndarray) -> int:
    """How many lines from the first on are of its one grey, if they end in a step: a clear sky does not."""
    count = _count_equal_lines(lines)
    if count in {0, len(lines)}:
        return count
    before, after = lines[max(0, count - RINGING)], lines[min(count + RINGING, len(lines) - 1)]
    return count if np.abs(before.astype(int) - after).mean() > MAX_SPREAD else 0


def _count_equal_lines(lines: np.ndarray) -> int:
    level = int(lines[0].min())
    for start in range(0, len(lines), STRIP):
        strip = lines[start : start + STRIP]
        low, high = strip.min(axis=1).astype(int), strip.max(axis=1).astype(int)
        other = (high - low > MAX_SPREAD) | (abs(low - level) > MAX_SPREAD)
        if other.any():
            return start + int(other.argmax())
    return len(lines)
