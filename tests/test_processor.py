import os
import subprocess
import sys
from pathlib import Path

import pytest

from native4k import processor

CAPABILITY = "import sys; from native4k import cli; {}; import torch; print(torch.backends.cpu.get_cpu_capability())"


def capability(first: str) -> str:
    """Torch's level in a process that does something first, asked for the lowest one."""
    environment = os.environ | {"ATEN_CPU_CAPABILITY": "default"}
    words = [sys.executable, "-c", CAPABILITY.format(first)]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()[-1]


@pytest.mark.skipif(not processor.has_avx2(), reason="a processor without AVX2")
def test_the_command_sets_the_level_that_torch_runs_at() -> None:
    assert capability("pass") == "DEFAULT"
    assert capability("cli.main(['--help'])") == "AVX2"


def test_a_processor_without_the_instructions_keeps_its_own_level(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    description = tmp_path / "cpuinfo"
    description.write_text("flags : fpu sse4_2 avx\n")
    monkeypatch.setattr(processor, "DESCRIPTION", description)
    monkeypatch.setenv("MKL_CBWR", "AUTO")
    processor.fix_level()
    assert os.environ["MKL_CBWR"] == "AUTO"
