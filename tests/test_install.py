"""The light install: what `pip install .` brings, in a virtual environment that has nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command that sees no package of this environment."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(list(map(str, words)), env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(name="light", scope="module")
def light_install(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a virtual environment with the package and its base dependencies, as locked."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copyfile(ROOT / "pyproject.toml", source / "pyproject.toml")
    place = tmp_path_factory.mktemp("light") / ".venv"
    install = ["pip", "install", "--python", place, "--constraint", ROOT / "requirements.lock", source]
    for words in (["venv", "--python", sys.executable, place], install):
        made = run(BIN / "uv", "--quiet", *words)
        assert made.returncode == 0, made.stderr
    return place / "bin"


def test_a_light_install_has_no_pipeline_and_no_training(light: Path) -> None:
    found = {path.name for path in light.parent.glob("lib/python*/site-packages/*")}
    assert {"native4k", "polars", "cv2"} <= found
    assert not {"basicsr", "diffusers", "dvc", "numba", "pyiqa", "snakemake", "torch", "transformers"} & found


def test_a_light_install_lists_its_steps(light: Path) -> None:
    said = run(light / "native4k", "--help")
    assert (said.returncode, said.stderr) == (0, "")
    assert "analyze" in said.stdout


def test_a_light_install_analyzes_metadata_and_opens_pictures(light: Path, tmp_path: Path) -> None:
    rows = {"url": [f"https://a.example/{n}.jpg" for n in range(9)], "width": 9 * [4000], "height": 9 * [3000]}
    pd.DataFrame(rows | {"caption": 9 * ["a hill"]}).to_parquet(tmp_path / "part.parquet")
    words = [f"pd12m={tmp_path / 'part.parquet'}", tmp_path / "report", "--params", ROOT / "params.yaml"]
    said = run(light / "native4k", "analyze", *words)
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "report" / "report.html").stat().st_size > 0
    looked = run(light / "python", "-c", "from native4k.measure import measurements; from native4k.fetch import fetch")
    assert (looked.returncode, looked.stderr) == (0, "")


def test_a_light_install_judges_pictures_from_anywhere(light: Path, tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 600), dtype=np.uint8)).save(tmp_path / "noise.png")
    said = run(light / "native4k", "judge", tmp_path, "--json", "--evidence", tmp_path / "shown")
    assert said.returncode == 0, said.stderr
    row = json.loads(said.stdout)[0]
    assert (row["outcome"], row["looks"], row["width"]) == ("too small", "cannot tell", 600)
    assert Path(row["evidence"]).stat().st_size > 0


def test_what_a_light_install_lacks_is_one_line(light: Path) -> None:
    words = ("bicubic_x4", "train", "val", "out", "--scratch", "scratch", "--curve", "curve.csv")
    said = run(light / "native4k", "sr", "train", *words)
    line = "native4k sr train: torch is not installed; run 'make', or pip install '.[pipeline,train]'\n"
    assert (said.returncode, said.stdout, said.stderr) == (1, "", line)
