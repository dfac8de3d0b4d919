"""Resize and compare 4K pictures, against basicsr and pyiqa; and what upscaling to 4K takes of memory.

All on one thread, in turn, medians, pictures drawn from a seed. The peers get what they ask for: basicsr float32 or
uint8, pyiqa (once) tensors. Upscaling is SwinIR-light x4 as in params/paper.yaml, with untrained weights, 960 x 540 to
4K, in a process of its own, from decoding to the PNG. --quick: a quarter of the sides, once, and no pyiqa.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from parts.alone import alone, peak
from parts.results import Row, at_most, faster
from PIL import Image

from native4k.sr import baselines, resample, similarity, tiles, upscale
from native4k.sr.networks import mended

SIDES = (2160, 3840)
PAPER = Path(__file__).resolve().parents[1] / "params/paper.yaml"
NETWORK = "swinir_lightweight_x4"
ALLOWED = 2.0
"""GB that upscaling may take."""


def pair(sides: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture with detail, and one that is a little off."""
    random = np.random.default_rng(4)
    truth = cv2.GaussianBlur(random.integers(0, 256, (*sides, 3), dtype=np.uint8), (0, 0), 1.2)
    return np.clip(truth + random.integers(-6, 7, truth.shape), 0, 255).astype(np.uint8), truth


def compared(works: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of each, one after the other in turn; the first turn does not count."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(runs + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn:
                taken[name].append(time.perf_counter() - start)
    found = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, seconds in found.items():
        print(f"{name:<28}{seconds:8.3f} s", flush=True)
    return found


def resizing(truth: np.ndarray, runs: int) -> list[Row]:
    """A quarter of the sides, as degrading a test image does."""
    theirs = mended.basicsr("utils.matlab_functions").imresize
    image = resample.to_tensor(truth)
    array = np.ascontiguousarray(truth.astype(np.float32) / 255)
    found = compared(
        {
            "imresize, ours": lambda: resample.imresize(image, 1 / 4),
            "imresize, ours exactly": lambda: resample.downscale(image, 4),
            "imresize, basicsr on tensors": lambda: theirs(image, 1 / 4),
            "imresize, basicsr on NumPy": lambda: theirs(array, 1 / 4),
        },
        runs,
    )
    off = float((resample.imresize(image, 1 / 4) - theirs(image, 1 / 4)).abs().max())
    print(f"largest difference: {off:.1e}")
    ours = found["imresize, ours"]
    name = "imresize x1/4 of a 4K image (s), times faster than basicsr's"
    return [
        faster(f"{name} NumPy path", ours, found["imresize, basicsr on NumPy"], 4),
        faster(f"{name} tensor path", ours, found["imresize, basicsr on tensors"], 2),
    ]


def comparing(ours: np.ndarray, truth: np.ndarray, runs: int, *, pyiqa: bool) -> list[Row]:
    """SSIM of RGB."""
    theirs = mended.basicsr("metrics.psnr_ssim").calculate_ssim
    found = compared(
        {
            "SSIM, ours": lambda: similarity.ssim(ours, truth),
            "SSIM and MS-SSIM, ours": lambda: similarity.both(ours, truth),
            "SSIM, basicsr": lambda: theirs(ours, truth, 0),
        },
        runs,
    )
    print(f"difference: {abs(similarity.ssim(ours, truth) - theirs(ours, truth, 0)):.1e}")
    peers = [found["SSIM, basicsr"]]
    if pyiqa:
        peers.append(alone(pyiqas, SIDES))
        print(f"{'SSIM, pyiqa':<28}{peers[1]:8.3f} s", flush=True)
    return [faster("SSIM of a 4K pair (s), times faster than the faster peer", found["SSIM, ours"], min(peers), 4)]


def pyiqas(sides: tuple[int, int]) -> float:
    """Seconds of pyiqa's SSIM of RGB, once: it takes long."""
    import warnings

    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third parties' imports
        import pyiqa

        metric = pyiqa.create_metric("ssimc", device="cpu")
    images = [resample.to_tensor(picture)[None] for picture in pair(sides)]
    start = time.perf_counter()
    metric(*images)
    return time.perf_counter() - start


def upscaling(sides: tuple[int, int]) -> tuple[float, float, int]:
    """Seconds and peak memory (GB) of making one picture four times larger, and the side of the tiles."""
    baselines.threads(1)
    numbers = tiles.load(PAPER)
    baseline = baselines.load(PAPER, NETWORK)
    network = baselines.build(baseline, NETWORK).eval().requires_grad_(requires_grad=False)
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(pair(sides)[1]).save(Path(folder) / "small.png", compress_level=1)
        start = time.perf_counter()
        small = np.asarray(Image.open(Path(folder) / "small.png"))
        side = tiles.fitted(network, numbers, torch.device("cpu"))
        large = tiles.enlarge(network, small, baseline.scale, side, numbers.overlap)
        upscale.write(large, Path(folder) / "large.png")
        return time.perf_counter() - start, peak() / 1e9, side


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small pictures, once")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    sides = (SIDES[0] // 4, SIDES[1] // 4) if quick else SIDES
    runs = 1 if quick else 5
    ours, truth = pair(sides)
    rows = [*resizing(truth, runs), *comparing(ours, truth, runs, pyiqa=not quick)]
    seconds, memory, side = alone(upscaling, (sides[0] // 4, sides[1] // 4))
    print(f"upscaling to {sides[1]}x{sides[0]}: {seconds:.1f} s, {memory:.2f} GB, tiles of {side}")
    rows.append(at_most("SwinIR-light x4 to 4K on a CPU, peak memory (GB), against that allowed", memory, ALLOWED, 1))
    print(json.dumps({"comparisons": rows}))


if __name__ == "__main__":
    main()
