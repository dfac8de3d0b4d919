"""What tells copies beside the pHash: a hash of the pixels, and signatures of the whole and of its middle.

The longer signature says of two near pHashes whether they are chance: it sees the finer frequencies too. The whole of
a cropped copy looks like the middle of its original, so the middle's pHash and signature are told at two insets.
The command makes a list of a folder's pictures, such as a benchmark's, for the firewall of `native4k dedup`.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from scipy.fft import dctn

from native4k import images, tables
from native4k.errors import UserError
from native4k.measure import cache

INSETS = (0.025, 0.05)
"""Shares of width and height left out on every side: half of what a crop of up to 5 % takes, and all of it."""

SIDE = 32
"""Pixels of the square that the DCT is taken of, as imagededup's pHash."""

SHORT, LONG = 8, 16
"""Low frequencies each way in a pHash (64 bits) and in the longer signature (256 bits)."""

MIDDLE_SIZE = 256
"""Pixels of the shorter side, at least, of the reduced picture from which the signatures are taken."""

BAND = 64
"""Rows hashed at a time, so that no second copy of the pixels is made."""

FAILED = {"pixels": "", "signature": "", "inset_phash": "", "inset_signature": ""}
"""What is known of an image that cannot be opened."""


def signatures(image: Image.Image) -> dict[str, str]:
    """The hash of an upright RGB picture's pixels, its signature, and those of its middles one after another."""
    small = image.reduce(max(1, min(image.size) // MIDDLE_SIZE)).convert("L")
    middles = [frequencies(small, inset) for inset in INSETS]
    return {
        "pixels": pixels(image),
        "signature": bits(frequencies(small, 0.0), LONG),
        "inset_phash": "".join(bits(middle, SHORT) for middle in middles),
        "inset_signature": "".join(bits(middle, LONG) for middle in middles),
    }


def pixels(image: Image.Image) -> str:
    """A hash of size and RGB pixels, 32 hex digits: equal for equal pictures, whatever file they came from."""
    digest = hashlib.sha256(f"{image.width}x{image.height}".encode())
    for top in range(0, image.height, BAND):
        digest.update(image.crop((0, top, image.width, min(top + BAND, image.height))).tobytes())
    return digest.hexdigest()[:32]


def frequencies(grey: Image.Image, inset: float) -> np.ndarray:
    """The cosine transform of what is left of a grey picture without so much on every side."""
    width, height = grey.size
    box = (width * inset, height * inset, width * (1 - inset), height * (1 - inset))
    square = grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box)
    return np.asarray(dctn(np.asarray(square, dtype=np.float64)))


def bits(spectrum: np.ndarray, low: int) -> str:
    """Which of the low frequencies are at least their median, in hex digits; the mean grey does not count."""
    values = spectrum[:low, :low].ravel()
    return np.packbits(values >= np.median(values[1:])).tobytes().hex()


def measured(content: bytes) -> dict[str, Any]:
    """What a list says of a picture, by which dedup knows its copies; `failure` says why there is nothing to say."""
    try:
        image = images.decode(content)
    except images.Unreadable as failure:
        return {"phash": "", **FAILED, "failure": str(failure)}
    return {"phash": images.phash(image), **signatures(image), "failure": ""}


def listed(folder: Path, known: Path) -> pd.DataFrame:
    """A row for each picture below a folder, by its path there; those measured before are taken from the cache."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in images.ENDINGS and path.is_file())
    if not files:
        raise UserError(f"{folder}: no pictures; expected files ending in {', '.join(sorted(images.ENDINGS))}")
    sha256s = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    named = pd.DataFrame({"id": [file.relative_to(folder).as_posix() for file in files], "sha256": sha256s})
    rows = cache.measure(
        pd.Series(list(map(str, files)), index=sha256s),
        lambda file: measured(Path(file).read_bytes()),
        known,
        "signatures",
    )
    return named.merge(rows, on="sha256", how="left")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("folder", type=Path, help="where the pictures are, also in folders below")
    parser.add_argument("out", type=Path, help="the list to write, such as data/foreign/NAME.parquet")
    parser.add_argument("--cache", type=Path, default=Path("data/scratch/cache"), help="(default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Write the list, and name the files that could not be read."""
    table = listed(args.folder, cache.folder(args.cache, "signatures", args.params))
    failed = table[table["failure"] != ""]
    for row in failed.itertuples():
        print(f"signatures: {args.folder / str(row.id)}: {row.failure}; its copies will not be found")
    tables.write(table, args.out)
    print(f"signatures: {len(table) - len(failed)} of {len(table)} pictures in {args.out}")
