"""What is compared of pictures: the short hashes of their views, each verified by a long one.

The short hash is the pHash, the long one the signature. View 0 is the whole picture. The whole of one picture is
compared with the whole, the mirrored picture and the middles of the other (a crop looks like the middle of its
original), and each central window with the same window of the other (which a cut to another aspect leaves as it is).
A pHash whose bits are nearly all alike (blank, sky, a plain logo) is uninformative.
"""

import binascii
import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import Field

from native4k import params
from native4k.dataset.near_duplicates.band_search import BITS, BandIndex, Workers, patterns_within

HASHES = ("phash", "signature", "view_phash", "view_signature")
"""The measured columns by which near duplicates are found."""

COLUMNS = ("pixels", *HASHES)
"""Those by which all duplicates are found."""

VIEWS = {"mirrored": 1, "middles": 2, "windows": 2}
"""How many views of each kind are measured beside the whole, in their order."""

LONG_BITS = 256
"""Of a signature; a quarter of them are those of the pHash, but for another median."""


@params.params
class Limits:
    """By how many bits near duplicates differ in pHash and signature; which views count; what a pHash must hold."""

    radius: Annotated[int, Field(ge=0, le=64)]
    verify: Annotated[int, Field(ge=0, le=256)]
    views: list[Literal["mirrored", "middles", "windows"]]
    min_bits: Annotated[int, Field(ge=0, le=32)]

    def view_kinds(self) -> list[str]:
        """Name the kind of each view that is compared, in order; the whole comes first."""
        return ["whole", *(kind for kind, count in VIEWS.items() if kind in self.views for _ in range(count))]

    def view_pairs(self) -> list[tuple[int, int]]:
        """List the views that are compared: one picture's, the other's; that of the wholes comes first."""
        kinds = list(enumerate(self.view_kinds()))[1:]
        crossed = [view for view, kind in kinds if kind != "windows"]
        windows = [(view, view) for view, kind in kinds if kind == "windows"]
        return [(0, 0), *((0, view) for view in crossed), *((view, 0) for view in crossed), *windows]

    def pair_kinds(self) -> list[str]:
        """Name the kind of each pair of views: that of the one that is not the whole."""
        kinds = self.view_kinds()
        return [kinds[max(pair)] for pair in self.view_pairs()]


