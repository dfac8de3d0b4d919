"""Widths and heights with their rows: usual ones in a table of cells, others by value."""

import numpy as np
import polars as pl

from native4k.analyze.counts import Counts

SIDE = 4096
"""Pixels; sides below it are usual."""

SHIFT = 2**20
"""More than the longest side: an unusual width and height are counted as one number."""

WIDTH, HEIGHT = pl.col("declared_width"), pl.col("declared_height")
USUAL = WIDTH.is_between(1, SIDE - 1) & HEIGHT.is_between(1, SIDE - 1)
PLACED = {
    "cell": pl.when(USUAL).then(WIDTH * SIDE + HEIGHT),
    "size": pl.when(~USUAL.fill_null(False)).then((WIDTH.fill_null(0) + 1) * SHIFT + HEIGHT.fill_null(0) + 1),
}
"""Of a row, the one or the other."""


class Grid:
    """Rows by width and height."""

    def __init__(self) -> None:
        self.cells = np.zeros(SIDE * SIDE, np.int64)
        self.unusual = Counts("size", limit=None)

    def add(self, cells: np.ndarray, unusual: pl.DataFrame) -> None:
        """Take in the cells of usual rows, and the others' sizes with their rows."""
        np.add.at(self.cells, cells, 1)
        self.unusual.add(unusual)

    def pairs(self) -> pl.DataFrame:
        """Declared widths and heights with their rows, in a fixed order; null where the source does not say."""
        cells = np.flatnonzero(self.cells)
        usual = pl.DataFrame({"width": cells // SIDE, "height": cells % SIDE, "rows": self.cells[cells]})
        sides = {"width": pl.col("size") // SHIFT - 1, "height": pl.col("size") % SHIFT - 1}
        told = {name: pl.when(side != 0).then(side) for name, side in sides.items()}
        return pl.concat([usual, self.unusual.counted().sort("size").select(**told, rows="rows")])
