"""Widths and heights with their rows: usual ones in a table of cells, others by value."""

import numpy as np
import polars as pl

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


HELD = 2**20
"""Unusual sizes in memory before they are counted."""


class SizeCounts:
    """Rows by width and height."""

    def __init__(self) -> None:
        self.cells = np.zeros(SIDE * SIDE, np.int64)
        self.waiting = [pl.Series("size", dtype=pl.Int64)]
        self.unusual = pl.DataFrame(schema={"size": pl.Int64, "rows": pl.Int64})

    def add(self, cells: np.ndarray, unusual: pl.Series) -> None:
        """Take in the cells of usual rows, and the others' sizes."""
        np.add.at(self.cells, cells, 1)
        self.waiting.append(unusual)
        if sum(map(len, self.waiting)) > max(HELD, self.unusual.height):
            self._settle()

    def _settle(self) -> None:
        counted = pl.concat(self.waiting).value_counts(name="rows").cast(pl.Int64)
        self.unusual = pl.concat([self.unusual, counted]).group_by("size").agg(pl.col("rows").sum())
        self.waiting = [self.unusual["size"].clear()]

    def pairs(self) -> pl.DataFrame:
        """Declared widths and heights with their rows, in a fixed order; null where the source does not say."""
        self._settle()
        cells = np.flatnonzero(self.cells)
        usual = pl.DataFrame({"width": cells // SIDE, "height": cells % SIDE, "rows": self.cells[cells]})
        sides = {"width": pl.col("size") // SHIFT - 1, "height": pl.col("size") % SHIFT - 1}
        sides_ = {name: pl.when(side != 0).then(side) for name, side in sides.items()}
        return pl.concat([usual, self.unusual.sort("size").select(**sides_, rows="rows")])
