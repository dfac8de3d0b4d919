"""Collect and analyze 20 M rows of a clone of LAION-high-resolution, against pandas and a bare query; and 170 M.

The clone has the real columns, strings of realistic length, sizes spread as published, 16 files. Every contestant
applies the published 4KLSDB rule and runs in a process of its own, in turn, so that time and peak memory are its own.
The published way, pandas with a row-wise `apply`, runs on one part and is extrapolated. The 170 M rows are the same
parts again and again: peak memory must not grow with them. --quick: a thousandth of the rows.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from parts.alone import alone, peak
from parts.results import at_most, faster

from native4k.cli import main as native4k

ROOT = Path(__file__).resolve().parent.parent
FILES, ROWS, APPLIED = 16, 1_250_000, 100_000
TIMES = 3
REPEATED = 136
"""Files of the large collection: 8.5 times the 16."""

RULE = {"min_pixels": 3840 * 2160, "min_long_side": 3840, "min_short_side": 0, "min_aspect": 0.6, "max_aspect": 1.5}
COLUMNS = ["URL", "TEXT", "WIDTH", "HEIGHT", "similarity", "hash", "LANGUAGE", "punsafe", "pwatermark"]


def polars() -> Any:
    """Polars as it comes; native4k sets its allocator, in its own processes."""
    os.environ.pop("_RJEM_MALLOC_CONF", None)
    import polars as pl

    return pl


def part(path: Path, number: int, rows: int) -> None:
    """One file of the clone."""
    pl = polars()
    dice = np.random.default_rng([7, number])
    letters = np.random.default_rng(1).integers(97, 123, (5000, 12)).astype(np.uint8)
    words = pl.Series([bytes(row[: 3 + at % 9]).decode() for at, row in enumerate(letters)])
    picked = {f"w{at}": words.gather(dice.zipf(1.2, rows) % 5000) for at in range(10)}
    width = np.maximum(1024, np.exp(dice.normal(7.38, 0.38, rows))).astype(np.int64)
    height = np.maximum(1024, width / np.exp(dice.normal(0.08, 0.32, rows))).astype(np.int64)
    frame = pl.DataFrame(picked | {"host": dice.zipf(1.35, rows) % 300_000, "n": dice.integers(0, 2**62, rows)})
    address = "https://cdn{}.example-{}.com/uploads/{}/{}-{}-{}/{}.jpg"
    frame.select(
        pl.format(address, pl.col("host") % 7, "host", "w0", "w1", "w2", "w3", "n").alias("URL"),
        pl.format(" ".join(["{}"] * 10), *picked).alias("TEXT"),
        pl.Series("WIDTH", width),
        pl.Series("HEIGHT", height),
        pl.Series("similarity", dice.normal(0.3, 0.04, rows)),
        pl.Series("hash", dice.integers(-(2**62), 2**62, rows)),
        pl.Series(["en", "de", "fr", "es", "ja", "zh"]).gather(dice.integers(0, 6, rows)).alias("LANGUAGE"),
        pl.Series("punsafe", dice.beta(0.3, 6, rows).astype(np.float32)),
        pl.Series("pwatermark", dice.beta(0.5, 1.5, rows).astype(np.float32)),
    ).write_parquet(path, compression="snappy", row_group_size=1_000_000)


def ours(folder: Path, pattern: str) -> None:
    """The step as anyone runs it."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["shards"] = 64
    tree["collect"] |= {"geometry": RULE, "max_punsafe": 1.0, "max_pwatermark": 1.0, "keep_rejected": False}
    tree["collect"]["sources"] = {"laion_high_resolution": str(folder / pattern)}
    numbers = folder / "params.yaml"
    numbers.write_text(yaml.safe_dump(tree), encoding="utf-8")
    words = ["collect", str(folder), str(folder / "candidates"), str(folder / "counts.parquet")]
    if native4k([*words, str(folder / "rejected.parquet"), "--params", str(numbers)]):
        sys.exit("native4k collect failed")


def analyzed(folder: Path, pattern: str) -> None:
    """The analysis as anyone runs it, exact over all rows."""
    words = ["analyze", str(folder / pattern), "--source", "laion_high_resolution", str(folder / "analysis")]
    if native4k([*words, "--params", str(ROOT / "params.yaml")]):
        sys.exit("native4k analyze failed")


def bare(folder: Path, pattern: str) -> None:
    """Polars, nothing but the geometry filter and the write."""
    pl = polars()
    width, height = pl.col("WIDTH"), pl.col("HEIGHT")
    good = (width * height >= RULE["min_pixels"]) & (pl.max_horizontal(width, height) >= RULE["min_long_side"])
    good &= (width / height).is_between(RULE["min_aspect"], RULE["max_aspect"])
    pl.scan_parquet(str(folder / pattern)).filter(good).sink_parquet(folder / "bare.parquet")


def read(folder: Path, pattern: str) -> None:
    """Polars, nothing but reading what the analysis looks at, all rows, a frame at a time."""
    pl, columns = polars(), [name for name in COLUMNS if name != "hash"]
    for path in sorted(folder.glob(pattern)):
        for frame in pl.scan_parquet(path).select(columns).collect_batches(engine="streaming"):
            frame.clear()


