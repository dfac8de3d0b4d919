"""Near duplicates by embedding: crops, flips and overlays that no hash finds. The index is approximate, never random.

Two pictures are compared where they share a cell of at least one table: the sides of some hyperplanes they lie on, the
same planes for ever. So whether two pictures are near duplicates depends on nothing but them. Vectors are rounded to
whole numbers small enough that any order of adding gives the same product.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params
from native4k.dataset.near_duplicates.band_search import NO_LEADER, Workers
from native4k.dataset.near_duplicates.groups import Index, cluster_with_numpy
from native4k.dataset.near_duplicates.signatures import Signatures

SCALE = 2047
"""What a length of one is rounded to: products stay below 2^24, which single precision adds exactly."""

PAIRS = 1 << 24
"""Pairs of vectors multiplied at a time."""


@params.params
class Params:
    """From which cosine on two pictures are near duplicates, and how widely is searched."""

    min_cosine: Annotated[float, Field(gt=0, le=1)]
    tables: Annotated[int, Field(ge=1)]
    bits: Annotated[int, Field(ge=0, le=16)]


@dataclass(frozen=True)
class Embeddings:
    """Whole-numbered vectors, and each one's cell in each table."""

    vectors: np.ndarray
    cells: np.ndarray
    min_product: float

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.vectors)

    def part(self, rows: np.ndarray) -> "Embeddings":
        """Take some pictures, in order."""
        return Embeddings(self.vectors[rows], self.cells[rows], self.min_product)

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Tell which of the others are near duplicates of a picture."""
        found = (self.cells[others] == self.cells[row]).any(axis=1)
        found[found] = self.vectors[others[found]] @ self.vectors[row] >= self.min_product
        return found

    def cosines(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Compute the cosines of pairs of pictures; rounding may not make them more than one."""
        product = np.einsum("ij,ij->i", self.vectors[ones], self.vectors[others], dtype=np.float64)
        return np.asarray(np.minimum(product / SCALE**2, 1.0))


def read_embeddings(alive: pd.DataFrame, numbers: Params | None) -> Embeddings | None:
    """Read the embeddings of a table's pictures, if they are to be compared."""
    if numbers is None:
        return None
    raw = np.frombuffer(b"".join(alive["embedding"]), dtype="<f2").astype(np.float32)
    raw = raw.reshape(len(alive), -1) if len(alive) else raw.reshape(0, 1)
    length = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
    vectors = np.rint(raw / np.maximum(length, 1e-12) * SCALE).astype(np.float32)
    return Embeddings(vectors, cells_of(vectors, numbers.tables, numbers.bits), numbers.min_cosine * SCALE**2)


def cells_of(vectors: np.ndarray, tables: int, bits: int) -> np.ndarray:
    """Find the cell of each vector in each table: which side of some planes it lies on."""
    planes = np.random.Generator(np.random.PCG64(0)).integers(0, 2, (vectors.shape[1], tables * bits)) * 2 - 1
    sides = (vectors @ planes.astype(np.float32) >= 0).reshape(len(vectors), tables, bits)
    return np.asarray(sides @ (1 << np.arange(bits)))


class CellIndex:
    """Leaders in the cells of each table."""

    def __init__(self, embeddings: Embeddings) -> None:
        self.embeddings = embeddings
        self.cells: list[dict[int, np.ndarray]] = [{} for _ in range(embeddings.cells.shape[1])]

    def look_up(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first leader that is near."""
        for table, held in enumerate(self.cells):
            for cell, looking in rows_by_cell(self.embeddings.cells[rows, table], rows):
                if cell in held:
                    self._look_up_cell(looking, held[cell], leader)

    def _look_up_cell(self, rows: np.ndarray, held: np.ndarray, leader: np.ndarray) -> None:
        """Look up the pictures of one cell, some pairs at a time."""
        vectors = self.embeddings.vectors
        for some in np.array_split(rows, -(-len(rows) * len(held) // PAIRS)):
            near_ones = vectors[some] @ vectors[held].T >= self.embeddings.min_product
            first = np.where(near_ones.any(axis=1), held[near_ones.argmax(axis=1)], NO_LEADER)
            leader[some] = np.minimum(leader[some], first)

    def insert(self, rows: np.ndarray) -> None:
        """Add leaders."""
        for table, held in enumerate(self.cells):
            for cell, fresh in rows_by_cell(self.embeddings.cells[rows, table], rows):
                held[cell] = np.concatenate([held[cell], fresh]) if cell in held else fresh


def rows_by_cell(cells: np.ndarray, rows: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Group rows by their cell."""
    order = np.argsort(cells, kind="stable")
    names, starts = np.unique(cells[order], return_index=True)
    return list(zip(names.tolist(), np.split(rows[order], starts[1:]), strict=True)) if len(rows) else []


@dataclass(frozen=True)
class SignaturesOrEmbeddings:
    """Pictures that are near duplicates by their signatures or by their embeddings."""

    signatures: Signatures
    embeddings: Embeddings

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.signatures)

    def part(self, rows: np.ndarray) -> "SignaturesOrEmbeddings":
        """Take some pictures, in order."""
        return SignaturesOrEmbeddings(self.signatures.part(rows), self.embeddings.part(rows))

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Tell which of the others are near duplicates of a picture."""
        found = self.signatures.near(row, others)
        found[~found] = self.embeddings.near(row, others[~found])
        return found

    def cluster(self) -> np.ndarray:
        """Find the leaders of a few pictures."""
        return cluster_with_numpy(self)

    def index(self, expected: int, workers: Workers) -> Index:
        """Make an empty index of both."""
        return CombinedIndex(self.signatures.index(expected, workers), CellIndex(self.embeddings))

    def row_hashes(self) -> np.ndarray:
        """Hash each picture to a number that equal ones share."""
        return self.signatures.row_hashes()

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Tell which pairs of pictures have everything in common."""
        same: np.ndarray = (self.embeddings.vectors[ones] == self.embeddings.vectors[others]).all(axis=1)
        return same & self.signatures.equal(ones, others)


class CombinedIndex:
    """Indexes that are looked up one after the other."""

    def __init__(self, *indexes: Index) -> None:
        self.indexes = indexes

    def look_up(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first leader that is near by either."""
        for index in self.indexes:
            index.look_up(rows, leader)

    def insert(self, rows: np.ndarray) -> None:
        """Add leaders."""
        for index in self.indexes:
            index.insert(rows)
