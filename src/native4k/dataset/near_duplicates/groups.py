"""Group near duplicates without comparing all with all, by leader clustering.

Pictures come best first. Each joins the first leader that is near; where there is none, it becomes a leader. They are
taken in blocks: a block is looked up in the index of the leaders before it, then clustered within itself. Only leaders
are indexed, so a cluster of look-alikes costs what its leaders do.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, Self

import numpy as np

from native4k.dataset.near_duplicates.band_search import NO_LEADER, Workers

SMALL = 10_000
"""Different pictures up to which NumPy alone is done before numba is imported and has compiled; measured."""

BLOCKS = 32
"""Into how many a collection is cut: large ones find neighbouring buckets in the processor's caches."""

SMALLEST = 4096
"""Pictures in a block at least: so few are clustered one by one."""


class Index(Protocol):
    """Leaders among which near ones are looked up."""

    def look_up(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first leader that is near."""

    def insert(self, rows: np.ndarray) -> None:
        """Add leaders."""


class Relation(Protocol):
    """Which pictures are near duplicates of each other."""

    def __len__(self) -> int:
        """The number of pictures."""

    def part(self, rows: np.ndarray) -> Self:
        """Take some pictures, in order."""

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Tell which of the others are near duplicates of a picture."""

    def cluster(self) -> np.ndarray:
        """Find the leaders of a few pictures."""

    def index(self, expected: int, workers: Workers) -> Index:
        """Make an empty index, quickest for about so many leaders."""

    def row_hashes(self) -> np.ndarray:
        """Hash each picture to a number that equal ones share, and different ones hardly ever."""

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Tell which pairs of pictures have everything in common."""


def leaders(relation: Relation, threads: int) -> np.ndarray:
    """Find each row's leader, as a row number; the rows come best first."""
    place, different = distinct(relation)
    joined: np.ndarray = different[_search(relation.part(different), threads)]
    return joined[place]


def distinct(relation: Relation) -> tuple[np.ndarray, np.ndarray]:
    """Find each row's place among the different ones, and the rows where these first occur."""
    _, first, inverse = np.unique(relation.row_hashes(), return_index=True, return_inverse=True)
    leading = first[inverse]
    later = np.flatnonzero(leading != np.arange(len(leading)))
    odd = later[~relation.equal(later, leading[later])]  # equal numbers of different pictures: each stands for itself
    leading[odd] = odd
    different = np.unique(leading)
    return np.searchsorted(different, leading), different


def _search(relation: Relation, threads: int) -> np.ndarray:
    """Cluster in the way that is quickest for so many."""
    if len(relation) <= SMALL:
        return cluster_with_numpy(relation)
    with ThreadPoolExecutor(threads) as pool:
        return cluster_with_index(relation, Workers(pool, threads))


def cluster_with_numpy(relation: Relation) -> np.ndarray:
    """Compare each leader with all after it that have none."""
    leader = np.full(len(relation), -1)
    for row in range(len(relation)):
        if leader[row] < 0:
            after = row + np.flatnonzero(leader[row:] < 0)
            leader[after[relation.near(row, after)]] = row
            leader[row] = row
    return leader


def cluster_with_index(relation: Relation, workers: Workers) -> np.ndarray:
    """Cluster block by block with an index of the leaders; neither blocks nor threads show in the result."""
    count = len(relation)
    if count <= SMALLEST:
        return relation.cluster()
    leader, index = np.full(count, NO_LEADER), relation.index(count, workers)
    size = max(SMALLEST, math.ceil(count / BLOCKS))
    for start in range(0, count, size):
        rows = np.arange(start, min(start + size, count))
        index.look_up(rows, leader)
        free = rows[leader[rows] == NO_LEADER]
        leader[free] = free[cluster_with_index(relation.part(free), workers)]
        index.insert(free[leader[free] == free])
    return leader
