"""Score a store of 4K JPEGs with several metrics, against pyiqa called in a plain loop: metric by metric, file by file.

Both see the same views and give the same scores; ours decodes each image once for all metrics, reads ahead in threads,
and is timed with its cache, tables and start. The plain loop opens each file anew for each metric, as one would write
it. On the processor the metrics are those that need no weights. On a GPU, if there is one, networks with random weights
are added, whose arithmetic is that of the trained ones. Goal: no slower on the processor, at least twice as fast on a
GPU. --quick: few images.
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from parts.alone import alone, peak
from parts.results import Row, faster
from PIL import Image

from native4k.measure import cache, columns, hardware, metrics, textures

METRICS = {"piqe": "resize:1024", "entropy": "tiles:512"}
NETWORKS = {"musiq": "tiles:1024", "cnniqa": "full"}
"""Of pyiqa, built without their weights."""

UNTRAINED: dict[str, dict[str, Any]] = {"musiq": {"pretrained": False}, "cnniqa": {"pretrained": None}}
TILES = 4
Device = Literal["cpu", "cuda"]
READERS: dict[Device, int] = {"cpu": 1, "cuda": 8}


def draw(folder: Path, count: int) -> None:
    """JPEGs of 3840 x 2160 with detail at every scale."""
    for number in range(count):
        dice = np.random.default_rng(number)
        pixels = np.zeros((2160, 3840, 3))
        for side in (8, 40, 216, 2160):
            small = dice.integers(0, 64, (side, side * 16 // 9, 3), dtype=np.uint8)
            pixels += np.asarray(Image.fromarray(small).resize((3840, 2160), Image.Resampling.BICUBIC))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=92)


def create(name: str, device: str) -> Any:
    """A metric of pyiqa; of a network without weights."""
    with hardware.quiet():
        import pyiqa
        import torch

        torch.manual_seed(0)
        return pyiqa.create_metric(name, device=torch.device(device), **UNTRAINED.get(name, {}))


def plain(folder: Path, wanted: dict[str, str], device: Device) -> dict[str, Any]:
    """Pyiqa in a plain loop; seconds after the models are loaded, peak memory, and the scores."""
    import torch

    torch.set_num_threads(1)
    models = {name: create(name, device) for name in wanted}
    began, cores, found = time.perf_counter(), time.process_time(), dict[str, list[float]]()
    for name, model in models.items():
        for path in sorted(folder.glob("*.jpg")):
            values = []
            for pixels in columns.view_pixels(Image.open(path).convert("RGB"), wanted[name], TILES):
                tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float().to(device) / 255
                values.append(float(model(tensor)))
            found.setdefault(name, []).append(statistics.mean(values))
    seconds, cores = time.perf_counter() - began, time.process_time() - cores
    return {"seconds": seconds, "cores": cores, "peak": peak(), "scores": found}


def ours(folder: Path, wanted: dict[str, str], device: Device) -> dict[str, Any]:
    """The step's own way; the models are loaded before the clock starts, as in the plain loop."""
    machine = hardware.Hardware(device=device, batch=1, readers=READERS[device], weights=None)
    models = {name: create(name, device) for name in wanted}
    hardware.device(machine)
    metrics.create = lambda name, machine, *kinds: models[name]  # noqa: ARG005
    files = pd.Series({path.stem: path.name for path in sorted(folder.glob("*.jpg"))})
    found = [
        metrics.column(name, metrics.Metric(metric=name, view=view, options={}), TILES, machine)
        for name, view in wanted.items()
    ]
    with tempfile.TemporaryDirectory() as folder_of_rows:
        began, cores = time.perf_counter(), time.process_time()
        places = cache.Places(folder, Path(folder_of_rows), Path(folder_of_rows) / "answers.jsonl")
        rows = cache.fill_columns(files, found, places, machine.readers).rows.set_index("sha256").loc[files.index]
        seconds, cores = time.perf_counter() - began, time.process_time() - cores
    scores = {name: rows[columns.view_columns(name, view)[0]].tolist() for name, view in wanted.items()}
    return {"seconds": seconds, "cores": cores, "peak": peak(), "scores": scores}


def textured(folder: Path) -> float:
    """Seconds an image of all textures of ours on their tiles, the decode left out."""
    numbers = textures.Numbers(glcm_patch=64, glcm_levels=64, glcm_distances=(1, 2, 3, 4), jpeg_quality=95)
    shown = [columns.view_pixels(Image.open(path), "tiles:256", TILES) for path in sorted(folder.glob("*.jpg"))]
    began = time.perf_counter()
    for measure in textures.texture_measures(numbers).values():
        for pictures in shown:
            for picture in pictures:
                measure(picture)
    return (time.perf_counter() - began) / len(shown)


def compared(folder: Path, wanted: dict[str, str], device: Device, runs: int, goal: float) -> Row:
    """Medians of both, run in turn."""
    told: dict[str, list[dict[str, Any]]] = {"ours": [], "plain": []}
    for _ in range(runs):
        for work in (ours, plain):
            told[work.__name__].append(alone(work, folder, wanted, device))
    count = len(list(folder.glob("*.jpg")))
    for name, view in wanted.items():
        one, other = (told[way][0]["scores"][name] for way in told)
        apart = max(abs(a - b) for a, b in zip(one, other, strict=True))
        print(f"{device}: {name} on {view}: scores differ by {apart:.2g} at most")
    middle = {way: statistics.median(each["seconds"] for each in runs_) for way, runs_ in told.items()}
    for way, seconds in middle.items():
        memory = max(each["peak"] for each in told[way]) / 2**30
        cores = statistics.median(each["cores"] for each in told[way]) / count
        print(
            f"{device}: {way}: {count / seconds:.2f} images a second, {cores:.2f} core-seconds each, {memory:.2f} GiB"
        )
    return faster(f"{', '.join(wanted)} of {count} 4K JPEGs on {device}, s", middle["ours"], middle["plain"], goal)


def main() -> None:
    """Draw, measure, and end with the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few images")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    import torch

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        draw(folder, 2 if quick else 12)
        rows = [compared(folder, METRICS, "cpu", 1 if quick else 3, 1.0)]
        print(f"textures of ours (entropy, two GLCM scores, compression ratio): {textured(folder):.3f} s an image")
        if torch.cuda.is_available():
            rows.append(compared(folder, METRICS | NETWORKS, "cuda", 1 if quick else 3, 2.0))
        else:
            print("no GPU here: its part is left out")
    print(json.dumps({"comparisons": rows}))


if __name__ == "__main__":
    main()
