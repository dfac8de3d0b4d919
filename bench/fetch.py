"""Fetch 2,000 images, half of them too small, against img2dataset 1.47; then a list that misbehaves.

Both ask the same server on loopback for the same list and keep the original bytes; img2dataset runs in a virtual
environment of its own, with 64 threads in one process (ours: 64 images at a time in one process). Contestants are
bound to one core, the server to the others, so that images a second are images a second and core; they run in turn,
and times are medians. Good images are those that pass the geometry filter: img2dataset cannot know, it brings all.
The second list is 20 % slow, 10 % failing at first, 10 % dead. --quick: a fiftieth of the images, once.
"""

import argparse
import json
import multiprocessing
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml
from parts.pictures import SEED, serving
from parts.results import Row, at_least, at_most

from native4k import tables
from native4k.metadata.urls import identify

ROOT = Path(__file__).resolve().parent.parent
PEER = "img2dataset==1.47.0"
IMAGES, MISBEHAVING, TIMES, AT_ONCE = 2000, 400, 3, 64
CORES = sorted(os.sched_getaffinity(0))

LIMITS: dict[str, float] = {
    "concurrency": AT_ONCE,
    "per_host": AT_ONCE,
    "per_host_rate": 1e6,
    "connect_seconds": 5.0,
    "read_seconds": 5.0,
    "total_seconds": 30.0,
    "host_failures": 100,
    "max_transient": 1.0,
    "backoff_base": 0.5,
    "allow_loopback": True,
}
"""Ours; the slowest single time limit is total_seconds."""


class Outcome(NamedTuple):
    """What a contestant took and gave."""

    seconds: float
    cpu: float
    memory: float
    """MiB at most, of all its processes together."""
    sent: int
    had: int
    tail: float
    """Seconds that the last 1 % took; 0 where it is not known."""


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        try:
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                found += map(int, children.read_text(encoding="ascii").split())
        except OSError:
            continue
    return found


def memory(pid: int) -> float:
    """MiB that a process and all below it take, what they share counted once."""
    total = 0
    for one in family(pid):
        try:
            said = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        total += sum(map(int, re.findall(r"(?m)^Pss:\s+(\d+)", said)))
    return total / 1024


def measured(words: list[str], told: Any, folder: Path, had: Callable[[], int], total: int) -> Outcome:
    """A contestant in a process bound to one core; `had` counts the images that are decided so far."""
    sent, highest, nearly = told.value, 0.0, 0.0
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "NO_ALBUMENTATIONS_UPDATE": "1"}
    with (folder / "said.txt").open("w", encoding="utf-8") as said:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        os.sched_setaffinity(0, CORES[:1])
        process = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT, env=environment)
        os.sched_setaffinity(0, CORES[1:] or CORES)
        while process.poll() is None:
            highest = max(highest, memory(process.pid))
            if not nearly and had() >= 0.99 * total:
                nearly = time.perf_counter()
            time.sleep(0.1)
        ended, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"{words[0]} failed:\n{(folder / 'said.txt').read_text(encoding='utf-8')}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(ended - began, cpu, highest, told.value - sent, had(), ended - nearly if nearly else 0.0)


def ours(urls: list[str], told: Any, folder: Path) -> tuple[Outcome, Counter[str]]:
    """The step as anyone runs it, on one shard; and what became of the images."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    tree["fetch"] |= LIMITS
    (folder / "params.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    ids = [identify("pd12m", url) for url in urls]
    table = pd.DataFrame({"id": ids, "source": "pd12m", "url": urls}).astype("str")
    tables.write(table, folder / "candidates.parquet")
    paths = [folder / name for name in ("candidates.parquet", "sources", "images", "index.parquet")]
    words = [sys.executable, "-m", "native4k.cli", "fetch", *map(str, paths), "--params", str(folder / "params.yaml")]
    journal = folder / "index.journal"
    outcome = measured(
        words, told, folder, lambda: journal.read_bytes().count(b"\n") if journal.exists() else 0, len(urls)
    )
    statuses = Counter(tables.read(folder / "index.parquet")["status"])
    return outcome._replace(had=statuses["ok"]), statuses


def peer(urls: list[str], told: Any, folder: Path, program: Path) -> Outcome:
    """Img2dataset with its own way of asking again."""
    pd.DataFrame({"url": urls}).to_parquet(folder / "list.parquet")
    options = {
        "url_list": folder / "list.parquet",
        "input_format": "parquet",
        "url_col": "url",
        "output_format": "files",
        "output_folder": folder / "out",
        "resize_mode": "no",
        "disable_all_reencoding": True,
        "processes_count": 1,
        "thread_count": AT_ONCE,
        "retries": 3,
    }
    words = [str(program), *(f"--{name}={value}" for name, value in options.items())]
    outcome = measured(words, told, folder, lambda: 0, len(urls))
    stats = (json.loads(path.read_text(encoding="utf-8")) for path in (folder / "out").glob("*_stats.json"))
    return outcome._replace(had=sum(one["successes"] for one in stats))


def installed(folder: Path) -> Path:
    """The peer's program, in a virtual environment of its own."""
    python = folder / "peer" / "bin" / "python"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for words in (
        ["uv", "venv", "--quiet", "--python", version, str(folder / "peer")],
        ["uv", "pip", "install", "--quiet", "--python", str(python), PEER, "setuptools<81"],
    ):
        subprocess.run(words, check=True)
    return python.with_name("img2dataset")


