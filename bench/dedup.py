"""Find near copies among millions of 64-bit hashes, against imagededup, what is allowed, and what the machine can do.

Each measurement has a process of its own; ours takes two threads, and its seconds include importing numba and
compiling, except in the exponents. imagededup's best method compares all with all: its time at 10,000, less that at
1,000 (starting its processes), is extrapolated to 133,000 by the square. The skewed hashes have a tenth in clusters,
one of 100,000, each copy up to eight bits from its picture. Pictures as dedup compares them are the same with three
all views (the whole, the mirrored picture, two middles, two central windows) and a signature of 256 bits for each.
Floors: what comparing all pairs would take were both cores to do nothing but popcounts, and what merely sorting the
hashes takes, which collapsing equal ones needs.
--quick: a hundredth of the hashes.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Literal, NamedTuple
from unittest.mock import patch

import numpy as np
from parts.alone import alone, peak
from parts.results import Row, at_most, faster

from native4k.dataset.near_duplicates import groups
from native4k.dataset.near_duplicates.band_search import NO_LEADER
from native4k.dataset.near_duplicates.signatures import VIEWS, Limits, Signatures

THREADS = 2
PEER = 10_000
"""Hashes that imagededup is given; and a tenth of them."""

LARGEST = 100_000
"""Look-alikes in the largest cluster."""


class Cost(NamedTuple):
    """Seconds of getting ready and of the work, seconds of CPU of both, peak memory (GB)."""

    ready: float
    work: float
    cpu: float
    peak: float


def uniform(count: int) -> np.ndarray:
    """Hashes of different pictures."""
    return np.random.default_rng(count).integers(0, 2**64, count, dtype=np.uint64)


def clusters(count: int) -> tuple[np.ndarray, np.ndarray]:
    """A tenth of the rows, in no order, and what each is a copy of: one cluster of 100,000, the others of ten."""
    rows = np.random.default_rng(count + 1).permutation(count)[: count // 10]
    large = min(LARGEST, len(rows))
    heads = rows.copy()
    heads[:large] = rows[0]
    heads[large:] = rows[large + np.arange(len(rows) - large) // 10 * 10]
    return rows, heads


def copied(hashes: np.ndarray, rows: np.ndarray, heads: np.ndarray) -> None:
    """Make rows copies of their heads, up to eight bits away."""
    dice = np.random.default_rng(len(rows))
    hashes[rows] = hashes[heads]
    for flipped in range(1, 9):
        some = dice.permutation(rows)[: len(rows) // 8 * flipped]
        hashes[some] ^= np.uint64(1) << dice.integers(0, 64, len(some), dtype=np.uint64)


def skewed(count: int) -> np.ndarray:
    """Hashes of which a tenth are in clusters."""
    hashes = uniform(count)
    copied(hashes, *clusters(count))
    return hashes


def limits_of(radius: int, views: list[Literal["mirrored", "middles", "windows"]]) -> Limits:
    """Compare all hashes, however blank they are."""
    return Limits(radius=radius, verify=76, views=views, min_bits=0)


def plain(hashes: np.ndarray, radius: int) -> Signatures:
    """Hashes alone, without signatures or views."""
    return Signatures(hashes[None], np.empty((1, len(hashes), 0), dtype=np.uint64), limits_of(radius, []))


def pictures(count: int, radius: int) -> Signatures:
    """The same as dedup compares pictures: all views, each with a signature that copies share but for a few bits."""
    dice, views = np.random.default_rng(count + 2), 1 + sum(VIEWS.values())
    short = dice.integers(0, 2**64, (views, count), dtype=np.uint64)
    long = dice.integers(0, 2**64, (views, count, 4), dtype=np.uint64)
    rows, heads = clusters(count)
    for view in range(views):
        copied(short[view], rows, heads)
        for word in range(4):
            copied(long[view, :, word], rows, heads)
    return Signatures(short, long, limits_of(radius, ["mirrored", "middles", "windows"]))


Work = Callable[[], object]
Task = Callable[[int, int], tuple[Work, Work]]
"""Hashes, radius -> how to get ready, and the work itself."""


def compile_all() -> None:
    """The first search of a process that is large enough to need numba."""
    with patch.object(groups, "SMALL", 0):
        groups.leaders(plain(uniform(2 * groups.SMALLEST), 4), THREADS)


def ours(count: int, radius: int) -> tuple[Work, Work]:
    """Our search among uniform hashes."""
    hashes = uniform(count)
    return compile_all, lambda: groups.leaders(plain(hashes, radius), THREADS)


def ours_skewed(count: int, radius: int) -> tuple[Work, Work]:
    """Our search among skewed hashes."""
    hashes = skewed(count)
    return compile_all, lambda: groups.leaders(plain(hashes, radius), THREADS)


def ours_pictures(count: int, radius: int) -> tuple[Work, Work]:
    """Our search among pictures with signatures and views."""
    made = pictures(count, radius)
    return compile_all, lambda: groups.leaders(made, THREADS)


def imagededup(count: int, radius: int) -> tuple[Work, Work]:
    """The peer's brute force in Cython, on all cores, by its public function."""
    from imagededup.methods import PHash

    hashes = {str(row): f"{value:016x}" for row, value in enumerate(uniform(count).tolist())}
    hasher = PHash(verbose=False)
    return lambda: None, lambda: hasher.find_duplicates(
        encoding_map=hashes, max_distance_threshold=radius, search_method="brute_force_cython"
    )


