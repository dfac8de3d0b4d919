"""Damaged JPEGs that probe refuses, and good ones that it does not: both error rates, on photographs.

The photographs are scikit-image's and scikit-learn's, and those in a folder named by --photos. Damages are holes,
zeros, random bytes, other bytes of the file, and an early end, of 1 byte to a sixth of the scan; those count that alter
more than 5 % of the pixels. A single flipped bit is shown beside them. Good files are crops, encoded by Pillow, OpenCV,
libjpeg-turbo and, where it is installed, mozjpeg; their pixels are compared with Pillow's. --quick: a hundredth of all.
"""

import argparse
import importlib.util
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import simplejpeg
from parts.results import Row, at_least, at_most
from PIL import Image, ImageOps

from native4k import formats, images
from native4k.measure import decoded_image

GOOD, ROUNDS, QUICK = 30_000, 3, 100
CHANGED = 0.05
"""Share of pixels from which a damage counts."""

LONGEST, LARGEST = 900, 1600
"""Pixels of the longer side of a photograph that is damaged, and of one from which crops are taken."""

CROP = 1400, 400
"""Pixels of a crop at most, across and down."""

SKIMAGE = ("astronaut", "chelsea", "coffee", "rocket", "retina", "hubble_deep_field", "immunohistochemistry", "camera")

ENCODINGS: dict[str, dict[str, Any]] = {
    "baseline 4:2:0": {"quality": 85},
    "baseline 4:4:4": {"quality": 92, "subsampling": 0},
    "optimised": {"quality": 75, "optimize": True},
    "restarts": {"quality": 85, "restart_marker_rows": 1},
    "progressive 4:2:0": {"quality": 85, "progressive": True},
    "progressive 4:4:4": {"quality": 92, "subsampling": 0, "progressive": True},
    "grey": {"quality": 85, "mode": "L"},
    "progressive grey": {"quality": 85, "mode": "L", "progressive": True},
}
WAYS = ("hole", "zeros", "random", "copied", "cut")
Encoder = Callable[[Image.Image, random.Random], bytes]

FLIP = "one bit"
"""Shown, and not counted."""


def photographs(folder: Path | None) -> list[Image.Image]:
    """Whatever is at hand, in RGB."""
    import skimage.data
    from sklearn.datasets import load_sample_images

    found = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    found += [Image.fromarray(getattr(skimage.data, name)()).convert("RGB") for name in SKIMAGE]
    files = sorted(path for path in folder.rglob("*") if path.suffix in images.ENDINGS) if folder else []
    return found + [ImageOps.contain(images.decode_file(file), (LARGEST, LARGEST)) for file in files]


def verdict(content: bytes) -> str:
    """The reason that probe gives, as far as it is the bytes' fault; empty for none."""
    try:
        kind = images.header(content)[0]
        if flaw := formats.flaw(content, kind):
            return flaw
        with images.opened(content) as image:
            decoded_image.load(image)
    except images.Unreadable as reason:
        return str(reason)
    return ""


def pillow(picture: Image.Image, mode: str = "RGB", **options: Any) -> bytes:
    """A file by Pillow."""
    out = io.BytesIO()
    picture.convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def scan_of(content: bytes) -> tuple[int, int]:
    """Where the first scan's bytes begin, and where the end marker does."""
    place = 2
    while content[place + 1] != 0xDA:  # noqa: PLR2004 (start of scan)
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return place + 2 + int.from_bytes(content[place + 2 : place + 4], "big"), len(content) - 2


