"""The loops of the near search, compiled by numba when they are first called; while they run, other threads do too."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
Place = int | np.signedinteger

NOBODY = 2**32 - 1
"""The leader, as an unsigned row, of a hash that has none."""


def compiled(function: Function) -> Function:
    """The function as machine code, compiled anew in each process: nothing that could be stale is kept."""
    return cast("Function", numba.njit(nogil=True, inline="always")(function))


def _popcount(_: Any, bits: Any) -> Any:
    return numba.types.uint64(bits), lambda _context, builder, _signature, args: builder.ctpop(args[0])


popcount = intrinsic(_popcount)
"""How many bits of a 64-bit number are set, in one instruction."""


@compiled
def first_near(one: np.uint64, known: np.ndarray, begin: Place, end: Place, radius: np.uint64) -> Place:
    """The place of the first known hash from begin to end within the radius; end where there is none."""
    nearest = np.uint64(64)
    for place in range(begin, end):  # no early exit: so the processor compares eight at a time
        nearest = min(nearest, popcount(one ^ known[place]))
    if nearest <= radius:
        for place in range(begin, end):
            if popcount(one ^ known[place]) <= radius:
                return place
    return end


@compiled
def look(
    hashes: np.ndarray,
    leaders: np.ndarray,
    radius: np.uint64,
    shift: np.uint64,
    flips: np.ndarray,
    ends: np.ndarray,
    known: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Lower each hash's leader to the first representative within the radius in one band's buckets."""
    for at in range(hashes.size):
        key = (hashes[at] >> shift) & np.uint64(ends.shape[0] - 1)
        for flip in flips:
            begin, end = np.int64(ends[key ^ flip, 0]), np.int64(ends[key ^ flip, 1])
            place = first_near(hashes[at], known, begin, end, radius)
            if place < end and rows[place] < leaders[at]:
                leaders[at] = rows[place]


@compiled
def settle(hashes: np.ndarray, radius: np.uint64) -> np.ndarray:
    """Walk a few hashes best first: each joins the first representative within the radius, or becomes one."""
    known, leaders = np.empty_like(hashes), np.empty(hashes.size, dtype=np.uint32)
    rows, count = np.empty_like(leaders), 0
    for at in range(hashes.size):
        place = first_near(hashes[at], known, 0, count, radius)
        if place == count:
            known[count], rows[count] = hashes[at], at
            count += 1
        leaders[at] = rows[place]
    return leaders


@compiled
def insert(
    hashes: np.ndarray, fresh: np.ndarray, shift: np.uint64, ends: np.ndarray, known: np.ndarray, rows: np.ndarray
) -> None:
    """Append the new representatives to one band's buckets."""
    for row in fresh:
        key = (hashes[row] >> shift) & np.uint64(ends.shape[0] - 1)
        place = ends[key, 1]
        known[place], rows[place] = hashes[row], row
        ends[key, 1] = place + 1


@compiled
def closest(
    hashes: np.ndarray,
    words: np.ndarray,
    radius: np.uint64,
    size: int,
    rows: np.ndarray,
    distances: np.ndarray,
    within: np.ndarray,
) -> None:
    """Each hash's nearest among the known ones, whose words lie one row each, block by block of a size."""
    apart = np.empty(size, dtype=np.uint64)
    for begin in range(0, words.shape[1], size):
        count = min(size, words.shape[1] - begin)
        for at in range(hashes.shape[0]):
            apart[:] = 0
            for word in range(words.shape[0]):
                one, known = hashes[at, word], words[word, begin : begin + count]
                for place in range(count):
                    apart[place] += popcount(one ^ known[place])
            least, near = np.uint64(65535), np.uint64(0)
            for place in range(count):  # no early exit: so the processor compares eight at a time
                least = min(least, apart[place])
                near += np.uint64(apart[place] <= radius)
            within[at] += near
            if least < distances[at]:
                place = 0
                while apart[place] != least:
                    place += 1
                distances[at], rows[at] = least, begin + place
