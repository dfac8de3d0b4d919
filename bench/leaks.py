"""Split the paper's collection around what was released before, and search all of it for leaks, in seconds.

390,000 kept images, a third of them released earlier, with every signature; val and test of the paper's sizes. The
searches compare all with all of the other split, so the floor is the bare comparing: as many XORs, popcounts and
minima as there are words in all pairs, in the compiled loop. The peer is NumPy on one hash at a time.
--quick: a hundredth of the images.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from parts import paper
from parts.alone import alone, peak
from parts.results import at_most, faster

from native4k import params
from native4k.dataset import leaks, released_images, split
from native4k.dataset.near_duplicates import exhaustive_search
from native4k.dataset.near_duplicates.signatures import Limits

ROWS, THREADS = 390_000, 2
LIMITS = Limits(radius=8, verify=76, views=["mirrored", "middles", "windows"], min_bits=20)


class Cost(NamedTuple):
    """Seconds, and peak memory (GB)."""

    seconds: float
    peak: float


def texts(dice: np.random.Generator, count: int, length: int) -> list[str]:
    """Random texts of so many hex digits."""
    whole = dice.bytes(count * length // 2).hex()
    return [whole[at : at + length] for at in range(0, len(whole), length)]


def images(count: int) -> pd.DataFrame:
    """So many kept images, each its own group, on hosts of very different sizes."""
    dice = np.random.default_rng(count)
    table = pd.DataFrame({"id": texts(dice, count, 16), "sha256": texts(dice, count, 64)}, dtype="str")
    table["group"] = table["representative"] = table["id"]
    table["category"] = dice.choice(list("abcdef"), count)
    table["url"] = [f"https://host{number}.example.org/" for number in (dice.pareto(1.2, count) * 10).astype(int)]
    for name, words in {"phash": 1, "signature": 4, "view_phash": 5, "view_signature": 20}.items():
        table[name] = pd.Series(texts(dice, count, 16 * words), dtype="str")
    return table.assign(reason="", rejected_by="")


def numbers(together: list[str]) -> split.Params:
    """The paper's, with what stays together."""
    section = params.read(paper.numbers())["split"] | {"together": together}
    return params.validate(split.Params, section, "split")


def listed(table: pd.DataFrame) -> pd.DataFrame:
    """The first third of a collection, released where its hash puts it."""
    first = split.split(table[: len(table) // 3], numbers([]), released_images.EMPTY)
    first = first[first["split"] != split.RESERVE]
    return first.assign(zone=first["split"])[released_images.COLUMNS]


def splitting(count: int, together: list[str]) -> Callable[[], Any]:
    """Splitting a grown collection."""
    table = images(count)
    lists = listed(table)
    return lambda: split.split(table, numbers(together), lists)


def searching(count: int, threads: int) -> Callable[[], Any]:
    """Searching a split collection for leaks."""
    table = split.split(images(count), numbers([]), released_images.EMPTY)
    return lambda: leaks.leaks(table, LIMITS, threads)


def bare(count: int, words: int) -> Callable[[], Any]:
    """Comparing 4,000 hashes of so many words with all, compiled beforehand, on one thread."""
    dice = np.random.default_rng(words)
    few, many = (dice.integers(0, 2**64, (size, words), dtype=np.uint64) for size in (max(1, count // 98), count))
    found = exhaustive_search.Nearest(*(np.zeros(len(few), dtype=np.int64) for _ in exhaustive_search.Nearest._fields))
    exhaustive_search.search_compiled(few[:1], many[:1], 8, exhaustive_search.Nearest(*(part[:1] for part in found)))
    return lambda: exhaustive_search.search_compiled(few, many, 8, found)


def plain(count: int, words: int) -> Callable[[], Any]:
    """The same with NumPy, one hash after another."""
    dice = np.random.default_rng(words)
    few, many = (dice.integers(0, 2**64, (size, words), dtype=np.uint64) for size in (max(1, count // 98), count))
    found = exhaustive_search.Nearest(*(np.zeros(len(few), dtype=np.int64) for _ in exhaustive_search.Nearest._fields))
    return lambda: exhaustive_search.search_with_numpy(few, many, 8, found)


def _measured(task: Callable[..., Callable[[], Any]], given: tuple[Any, ...]) -> Cost:
    work = task(*given)
    began = time.perf_counter()
    work()
    return Cost(time.perf_counter() - began, peak() / 1e9)


def measured(times: int, task: Callable[..., Callable[[], Any]], *given: Any) -> Cost:
    """The median of a task's seconds, and its highest peak, each time in a fresh process."""
    costs = [alone(_measured, task, given) for _ in range(times)]
    cost = Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak for cost in costs))
    print(f"{task.__name__:<10} {given!s:<22} {cost.seconds:8.2f} s {cost.peak:6.2f} GB", flush=True)
    return cost


def main() -> None:
    """Measure all in turn, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the images")
    quick = parser.parse_args().quick
    rows, times = (ROWS // 100, 1) if quick else (ROWS, 3)
    alone_, hosts = (measured(times, splitting, rows, together) for together in ([], ["host"]))
    searched = measured(times, searching, rows, THREADS)
    compiled, numpy_ = (measured(times, task, rows, 4) for task in (bare, plain))
    short = measured(times, bare, rows, 1)
    print(f"floor: {rows // 98 * rows / short.seconds / 1e9:.1f} G pairs of 64 bits a second and core")
    results = [
        at_most(f"splitting {rows:,} images around released ones (s), against those allowed", alone_.seconds, 10, 1.0),
        at_most("the same with whole hosts on one side (s), against those allowed", hosts.seconds, 20, 1.0),
        at_most("leaks among them by three searches (s), against those allowed", searched.seconds, 30, 1.0),
        at_most("peak memory of that (GB), against that allowed", searched.peak, 4, 1.0),
        faster("the nearest of 256 bits, 1 % against all (s), times faster than NumPy", compiled.seconds,
            numpy_.seconds, 2),
    ]  # fmt: skip
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