def by_hand(folder: Path, pattern: str) -> None:
    """By pandas, part by part, vectorised."""
    kept = []
    for path in sorted(folder.glob(pattern)):
        table = pd.read_parquet(path)
        pixels, longer = table["WIDTH"] * table["HEIGHT"], table[["WIDTH", "HEIGHT"]].max(axis=1)
        aspect = table["WIDTH"] / table["HEIGHT"]
        good = (pixels >= RULE["min_pixels"]) & (longer >= RULE["min_long_side"])
        kept.append(table[good & aspect.between(RULE["min_aspect"], RULE["max_aspect"])])
    pd.concat(kept).to_parquet(folder / "hand.parquet", compression="zstd")


def published(folder: Path, pattern: str) -> None:
    """By pandas with a row-wise apply, as the published scripts do it, on the first rows of a part."""
    table = pd.read_parquet(min(folder.glob(pattern))).head(APPLIED)

    def good(row: "pd.Series") -> bool:
        width, height = row["WIDTH"], row["HEIGHT"]
        large = width * height >= RULE["min_pixels"] and max(width, height) >= RULE["min_long_side"]
        return bool(large and RULE["min_aspect"] <= width / height <= RULE["max_aspect"])

    table[table.apply(good, axis=1)].to_parquet(folder / "published.parquet", compression="zstd")


Work = Callable[[Path, str], None]


def measured(work: Work, folder: Path, pattern: str) -> tuple[float, float]:
    """Seconds and peak memory (GiB) of work in a fresh process."""
    seconds, highest = alone(_measured, work, folder, pattern)
    return seconds, highest / 2**30


def _measured(work: Work, folder: Path, pattern: str) -> tuple[float, int]:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        began = time.perf_counter()
        work(folder, pattern)
        return time.perf_counter() - began, peak()


def main() -> None:
    """Draw the clone, time all in turn, then the large collection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a thousandth of the rows")
    quick = parser.parse_args().quick
    rows = ROWS // 1000 if quick else ROWS
    with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
        folder = Path(name)
        for number in range(FILES):
            alone(part, folder / f"part-{number:05}.parquet", number, rows)
        size = sum(path.stat().st_size for path in folder.glob("part-*")) / 2**30
        print(f"{FILES} files, {FILES * rows:,} rows, {size:.2f} GiB")
        contestants = {"ours": ours, "bare Polars": bare, "pandas by hand": by_hand}
        contestants |= {"analyze": analyzed, "reading": read}
        took: dict[str, list[tuple[float, float]]] = {key: [] for key in contestants}
        for _ in range(1 if quick else TIMES):
            for key, work in contestants.items():
                took[key].append(measured(work, folder, "part-*.parquet"))
        seconds = {key: statistics.median(one for one, _ in runs) for key, runs in took.items()}
        memory = {key: max(one for _, one in runs) for key, runs in took.items()}
        applied = min(APPLIED, rows)
        seconds["published way"] = measured(published, folder, "part-*.parquet")[0] * FILES * rows / applied
        for number in range(FILES, FILES + REPEATED):
            (folder / f"again-{number:05}.parquet").hardlink_to(folder / f"part-{number % FILES:05}.parquet")
        large, large_peak = measured(ours, folder, "again-*.parquet")
        floor, floor_peak = measured(bare, folder, "again-*.parquet")
        whole, whole_peak = measured(analyzed, folder, "again-*.parquet")
        for key, one in seconds.items():
            print(f"{key:<16}{one:>10.1f} s{memory.get(key, float('nan')):>8.2f} GiB")
        print(f"{REPEATED * rows:,} rows: ours {large:.1f} s, {large_peak:.2f} GiB")
        print(f"{REPEATED * rows:,} rows: bare Polars {floor:.1f} s, {floor_peak:.2f} GiB")
        print(f"{REPEATED * rows:,} rows: analyze {whole:.1f} s, {whole_peak:.2f} GiB")
    mine = seconds["ours"]
    results = [
        faster("collect (s), times faster than the published way", mine, seconds["published way"], 100),
        faster("collect (s), times faster than pandas by hand", mine, seconds["pandas by hand"], 2),
        at_most("collect (s), against a bare Polars query", mine, seconds["bare Polars"], 1.3),
        at_most("analyze (s), exact, against a bare Polars query", seconds["analyze"], seconds["bare Polars"], 3.0),
        at_most("analyze (s), exact, against reading its columns", seconds["analyze"], seconds["reading"], 3.0),
        at_most("collect, peak memory (GiB), against the 2 allowed", memory["ours"], 2.0, 1.0),
        at_most("collect, peak memory (GiB) on 170 M rows, against that on 20 M", large_peak, memory["ours"], 1.1),
        at_most("analyze, peak memory (GiB), against the 2 allowed", memory["analyze"], 2.0, 1.0),
        at_most("analyze, peak memory (GiB) on 170 M rows, against that on 20 M", whole_peak, memory["analyze"], 1.1),
    ]
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
