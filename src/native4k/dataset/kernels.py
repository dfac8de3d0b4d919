"""The loops of the near search, compiled by numba when they are first called; while they run, other threads do too."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])
Place = int | np.signedinteger | np.unsignedinteger

NOBODY = 2**32 - 1
"""The leader, as an unsigned row, of a picture that has none."""


def compiled(function: Function) -> Function:
    """The function as machine code, compiled anew in each process: nothing that could be stale is kept."""
    return cast("Function", numba.njit(nogil=True, inline="always")(function))


def _popcount(_: Any, bits: Any) -> Any:
    return numba.types.uint64(bits), lambda _context, builder, _signature, args: builder.ctpop(args[0])


popcount = intrinsic(_popcount)
"""How many bits of a 64-bit number are set, in one instruction."""


@compiled
def first_copy(
    entry: Place,
    begin: Place,
    end: Place,
    known: np.ndarray,
    holders: np.ndarray,
    shorts: np.ndarray,
    longs: np.ndarray,
    count: Place,
    radius: np.uint64,
    verify: np.uint64,
    leader: Place,
) -> Place:
    """The first row below leader, of those held from begin to end, that is near by both signatures; else leader."""
    one, nearest = shorts[entry], np.uint64(64)
    for place in range(begin, end):  # no early exit: so the processor compares eight at a time
        nearest = min(nearest, popcount(one ^ known[place]))
    if nearest <= radius:
        for place in range(begin, end):
            row = holders[place] % count
            if row < leader and popcount(one ^ known[place]) <= radius:
                apart = np.uint64(0)
                for word in range(longs.shape[1]):
                    apart += popcount(longs[entry, word] ^ longs[holders[place], word])
                if apart <= verify:
                    leader = row
    return leader


@compiled
def look(
    entries: np.ndarray,
    leaders: np.ndarray,
    shorts: np.ndarray,
    longs: np.ndarray,
    radius: np.uint64,
    verify: np.uint64,
    shift: np.uint64,
    flips: np.ndarray,
    ends: np.ndarray,
    known: np.ndarray,
    holders: np.ndarray,
) -> None:
    """Lower the leaders of the entries' rows to the first representative that is near in one band's buckets.

    An entry is a view of a picture: its row, and so many times the count of the pictures as the view's number.
    """
    count, mask = np.int64(leaders.size), np.uint64(ends.shape[0] - 1)
    for at in range(entries.size):
        entry = np.int64(entries[at])
        row, key = entry % count, (shorts[entry] >> shift) & mask
        for flip in flips:
            begin, end = np.int64(ends[key ^ flip, 0]), np.int64(ends[key ^ flip, 1])
            leaders[row] = first_copy(
                entry, begin, end, known, holders, shorts, longs, count, radius, verify, np.int64(leaders[row])
            )


@compiled
def settle(
    shorts: np.ndarray, longs: np.ndarray, before: np.ndarray, radius: np.uint64, verify: np.uint64
) -> np.ndarray:
    """Walk a few pictures best first: each joins the first representative that is near, or becomes one.

    Of a picture whose leader is known and still stands, only what is new since then is compared.
    """
    count = before.size
    views = shorts.size // max(count, 1)
    leaders = np.empty(count, dtype=np.uint32)
    known, holders = np.empty((2, views, count), dtype=np.uint64), np.empty((2, views, count), dtype=np.uint32)
    ready = np.zeros(2, dtype=np.int64)  # representatives: all of them, and those that are new
    for at in range(count):
        told: Place = before[at]
        leader: Place = np.int64(at)
        new = told != at and (told < 0 or leaders[told] != told)
        among = 0 if new else 1
        if not new:
            leader = told
        for view in range(views):
            entry = view * count + at
            for held in range(views if view == 0 else 1):
                leader = first_copy(
                    entry, 0, ready[among], known[among, held], holders[among, held],
                    shorts, longs, count, radius, verify, leader,
                )  # fmt: skip
        leaders[at] = leader
        if leader == at:
            for kind in range(2 if told != at else 1):
                for view in range(views):
                    known[kind, view, ready[kind]] = shorts[view * count + at]
                    holders[kind, view, ready[kind]] = view * count + at
                ready[kind] += 1
    return leaders


@compiled
def insert(
    entries: np.ndarray, shorts: np.ndarray, shift: np.uint64, ends: np.ndarray, known: np.ndarray, holders: np.ndarray
) -> None:
    """Append the views of new representatives to one band's buckets."""
    for at in range(entries.size):
        entry = entries[at]
        key = (shorts[entry] >> shift) & np.uint64(ends.shape[0] - 1)
        place = ends[key, 1]
        known[place], holders[place] = shorts[entry], entry
        ends[key, 1] = place + 1
