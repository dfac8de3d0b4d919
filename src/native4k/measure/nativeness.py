"""Whether an image has the detail that its size promises: how its spectrum falls, and what enlarging left behind."""

from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import fft
from scipy.ndimage import maximum_filter1d, median_filter

from native4k import params

UNKNOWN = {"nativeness": "unknown", "upscaled_by": np.nan, "nativeness_score": np.nan}
"""The columns of an image with too little texture anywhere."""

STRUCTURE, FINEST, FINE = slice(4, 13), slice(40, 60), slice(50, 60)
"""Bands of frequencies, in cycles per CELL pixels: of coarse structure, of the finest detail, of its upper half."""

CELL = 120  # pixels: a whole number of periods of 2, 3, 4, 5, 6, 8 pixels, so that traces add up across cells
BINS = 12  # of 1 / CELL cycles a pixel: over how many the steepest fall is taken
BLOCKS = (1 / 4, 5 / 16, 3 / 8, 7 / 16, 1 / 2)
"""Cycles a pixel, of those looked at, at which the blocks of JPEG (8 pixels) and WebP (4, 16) leave traces too."""

ONLY_BLOCKS = (1 / 8, 3 / 8)
"""Cycles a pixel at which blocks of 8 pixels leave traces and enlarging by 2 or 4 leaves none."""

LONE = 1.0
"""Of the traces' logarithms: so far WebP's at one half may stand above its others."""

MIN_STEP, MIN_SWING = 0.1, 0.02  # grey levels; natural logarithm: what is smaller counts as this
Trait = Literal[
    "constant",
    "cliff",
    "fall",
    "reach",
    "first_half",
    "first_quarter",
    "first_other",
    "first_block",
    "second_half",
    "second_quarter",
    "second_other",
    "second_block",
    "lone_half",
]
"""What can have a weight."""

STEP = 8  # grey levels between neighbours: what is larger counts as this where cells are chosen
MIN_FREQUENCY = 0.2  # cycles a pixel: textures themselves repeat more slowly than that


@params.params
class Params:
    """Which cells are looked at, what their traits weigh, and where the outcomes lie."""

    cells: int
    structure: float
    over_fine: float
    fewest: int
    sharpest: float
    reach: float
    weights: dict[Trait, float]
    native_odds: list[float]
    native_share: list[float]
    upscaled_below: float
    native_above: float
    factor: dict[Trait, float]
    trace: float
    snap: float


class Cells(NamedTuple):
    """Squares of CELL pixels: their pixels, their row and column in the grid, and the longer side of the grid."""

    pixels: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    longest: int


def nativeness(luma: np.ndarray, numbers: Params) -> dict[str, Any]:
    """Native, upscaled by about a factor, or unknown; the score is the share of certain natives that look less so."""
    found = traits(luma, numbers)
    if found is None:
        return UNKNOWN
    score = false_alarms(weighted_sum(found, numbers.weights), numbers)
    if score >= numbers.native_above:
        return {"nativeness": "native", "upscaled_by": 1.0, "nativeness_score": score}
    if score > numbers.upscaled_below:
        return UNKNOWN | {"nativeness_score": score}
    return {"nativeness": "upscaled", "upscaled_by": enlargement(found, numbers), "nativeness_score": score}


def false_alarms(odds: float, numbers: Params) -> float:
    """The share of certain natives that a threshold at these log odds would reject."""
    return float(np.interp(odds, numbers.native_odds, numbers.native_share))


def enlargement(found: dict[str, float], numbers: Params) -> float:
    """By what factor: roughly from the spectrum, exactly from the clearest trace that is about there."""
    rough = max(0.0, weighted_sum(found, numbers.factor))
    lines = {name: found[f"{name}_frequency"] for name in ("first_other", "second_other")}
    lines |= {"first_half": 1 / 2, "first_quarter": 1 / 4, "second_quarter": 1 / 4}
    for name in sorted(lines, key=lambda name: -found[name]):
        exact = [-np.log2(frequency) for frequency in (lines[name], 1 - lines[name])]
        nearest = min(exact, key=lambda octaves: abs(octaves - rough))
        if found[name] > numbers.trace and abs(nearest - rough) < numbers.snap:
            return float(2**nearest)
    return float(2**rough)


