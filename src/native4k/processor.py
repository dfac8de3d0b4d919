"""The instruction level of torch on a processor, the same everywhere, so that weights and scores are the same bytes."""

import os
import platform
from pathlib import Path

LEVEL = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "COMPATIBLE"}
"""What torch's own kernels, oneDNN and MKL read when torch is first imported: all x86-64 processors since 2015 can."""

DESCRIPTION = Path("/proc/cpuinfo")


def fix_level() -> None:
    """Set the level for this process and those that it starts; nothing to do where there are no such instructions."""
    if platform.machine() in {"x86_64", "AMD64"} and has_avx2():
        os.environ.update(LEVEL)


def has_avx2() -> bool:
    """Whether the processor has AVX2, which those without /proc are taken to have."""
    return not DESCRIPTION.exists() or " avx2 " in DESCRIPTION.read_text(encoding="ascii", errors="replace")
