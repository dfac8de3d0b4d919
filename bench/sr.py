"""Resize, compare, read patches, train and upscale at 4K, against basicsr, pyiqa and whole-image decoding.

All on one thread, in turn, medians, pictures drawn from a seed. The peers get what they ask for: basicsr float32 or
uint8, pyiqa (once) tensors. Patches of the store are read in training's order, turned and stacked as for a batch, the
disk's cache being warm; the peer decodes a 4K JPEG (OpenCV) for each patch and cuts it out. Training is SwinIR-light x4
as in params/paper.yaml, our loop beside basicsr's SwinIRModel in one process, step by step on the same batches; ours
also reads and shrinks the patches, theirs is handed them; these seconds are the processor's. Upscaling is the same
network, untrained, 960 x 540 to 4K, in a process of its own, from decoding to the PNG. Where there is a GPU: training
and upscaling on it as well, and how much of its peak they reach. --quick: a quarter of the sides, few steps, no pyiqa.
Networks of spandrel's: parts/tiling.py.
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
import pandas as pd
import torch
from parts import accelerated, duel, paper, tiling
from parts.alone import alone, peak
from parts.results import Row, at_most, faster
from PIL import Image

from native4k import full_pictures, resample, tables
from native4k.learning.training import use_threads
from native4k.sr import baselines, metrics, networks, patches, tiles

SIDES = (2160, 3840)
METADATA = "metadata.parquet"
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
    theirs = networks.import_basicsr("utils.matlab_functions").imresize
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
    theirs = networks.import_basicsr("metrics.psnr_ssim").calculate_ssim
    found = compared(
        {
            "SSIM, ours": lambda: metrics.ssim(ours, truth),
            "SSIM and MS-SSIM, ours": lambda: metrics.ssim_and_ms_ssim(ours, truth),
            "SSIM, basicsr": lambda: theirs(ours, truth, 0),
        },
        runs,
    )
    print(f"difference: {abs(metrics.ssim(ours, truth) - theirs(ours, truth, 0)):.1e}")
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
    use_threads(1)
    numbers = tiles.load(paper.numbers())
    baseline = baselines.load(paper.numbers(), duel.NETWORK)
    network = baselines.build(baseline, duel.NETWORK).eval().requires_grad_(requires_grad=False)
    with tempfile.TemporaryDirectory() as folder:
        Image.fromarray(pair(sides)[1]).save(Path(folder) / "small.png", compress_level=1)
        start = time.perf_counter()
        small = np.asarray(Image.open(Path(folder) / "small.png"))
        side = tiles.fit_tile(network, numbers, torch.device("cpu"))
        large = tiles.enlarge(network, small, baseline.scale, side, numbers.overlap)
        full_pictures.write(full_pictures.Picture(large, None, None), Path(folder) / "large.png")
        return time.perf_counter() - start, peak() / 1e9, side


def split(folder: Path, sides: tuple[int, int], images: int) -> Path:
    """A published split of JPEGs."""
    ids = [f"{number:04}" for number in range(images)]
    for name in ids:
        Image.fromarray(pair(sides)[1]).save(folder / f"{name}.jpg", quality=92)
    files, (height, width) = [f"{name}.jpg" for name in ids], sides
    tables.write(pd.DataFrame({"id": ids, "file_name": files, "width": width, "height": height}), folder / METADATA)
    return folder


def reading(sides: tuple[int, int], batches: int) -> list[Row]:
    """Batches of 32 patches for training, from the store and by decoding a whole image for each patch."""
    numbers, count = patches.load(paper.numbers(), 4), 32
    with tempfile.TemporaryDirectory() as scratch:
        folder = split(Path(tempfile.mkdtemp(dir=scratch)), sides, images=4)
        start = time.perf_counter()
        store = patches.store(folder, numbers, Path(scratch) / "patches", threads=1)
        print(f"cutting {len(store.ids)} patches of 4 images: {time.perf_counter() - start:.2f} s")
        files, random = sorted(folder.glob("*.jpg")), np.random.default_rng(0)

        def ours() -> torch.Tensor:
            places, ways = patches.order(0, count * batches, len(store.ids), numbers.seed)
            for first in range(0, len(places), count):
                here = zip(places[first : first + count], ways[first : first + count], strict=True)
                batch = resample.to_tensor(np.stack([patches.turn(store.pixels[place], way) for place, way in here]))
            return batch

        def theirs() -> torch.Tensor:
            picture = cv2.imread(str(files[random.integers(len(files))]))
            assert picture is not None
            top, left = random.integers(np.array(picture.shape[:2]) - numbers.side)
            cut = picture[top : top + numbers.side, left : left + numbers.side, ::-1]
            return resample.to_tensor(patches.turn(cut, int(random.integers(8))))

        found = compared({f"{batches * count} patches, store": ours, "one patch, decoding": theirs}, 5)
    each = [seconds / share for seconds, share in zip(found.values(), (batches * count, 1), strict=True)]
    print(f"patches a second on one core: {1 / each[0]:.0f} from the store, {1 / each[1]:.1f} by decoding")
    return [faster("a patch of a 4K image (ms), times faster than decoding all", each[0] * 1e3, each[1] * 1e3, 30)]


def training(batch: int, side: int, steps: int) -> list[Row]:
    """How far the losses of our loop and of basicsr's are apart; their steps, three times each in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        taken = duel.duel(duel.published(batch), side, steps, Path(scratch), torch.device("cpu"))
    print(
        f"losses of {steps} steps, {taken.our_losses[0]:.4f} to {taken.our_losses[-1]:.4f}: {taken.apart():.1e} apart"
    )
    found: dict[str, list[float]] = {"ours": [], "basicsr": []}
    for whose in [*found] * 3:
        found[whose] += alone(duel.pace, whose, batch, side, steps)
    ours, theirs = map(statistics.median, found.values())
    print(f"training step, {batch} patches of {side}: {ours:.3f} s ours, {theirs:.3f} s basicsr")
    return [
        faster("training step of SwinIR-light on a CPU (s), times faster than basicsr's", ours, theirs, 1),
        at_most(
            "losses of a training step, relative difference from basicsr's (millionths)", taken.apart() * 1e6, 1, 1
        ),
    ]


