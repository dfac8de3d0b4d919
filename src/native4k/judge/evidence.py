"""A picture of what a judgement rests on: where, the spectrum with its cut-off, the traces of an enlargement."""

import io
import textwrap
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import maximum_filter1d

from native4k.judge.judgement import Row, percent
from native4k.judge.picture_files import printable
from native4k.measure import nativeness
from native4k.measure.decoded_image import DecodedImage

WIDTH, MARGIN, GAP = 1152, 24, 24
PATCH = 352
"""Pixels of a patch's side, and of the overview's longer side."""

PLOT = (564, 300)
"""Pixels of a plot."""

SCALE = 3
"""Times that a plot is drawn larger and then reduced, so that its lines are smooth."""

PAPER, INK, FAINT, GRID = "#ffffff", "#1b1f24", "#59636e", "#e4e7eb"
BLUE, ORANGE, RED = "#0b62c4", "#c2570c", "#c8102e"
"""Of curves and marks; each is at least 4.5 times as dark as the paper."""

MARKS = {
    1 / 4: ("x4, x2, blocks", "md"),
    1 / 3: ("x3, x1.5", "md"),
    3 / 8: ("blocks", "ld"),
    1 / 2: ("x2, blocks", "rd"),
}
"""Cycles a pixel -> which enlargement leaves a trace there, and whether blocks of JPEG and WebP do; Pillow's anchor."""


class Places(NamedTuple):
    """Where the sharpest and the flattest patch begin: top and left."""

    sharpest: tuple[int, int]
    flattest: tuple[int, int]


