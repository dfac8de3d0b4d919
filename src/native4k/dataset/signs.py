"""What is compared of pictures: the short hashes of their views, each verified by a longer signature.

View 0 is the whole, the others are middles. The whole of one picture is compared with every view of the other: a crop
looks like the middle of its original. Middles are not compared with each other.
"""

import binascii
import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from native4k.dataset import bands
from native4k.dataset.near import Team

COLUMNS = ("pixels", "phash", "signature", "inset_phash", "inset_signature")
"""What tells copies, as it was measured."""

LONG = 256
"""Bits of a signature; a quarter of them are those of the pHash, but for another median."""


@dataclass(frozen=True)
class Signs:
    """Hashes (views x pictures), signatures (views x pictures x words), and the bits by which copies may differ."""

    shorts: np.ndarray
    longs: np.ndarray
    radius: int
    verify: int

    @property
    def views(self) -> int:
        """The whole and the middles."""
        return len(self.shorts)

    def __len__(self) -> int:
        """How many pictures."""
        return int(self.shorts.shape[1])

    def part(self, rows: np.ndarray) -> "Signs":
        """Those of some pictures, in order."""
        if len(rows) == len(self):
            return self
        return Signs(self.shorts.take(rows, axis=1), self.longs.take(rows, axis=1), self.radius, self.verify)

    def pairs(self) -> list[tuple[int, int]]:
        """The views that are compared: one picture's, the other's."""
        return [(0, 0), *((0, view) for view in range(1, self.views)), *((view, 0) for view in range(1, self.views))]

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Which of the others are copies of a picture."""
        found = np.zeros(len(others), dtype=bool)
        for mine, theirs in self.pairs():
            apart = np.bitwise_count(self.shorts[theirs, others] ^ self.shorts[mine, row])
            close = np.flatnonzero((apart <= self.radius) & ~found)
            fine = np.bitwise_count(self.longs[theirs, others[close]] ^ self.longs[mine, row])
            found[close] = fine.sum(axis=1, dtype=np.int64) <= self.verify
        return found

    def distances(self, ones: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How far pairs are apart by hash and by signature, and by which pair of views; the nearest by hash.

        Where no pair of views makes copies of them (-1), by their wholes.
        """
        nearest = np.full(len(ones), bands.BITS + 1)
        fine, views = np.zeros_like(nearest), np.full(len(ones), -1)
        for number, (mine, theirs) in enumerate(self.pairs()):
            apart = np.bitwise_count(self.shorts[mine, ones] ^ self.shorts[theirs, others]).astype(np.int64)
            long = np.bitwise_count(self.longs[mine, ones] ^ self.longs[theirs, others]).sum(axis=1, dtype=np.int64)
            better = (apart <= self.radius) & (long <= self.verify) & (apart < nearest)
            nearest, fine = np.where(better, apart, nearest), np.where(better, long, fine)
            views = np.where(better, number, views)
        whole = np.bitwise_count(self.shorts[0, ones] ^ self.shorts[0, others]).astype(np.int64)
        long = np.bitwise_count(self.longs[0, ones] ^ self.longs[0, others]).sum(axis=1, dtype=np.int64)
        return np.where(views < 0, whole, nearest), np.where(views < 0, long, fine), views

    def copies(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Which pairs are copies."""
        found = np.zeros(len(ones), dtype=bool)
        for mine, theirs in self.pairs():
            apart = np.bitwise_count(self.shorts[mine, ones] ^ self.shorts[theirs, others])
            close = np.flatnonzero((apart <= self.radius) & ~found)
            fine = np.bitwise_count(self.longs[mine, ones[close]] ^ self.longs[theirs, others[close]])
            found[close] = fine.sum(axis=1, dtype=np.int64) <= self.verify
        return found

    def settle(self, before: np.ndarray) -> np.ndarray:
        """The leaders of a few pictures, one by one."""
        from native4k.dataset import kernels

        limits = np.uint64(self.radius), np.uint64(self.verify)
        leader: np.ndarray = kernels.settle(self.shorts.ravel(), self.flat(), before, *limits)
        return leader.astype(np.int64)

    def flat(self) -> np.ndarray:
        """The signatures, one a row."""
        return self.longs.reshape(self.shorts.size, self.longs.shape[2])

    def index(self, expected: int, team: Team) -> "Index":
        """An empty index, quickest for about so many representatives."""
        return Index(self, expected, team)

    def mixed(self) -> np.ndarray:
        """A number for each picture that equal ones share, and different ones hardly ever."""
        mixed = self.shorts[0].copy()
        for column in [*self.shorts[1:], *(word for view in self.longs for word in view.T)]:
            mixed ^= mixed >> np.uint64(29)
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) ^ column
        return mixed

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Which pairs of pictures have everything in common."""
        same: np.ndarray = (self.shorts[:, ones] == self.shorts[:, others]).all(axis=0)
        return same & (self.longs[:, ones] == self.longs[:, others]).all(axis=(0, 2))


def numbers_of(texts: "pd.Series[str]", words: int) -> np.ndarray:
    """Hex digits as 64-bit numbers, so many for each text, word by word."""
    numbers = np.frombuffer(binascii.unhexlify(letters(texts)), dtype=">u8").astype(np.uint64)
    return np.ascontiguousarray(numbers.reshape(len(texts), words).T)


def letters(texts: "pd.Series[str]") -> memoryview:
    """All texts one after another, as they lie in Arrow's memory."""
    arrow = pa.array(texts, pa.large_string())
    if len(arrow) == 0:
        return memoryview(b"")
    _, ends, whole = arrow.buffers()
    first, last = np.frombuffer(ends, np.int64)[[arrow.offset, arrow.offset + len(arrow)]]
    return memoryview(whole)[first:last]


def telling(hashes: np.ndarray, min_bits: int) -> np.ndarray:
    """Which hashes have enough bits set and enough clear to tell pictures apart."""
    bits = np.bitwise_count(hashes)
    return (bits >= min_bits) & (bits <= bands.BITS - min_bits)


def middles_of(table: pd.DataFrame) -> int:
    """How many middles were measured of each picture."""
    return len(table["inset_phash"].iloc[0]) // 16 if len(table) else 0


def of(table: pd.DataFrame, radius: int, verify: int, *, middles: bool, min_bits: int) -> Signs:
    """What is compared of a table's pictures; a middle that tells too little is left out: the whole takes its place."""
    views, words = 1 + middles_of(table) * middles, LONG // bands.BITS
    shorts = np.empty((views, len(table)), dtype=np.uint64)
    longs = np.empty((views, len(table), words), dtype=np.uint64)
    shorts[:1] = numbers_of(table["phash"], 1)
    longs[0] = numbers_of(table["signature"], words).T
    if views > 1:
        shorts[1:] = numbers_of(table["inset_phash"], views - 1)
        longs[1:] = (
            numbers_of(table["inset_signature"], (views - 1) * words).reshape(views - 1, words, -1).swapaxes(1, 2)
        )
        poor = ~telling(shorts, min_bits)
        shorts, longs = np.where(poor, shorts[:1], shorts), np.where(poor[:, :, None], longs[:1], longs)
    return Signs(shorts, longs, radius, verify)


def plain(hashes: np.ndarray, radius: int) -> Signs:
    """Hashes alone, without signatures or middles."""
    return Signs(hashes[None], np.empty((1, len(hashes), 0), dtype=np.uint64), radius, 0)


def joined(ones: Signs, others: Signs) -> Signs:
    """Two collections as one, one after the other."""
    shorts, longs = np.concatenate([ones.shorts, others.shorts], 1), np.concatenate([ones.longs, others.longs], 1)
    return Signs(shorts, longs, others.radius, others.verify)


def chance_copies(count: int, radius: int, verify: int) -> float:
    """How many pairs among so many uniform pictures lie within the radius and agree in their signatures."""
    rest = LONG - bands.BITS
    within = sum(math.comb(bands.BITS, bits) * bands.balls(rest, verify - bits) for bits in range(radius + 1))
    return count * (count - 1) / 2 * (within / 2**LONG)


class Index:
    """Representatives in buckets: their wholes, which every view looks up, and their middles, for wholes alone."""

    def __init__(self, signs: Signs, expected: int, team: Team) -> None:
        self.signs, self.team, self.long = signs, team, signs.flat()
        self.short = signs.shorts.ravel()
        self.families = [(self.bands(slice(0, 1), expected), range(signs.views), range(1))]
        if signs.views > 1:
            middles = range(1, signs.views)
            self.families.append((self.bands(slice(1, None), expected * len(middles)), range(1), middles))

    def bands(self, views: slice, expected: int) -> list[tuple[tuple[int, int, int], bands.Band]]:
        """Bands with room for some views of all pictures."""
        hashes = self.signs.shorts[views].ravel()
        shapes = bands.plan(expected, self.signs.radius)
        return [(shape, bands.band(hashes, *shape)) for shape in shapes]

    def look(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """Lower the leaders of some pictures to the first representative that is near."""
        list(self.team.pool.map(partial(self.look_alone, leader=leader), np.array_split(rows, self.team.size)))

    def look_alone(self, rows: np.ndarray, leader: np.ndarray) -> None:
        """The same on one thread."""
        from native4k.dataset import kernels

        radius, verify = np.uint64(self.signs.radius), np.uint64(self.signs.verify)
        for family, asking, _ in self.families:
            for view in asking:
                for (first, width, _), band in family:
                    order = np.argsort(bands.keys(self.signs.shorts[view, rows], first, width))
                    entries = rows[order] + view * len(self.signs)
                    kernels.look(entries, leader, self.short, self.long, radius, verify, *band)

    def insert(self, rows: np.ndarray) -> None:
        """Add representatives."""
        from native4k.dataset import kernels

        for family, _, held in self.families:
            entries = np.concatenate([rows + view * len(self.signs) for view in held])
            work = [(entries, self.short, band.shift, band.ends, band.known, band.holders) for _, band in family]
            list(self.team.pool.map(lambda each: kernels.insert(*each), work))
