"""Decode each image once: true size, perceptual hash, how fine its detail is, and a thumbnail."""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from native4k import images, params, tables
from native4k.geometry import Geometry, geometry_reasons
from native4k.measure import cache
from native4k.measure.nativeness import UNKNOWN, nativeness
from native4k.measure.nativeness import Params as Nativeness

FAILED = {
    "format": "",
    "width": 0,
    "height": 0,
    "phash": "",
    "detail": np.nan,
    "fineness": np.nan,
    **UNKNOWN,
    "thumbnail": b"",
}
"""What is known of an image that cannot be opened."""


@params.params
class Params:
    """The geometry that true sizes must have, and what is measured where."""

    geometry: Geometry
    tile: int
    tiles: int
    thumbnail: int
    nativeness: Nativeness


def probe(content: bytes, numbers: Params) -> dict[str, Any]:
    """What one decode tells of an image; `failure` says why there is nothing to tell."""
    try:
        kind, _, _ = images.header(content)
        image = images.decode(content)
    except images.Unreadable as reason:
        return FAILED | {"failure": str(reason)}
    return {
        "format": kind,
        "width": image.width,
        "height": image.height,
        "phash": images.phash(image),
        **detail(image, numbers.tile, numbers.tiles),
        **nativeness(np.asarray(image.convert("L")), numbers.nativeness),
        "thumbnail": images.thumbnail(image, numbers.thumbnail),
        "failure": "",
    }


def detail(image: Image.Image, side: int, count: int) -> dict[str, float]:
    """How strong the detail of the sharpest tiles is, and how far it reaches down to single pixels.

    `detail` is the standard deviation of the finest Haar band in grey levels, `fineness` its ratio to that of the
    next coarser band: an enlarged picture has little in the finest. Both are the median of the sharpest quarter of
    the tiles, so that a shallow depth of field does not count against an image.
    """
    bands = np.array([haar_energies(tile) for tile in images.tiles(image.convert("L"), side, count)])
    sharpest = bands[np.argsort(-bands[:, 1])[: max(1, len(bands) // 4)]]
    fine, coarse = np.median(np.sqrt(sharpest), axis=0)
    return {"detail": float(fine), "fineness": float(fine / (coarse + 1e-3))}  # 1e-3 grey levels: a flat tile is 0


def haar_energies(tile: np.ndarray) -> tuple[float, float]:
    """Mean square of the finest and of the next Haar detail band."""
    mean, finest = _haar(tile.astype(np.float64))
    _, next_one = _haar(mean)
    return finest, next_one


def _haar(x: np.ndarray) -> tuple[np.ndarray, float]:
    x = x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]
    mean = (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4
    return mean, float(np.mean(np.square(x)) - np.mean(np.square(mean)))


def join(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The candidates with what was measured of their bytes, in the same types whoever failed."""
    unmeasured = FAILED | {"failure": ""}
    joined = table.merge(rows.reindex(columns=["sha256", *unmeasured]), on="sha256", how="left")
    for name, value in unmeasured.items():
        joined[name] = joined[name].where(joined[name].notna(), value)
    types = {name: object if isinstance(value, bytes) else type(value) for name, value in unmeasured.items()}
    return joined.astype(types)


def decide(table: pd.DataFrame, rule: Geometry) -> pd.DataFrame:
    """A reason for each image that could not be fetched or read, or whose true geometry fails."""
    table = table.assign(reason="", rejected_by="")
    for status in sorted(set(table["status"]) - {"ok"}):
        table = tables.reject(table, table["status"] == status, status, "fetch")
    for failure in sorted(set(table["failure"]) - {""}):
        table = tables.reject(table, table["failure"] == failure, failure, "probe")
    declared = geometry_reasons(table["declared_width"], table["declared_height"], rule)
    promised = ~np.logical_or.reduce(list(declared.values()))
    for reason, mask in geometry_reasons(table["width"], table["height"], rule).items():
        table = tables.reject(table, mask & promised, "mislabelled", "probe")
        table = tables.reject(table, mask, reason, "probe")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Probe a shard of the store's images."""
    numbers = params.load(Params, args.params, "probe")
    table, files = cache.shard(args)
    place = cache.folder(args.cache, "probe", args.params)
    rows = cache.measure(files, lambda file: probe((args.store / file).read_bytes(), numbers), place, "probe")
    tables.write(decide(join(table, rows), numbers.geometry).drop(columns="failure"), args.out)
