"""Groups of copies, without comparing all with all.

The walk is best first, in blocks: each is looked up among the representatives before it, then searched within itself.
Only representatives are kept, so a cluster of look-alikes costs what its representatives do. What an earlier walk found
is not compared again: only representatives that are new, and only pictures that are or have lost their representative.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, Self

import numpy as np

from native4k.dataset import bands

SMALL = 10_000
"""Different pictures up to which NumPy alone is done before numba is imported and has compiled; measured."""

BLOCKS = 32
"""Into how many a collection is cut: large ones find neighbouring buckets in the processor's caches."""

SMALLEST = 4096
"""Pictures in a block at least: so few are settled one by one."""

NOBODY = 2**32 - 1
"""The leader, as an unsigned row, of a picture that has none."""


class Team(NamedTuple):
    """Threads to work on."""

    pool: ThreadPoolExecutor
    size: int


class Index(Protocol):
    """Representatives, to be asked which of them are near."""

    def look(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first representative that is near."""

    def insert(self, rows: np.ndarray) -> None:
        """Add representatives."""


class Relation(Protocol):
    """Which pictures are copies of each other."""

    def __len__(self) -> int:
        """How many pictures."""

    def part(self, rows: np.ndarray) -> Self:
        """The same of some pictures."""

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Which of the others are copies of a picture."""

    def settle(self, before: np.ndarray) -> np.ndarray:
        """The leaders of a few pictures."""

    def index(self, expected: int, team: Team) -> Index:
        """An empty index, quickest for about so many representatives."""

    def mixed(self) -> np.ndarray:
        """A number for each picture that equal ones share, and different ones hardly ever."""

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Which pairs of pictures have everything in common."""


def chance_pairs(count: int, radius: int) -> float:
    """How many pairs among so many uniform hashes lie within the radius: N(N-1)/2 sum C(64, k) / 2^64."""
    return count * (count - 1) / 2 * bands.balls(bands.BITS, radius) / 2**bands.BITS


def unknown(count: int) -> np.ndarray:
    """What is known before the first walk."""
    return np.full(count, -1)


def leaders(relation: Relation, threads: int, before: np.ndarray | None = None) -> np.ndarray:
    """Each row's representative, as a row number; the rows come best first, and equal ones collapse.

    A row joins the first representative that is near; where there is none, it becomes one. What `before` says of rows
    is their representative (-1: not known) in an earlier walk, among the rows that it says something of, in this order.
    """
    count = len(relation)
    place, different = collapse(relation)
    told = unknown(count) if before is None else before
    led = told[different]
    firsts = np.full(count + 1, -1)
    firsts[different] = np.arange(len(different))
    known = firsts[led]  # -1: a leader that no longer comes first among its equals is none
    joined: np.ndarray = different[search(relation.part(different), known, threads)]
    return joined[place]


def collapse(relation: Relation) -> tuple[np.ndarray, np.ndarray]:
    """Each row's place among the different ones, and the rows where these first occur."""
    mixed = relation.mixed()
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    rows = np.arange(len(relation))
    leading = first[inverse]
    odd = ~relation.equal(rows, leading)  # equal numbers of different pictures: each stands for itself
    leading[odd] = rows[odd]
    different = np.unique(leading)
    return np.searchsorted(different, leading), different


def search(relation: Relation, before: np.ndarray, threads: int) -> np.ndarray:
    """The walk in the way that is quickest for so many."""
    if len(relation) <= SMALL:
        return walk(relation, before)
    with ThreadPoolExecutor(threads) as pool:
        return probe(relation, before, Team(pool, threads))


def walk(relation: Relation, before: np.ndarray) -> np.ndarray:
    """The rule as it is said, each representative compared with those after it whose leaders are not known."""
    leader = unknown(len(relation))
    for row in range(len(relation)):
        if leader[row] < 0:
            after = row + np.flatnonzero(leader[row:] < 0)
            told = before[after]
            asked = after[(told < row) if before[row] == row else (told != row)]
            leader[after[told == row]] = row
            leader[asked[relation.near(row, asked)]] = row
            leader[row] = row
    return leader


def probe(relation: Relation, before: np.ndarray, team: Team) -> np.ndarray:
    """The same by an index; neither blocks nor threads show in the result."""
    count = len(relation)
    if count <= SMALLEST:
        return relation.settle(before)
    leader = np.full(count, NOBODY)
    everyone = relation.index(count, team)
    fresh = relation.index(max(1, int((before < 0).sum())), team) if (before >= 0).any() else everyone
    size = max(SMALLEST, math.ceil(count / BLOCKS))
    for start in range(0, count, size):
        rows = np.arange(start, min(start + size, count))
        told = before[rows]
        led = (told >= 0) & (told < start)
        led[led] = leader[told[led]] == told[led]
        leader[rows[led]] = told[led]
        asking = led | (told >= start)
        fresh.look(rows[asking], leader)
        everyone.look(rows[~asking], leader)
        free = rows[leader[rows] == NOBODY]
        leader[free] = free[probe(relation.part(free), inside(free, before[free], start), team)]
        made = free[leader[free] == free]
        everyone.insert(made)
        if fresh is not everyone:
            fresh.insert(made[before[made] != made])
    return leader


def inside(free: np.ndarray, told: np.ndarray, start: int) -> np.ndarray:
    """What was known of a block's free rows, as places among them; -1 where the leader is none of them."""
    place = np.searchsorted(free, told)
    place[place == len(free)] = 0
    return np.where((told >= start) & (free[place] == told), place, -1) if len(free) else told
