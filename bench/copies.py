"""Which copies of drawings and of photographs dedup finds, whether the original stands for them, and false pairs.

Each picture is saved as a JPEG of quality 85 to 95, and copied in each of the ways of COPIES. A copy is found where it
is in one group with its original; n counts pictures, and what follows it is Wilson's interval of 95 %. The original
stands where it represents the copy. A false pair is two different pictures that are taken for copies of each other, by
any view. Photographs are those in the wheels of scikit-image and scikit-learn, and of --photographs FOLDER, where a
picture reached by several links or names counts once. --quick: few pictures.
"""

import argparse
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import skimage.data
import sklearn.datasets
from parts import scenes
from parts.results import Row, at_least, at_most
from PIL import Image
from tqdm import tqdm

from native4k import images, params
from native4k.analyze.estimates import Estimator
from native4k.dataset import dedup
from native4k.dataset.near_duplicates.signatures import chance_pairs, read_signatures
from native4k.demo import defects
from native4k.demo.catalogue import CATEGORIES
from native4k.measure import measurements, nativeness

DRAWINGS, QUICK = 5, 1
"""Drawings a category; with --quick, and as many photographs as drawings then."""

LONGEST = 1600  # pixels: larger photographs are reduced
QUALITIES = (85, 90, 93, 95)
WHEELS = tuple(Path(str(package.__file__)).parent for package in (skimage.data, sklearn.datasets))
NO_PHOTOGRAPHS = ("chessboard", "color", "horse", "logo", "micro", "motorcycle_right", "multipage", "no_time", "page",
    "phantom", "text")  # fmt: skip
"""How files of scikit-image's begin that are patterns, signs, tiny, or the other eye's view."""


class Copy(NamedTuple):
    """What is done to a picture, how much finer than the original it is saved, and from which aspect on it is made."""

    change: Callable[[Image.Image], Image.Image]
    finer: int = -5
    wider_than: float = 0.0
    goal: float | None = 0.95


def unchanged(image: Image.Image) -> Image.Image:
    """The picture as it is."""
    return image


def shrunk(image: Image.Image, share: float) -> Image.Image:
    """A share of the picture's sides."""
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)


def preview(image: Image.Image) -> Image.Image:
    """The picture, 400 pixels long or half as long."""
    return shrunk(image, min(0.5, 400 / max(image.size)))