def damage(content: bytes, way: str, dice: random.Random) -> bytes:
    """A file with a part of its scan lost."""
    start, end = scan_of(content)
    most = max(1, (end - start) // 2)
    length = min(
        most, dice.choice((1, 4, 16, 64, 512, 4096, (end - start) // 100, (end - start) // 20, most // 3)) or 1
    )
    place, other = (start + dice.randrange(max(1, end - start - length)) for _ in range(2))
    before, after = content[:place], content[place + length :]
    match way:
        case "hole":
            return before + after
        case "zeros":
            return before + bytes(length) + after
        case "random":
            return before + dice.randbytes(length) + after
        case "copied":
            return before + content[other : other + length] + after
        case "cut":
            return before + content[end:]
    return before + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :]


def changed(good: np.ndarray, content: bytes) -> float:
    """Share of the pixels that differ, however little; all of them where nothing can be shown."""
    try:
        found = np.asarray(Image.open(io.BytesIO(content)))
    except images.HOSTILE:
        return 1.0
    if found.shape != good.shape:
        return 1.0
    differs = found != good
    return float((differs.any(axis=2) if differs.ndim > 2 else differs).mean())  # noqa: PLR2004 (grey has two axes)


def damaged(photos: list[Image.Image], rounds: int) -> list[Row]:
    """Every photograph in every encoding, damaged in every way."""
    dice, reasons = random.Random(0), dict[tuple[str, str], Counter[str]]()
    for picture in photos:
        picture.thumbnail((LONGEST, LONGEST))
        for name, options in ENCODINGS.items():
            content = pillow(picture, **options)
            good = np.asarray(Image.open(io.BytesIO(content)))
            for way in (*WAYS, FLIP) * rounds:
                bad = damage(content, way, dice)
                if bad != content and changed(good, bad) > CHANGED:
                    reasons.setdefault((name, way), Counter())[verdict(bad)] += 1
    for name in ENCODINGS:
        shown = [(way, reasons.get((name, way), Counter())) for way in (*WAYS, FLIP)]
        print(f"{name:<20}" + "".join(f"{way:>8}{found['broken']:>5} of{found.total():>5}" for way, found in shown))
    counted = Counter[str]()
    for (_, way), found in reasons.items():
        counted += found if way != FLIP else Counter()
    print(f"reasons of {counted.total()} damages: {dict(counted)}")
    return [at_least("damages called broken (%), at least", 100 * counted["broken"] / counted.total(), 95.0, 1.0)]


def encoders() -> dict[str, Encoder]:
    """How good files are made."""
    samplings = ("444", "422", "420", "440", "411")

    def options(dice: random.Random) -> dict[str, Any]:
        return {
            "quality": dice.randrange(5, 101),
            "subsampling": dice.choice((0, 1, 2)),
            "progressive": dice.choice((False, True)),
            "optimize": dice.choice((False, True)),
            "restart_marker_blocks": dice.choice((0, 0, 0, 1, 7)),
            "restart_marker_rows": dice.choice((0, 0, 0, 1)),
        }

    def opencv(picture: Image.Image, dice: random.Random) -> bytes:
        given = [cv2.IMWRITE_JPEG_QUALITY, dice.randrange(5, 101), cv2.IMWRITE_JPEG_PROGRESSIVE, dice.randrange(2)]
        given += [cv2.IMWRITE_JPEG_OPTIMIZE, dice.randrange(2), cv2.IMWRITE_JPEG_RST_INTERVAL, dice.choice((0, 0, 5))]
        return bytes(cv2.imencode(".jpg", np.asarray(picture), given)[1])

    def turbo(picture: Image.Image, dice: random.Random) -> bytes:
        pixels = np.ascontiguousarray(picture)
        made = simplejpeg.encode_jpeg(pixels, dice.randrange(5, 101), "RGB", dice.choice(samplings))
        return bytes(made)

    found: dict[str, Encoder] = {
        "Pillow": lambda picture, dice: pillow(picture, **options(dice)),
        "Pillow, grey": lambda picture, dice: pillow(picture, "L", **options(dice)),
        "Pillow, CMYK": lambda picture, dice: pillow(picture, "CMYK", **options(dice)),
        "Pillow, RGB planes": lambda picture, dice: pillow(picture, keep_rgb=True, quality=dice.randrange(5, 101)),
        "OpenCV": opencv,
        "libjpeg-turbo": turbo,
    }
    if importlib.util.find_spec("mozjpeg_lossless_optimization"):
        moz = importlib.import_module("mozjpeg_lossless_optimization")
        found["mozjpeg"] = lambda picture, dice: moz.optimize(pillow(picture, **options(dice)))
    return found


def crops(photos: list[Image.Image], dice: random.Random) -> Iterator[Image.Image]:
    """Parts of photographs, of any size up to CROP, some made smaller."""
    while True:
        picture = dice.choice(photos)
        width, height = (dice.randrange(1, min(side, most) + 1) for side, most in zip(picture.size, CROP, strict=True))
        left, top = dice.randrange(picture.width - width + 1), dice.randrange(picture.height - height + 1)
        part = picture.crop((left, top, left + width, top + height))
        yield part.resize((max(1, width // 2), max(1, height // 2))) if dice.random() < 0.2 else part  # noqa: PLR2004


def good(photos: list[Image.Image], count: int) -> list[Row]:
    """Files that nothing is wrong with."""
    dice, refused, other = random.Random(1), Counter[str](), 0
    made = crops(photos, dice)
    for number in range(count):
        name, encode = list(encoders().items())[number % len(encoders())]
        content = encode(next(made), dice)
        reason = verdict(content)
        refused[f"{name}: {reason}"] += bool(reason)
        if not reason:
            expected = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
            other += not np.array_equal(np.asarray(images.decode(content)), expected)
    wrong = refused.total()
    print(f"{wrong} of {count} good files refused ({dict(+refused)}), {other} with other pixels than Pillow's")
    return [
        at_most("good files called broken (in 10,000), against those allowed", 1e4 * wrong / count, 1.0, 1.0),
        at_most("good files with other pixels than Pillow's", float(other), 1.0, 0.0),
    ]


def main() -> None:
    """Damage, then encode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth")
    parser.add_argument("--photos", type=Path, help="a folder with more photographs")
    args = parser.parse_args()
    photos = photographs(args.photos)
    print(f"{len(photos)} photographs")
    rows = good(photos, GOOD // QUICK if args.quick else GOOD)
    rows += damaged(photos[:3] if args.quick else photos, 1 if args.quick else ROUNDS)
    print(json.dumps({"comparisons": rows}))


if __name__ == "__main__":
    main()
