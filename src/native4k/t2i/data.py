"""What text-to-image reads: splits of pictures, captions as features, and the numbers saved beside results."""

import dataclasses
import hashlib
import itertools
import json
import re
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from PIL import Image, ImageOps

from native4k import images, params, tables
from native4k.errors import UserError

Typed = TypeVar("Typed")


def load_split(folder: Path) -> pd.DataFrame:
    """Read the rows of a published split: id, file_name, caption (none is an empty one)."""
    table = tables.read(folder / "metadata.parquet", columns=["id", "file_name", "caption"])
    if table.empty:
        raise UserError(f"{folder}: the split has no images; publish a dataset that has some")
    return table.sort_values("id", ignore_index=True).fillna({"caption": ""})


def load_squares(folder: Path, table: pd.DataFrame, side: int) -> np.ndarray:
    """Read the centre square of each picture, resized: pictures x side x side x 3, uint8."""
    return np.stack([_square(folder / name, side) for name in table["file_name"]])


def _square(path: Path, side: int) -> np.ndarray:
    try:
        picture = images.decode(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: in the split's metadata but not there; publish again, or pull it with dvc") from None
    except images.Unreadable as reason:
        raise UserError(f"{path}: unreadable ({reason}); publish again, or pull it with dvc") from None
    return np.asarray(ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS))


def saved_params(baseline: str, **sections: Any) -> dict[str, Any]:
    """Return the baseline's name and the numbers of its steps, as they are saved beside the results."""
    return {"baseline": baseline} | {name: dataclasses.asdict(numbers) for name, numbers in sections.items()}


def load_numbers(cls: type[Typed], folder: Path, section: str) -> tuple[str, Typed]:
    """Read the baseline's name and the numbers of one step from a folder's params.json."""
    path = folder / "params.json"
    if not path.exists():
        raise UserError(f"{path}: no such file; run the step that makes {folder}, or pull it with dvc")
    tree = json.loads(path.read_text(encoding="utf-8"))
    return str(tree["baseline"]), params.validate(cls, tree[section], f"{path}: {section}")


def caption_features(captions: list[str], width: int) -> np.ndarray:
    """Return one unit vector a caption: captions x width, float32; a caption without words is all zeros."""
    return np.stack([_bag(caption, width) for caption in captions])


def _bag(caption: str, width: int) -> np.ndarray:
    """Each word and pair adds +1 or -1 in a place that its hash chooses (feature hashing, Weinberger et al. 2009)."""
    bag = np.zeros(width, np.float32)
    for token in tokens(caption):
        number = int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "big")
        bag[(number >> 1) % width] += 1 if number & 1 else -1
    length = np.sqrt((bag**2).sum())
    return bag / length if length else bag


def tokens(caption: str) -> list[str]:
    """Split into lower-case words, then each word with its neighbour."""
    words = re.findall(r"\w+", caption.casefold())
    return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]
