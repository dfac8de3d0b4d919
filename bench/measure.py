"""Probe 4K images against imagededup, cleanvision and the published filter; what each part and 100 megapixels take.

The pictures are the demo's. The peers are timed without their imports, each with all cores: imagededup's
encode_images, cleanvision's find_issues (in a virtual environment of its own), and the published Laplacian/Sobel
arithmetic as its script does it, in one process. Ours is the step's work with a worker a core, their start included.
The parts are seconds of a processor, best of three, each file against its own decode by Pillow; the median file counts.
Memory is the peak of a fresh process that measures one picture of 100 megapixels. --quick: few pictures, 16 megapixels.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from parts.alone import alone, peak
from parts.results import Row, at_least, at_most
from PIL import Image

from native4k import formats, images, params
from native4k.measure import decoded_image, image_signatures, measurements, nativeness, workers
from native4k.measure.decoded_image import decode

ROOT = Path(__file__).resolve().parent.parent
PEER = "cleanvision==0.3.7"
TIMES, RUNS = 3, 3
JPEGS, PNGS = 16, 4
MEGAPIXELS, QUICK = 100, 16
LIMIT = 600.0
"""Seconds of a processor for a picture: none shall be stopped here."""

CLEANVISION = """
import sys, time
from cleanvision import Imagelab
if __name__ == "__main__":
    began = time.perf_counter()
    Imagelab(data_path=sys.argv[1]).find_issues(verbose=False)
    print(time.perf_counter() - began)
"""

IMAGEDEDUP = """
import sys, time
from imagededup.methods import PHash
if __name__ == "__main__":
    hasher = PHash(verbose=False)
    began = time.perf_counter()
    assert len(hasher.encode_images(image_dir=sys.argv[1])) == int(sys.argv[2])
    print(time.perf_counter() - began)
"""


def numbers() -> measurements.Numbers:
    """As the repository's params.yaml has them."""
    file = ROOT / "params.yaml"
    return measurements.Numbers(
        params.load(measurements.Measures, file, "probe", "measures"),
        params.load(nativeness.Params, file, "probe", "nativeness"),
    )


