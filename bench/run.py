"""Run every benchmark of this folder, one after another, and write RESULTS.md; --quick is handed on to each.

A benchmark is a file that prints what it likes and ends with one line of JSON: {"comparisons": [{"name", "ours",
"peer", "ratio", "goal", "met"}, ...]}. Each takes care of its own alternation and medians.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"


class Outcome(NamedTuple):
    """What one benchmark said; no comparisons if it failed."""

    name: str
    about: str
    status: int
    report: str
    comparisons: list[dict[str, Any]]


def machine() -> str:
    """What the numbers depend on, and nothing that names the machine."""
    information = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.+)$", information, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB memory, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def about(path: Path) -> str:
    """The first line of a benchmark's docstring."""
    found = re.match(r'"""(.+?)(?:"""|\n)', path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem


def run(path: Path, options: list[str]) -> Outcome:
    """Run one benchmark; its output is shown as it comes and kept."""
    print(f"== {path.stem}", flush=True)
    running = subprocess.Popen([sys.executable, str(path), *options], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    said = []
    for line in running.stdout:
        print(line, end="", flush=True)
        said.append(line.rstrip())
    status = running.wait()
    comparisons: list[dict[str, Any]] = []
    if status == 0 and said:
        comparisons = json.loads(said.pop())["comparisons"]
    return Outcome(path.stem, about(path), status, "\n".join(said), comparisons)


def markdown(outcomes: list[Outcome], options: list[str]) -> str:
    """The whole page: the machine, one table of comparisons, each benchmark's own output."""
    rows = [
        f"| {outcome.name} | {row['name']} | {row['ours']} | {row['peer']} | {row['ratio']} | {row['goal']} "
        f"| {'yes' if row['met'] else 'no'} |"
        for outcome in outcomes
        for row in outcome.comparisons
    ]
    failed = [
        f"`bench/{outcome.name}.py` failed with status {outcome.status}.\n" for outcome in outcomes if outcome.status
    ]
    parts = [f"## {one.name}\n\n{one.about}\n\n```\n{one.report}\n```\n" for one in outcomes]
    command = " ".join(["python bench/run.py", *options])
    return "\n".join([
        "# Benchmarks\n",
        f"Written by `{command}` on: {machine()}.\n",
        "Ratio is ours over the peer's; the goal says what it should be at most, or as each benchmark explains.\n",
        "| benchmark | comparison | ours | peer | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        *failed,
        *parts,
    ])  # fmt: skip


def main() -> None:
    """Run all, write the page, and fail if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small inputs, to see that all of it works")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the page (default: bench/RESULTS.md)")
    args = parser.parse_args()
    options = ["--quick"] if args.quick else []
    outcomes = [run(path, options) for path in sorted(HERE.glob("*.py")) if path.name != Path(__file__).name]
    args.out.write_text(markdown(outcomes, options), encoding="utf-8")
    print(f"written: {args.out}")
    sys.exit(max(outcome.status != 0 for outcome in outcomes))


if __name__ == "__main__":
    main()