def weighted_sum(found: dict[str, float], weights: dict[Trait, float]) -> float:
    """The sum of traits times weights, and of the weight `constant`."""
    values = found | {"constant": 1.0}
    return float(sum(values[name] * weight for name, weight in weights.items()))


def traits(luma: np.ndarray, numbers: Params) -> dict[str, float] | None:
    """The traits that nativeness is computed from; None where there is too little texture."""
    cells = select_cells(luma, numbers.cells)
    if cells is None:
        return None
    spectra = power_spectra(cells.pixels)
    textured = is_textured(spectra, numbers)
    if textured.sum() < numbers.fewest:
        return None
    return spectral_falls(spectra[textured], numbers) | resampling_traces(cells)


def is_textured(spectra: np.ndarray, numbers: Params) -> np.ndarray:
    """Tell which cells have enough coarse structure, and more of it than of noise."""
    structure, fine = spectra[:, STRUCTURE].mean(axis=1), spectra[:, FINE].mean(axis=1)
    textured: np.ndarray = (structure > numbers.structure) & (structure > numbers.over_fine * fine)
    return textured


def select_cells(luma: np.ndarray, count: int) -> Cells | None:
    """Of each of about `count` squares that the picture is divided into the cell of most texture.

    Spread, so that no bar of text, logo or border takes more than its place; steps count up to STEP grey levels, so
    that a few hard edges on a plain ground are less than texture.
    """
    down, across = luma.shape[0] // CELL, luma.shape[1] // CELL
    if not down or not across:
        return None
    lines = luma[1 : down * CELL : 4, : across * CELL].astype(np.int16)
    steps = np.minimum(np.abs(np.diff(lines, axis=1, append=lines[:, -1:])), STEP)
    texture = steps.reshape(down, CELL // 4, across, CELL).mean(axis=(1, 3), dtype=np.float32)
    side = int(np.ceil(np.sqrt(down * across / count)))
    squares = [(top, left) for top in range(0, down, side) for left in range(0, across, side)]
    strongest = [_strongest(texture[top : top + side, left : left + side]) for top, left in squares]
    rows, columns = (np.array(squares) + np.array(strongest)).T
    places = zip(rows * CELL, columns * CELL, strict=True)
    pixels = np.stack([luma[top : top + CELL, left : left + CELL] for top, left in places]).astype(np.float32)
    return Cells(pixels, rows, columns, max(down, across))


def _strongest(texture: np.ndarray) -> tuple[int, int]:
    row, column = np.unravel_index(np.argmax(texture), texture.shape)
    return int(row), int(column)


def power_spectra(pixels: np.ndarray) -> np.ndarray:
    """Power of each cell along its rows and columns together, by frequency: count x (CELL / 2 + 1); 1 is added."""
    window = np.blackman(CELL + 1)[:CELL].astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    level = pixels - pixels.mean(axis=(1, 2), keepdims=True)
    across = fft.rfft(level * window, axis=2)
    down = fft.rfft(level * window[:, None], axis=1)
    square = (np.square(np.abs(across)).mean(axis=1) + np.square(np.abs(down)).mean(axis=2)) / 2
    return np.asarray(square + 1)  # 1 grey level squared: what lies below is rounding


def spectral_falls(spectra: np.ndarray, numbers: Params) -> dict[str, float]:
    """The fall of the mean spectrum of the sharpest cells, in decibels, without the lines of patterns and blocks."""
    mean = sharpest_spectrum(spectra, numbers)
    smooth = without_lines(mean)
    return {
        "cliff": float(np.min(smooth[8 + BINS : 60] - smooth[8 : 60 - BINS])),
        "fall": float(smooth[FINEST].mean() - mean[STRUCTURE].mean()),
        "reach": float(np.log2(np.mean(smooth > mean[STRUCTURE].mean() - numbers.reach))),
    }


def sharpest_spectrum(spectra: np.ndarray, numbers: Params) -> np.ndarray:
    """The mean spectrum of the sharpest cells, in decibels."""
    level = 10 * np.log10(spectra)
    sharpest = np.argsort(-level[:, FINEST].mean(axis=1), kind="stable")[
        : max(3, int(np.ceil(numbers.sharpest * len(level))))
    ]
    mean: np.ndarray = level[sharpest].mean(axis=0)
    return mean


def without_lines(spectrum: np.ndarray) -> np.ndarray:
    """A spectrum in decibels without the lines of patterns and blocks."""
    return np.asarray(median_filter(spectrum, 9, mode="nearest"))


def resampling_traces(cells: Cells) -> dict[str, float]:
    """How deep differences between neighbours swing with the period of an enlargement, in all cells alike.

    An enlarged pixel lies on an old one or between two, and differs from its neighbours accordingly (Gallagher 2005).
    Each trace is the logarithm of the swing of first or second differences: at one half and one quarter of a cycle a
    pixel, where blocks of a codec leave traces too, at the clearest other frequency, and where blocks alone leave them,
    so that they can be set off. `lone_half` is by how much more than LONE the trace at one half stands above those at
    a quarter and of blocks: enlarging by 2, also by a network's last layer, leaves it alone; WebP's blocks leave both.
    """
    found: dict[str, float] = {}
    for name, order in (("first", 1), ("second", 2)):
        along = [Profiles.of(cells, axis, order) for axis in (1, 2)]
        other = clearest_frequency(*(profiles.clarity() for profiles in along))
        for place, frequency, reach in (("half", 1 / 2, 0), ("quarter", 1 / 4, 0), ("other", other, 2)):
            swings = [profiles.swing(frequency, reach) for profiles in along]
            found[f"{name}_{place}"] = _trace(swings)
        found[f"{name}_block"] = max(
            _trace([profiles.swing(frequency, 0) for profiles in along]) for frequency in ONLY_BLOCKS
        )
        found[f"{name}_other_frequency"] = other
    others = max(found["first_quarter"], found["first_block"])
    found["lone_half"] = max(0.0, found["first_half"] - others - LONE)
    return found


def _trace(swings: list[float]) -> float:
    return float(np.log(np.sqrt(swings[0] * swings[1]) + MIN_SWING))


def clearest_frequency(across: np.ndarray, down: np.ndarray) -> float:
    """The frequency whose line stands out most in both directions; a multiple of a slower one is that one's."""
    both = np.minimum(maximum_filter1d(across, 5), maximum_filter1d(down, 5))
    places = np.arange(len(both))
    size = 2 * (len(both) - 1)
    slower = np.maximum(both[np.round(places / 2).astype(int)], both[np.round(places / 3).astype(int)])
    slower[places >= 3 * MIN_FREQUENCY * size] = 0
    allowed = places > MIN_FREQUENCY * size
    for frequency in BLOCKS:
        allowed &= np.abs(places - frequency * size) > 3  # noqa: PLR2004
    return float(np.argmax(np.where(allowed, both - slower, 0)) / size)


class Profiles(NamedTuple):
    """Mean differences between neighbours, column by column (or row by row) of each cell, and where they lie."""

    values: np.ndarray
    places: np.ndarray
    lines: np.ndarray

    @classmethod
    def of(cls, cells: Cells, axis: int, order: int) -> "Profiles":
        """The logarithms of the profiles along an axis, and the spectrum of all that lie one behind the other."""
        steps = np.abs(np.diff(cells.pixels, n=order, axis=axis)).mean(axis=3 - axis)
        values = np.log(steps + MIN_STEP)
        values -= values.mean(axis=1, keepdims=True)
        values = np.pad(values, ((0, 0), (0, order)))
        places = cells.rows if axis == 1 else cells.columns
        line = np.zeros((cells.longest, CELL), np.float32)
        np.add.at(line, places, values)
        return cls(values, places[:, None] * CELL + np.arange(CELL), np.abs(fft.rfft(line.ravel())))

    def clarity(self) -> np.ndarray:
        """How far each frequency stands out from those about it."""
        usual = median_filter(self.lines, 2 * (len(self.lines) // 16) + 1, mode="mirror")
        return self.lines / (usual + 1e-9)

    def swing(self, frequency: float, reach: int) -> float:
        """The amplitude at a frequency, or up to `reach` steps beside it, that three quarters of the cells share."""
        size = 2 * (len(self.lines) - 1)
        near = np.arange(max(0, round(frequency * size) - reach), round(frequency * size) + reach + 1)
        exact = near[np.argmax(self.lines[near[near < len(self.lines)]])] / size
        turned = (self.values * np.exp(-2j * np.pi * exact * self.places)).sum(axis=1)
        common = turned.mean()
        shared = (turned * np.conj(common)).real / (np.abs(common) + 1e-9)
        return max(0.0, float(np.quantile(shared, 0.25)) * 2 / CELL)