def published(sides: tuple[int, int], runs: int) -> list[Row]:
    """Networks of spandrel's through our tiles, by its plain call and by naive tiles: medians of turns."""
    rows = []
    for kind in ("Compact", "SwinIR-light"):
        turns: dict[str, list[tiling.Taken]] = {"ours": [], "naive": [], "plain": []}
        for way in [*turns] * runs:
            turns[way].append(alone(tiling.enlarge, way, kind, sides))
        found = {way: tiling.Taken(*map(statistics.median, zip(*taken, strict=True))) for way, taken in turns.items()}
        for way, one in found.items():
            print(
                f"{kind}, {way:<6}{one.seconds:8.1f} s {one.memory:6.2f} GB, seams {100 * one.seams:+.2f} %", flush=True
            )
        name = f"{kind} x4 to 4K through tiles"
        rows += [
            faster(f"{name} (s), times as fast as naive tiles", found["ours"].seconds, found["naive"].seconds, 0.95),
            at_most(
                f"{name}, peak memory (GB), against spandrel's plain call",
                found["ours"].memory,
                found["plain"].memory,
                1,
            ),
        ]
        seams = 100 * abs(found["ours"].seams - found["plain"].seams)
        rows.append(at_most(f"{name}, seams beyond those of the plain call (%)", seams, 1, 1))
    return rows


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
    rows += reading(sides, batches=2 if quick else 20)
    rows += alone(training, *((1, 96, 6) if quick else (4, 192, 12)))
    seconds, memory, side = alone(upscaling, (sides[0] // 4, sides[1] // 4))
    print(f"upscaling to {sides[1]}x{sides[0]}: {seconds:.1f} s, {memory:.2f} GB, tiles of {side}")
    rows.append(at_most("SwinIR-light x4 to 4K on a CPU, peak memory (GB), against that allowed", memory, ALLOWED, 1))
    rows += published((sides[0] // 4, sides[1] // 4), 1 if quick else 3)
    if torch.cuda.is_available():
        rows += alone(accelerated.rows, (sides[0] // 4, sides[1] // 4), 20 if quick else 100)
    print(json.dumps({"comparisons": rows}))


if __name__ == "__main__":
    main()