def cropped(image: Image.Image) -> Image.Image:
    """A little less on every side: 1 to 4 %."""
    width, height = image.size
    return image.crop((width // 100, height // 33, width - width // 25, height - height // 50))


def cut(image: Image.Image, aspect: float, aside: float = 0.0) -> Image.Image:
    """As much of the middle as has an aspect, or a share of the room for it aside from there."""
    width = round(image.height * aspect)
    left = round((image.width - width) / 2 * (1 + aside))
    return image.crop((left, 0, left + width, image.height))


def mirrored(image: Image.Image) -> Image.Image:
    """Left and right exchanged."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def saved_before(image: Image.Image) -> Image.Image:
    """The picture after it was saved with much loss."""
    return images.decode(encoded(image, 60))


SURE = Estimator(0.95)
"""Gives Wilson's interval of a share."""

COPIES = {
    "exact": Copy(unchanged, finer=0),
    "quality 60": Copy(unchanged, finer=-30),
    "shrunk": Copy(partial(shrunk, share=0.7)),
    "preview": Copy(preview, finer=-10, goal=1.0),
    "cropped": Copy(cropped),
    "brightened": Copy(defects.brighten),
    "marked": Copy(defects.label),
    "mirrored": Copy(mirrored),
    "4:3": Copy(partial(cut, aspect=4 / 3), wider_than=1.45, goal=0.8),
    "1:1": Copy(partial(cut, aspect=1.0), wider_than=1.2, goal=0.8),
    "9:16": Copy(partial(cut, aspect=9 / 16), wider_than=1.2, goal=0.8),
    "brightened, as fine": Copy(defects.brighten, finer=0, goal=None),
    "marked, as fine": Copy(defects.label, finer=0, goal=None),
    "mirrored, as fine": Copy(mirrored, finer=0, goal=None),
    "quality 60, then finer": Copy(saved_before, finer=5, goal=None),
    "9:16, aside by .05": Copy(partial(cut, aspect=9 / 16, aside=0.05), wider_than=1.2, goal=None),
    "1:1, aside by .1": Copy(partial(cut, aspect=1.0, aside=0.1), wider_than=1.2, goal=None),
}
"""Name -> a copy; those without a goal show the limits, each in families of its own."""


def encoded(image: Image.Image, quality: int) -> bytes:
    """A JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def drawings(count: int) -> Iterator[Image.Image]:
    """Scenes of the demo's generators, 16:9."""
    draw = scenes.FITTED | scenes.MEASURED
    for number in range(count):
        for category in CATEGORIES:
            scene = Image.fromarray(draw[category](number))
            yield scene.crop((0, scene.height // 8, scene.width, scene.height // 8 + scene.width * 9 // 16))


def photographs(folders: list[Path]) -> Iterator[Image.Image]:
    """Every photograph once, reduced where it is large."""
    found = {file.resolve() for folder in folders for file in folder.rglob("*") if file.suffix in images.ENDINGS}
    shown = [file for file in sorted(found) if not file.name.startswith(NO_PHOTOGRAPHS)]
    for file in shown:
        with Image.open(file) as image:
            picture = image.convert("RGB")
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        yield picture


def files_of(number: int, picture: Image.Image) -> Iterator[tuple[str, bytes]]:
    """An original and its copies, encoded."""
    quality = QUALITIES[number % len(QUALITIES)]
    content = encoded(picture, quality)
    yield "", content
    original = images.decode(content)
    for name, copy in COPIES.items():
        if picture.width > copy.wider_than * picture.height:
            made = copy.change(original)
            yield name, content if name == "exact" else encoded(made, max(60, min(quality + copy.finer, 98)))


def measured(pictures: Iterator[Image.Image], numbers: measurements.Numbers) -> pd.DataFrame:
    """A row for each original and each copy, as probe measures them."""
    rows = []
    with TemporaryDirectory() as folder:
        file = Path(folder) / "picture.jpg"
        for number, picture in enumerate(tqdm(pictures)):
            for kind, content in files_of(number, picture):
                file.write_bytes(content)
                rows.append(measurements.measure(file, numbers) | {"picture": number, "kind": kind})
    ids = [f"{place * 0x9E3779B97F4A7C15 % 2**64:016x}" for place in range(len(rows))]
    return pd.DataFrame(rows).assign(id=ids, reason="", rejected_by="", pwatermark=np.nan)


def grouped(table: pd.DataFrame, numbers: dedup.Params) -> pd.DataFrame:
    """The copies, whether each was found, and whether its original or the same bytes stand for it."""
    done = dedup.dedup(table, numbers)
    intact = done[done["kind"].isin(["", "exact"])].set_index("id")["picture"]
    group = done[done["kind"] == ""].set_index("picture")["group"]
    copies = done[done["kind"] != ""]
    stands = copies["representative"].map(intact) == copies["picture"]
    return copies.assign(found=copies["group"] == copies["picture"].map(group), stands=stands)


def share(hits: "pd.Series[Any]") -> str:
    """A count, its share and the share's interval."""
    estimate = SURE.share(int(hits.sum()), len(hits))
    if estimate is None or estimate.interval is None:
        return "none"
    low, high = estimate.interval
    return f"{int(hits.sum()):>4} of {len(hits):<4}{estimate.value:6.3f} ({low:.3f} to {high:.3f})"


def false_pairs(table: pd.DataFrame, numbers: dedup.Params) -> "pd.Series[Any]":
    """Tell of each pair of different originals whether they are taken for copies."""
    pictures = read_signatures(table[table["kind"] == ""].reset_index(drop=True), numbers)
    rows = np.flatnonzero(pictures.informative())
    return pd.Series(np.concatenate([pictures.near(int(row), rows[rows > row]) for row in rows]))


def compare(name: str, table: pd.DataFrame, numbers: dedup.Params) -> Iterator[Row]:
    """Print what was found of each kind, and hold it against its goal."""
    aims = [kind for kind, copy in COPIES.items() if copy.goal is not None]
    limits = [kind for kind in COPIES if kind not in aims]
    families = [table[table["kind"].isin(["", *kinds])] for kinds in (aims, *([kind] for kind in limits))]
    copies = pd.concat([grouped(family, numbers) for family in families])
    print(f"{name}: {table['picture'].nunique()} pictures")
    print(f"{'copy':<24}{'found':<38}original stands, of those found")
    for kind, copy in COPIES.items():
        part = copies[copies["kind"] == kind]
        print(f"{kind:<24}{share(part['found']):<38}{share(part['stands'][part['found']])}")
        if copy.goal is not None:
            yield at_least(f"{name}: {kind} found, of {len(part)}", float(part["found"].mean()), 1.0, copy.goal)
    aimed = copies[copies["found"] & copies["kind"].isin(aims)]
    print(f"{'all that have a goal':<62}{share(aimed['stands'])}")
    yield at_least(f"{name}: original stands for its copies", float(aimed["stands"].mean()), 1.0, 0.95)
    pairs = grouped(table[table["kind"].isin(["", "preview"])], numbers)
    print(f"{'preview, of pairs':<62}{share(pairs['stands'])}")
    yield at_least(f"{name}: full picture stands in pairs with its preview", float(pairs["stands"].mean()), 1.0, 1.0)
    false = false_pairs(table, numbers)
    print(f"false pairs: {share(false)}")
    yield at_most(f"{name}: false pairs, of {len(false):,}", int(false.sum()), 1.0, 0.0)


def main() -> None:
    """Measure drawings and photographs, print the tables, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few pictures")
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="folders of more photographs")
    args = parser.parse_args()
    file = Path("params.yaml")
    probe = measurements.Numbers(
        params.load(measurements.Measures, file, "probe", "measures"),
        params.load(nativeness.Params, file, "probe", "nativeness"),
    )
    numbers = replace(params.load(dedup.Params, file, "dedup"), score=None)
    count = QUICK if args.quick else DRAWINGS
    shown = [*photographs([*WHEELS, *args.photographs])][: QUICK * len(CATEGORIES) if args.quick else None]
    results: list[Row] = []
    for name, made in (("drawings", drawings(count)), ("photographs", iter(shown))):
        results += compare(name, measured(made, probe), numbers)
    for pictures in (10**5, 10**6):
        chance = len(numbers.view_pairs()) * chance_pairs(pictures, numbers)[1]
        print(f"pairs that chance alone makes among {pictures:,} uniform pictures: {chance:.1e}")
    print(json.dumps({"comparisons": results}))


if __name__ == "__main__":
    main()