def fresh(run: Callable[[Path], Any]) -> Any:
    """What a run gives in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
        return run(Path(name))


def told_of(name: str, outcome: Outcome) -> None:
    """A line of the report."""
    print(
        f"{name:<24}{outcome.seconds:>8.1f} s{outcome.cpu:>8.1f} s of a core{outcome.memory:>8.0f} MiB"
        f"{outcome.sent / 1e6:>9.0f} MB{outcome.had:>7,} images"
    )


def list_of(count: int, port: int) -> list[str]:
    """Half of it large enough."""
    return [f"http://127.0.0.1:{port}/{'small' if n % 2 else 'large'}/{n}.jpg" for n in range(count)]


def bad_list(count: int, port: int) -> tuple[list[str], int]:
    """20 % slow, 10 % failing twice, 10 % dead in three ways; and how many can be had."""
    kinds = ["slow"] * (count // 5) + ["failing"] * (count // 10)
    dead = [("lost", "silent", "closed")[n % 3] for n in range(count // 10)]
    kinds += dead + ["large"] * (count - len(kinds) - len(dead))
    random.Random(SEED).shuffle(kinds)
    urls = [f"http://127.0.0.1:{1 if kind == 'closed' else port}/{kind}/{n}.jpg" for n, kind in enumerate(kinds)]
    return urls, count - len(dead)


def compare(port: int, told: Any, program: Path, *, quick: bool) -> list[Row]:
    """The first list in turn, then the second once."""
    urls = list_of(IMAGES // 50 if quick else IMAGES, port)
    runs: dict[str, list[Outcome]] = {"ours": [], "img2dataset": []}
    for _ in range(1 if quick else TIMES):
        mine, statuses = fresh(lambda folder: ours(urls, told, folder))
        assert statuses == {"ok": len(urls) / 2, "too_small": len(urls) / 2}, statuses
        runs["ours"].append(mine)
        runs["img2dataset"].append(fresh(lambda folder: peer(urls, told, folder, program)))
        for name, outcomes in runs.items():
            told_of(name, outcomes[-1])
    middle = {
        name: Outcome(*(statistics.median(values) for values in zip(*outcomes, strict=True)))
        for name, outcomes in runs.items()
    }
    speed = {name: len(urls) / 2 / outcome.seconds for name, outcome in middle.items()}
    mine, other = middle["ours"], middle["img2dataset"]
    urls, obtainable = bad_list(MISBEHAVING // 10 if quick else MISBEHAVING, port)
    bad, statuses = fresh(lambda folder: ours(urls, told, folder))
    theirs = fresh(lambda folder: peer(urls, told, folder, program))
    told_of("ours, second list", bad)
    told_of("img2dataset, second list", theirs)
    print(
        f"second list: {len(urls)} images, {obtainable} can be had; ours: {dict(statuses)}; last 1 %: {bad.tail:.1f} s"
    )
    got = 100 * statuses["ok"] / obtainable
    return [
        at_least("fetch, good images a second and core", speed["ours"], speed["img2dataset"], 1.0),
        at_most("fetch, MB transferred", mine.sent / 1e6, other.sent / 1e6, 0.6),
        at_most("fetch, peak memory (MiB)", mine.memory, other.memory, 0.5),
        at_least("fetch, yield of what can be had (%)", got, 100.0, 1.0),
        at_least("fetch, yield (%), against img2dataset's", got, 100 * theirs.had / obtainable, 1.0),
        at_most("fetch, the last 1 % (s), against the slowest time limit", bad.tail, LIMITS["total_seconds"], 1.0),
    ]


def main() -> None:
    """Start the server, install the peer, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fiftieth of the images, once")
    quick = parser.parse_args().quick
    spawn = multiprocessing.get_context("spawn")
    port, told = spawn.Value("i", 0), spawn.Value("q", 0)
    server = spawn.Process(target=serving, args=(port, told, CORES[1:] or CORES), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
            program = installed(Path(name))
            while not port.value:
                time.sleep(0.05)
            results = compare(port.value, told, program, quick=quick)
    finally:
        server.terminate()
        server.join()
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