@dataclass(frozen=True)
class Signatures:
    """Short hashes (views x pictures), long ones (views x pictures x words), and what makes near duplicates."""

    short: np.ndarray
    long: np.ndarray
    limits: Limits

    def __len__(self) -> int:
        """The number of pictures."""
        return int(self.short.shape[1])

    def part(self, rows: np.ndarray) -> "Signatures":
        """Take some pictures, in any order."""
        if len(rows) == len(self) and (np.diff(rows) > 0).all():
            return self
        return Signatures(self.short.take(rows, axis=1), self.long.take(rows, axis=1), self.limits)

    def informative(self) -> np.ndarray:
        """Tell which pictures have a pHash with enough bits set and enough clear."""
        return informative(self.short[0], self.limits.min_bits)

    def near(self, row: int, others: np.ndarray) -> np.ndarray:
        """Tell which of the others are near duplicates of a picture."""
        found = np.zeros(len(others), dtype=bool)
        for mine, theirs in self.limits.view_pairs():
            apart = np.bitwise_count(self.short[theirs, others] ^ self.short[mine, row])
            close = np.flatnonzero((apart <= self.limits.radius) & ~found)
            found[close] = self.verified((mine, theirs), row, others[close])
        return found

    def verified(self, views: tuple[int, int], row: int, others: np.ndarray) -> np.ndarray:
        """Tell for which of the others the long hashes of two views agree with a picture's."""
        mine, theirs = views
        apart = np.bitwise_count(self.long[theirs, others] ^ self.long[mine, row]).sum(axis=1, dtype=np.int64)
        agree: np.ndarray = apart <= self.limits.verify
        return agree

    def distances(self, ones: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Measure pairs by short and long hash at the pair of views that is nearest by pHash, and number that pair.

        Where no pair of views makes near duplicates of them (-1), measure their wholes.
        """
        nearest = np.full(len(ones), BITS + 1)
        fine, views = np.zeros_like(nearest), np.full(len(ones), -1)
        whole = self._apart(0, ones, 0, others)
        for number, (mine, theirs) in enumerate(self.limits.view_pairs()):
            apart, long = self._apart(mine, ones, theirs, others) if number else whole
            better = (apart <= self.limits.radius) & (long <= self.limits.verify) & (apart < nearest)
            nearest, fine = np.where(better, apart, nearest), np.where(better, long, fine)
            views = np.where(better, number, views)
        return np.where(views < 0, whole[0], nearest), np.where(views < 0, whole[1], fine), views

    def _apart(self, mine: int, ones: np.ndarray, theirs: int, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Count the bits between two views of pairs, of short and of long hashes."""
        short = np.bitwise_count(self.short[mine, ones] ^ self.short[theirs, others]).astype(np.int64)
        long = np.bitwise_count(self.long[mine, ones] ^ self.long[theirs, others]).sum(axis=1, dtype=np.int64)
        return short, long

    def cluster(self) -> np.ndarray:
        """Find the leaders of a few pictures, one by one."""
        from native4k.dataset.near_duplicates import popcount_kernels

        limits = np.uint64(self.limits.radius), np.uint64(self.limits.verify)
        long = self.long.reshape(self.short.size, self.long.shape[2])
        pairs = np.array(self.limits.view_pairs())
        leader: np.ndarray = popcount_kernels.cluster(self.short.ravel(), long, len(self), *limits, pairs)
        return leader.astype(np.int64)

    def index(self, expected: int, workers: Workers) -> BandIndex:
        """Make an empty index, quickest for about so many leaders."""
        limits = self.limits.radius, self.limits.verify
        return BandIndex(self.short, self.long, limits, self.limits.view_pairs(), expected, workers)

    def row_hashes(self) -> np.ndarray:
        """Hash each picture to a number that equal ones share, and different ones hardly ever."""
        mixed = self.short[0].copy()
        for column in [*self.short[1:], *(word for view in self.long for word in view.T)]:
            mixed ^= mixed >> np.uint64(29)
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) ^ column
        return mixed

    def equal(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Tell which pairs of pictures have everything in common."""
        same: np.ndarray = (self.short[:, ones] == self.short[:, others]).all(axis=0)
        return same & (self.long[:, ones] == self.long[:, others]).all(axis=(0, 2))


def read_signatures(table: pd.DataFrame, limits: Limits) -> Signatures:
    """Read a table's signatures; an uninformative view is left out: the whole takes its place."""
    words = LONG_BITS // BITS
    short = np.stack([numbers_of(table["phash"], 1)[0], *views_of(table["view_phash"], 1, limits)[:, 0]])
    whole, views = numbers_of(table["signature"], words), views_of(table["view_signature"], words, limits)
    long = np.stack([whole.T, *views.swapaxes(1, 2)])
    poor = ~informative(short, limits.min_bits)
    np.copyto(short, short[0].copy(), where=poor)
    np.copyto(long, long[0].copy(), where=poor[:, :, None])
    return Signatures(short, long, limits)


def views_of(texts: "pd.Series[str]", words: int, limits: Limits) -> np.ndarray:
    """Parse the hashes of the views that are compared: views x words x pictures."""
    count = sum(VIEWS.values())
    kinds = np.repeat(list(VIEWS), list(VIEWS.values()))
    return numbers_of(texts, count * words).reshape(count, words, -1)[np.isin(kinds, limits.views)]


def concatenate(ones: Signatures, others: Signatures) -> Signatures:
    """Put two collections one after the other."""
    short, long = np.concatenate([ones.short, others.short], 1), np.concatenate([ones.long, others.long], 1)
    return Signatures(short, long, others.limits)


def informative(hashes: np.ndarray, min_bits: int) -> np.ndarray:
    """Tell which hashes have enough bits set and enough clear to tell pictures apart."""
    bits = np.bitwise_count(hashes)
    return (bits >= min_bits) & (bits <= BITS - min_bits)


def numbers_of(texts: "pd.Series[str]", words: int) -> np.ndarray:
    """Parse hex digits to 64-bit numbers, so many for each text, word by word; those of an empty text are 0."""
    numbers = np.frombuffer(binascii.unhexlify(_letters(texts)), dtype=">u8").reshape(-1, words).T
    if numbers.shape[1] == len(texts):
        return numbers.astype(np.uint64, order="C")
    found = np.zeros((words, len(texts)), dtype=np.uint64)
    found[:, (texts != "").to_numpy()] = numbers
    return found


def _letters(texts: "pd.Series[str]") -> memoryview:
    """View all texts one after another, as they lie in Arrow's memory."""
    arrow = pa.array(texts).cast(pa.large_string())
    if isinstance(arrow, pa.ChunkedArray):  # as it was read from a large file
        arrow = arrow.combine_chunks()
    if len(arrow) == 0:
        return memoryview(b"")
    _, ends, whole = arrow.buffers()
    first, last = np.frombuffer(ends, np.int64)[[arrow.offset, arrow.offset + len(arrow)]]
    return memoryview(whole)[first:last]


def chance_pairs(count: int, limits: Limits) -> tuple[float, float]:
    """Expect so many pairs of uniform pictures within the radius, and so many that also agree in their signatures.

    Within the radius: N(N-1)/2 sum C(64, k) / 2^64.
    """
    pairs, rest = count * (count - 1) / 2, LONG_BITS - BITS
    near = patterns_within(BITS, limits.radius)
    agree = sum(
        math.comb(BITS, bits) * patterns_within(rest, limits.verify - bits) for bits in range(limits.radius + 1)
    )
    return pairs * near / 2**BITS, pairs * (agree / 2**LONG_BITS)
