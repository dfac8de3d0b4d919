"""The tests' own names: the same every time, or pytest-xdist's processes and a rerun of what failed lose each other."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("analyze", "fetch", "metadata", "sources")
"""Packages whose tests are named after bytes and need no torch, whose import alone takes seconds."""


def test_collecting_at_another_time_with_other_hashes_finds_the_same_names() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/{name}" for name in FOLDERS]
    processes = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True))
        time.sleep(1.1)  # gzip's clock has seconds
    first, second = ([line for line in each.communicate()[0].splitlines() if "::" in line] for each in processes)
    assert len(first) > 500
    assert first == second