def draw(name: str, row: Row, image: DecodedImage, numbers: nativeness.Params) -> bytes:
    """The evidence on one picture, as a PNG."""
    cells = nativeness.select_cells(image.luma, numbers.cells)
    spectra = None if cells is None else nativeness.power_spectra(cells.pixels)
    places = find_places(image.luma, cells, spectra)
    words = [f"{row['outcome']}, {row['width']} x {row['height']}{true_size(row)}", *textwrap.wrap(row["why"], 165)]
    top = MARGIN + 40 + 24 * len(words) + 12
    panels = _panels(image, places)
    below = top + max(panel.height for panel, _ in panels)
    sheet = Image.new("RGB", (WIDTH, below + (40 + MARGIN if cells is None else 40 + PLOT[1] + MARGIN)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), printable(name)[-100:], INK, font(22))
    for number, line in enumerate(words):
        pen.text((MARGIN, MARGIN + 40 + 24 * number), line, FAINT if number else INK, font(15 if number else 17))
    for number, (panel, caption) in enumerate(panels):
        left = MARGIN + number * (PATCH + GAP)
        sheet.paste(panel, (left, top))
        pen.text((left, below + 4), caption, FAINT, font(14))
    if cells is not None and spectra is not None:
        for number, plot in enumerate((spectrum_plot(spectra, numbers), trace_plot(cells))):
            left = MARGIN + number * (PLOT[0] - MARGIN + GAP)
            sheet.paste(plot.resize(PLOT, Image.Resampling.LANCZOS), (left - MARGIN // 2, below + 34))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def true_size(row: Row) -> str:
    """The estimated true size, where there is one and it is another."""
    if row["true_width"] in {None, row["width"]}:
        return ""
    return f", true size about {row['true_width']} x {row['true_height']}"


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font."""
    return ImageFont.load_default(size)


def find_places(luma: np.ndarray, cells: nativeness.Cells | None, spectra: np.ndarray | None) -> Places:
    """The cell with the most of the finest detail, and the place with the least texture."""
    if cells is None or spectra is None:
        return Places((0, 0), (0, 0))
    best = int(np.argmax(spectra[:, nativeness.FINEST].mean(axis=1)))
    side = nativeness.CELL
    down, across = luma.shape[0] // side, luma.shape[1] // side
    spread = luma[: down * side, : across * side].reshape(down, side, across, side)[:, ::4, :, ::4].std(axis=(1, 3))
    about = cv2.blur(spread, (3, 3))  # a patch spans three cells
    row, column = np.unravel_index(np.argmin(about), about.shape)
    sharpest = int(cells.rows[best]) * side, int(cells.columns[best]) * side
    return Places(*(_patch_at(luma, *place) for place in (sharpest, (int(row) * side, int(column) * side))))


def _patch_at(luma: np.ndarray, top: int, left: int) -> tuple[int, int]:
    """Where a patch about a cell begins, inside of the picture."""
    middle = (PATCH - nativeness.CELL) // 2
    limits = max(0, luma.shape[0] - PATCH), max(0, luma.shape[1] - PATCH)
    return min(max(0, top - middle), limits[0]), min(max(0, left - middle), limits[1])


def _panels(image: DecodedImage, places: Places) -> list[tuple[Image.Image, str]]:
    """The whole with both patches marked, and the patches pixel for pixel."""
    overview = image.small.convert("RGB")
    overview.thumbnail((PATCH, PATCH), Image.Resampling.LANCZOS)
    scale = overview.width / image.luma.shape[1]
    pen = ImageDraw.Draw(overview)
    shown = [(overview, "the whole")]
    for (top, left), colour, word in zip(places, (RED, BLUE), ("sharpest", "flattest"), strict=True):
        box = [round(scale * place) for place in (left, top, left + PATCH, top + PATCH)]
        pen.rectangle(
            (box[0], box[1], min(box[2], overview.width - 1), min(box[3], overview.height - 1)), None, colour, 2
        )
        patch = Image.fromarray(np.ascontiguousarray(image.luma[top : top + PATCH, left : left + PATCH])).convert("RGB")
        name = {RED: "red", BLUE: "blue"}[colour]
        shown.append((patch, f"the {word} patch, 1:1 ({name} in the whole)"))
    return shown


class Axes:
    """A plot that is begun: its title, its axes, and curves and marks in the units of the axes."""

    LEFT, RIGHT, TOP, BOTTOM = 48, 552, 44, 258
    """Pixels of the frame in a plot of the size PLOT."""

    def __init__(self, title: str, across: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.picture = Image.new("RGB", (PLOT[0] * SCALE, PLOT[1] * SCALE), PAPER)
        self.pen = ImageDraw.Draw(self.picture)
        self.x, self.y = x, y
        self.words(MARGIN / 2, 4, title, INK, 15)
        self.words(self.RIGHT, self.BOTTOM + 22, across, FAINT, 12, "ra")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies, in pixels of the large picture."""
        right = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = min(1.0, max(0.0, (y - self.y[0]) / (self.y[1] - self.y[0])))
        return (
            SCALE * (self.LEFT + right * (self.RIGHT - self.LEFT)),
            SCALE * (self.BOTTOM - up * (self.BOTTOM - self.TOP)),
        )

    def words(self, x: float, y: float, text: str, colour: str, size: int = 12, anchor: str = "la") -> None:
        """Write at a place in pixels of the plot."""
        self.pen.text((SCALE * x, SCALE * y), text, colour, font(SCALE * size), anchor)

    def ticks(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Draw the grid with its numbers."""
        for x in xs:
            place = self.place(x, self.y[0])
            self.pen.line([place, self.place(x, self.y[1])], GRID, SCALE)
            self.words(place[0] / SCALE, self.BOTTOM + 5, f"{x:g}", FAINT, 12, "ma")
        for y in ys:
            place = self.place(self.x[0], y)
            self.pen.line([place, self.place(self.x[1], y)], GRID, SCALE)
            self.words(self.LEFT - 6, place[1] / SCALE, f"{y:g}", FAINT, 12, "rm")

    def curve(self, xs: Iterable[float], ys: Iterable[float], colour: str, width: float = 1.6) -> None:
        """Draw a line through points."""
        points = [self.place(x, y) for x, y in zip(xs, ys, strict=True)]
        self.pen.line(points, colour, round(SCALE * width), joint="curve")

    def upright(self, x: float, colour: str, text: str, anchor: str) -> None:
        """Mark a place on the x axis, with words above the mark."""
        top, bottom = self.place(x, self.y[1]), self.place(x, self.y[0])
        self.pen.line([top, bottom], colour, SCALE)
        self.words(top[0] / SCALE, self.TOP - 2, text, colour, 12, anchor)


def spectrum_plot(spectra: np.ndarray, numbers: nativeness.Params) -> Image.Image:
    """The mean spectrum of the sharpest textured cells, and how far down the frequencies its detail is followed."""
    textured = nativeness.is_textured(spectra, numbers)
    enough = textured.sum() >= numbers.fewest
    mean = nativeness.sharpest_spectrum(spectra[textured] if enough else spectra, numbers)
    smooth = nativeness.without_lines(mean)
    frequencies = np.arange(len(mean)) / nativeness.CELL
    floor = mean[nativeness.STRUCTURE].mean() - numbers.reach
    top = 10 * np.ceil(max(mean.max(), 10) / 10)
    axes = Axes("Spectrum of the sharpest places, in decibels", "cycles a pixel", (0, 0.5), (0, top))
    axes.ticks([0, 0.1, 0.2, 0.3, 0.4, 0.5], list(np.arange(0, top + 1, 10)))
    axes.curve(frequencies, mean, BLUE)
    if not enough:
        axes.words(Axes.RIGHT - 4, Axes.TOP + 4, "too few places have texture", RED, 12, "ra")
        return axes.picture
    axes.curve([0, 0.5], [floor, floor], FAINT, 0.8)
    axes.words(Axes.LEFT + 5, axes.place(0, floor)[1] / SCALE - 15, f"{numbers.reach:g} dB below structure", FAINT)
    reach = float(np.mean(smooth > floor))
    axes.upright(reach / 2, RED, f"detail reaches {percent(reach)}", "ld" if reach < 1 / 2 else "rd")
    return axes.picture


def trace_plot(cells: nativeness.Cells) -> Image.Image:
    """How far each frequency of the differences between neighbours stands out, along rows and columns alike."""
    title = "Traces of enlarging in the differences between neighbours, times the usual"
    axes = Axes(title, "cycles a pixel", (nativeness.MIN_FREQUENCY, 0.5), (0, 12))
    axes.ticks([0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5], [0, 3, 6, 9, 12])
    for frequency, (word, anchor) in MARKS.items():
        axes.upright(frequency, FAINT, word, anchor)
    for order, colour, word in ((1, BLUE, "first differences"), (2, ORANGE, "second differences")):
        both = [maximum_filter1d(nativeness.Profiles.of(cells, axis, order).clarity(), 5) for axis in (1, 2)]
        clear = np.minimum(*both)
        frequencies = np.linspace(0, 0.5, len(clear))
        shown = frequencies >= nativeness.MIN_FREQUENCY
        axes.curve(frequencies[shown], clear[shown], colour)
        axes.words(Axes.LEFT + 120 * (order - 1), Axes.BOTTOM + 22, word, colour, 13)
    return axes.picture