def popcounts(count: int, radius: int) -> tuple[Work, Work]:
    """Each of 4,096 hashes, which the nearest cache holds, against so many others: bare comparing on one core."""
    from native4k.dataset.near_duplicates import popcount_kernels

    hashes, known, limit = uniform(count), uniform(4096), np.uint64(radius)
    none, entries = np.empty((count, 0), dtype=np.uint64), np.arange(count)
    ends, flips, first = np.array([[0, 4096]], dtype=np.uint32), np.zeros(1, dtype=np.uint64), np.uint64(0)
    found, holders = np.full(count, NO_LEADER), np.zeros(4096, dtype=np.uint32)

    def compare() -> None:
        popcount_kernels.lower_leaders(entries, found, hashes, none, limit, first, first, flips, ends, known, holders)

    return compare, compare


def sorting(count: int, _: int) -> tuple[Work, Work]:
    """Putting the hashes in order, once."""
    hashes = uniform(count)
    return lambda: None, lambda: np.sort(hashes)


def _measured(task: Task, count: int, radius: int) -> Cost:
    ready, work = task(count, radius)
    cpu, began = time.process_time(), time.perf_counter()
    ready()
    middle = time.perf_counter()
    work()
    ended = time.perf_counter()
    return Cost(middle - began, ended - middle, time.process_time() - cpu, peak() / 1e9)


def measured(task: Task, count: int, radius: int, times: int = 1) -> Cost:
    """The medians of a task's cost, and its highest peak, each time in a fresh process."""
    costs = [alone(_measured, task, count, radius) for _ in range(times)]
    ready, work, cpu, highest = zip(*costs, strict=True)
    cost = Cost(statistics.median(ready), statistics.median(work), statistics.median(cpu), max(highest))
    print(
        f"{task.__name__:<12}{count:>12,} radius {radius:>2}: {cost.ready:6.2f} s ready {cost.work:8.2f} s"
        f" {cost.cpu:8.2f} s CPU {cost.peak:6.2f} GB",
        flush=True,
    )
    return cost


def limits(name: str, cost: Cost, seconds: float, memory: float) -> list[Row]:
    """A run against the seconds and gigabytes it is allowed."""
    return [
        at_most(f"{name} (s), against those allowed", cost.ready + cost.work, seconds, 1.0),
        at_most(f"{name}, peak memory (GB), against that allowed", cost.peak, memory, 1.0),
    ]


def growth(costs: dict[tuple[Task, int], dict[int, Cost]]) -> dict[str, float]:
    """The power with which time grows from each size to the next."""
    found = {}
    for (task, radius), sizes in costs.items():
        what = "pictures" if task is ours_pictures else "hashes"
        for small, large in pairwise(sizes):
            name = f"{what} at radius {radius}, {small:,} to {large:,}"
            found[name] = math.log10(sizes[large].work / sizes[small].work)
    return found


def main() -> None:
    """Measure all in turn, print the exponents and the floors, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the hashes")
    quick = parser.parse_args().quick
    scale, times = (100, 1) if quick else (1, 3)
    published, million, ten = 133_000 // scale, 10**6 // scale, 10**7 // scale
    start, peer = (measured(imagededup, count, 10, times) for count in (PEER // 10, PEER))
    theirs = (peer.work - start.work) / (PEER**2 - (PEER // 10) ** 2) * published**2
    here = measured(ours, published, 10, times)
    three = measured(ours_pictures, published, 10, times)
    print(f"imagededup at {published:,}, extrapolated: {theirs:,.0f} s; ours {here.ready + here.work:.2f} s")
    sizes = (million // 10, million, ten)
    costs: dict[tuple[Task, int], dict[int, Cost]] = {
        (task, radius): {count: measured(task, count, radius, times if count < ten else 1) for count in sizes[:most]}
        for task, radius, most in ((ours, 4, 3), (ours, 10, 3), (ours_pictures, 4, 3), (ours_pictures, 10, 2))
    }
    skew = {10: measured(ours_skewed, million, 10, times), 4: measured(ours_skewed, ten, 4)}
    seen = {10: costs[ours_pictures, 10][million], 4: costs[ours_pictures, 4][ten]}
    exponents = growth(costs)
    for name, exponent in exponents.items():
        print(f"exponent of {name}: {exponent:.2f}")
    bare = measured(popcounts, 100_000, 10, times)
    rate = 100_000 * 4096 / bare.work
    print(f"floor: {rate / 1e9:.1f} G pairs a second and core")
    for count in (published, million, ten):
        print(f"floor of comparing all pairs of {count:,}: {count**2 / 2 / rate / THREADS:,.2f} s")
    floor = measured(sorting, ten, 4, times)
    print(f"radius 4, {ten:,}: {costs[ours, 4][ten].work / floor.work:.1f} times as long as sorting on one core")
    results = [
        faster(f"near copies among {published:,} hashes at radius 10 (s), times faster than imagededup",
            here.ready + here.work, theirs, 500),
        faster(f"{published:,} pictures with signatures and views (s), times faster than imagededup by one hash",
            three.ready + three.work, theirs, 500),
        *limits(f"{million:,} hashes at radius 10", costs[ours, 10][million], 60, 1.5),
        *limits(f"{ten:,} hashes at radius 4", costs[ours, 4][ten], 300, 6),
        *limits(f"{million:,} skewed hashes at radius 10", skew[10], 60, 1.5),
        *limits(f"{ten:,} skewed hashes at radius 4", skew[4], 300, 6),
        *limits(f"{million:,} pictures with signatures and views at radius 10", seen[10], 30, 1.5),
        *limits(f"{ten:,} pictures with signatures and views at radius 4", seen[4], 300, 6),
        *(
            at_most(f"exponent of growth of {name}, against 2", value, 2.0, 0.9)
            for name, value in exponents.items()
        ),
    ]  # fmt: skip
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
