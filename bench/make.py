"""What `make` costs, by stage and rule, in a fresh copy of this tree; --quick curates the tests' tiny demo, no more.

The copy has no data and no caches. The times are of one run, from the moments at which DVC and Snakemake announce the
start and the end of what they run. The last line is JSON.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from parts.results import at_most

from native4k.params import compose

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "tiny" / "params.yaml"
BUDGET = 480.0
"""Seconds that `make` may take on a laptop: minutes, as the README says."""

FLOOR = 3.0
"""How many times a bare `dvc repro` with nothing to do a `make` with nothing to do may cost."""

FETCH = ["snakemake", "--profile", "profiles/local", "-s", "rules/fetch.smk", "--forcerun", "collect"]
CURATION = ["publish", "assess"]
"""The stages that --quick stops at: training takes over a minute at any size."""


def parts(targets: list[str]) -> dict[str, list[str]]:
    """What `make` runs once .venv is there and the images are not."""
    return {
        "images: snakemake -s rules/fetch.smk": FETCH,
        "images: dvc add": ["dvc", "add", "--quiet", "data/images"],
        "native4k recall": ["native4k", "recall", "data/features"],
        "dvc repro": ["dvc", "repro", *targets],
    }


def checks(targets: list[str]) -> list[list[str]]:
    """What it runs when there is nothing to do."""
    return [["native4k", "run", *targets]]


class Moment(NamedTuple):
    """A line of a command's output, and when it came (seconds since the start)."""

    seconds: float
    line: str


def copy(folder: Path, *, quick: bool) -> None:
    """The tree as git sees it, changed and new files too, as a repository of its own with nothing made yet."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    profile = folder / "profiles" / "local" / "config.yaml"
    profile.write_text(
        re.sub(r"(?m)^quiet:.*\n", "", profile.read_text(encoding="utf-8")), encoding="utf-8"
    )  # jobs' ids
    if quick:
        (folder / "params.yaml").write_text(compose.compose(ROOT / "params.yaml", [TINY]), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def environment(folder: Path) -> dict[str, str]:
    """The commands of this interpreter first on the path, the code of the copy."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
        "PYTHONWARNINGS": "ignore::SyntaxWarning",
        "PYTHONUNBUFFERED": "1",
    }


def lines(command: list[str], folder: Path) -> Iterator[Moment]:
    """A command's output as it comes; its last lines in the error if it fails."""
    began = time.perf_counter()
    said: list[str] = []
    running = subprocess.Popen(
        command, cwd=folder, env=environment(folder), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert running.stdout is not None
    for line in running.stdout:
        said.append(line)
        yield Moment(time.perf_counter() - began, line.rstrip())
    if running.wait():
        sys.exit(f"{' '.join(command)} failed:\n{''.join(said[-20:])}")
    yield Moment(time.perf_counter() - began, "")


def stages(moments: list[Moment]) -> dict[str, float]:
    """Seconds of each DVC stage, from its announcement to the next one's: with its hashing, without its own look-up."""
    starts = [(at, found[1]) for at, line in moments if (found := re.match(r"Running stage '(.+)':", line))]
    ends = [at for at, _ in starts] + [moments[-1].seconds]
    return {name: end - at for (at, name), end in zip(starts, ends[1:], strict=True)}


def rules(moments: list[Moment]) -> dict[str, tuple[int, float]]:
    """Jobs and their seconds together, for each Snakemake rule."""
    begun: dict[str, float] = {}
    spent: dict[str, tuple[int, float]] = {}
    for at, line in moments:
        if found := re.match(r" +jobid: (\d+)", line):
            begun[found[1]] = at
        elif (found := re.match(r"Finished jobid: (\d+) \(Rule: (\w+)\)", line)) and found[1] in begun:
            jobs, seconds = spent.get(found[2], (0, 0.0))
            spent[found[2]] = (jobs + 1, seconds + at - begun.pop(found[1]))
    return spent


def run(folder: Path, targets: list[str]) -> float:
    """Everything once, with its table; the seconds of the whole."""
    whole = 0.0
    print(f"{'part':<42}{'seconds':>9}")
    for name, command in parts(targets).items():
        moments = list(lines(command, folder))
        whole += moments[-1].seconds
        print(f"{name:<42}{moments[-1].seconds:>9.1f}")
        for stage, seconds in stages(moments).items():
            print(f"  {'stage ' + stage:<40}{seconds:>9.1f}")
        for rule, (jobs, seconds) in rules(moments).items():
            print(f"  {f'rule {rule} (jobs: {jobs}, together)':<40}{seconds:>9.1f}")
    print(f"{'make, once .venv is there':<42}{whole:>9.1f}")
    return whole


def again(folder: Path, targets: list[str], times: int) -> tuple[float, float]:
    """Seconds of a `make` with nothing to do, and of a bare `dvc repro`; medians of odd times, taken in turn."""
    ours, floor = [], []
    for _ in range(times):
        ours.append(sum(list(lines(command, folder))[-1].seconds for command in checks(targets)))
        floor.append(list(lines(["dvc", "repro", "--quiet", *targets], folder))[-1].seconds)
    return sorted(ours)[times // 2], sorted(floor)[times // 2]


def main() -> None:
    """Copy, run, run again, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="with tests/tiny/params.yaml, no training")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
        folder = Path(name)
        copy(folder, quick=quick)
        targets = CURATION if quick else []
        whole = run(folder, targets)
        ours, floor = again(folder, targets, 1 if quick else 5)
    label = "curating the tiny demo" if quick else "make on the demo"
    results = [
        at_most(f"{label} (s), against its budget", whole, BUDGET, 1.0),
        at_most(f"{label} with nothing to do (s), against a bare dvc repro", ours, floor, FLOOR),
    ]
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
