"""Copies by embedding: crops, flips and overlays that no hash finds. The index is approximate, but never random.

Two pictures are compared where they share a cell of at least one table: the sides of some hyperplanes they lie on, the
same planes for ever. So whether two pictures are copies depends on nothing but them. Vectors are rounded to whole
numbers small enough that any order of adding gives the same product.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params
from native4k.dataset.near import NOBODY, Index, Team, walk
from native4k.dataset.signs import Signs

SCALE = 2047
"""What a length of one is rounded to: products stay below 2^24, which single precision adds exactly."""


@params.params
class Params:
    """From which cosine on two pictures are copies, and how widely is searched."""

    min_cosine: Annotated[float, Field(gt=0, le=1)]
    tables: Annotated[int, Field(ge=1)]
    bits: Annotated[int, Field(ge=0, le=16)]


@dataclass(frozen=True)
class Cosine:
    """Whole-numbered vectors, and each one's cell in each table."""

    vectors: np.ndarray
    cells: np.ndarray
    least: float

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.vectors)

    def part(self, rows: np.ndarray) -> "Cosine":
        """Those of some pictures."""
        return Cosine(self.vectors[rows], self.cells[rows], self.least)

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Which of the others are copies of a picture."""
        found = (self.cells[others] == self.cells[row]).any(axis=1)
        found[found] = self.vectors[others[found]] @ self.vectors[row] >= self.least
        return found

    def cosines(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The cosines of pairs of pictures."""
        product = np.einsum("ij,ij->i", self.vectors[ones], self.vectors[others], dtype=np.float64)
        return np.asarray(product / SCALE**2)


def of(alive: pd.DataFrame, numbers: Params | None) -> Cosine | None:
    """The embeddings of a table's pictures, where they are asked for."""
    if numbers is None:
        return None
    raw = np.frombuffer(b"".join(alive["embedding"]), dtype="<f2").astype(np.float32)
    raw = raw.reshape(len(alive), -1) if len(alive) else raw.reshape(0, 1)
    length = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
    vectors = np.rint(raw / np.maximum(length, 1e-12) * SCALE).astype(np.float32)
    return Cosine(vectors, cells(vectors, numbers.tables, numbers.bits), numbers.min_cosine * SCALE**2)


def cells(vectors: np.ndarray, tables: int, bits: int) -> np.ndarray:
    """The cell of each vector in each table: which side of some planes it lies on."""
    planes = np.random.Generator(np.random.PCG64(0)).integers(0, 2, (vectors.shape[1], tables * bits)) * 2 - 1
    sides = (vectors @ planes.astype(np.float32) >= 0).reshape(len(vectors), tables, bits)
    return np.asarray(sides @ (1 << np.arange(bits)))


class Cells:
    """Representatives in the cells of each table."""

    def __init__(self, cosine: Cosine) -> None:
        self.cosine = cosine
        self.cells: list[dict[int, np.ndarray]] = [{} for _ in range(cosine.cells.shape[1])]

    def look(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first representative that is near."""
        for table, known in enumerate(self.cells):
            for cell, asking in grouped(self.cosine.cells[rows, table], rows):
                if cell in known:
                    self.lower(asking, known[cell], leader)

    def lower(self, rows: np.ndarray, known: np.ndarray, leader: np.ndarray) -> None:
        """The same in one cell, a few thousand pairs at a time."""
        vectors = self.cosine.vectors
        for some in np.array_split(rows, -(-len(rows) * len(known) // PAIRS)):
            near_ones = vectors[some] @ vectors[known].T >= self.cosine.least
            first = np.where(near_ones.any(axis=1), known[near_ones.argmax(axis=1)], NOBODY)
            leader[some] = np.minimum(leader[some], first)

    def insert(self, rows: np.ndarray) -> None:
        """Add representatives."""
        for table, known in enumerate(self.cells):
            for cell, fresh in grouped(self.cosine.cells[rows, table], rows):
                known[cell] = np.concatenate([known[cell], fresh]) if cell in known else fresh


PAIRS = 1 << 24
"""Pairs of vectors multiplied at a time."""


def grouped(cells_: np.ndarray, rows: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """The rows of each cell."""
    order = np.argsort(cells_, kind="stable")
    names, starts = np.unique(cells_[order], return_index=True)
    return list(zip(names.tolist(), np.split(rows[order], starts[1:]), strict=True)) if len(rows) else []


@dataclass(frozen=True)
class Either:
    """Pictures that are copies by their signatures or by their embeddings."""

    signs: Signs
    cosine: Cosine

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.signs)

    def part(self, rows: np.ndarray) -> "Either":
        """Those of some pictures."""
        return Either(self.signs.part(rows), self.cosine.part(rows))

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Which of the others are copies of a picture."""
        found = self.signs.near(row, others)
        found[~found] = self.cosine.near(row, others[~found])
        return found

    def settle(self, before: np.ndarray) -> np.ndarray:
        """The leaders of a few pictures."""
        return walk(self, before)

    def index(self, expected: int, team: Team) -> Index:
        """An empty index of both."""
        return Both(self.signs.index(expected, team), Cells(self.cosine))

    def mixed(self) -> np.ndarray:
        """A number for each picture that equal ones share."""
        return self.signs.mixed()

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Which pairs of pictures have everything in common."""
        same: np.ndarray = (self.cosine.vectors[ones] == self.cosine.vectors[others]).all(axis=1)
        return same & self.signs.equal(ones, others)


class Both:
    """Two indexes asked one after the other."""

    def __init__(self, *indexes: Index) -> None:
        self.indexes = indexes

    def look(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first representative that is near by either."""
        for index in self.indexes:
            index.look(rows, leader)

    def insert(self, rows: np.ndarray) -> None:
        """Add representatives."""
        for index in self.indexes:
            index.insert(rows)
