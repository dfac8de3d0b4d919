"""The inner loops of the searches, compiled by numba at their first call; they release the GIL."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
Index = int | np.signedinteger | np.unsignedinteger


def compiled(function: Function) -> Function:
    """Compile a function to machine code, in each process anew: no file could be stale."""
    return cast("Function", numba.njit(nogil=True, inline="always")(function))


def _popcount(_: Any, bits: Any) -> Any:
    return numba.types.uint64(bits), lambda _context, builder, _signature, args: builder.ctpop(args[0])


popcount = intrinsic(_popcount)
"""Count the set bits of a 64-bit number in one instruction."""


@compiled
def first_near(
    entry: Index,
    begin: Index,
    end: Index,
    hashes: np.ndarray,
    holders: np.ndarray,
    short: np.ndarray,
    long: np.ndarray,
    count: Index,
    radius: np.uint64,
    verify: np.uint64,
    leader: Index,
) -> Index:
    """Find the lowest row below leader among the entries from begin to end that is near by both hashes; else leader."""
    one, nearest = short[entry], np.uint64(64)
    for place in range(begin, end):  # no early exit: so the processor compares eight at a time
        nearest = min(nearest, popcount(one ^ hashes[place]))
    if nearest <= radius:
        for place in range(begin, end):
            row = holders[place] % count
            if row < leader and popcount(one ^ hashes[place]) <= radius:
                apart = np.uint64(0)
                for word in range(long.shape[1]):
                    apart += popcount(long[entry, word] ^ long[holders[place], word])
                if apart <= verify:
                    leader = row
    return leader


@compiled
def lower_leaders(
    entries: np.ndarray,
    leaders: np.ndarray,
    short: np.ndarray,
    long: np.ndarray,
    radius: np.uint64,
    verify: np.uint64,
    shift: np.uint64,
    flips: np.ndarray,
    ends: np.ndarray,
    hashes: np.ndarray,
    holders: np.ndarray,
) -> None:
    """Lower the leaders of the entries' rows to the first representative that is near in one band's buckets.

    An entry is a view of a picture: the view's number times the count of pictures, plus the picture's row.
    """
    count, mask = np.int64(leaders.size), np.uint64(ends.shape[0] - 1)
    for at in range(entries.size):
        entry = np.int64(entries[at])
        row, key = entry % count, (short[entry] >> shift) & mask
        for flip in flips:
            begin, end = np.int64(ends[key ^ flip, 0]), np.int64(ends[key ^ flip, 1])
            leaders[row] = first_near(
                entry, begin, end, hashes, holders, short, long, count, radius, verify, np.int64(leaders[row])
            )


@compiled
def cluster(
    short: np.ndarray, long: np.ndarray, count: int, radius: np.uint64, verify: np.uint64, view_pairs: np.ndarray
) -> np.ndarray:
    """Cluster a few pictures, best first: each joins the first leader that is near, or becomes one."""
    views = short.size // max(count, 1)
    leaders = np.empty(count, dtype=np.uint32)
    hashes, holders = np.empty((views, count), dtype=np.uint64), np.empty((views, count), dtype=np.uint32)
    ready = 0  # leaders so far
    for at in range(count):
        leader: Index = np.int64(at)
        for pair in range(view_pairs.shape[0]):
            entry, held = view_pairs[pair, 0] * count + at, view_pairs[pair, 1]
            leader = first_near(
                entry, 0, ready, hashes[held], holders[held], short, long, count, radius, verify, leader
            )
        leaders[at] = leader
        if leader == at:
            for view in range(views):
                hashes[view, ready] = short[view * count + at]
                holders[view, ready] = view * count + at
            ready += 1
    return leaders


@compiled
def insert(
    entries: np.ndarray, short: np.ndarray, shift: np.uint64, ends: np.ndarray, hashes: np.ndarray, holders: np.ndarray
) -> None:
    """Append entries of new leaders to one band's buckets."""
    for at in range(entries.size):
        entry = entries[at]
        key = (short[entry] >> shift) & np.uint64(ends.shape[0] - 1)
        place = ends[key, 1]
        hashes[place], holders[place] = short[entry], entry
        ends[key, 1] = place + 1


@compiled
def nearest(
    hashes: np.ndarray,
    words: np.ndarray,
    radius: np.uint64,
    size: int,
    rows: np.ndarray,
    distances: np.ndarray,
    within: np.ndarray,
) -> None:
    """Find each hash's nearest among others, whose words lie one row each, in blocks of a size."""
    apart = np.empty(size, dtype=np.uint64)
    for begin in range(0, words.shape[1], size):
        count = min(size, words.shape[1] - begin)
        for at in range(hashes.shape[0]):
            apart[:] = 0
            for word in range(words.shape[0]):
                one, others = hashes[at, word], words[word, begin : begin + count]
                for place in range(count):
                    apart[place] += popcount(one ^ others[place])
            lowest, near = np.uint64(65535), np.uint64(0)
            for place in range(count):  # no early exit: so the processor compares eight at a time
                lowest = min(lowest, apart[place])
                near += np.uint64(apart[place] <= radius)
            within[at] += near
            if lowest < distances[at]:
                place = 0
                while apart[place] != lowest:
                    place += 1
                distances[at], rows[at] = lowest, begin + place
