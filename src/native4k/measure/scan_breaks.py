"""Whether a decoded JPEG breaks within its scan: from one block on, all that follows is of another shade.

A JPEG stores each block's mean as a difference from the block before. Where damaged bytes happen to decode to the right
number of blocks, the decoder has nothing to report, but the differences lost there shift all blocks that follow. In the
order of the scan that step is exactly one row of blocks long: right of the damage it lies on the upper edge of its row,
left of it on the lower edge. Edges of a picture's content are straight, lie anywhere, and never take that form.
"""

from typing import NamedTuple

import cv2
import numpy as np

BREAK = 1.5
"""A step's mean over its standard deviation along that row, from which it is a break; see LOG.md for both errors."""

MIN_STEP = 2.0
"""Levels of 255 that a step has at least."""

OUTSTANDING, MOST = 8.0, 0.8
"""Times that a step exceeds those of this share of all rows' lengths: coarse quantisation makes steps everywhere."""

MAX_STEP = 40.0
"""Levels of 255 from which larger steps count alike, so that a few strong edges are not taken for a row of steps."""

ALIKE, ALONE = 0.5, 0.5
"""Shares of the whole step: what it is at least on either side, and at most where the same rows go on."""

MIN_SHARE = 0.4
"""Share of a row's blocks that must count: where both sides are black or white a step does not show."""

MIN_PART = 0.03
"""Share of a row's blocks on either side of the damage; with fewer it could be a straight edge."""

MIN_BLOCKS = 50
"""Blocks across, below which a row is too short."""

ROUNDING = 0.25
"""Variance of a block's step that rounding alone makes."""

BLACK, WHITE = 4, 251
"""Levels at which a shift may be hidden by clipping."""

TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""JFIF: a JPEG predicts luma and the two chroma each from its own."""


class Parts(NamedTuple):
    """Means of the steps on two neighbouring edges of rows of blocks, for each block at which a break could begin."""

    counts: np.ndarray
    """4 x places: how many blocks count in each of the following."""
    left: np.ndarray
    right: np.ndarray
    below: np.ndarray
    beyond: np.ndarray
    """Of the upper edge before and from that block on; of the lower edge up to it and from it on."""

    def mean(self) -> np.ndarray:
        """The mean along one row of blocks, from each place on."""
        right, below = self.counts[1], self.counts[2]
        return np.asarray((self.right * right + self.below * below) / np.maximum(right + below, 1))


def is_broken(pixels: np.ndarray, block: tuple[int, int]) -> bool:
    """Whether the pixels, as they lie in the file, break between two of its units of so many pixels across and down."""
    across, down = block
    if pixels.shape[1] // across < MIN_BLOCKS or pixels.shape[0] < 3 * down:
        return False
    edges = np.arange(down, len(pixels) - down // 4, down)
    far, above, below, beyond = (_block_means(pixels[edges + place], across) for place in (-2, -1, 0, 1))
    count = ~((np.minimum(above, below) > WHITE) | (np.maximum(above, below) < BLACK)).all(axis=2)
    steps = _planes((3 * (below - above) + far - beyond) / 2)  # beyond the slope on both sides
    found = [break_places(plane, count) for plane in steps]
    if not any(map(len, found)):
        return False
    before, after = (_block_means(pixels[edges + place], across) for place in (-1 - down // 4, down // 4))
    planes = zip(steps, _planes(after - before), found, strict=True)  # the step of a thin line does not last
    return any(
        _is_staircase(parts_of(lasting, count, places), parts_of(plane, count, places).mean()).any()
        for plane, lasting, places in planes
    )


def _block_means(rows: np.ndarray, across: int) -> np.ndarray:
    """Rows x blocks x channels: the mean over a block's width, rounded."""
    blocks = rows.shape[1] // across
    means = cv2.resize(rows[:, : blocks * across], (blocks, len(rows)), interpolation=cv2.INTER_AREA)
    return means.reshape(len(rows), blocks, -1).astype(np.float32)


def _planes(differences: np.ndarray) -> np.ndarray:
    """Planes x rows x blocks, limited."""
    planes = differences @ TO_YCC.T if differences.shape[2] == len(TO_YCC) else differences
    return np.moveaxis(np.clip(planes, -MAX_STEP, MAX_STEP), 2, 0)


def break_places(steps: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Where a plane's steps, one row of blocks long in the order of the scan, are large and have a break's form."""
    width, sums, counts = steps.shape[1], _sums(steps * count), _sums(count)
    size = np.abs(sums[width:] - sums[:-width]) / np.maximum(counts[width:] - counts[:-width], 1)
    places = np.flatnonzero(size[:-1] >= MIN_STEP)
    if len(places):
        places = places[size[places] >= OUTSTANDING * np.quantile(size, MOST)]
    if not len(places):
        return places
    parts = parts_of(steps, count, places)
    mean = parts.mean()
    variance = np.maximum(parts_of(steps**2, count, places).mean() - mean**2, 0) + ROUNDING
    counted = np.minimum(parts.counts[1] + parts.counts[2], parts.counts[0] + parts.counts[3])
    enough = (counted >= MIN_SHARE * width) & (np.minimum(parts.counts[1], parts.counts[2]) >= MIN_PART * width)
    return places[enough & (np.abs(mean) >= BREAK * np.sqrt(variance)) & _is_staircase(parts, mean)]


def _is_staircase(parts: Parts, mean: np.ndarray) -> np.ndarray:
    """Whether the step is there right of the place above and left of it below, and nowhere else."""
    size, sign = np.abs(mean), np.sign(mean)
    alike = np.minimum(parts.right * sign, parts.below * sign) >= ALIKE * size
    return alike & (np.maximum(np.abs(parts.left), np.abs(parts.beyond)) <= ALONE * size)


def parts_of(steps: np.ndarray, count: np.ndarray, places: np.ndarray) -> Parts:
    """The means around each place, of the blocks that count."""
    width = steps.shape[1]
    row = places - places % width
    starts, ends = [row, places, row + width, places + width], [places, row + width, places + width, row + 2 * width]
    last = steps.size
    counts, sums = (
        total[np.minimum(ends, last)] - total[np.minimum(starts, last)]
        for total in (_sums(count), _sums(steps * count))
    )
    return Parts(counts, *(sums / np.maximum(counts, 1)))


def _sums(values: np.ndarray) -> np.ndarray:
    """Sums of the values before each place, in the order of the scan."""
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
