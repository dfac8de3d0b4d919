"""Decide the paper's collection, 390,000 rows with planted copies, by the real commands, within two minutes and 4 GB.

The table is simulated: every column that measuring leaves, captions and addresses included, a tenth of the rows copies
of others (the same bytes, re-encodes, crops, one cluster of look-alikes). Each step is a process of its own on two
cores, and its peak memory its own. Then `native4k whatif` at 400,000 rows for numbers of every step, start included:
against 15 seconds for those of dedup, and against 3 seconds for the others. Floor: reading and writing the table once,
without deciding anything.
--quick: a hundredth of the rows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from parts import features, paper
from parts.results import Row, at_most

ROWS, TRIED = 390_000, 400_000
CORES, SECONDS, GIGABYTES = 2, 120.0, 4.0
DEDUP_SECONDS, OTHER_SECONDS = 15.0, 3.0
COPY = """
import sys
from pathlib import Path
from native4k import tables
tables.write(tables.read(Path(sys.argv[1])), Path(sys.argv[2]))
"""
MADE = "data/scratch/dataset"
STEPS = {
    "vet": f"data/features/images.parquet data/votes {MADE}/vet.parquet",
    "select": f"{MADE}/vet.parquet {MADE}/select.parquet --takedown data/takedown/requests.txt",
    "dedup": f"{MADE}/select.parquet {MADE}/dedup.parquet --released data/released --threads {CORES}",
    "balance": f"{MADE}/dedup.parquet {MADE}/balance.parquet",
    "split": f"{MADE}/balance.parquet data/released {MADE}/split.parquet",
    "leaks": f"{MADE}/split.parquet {MADE}/leaks.parquet --threads {CORES}",
}
CHANGES = {
    "vet": "vet.undecided=wait",
    "balance": "balance.max_ratio=2",
    "select, stricter": "select.presets.demo.blurred.min=3",
    "select, looser": "select.presets.demo.upscaled.min=0.2",
    "who is taken down": "select.takedown.radius=8",
    "dedup, radius": "dedup.radius=6",
    "dedup, looser radius": "dedup.radius=12",
    "dedup, verified": "dedup.verify=60",
    "dedup, telling": "dedup.min_bits=24",
    "dedup, best": "dedup.score.best=highest",
    "split": "split.test.size=1000",
}


class Cost(NamedTuple):
    """Seconds by the clock and of the processor, and peak memory (GB)."""

    wall: float
    cpu: float
    peak: float


def measured(name: str, words: list[str], folder: Path) -> Cost:
    """What a command costs."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed with status {status}")
    cost = Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)
    print(f"{name:<28}{cost.wall:8.2f} s{cost.cpu:8.2f} s CPU{cost.peak:7.2f} GB", flush=True)
    return cost


def step(name: str, words: str, folder: Path) -> Cost:
    """What a step of ours costs."""
    return measured(name, ["-m", "native4k.cli", *words.split()], folder)


def laid(folder: Path, rows: int) -> Path:
    """A data folder of so many rows."""
    features.lay(folder, rows, paper.numbers().read_text(encoding="utf-8"))
    return folder


def built(folder: Path, rows: int) -> list[Cost]:
    """What the steps cost, one after another."""
    laid(folder, rows)
    return [step(name, f"{name} {words}", folder) for name, words in STEPS.items()]


def main() -> None:
    """Build, try other numbers, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows")
    scale = 100 if parser.parse_args().quick else 1
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    rows, tried = ROWS // scale, TRIED // scale
    results: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        print(f"{rows:,} rows")
        costs = built(Path(folder), rows)
        table = "data/features/images.parquet"
        floor = measured("reading and writing", ["-c", COPY, table, f"{MADE}/copy.parquet"], Path(folder))
        total, peak = sum(cost.wall for cost in costs), max(cost.peak for cost in costs)
        print(f"all steps: {total:.1f} s, {total / (len(costs) * floor.wall):.1f} times as long as reading and writing")
        results += [
            at_most(f"all steps of {rows:,} rows (s), against those allowed", total, SECONDS, 1.0),
            at_most("their peak memory (GB), against that allowed", peak, GIGABYTES, 1.0),
        ]
    with tempfile.TemporaryDirectory() as folder:
        print(f"{tried:,} rows")
        built(Path(folder), tried)
        for name, change in CHANGES.items():
            costs = [step(f"what if, {name}", f"whatif {change}", Path(folder)) for _ in range(3)]
            median = sorted(cost.wall for cost in costs)[1]
            limit = DEDUP_SECONDS if change.startswith("dedup") else OTHER_SECONDS
            results.append(at_most(f"what if, {name}, {tried:,} rows (s), against those wanted", median, limit, 1.0))
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