def pictures(folder: Path, *, quick: bool) -> list[Path]:
    """Originals of the demo at 4K."""
    from native4k.demo.catalogue import Params, plan
    from native4k.demo.draw import draw

    demo = params.load(Params, ROOT / "params.yaml", "demo")
    made = []
    for kind, count in (("JPEG", JPEGS), ("PNG", PNGS)):
        known = [picture for picture in plan(demo).values() if not picture.defect and picture.form.format == kind]
        for number, picture in enumerate(known[:: len(known) // count][: count // (4 if quick else 1) or 1]):
            path = folder / f"{number}.{images.FORMATS[kind]}"
            path.write_bytes(draw(picture.url, demo))
            made.append(path)
    return made


def published(files: list[Path]) -> None:
    """The published arithmetic, in double precision on whole planes."""
    for file in files:
        luma = cv2.cvtColor(np.array(Image.open(file).convert("RGB")), cv2.COLOR_RGB2GRAY)
        cv2.Laplacian(luma, cv2.CV_64F).var()
        across, down = (cv2.Sobel(luma, cv2.CV_64F, *way, ksize=3) for way in ((1, 0), (0, 1)))
        slopes = cv2.magnitude(across, down)
        for top in range(0, luma.shape[0], 240):
            for left in range(0, luma.shape[1], 240):
                np.var(slopes[top : top + 240, left : left + 240])


def timed(work: Callable[[], object]) -> float:
    """Seconds of the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def cleanvision(folder: Path) -> Path:
    """The peer's Python, in a virtual environment of its own."""
    python = folder / "peer" / "bin" / "python"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for words in (
        ["uv", "venv", "--quiet", "--python", version, str(folder / "peer")],
        ["uv", "pip", "install", "--quiet", "--python", str(python), PEER],
    ):
        subprocess.run(words, check=True)
    return python


def told(python: Path | str, code: str, *words: object) -> float:
    """The seconds that a program of a peer prints last; in a file, for its own processes to import."""
    with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
        program = Path(name) / "program.py"
        program.write_text(code, encoding="utf-8")
        made = subprocess.run(
            [str(python), str(program), *map(str, words)], capture_output=True, text=True, check=False
        )
    if made.returncode:
        sys.exit(f"a peer failed:\n{made.stderr}")
    return float(made.stdout.split()[-1])


def ours(files: list[Path]) -> None:
    """All rows, by a worker a core."""
    limits = workers.Limits(os.cpu_count() or 1, LIMIT, 4000)
    rows = list(
        workers.each(
            [file.name for file in files], partial(measurements.measure_file, files[0].parent, numbers()), limits
        )
    )
    assert all(isinstance(row, dict) and not row["failure"] for row in rows), rows


def compare(files: list[Path], python: Path, runs: int) -> Row:
    """All in turn; the sum of the peers' against ours."""
    taken: dict[str, list[float]] = {"imagededup": [], "cleanvision": [], "published": [], "ours": []}
    for _ in range(runs):
        taken["imagededup"].append(told(sys.executable, IMAGEDEDUP, files[0].parent, len(files)))
        taken["cleanvision"].append(told(python, CLEANVISION, files[0].parent))
        taken["published"].append(timed(lambda: published(files)))
        taken["ours"].append(timed(lambda: ours(files)))
    middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
    for name, seconds in middle.items():
        print(f"{name:<12}{seconds:>8.2f} s for {len(files)} pictures of 4K")
    peers = sum(seconds for name, seconds in middle.items() if name != "ours")
    return at_least("4K images a second", len(files) / middle["ours"], len(files) / peers, 4.0)


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of a processor, best of some."""
    best = float("inf")
    for _ in range(TIMES):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return 1000 * best


def anatomy(file: Path) -> dict[str, float]:
    """What each part of measuring a file takes, and the decode alone."""
    given, content = numbers(), file.read_bytes()
    with images.opened(content) as picture:
        picture.load()
        bands = [np.asarray(band) for band in images.bands(picture, 1, images.BAND)]
    facts = measurements.facts_of(content, given)
    seen = decode(images.opened(file), given.measures.thumbnail, facts)
    weights = image_signatures.lanczos_weights(seen.luma.shape[1], image_signatures.PHASH_SIDE)
    taken = {"decode": cpu(lambda: images.opened(content).load())}
    taken["header"] = cpu(lambda: measurements.facts_of(content, given)) - cpu(
        lambda: formats.flaw(content, facts["format"])
    )
    taken["completeness"] = cpu(lambda: formats.flaw(content, facts["format"]))
    taken["rows of the hash"] = cpu(lambda: [image_signatures.resize_rows(band, weights) for band in bands])
    whole = cpu(lambda: decode(images.opened(file), given.measures.thumbnail, facts))
    taken["bands, luma, small picture"] = whole - taken["decode"] - taken["rows of the hash"]
    taken |= {name: cpu(partial(part, seen, given)) for name, (part, _) in measurements.MEASUREMENTS.items()}
    return taken | {"all": cpu(lambda: measurements.measure(file, given))}


def costs(files: list[Path]) -> list[Row]:
    """The parts beside the decode, of the median JPEG, and of the median PNG."""
    rows = []
    for kind in ("JPEG", "PNG"):
        chosen = [anatomy(file) for file in files if file.suffix == f".{images.FORMATS[kind]}"]
        middle = {name: statistics.median(taken[name] for taken in chosen) for name in chosen[0]}
        print(f"\n{kind} of 4K, milliseconds of a processor (median of {len(chosen)}), and in decodes")
        for name, taken in middle.items():
            print(f"{name:<28}{taken:>8.1f}{taken / middle['decode']:>8.2f}")
        ratio = statistics.median(taken["all"] / taken["decode"] for taken in chosen)
        rows.append(at_most(f"probe of a 4K {kind}, in decodes of it", ratio, 1.0, 6.0))
    return rows


def large(kind: str, side: int, **options: Any) -> bytes:
    """A picture of side x side, of noise on shapes, repeated."""
    dice = np.random.default_rng(0)
    shapes = Image.fromarray(dice.integers(0, 256, (64, 64, 3), dtype=np.uint8)).resize((1000, 1000))
    grain = Image.fromarray(dice.integers(0, 256, (1000, 1000, 3), dtype=np.uint8))
    mode = options.pop("mode", "RGB")
    whole = Image.new(mode, (side, side))
    piece = Image.blend(shapes, grain, 0.08).convert(mode)
    for place in range(0, side, 1000):
        for across in range(0, side, 1000):
            whole.paste(piece, (across, place))
    out = io.BytesIO()
    whole.save(out, kind, **options)
    return out.getvalue()


def turned() -> Image.Exif:
    """The orientation of a camera held upright."""
    exif = Image.Exif()
    exif[images.ORIENTATION] = 6
    return exif


LARGE: dict[str, tuple[str, float, dict[str, Any]]] = {
    "baseline JPEG": ("JPEG", 700, {"quality": 90}),
    "baseline JPEG, turned": ("JPEG", 700, {"quality": 90, "exif": turned()}),
    "baseline JPEG, 4:4:4": ("JPEG", 700, {"quality": 95, "subsampling": 0}),
    "progressive JPEG": ("JPEG", 1300, {"quality": 90, "progressive": True}),
    "progressive JPEG, 4:4:4": ("JPEG", 1300, {"quality": 90, "progressive": True, "subsampling": 0}),
    "CMYK JPEG": ("JPEG", 1300, {"quality": 90, "mode": "CMYK"}),
    "PNG": ("PNG", 1300, {"compress_level": 1}),
    "PNG with alpha": ("PNG", 1300, {"compress_level": 1, "mode": "RGBA"}),
    "lossy WebP": ("WEBP", 1300, {"quality": 80, "method": 0}),
    "WebP with alpha": ("WEBP", 1300, {"quality": 80, "method": 0, "mode": "RGBA"}),
    "lossless WebP": ("WEBP", 1300, {"lossless": True, "method": 0, "quality": 0}),
    "AVIF": ("AVIF", 1300, {"quality": 60, "speed": 10}),
    "TIFF": ("TIFF", 1300, {}),
    "packed TIFF": ("TIFF", 1300, {"compression": "tiff_lzw"}),
    "GIF": ("GIF", 1300, {"mode": "P"}),
}
"""Name -> format, megabytes allowed, and how it is written."""


def draw_large(name: str, side: int, path: str) -> None:
    """Write it, in a process that is gone afterwards."""
    kind, _, options = LARGE[name]
    Path(path).write_bytes(large(kind, side, **options))


def weigh(path: str) -> tuple[int, int, float, str]:
    """Peak before and after measuring a file without a limit, what was predicted, and the failure if any."""
    from dataclasses import replace

    before, content = peak(), Path(path).read_bytes()
    with images.opened(content) as picture:
        predicted = decoded_image.decode_memory(picture, len(content))
    del content
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    given = numbers()
    row = measurements.measure(Path(path), given._replace(measures=replace(given.measures, memory=100_000)))
    return before, peak(), predicted, row["failure"]


def memory(folder: Path, *, quick: bool) -> list[Row]:
    """Each format once."""
    rows, path = [], folder / "large"
    side = 1000 * round((QUICK if quick else MEGAPIXELS) ** 0.5)
    print(f"\npeak memory of a worker for {side * side / 1e6:.0f} megapixels (MB), and what the header predicts")
    for name, (_, allowed, _) in LARGE.items():
        alone(draw_large, name, side, str(path))
        before, after, predicted, failure = alone(weigh, str(path))
        foretold = (before + predicted) / 1e6
        print(f"{name:<26}{after / 1e6:>8.0f}, idle {before / 1e6:.0f}, predicted {foretold:.0f} {failure}")
        rows.append(at_most(f"peak memory for {name} (MB), against that allowed", after / 1e6, allowed, 1.0))
    return rows


def main() -> None:
    """Draw, compare, take apart, weigh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four pictures once, 16 megapixels")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(prefix="native4k-bench-") as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        files = pictures(folder, quick=quick)
        results = [compare(files, cleanvision(Path(name)), 1 if quick else RUNS)]
        results += costs(files)
        results += memory(Path(name), quick=quick)
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
