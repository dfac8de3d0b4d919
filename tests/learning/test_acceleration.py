"""native4k.learning.acceleration: what a process keeps of the memory that it frees."""

import ctypes
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from native4k.learning import acceleration

torch.set_num_threads(1)
if "kept" in sys.argv:
    acceleration.keep_freed()

def step():
    made = [torch.ones(2**20) for _ in range(40)]
    return sum(float(one[0]) for one in made)

step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
assert sum(step() for _ in range(5)) == 200
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*words: str) -> int:
    """Pages that five steps of 160 MB fault in."""
    done = subprocess.run([sys.executable, "-c", FAULTS, *words], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another allocator than glibc's")
def test_what_a_step_frees_is_at_hand_in_the_next() -> None:
    assert 4 * faults("kept") < faults()
