"""Images that somebody wants out of the dataset, and their near copies, which leave with them.

The lists are in git, in data/takedown: one URL, host, id, SHA-256 of the bytes, or `phash:` with 16 hex digits a line.
Near copies are found among all images that were measured, as dedup finds them, whatever else speaks against them.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, tables
from native4k.dataset import signs
from native4k.fetch import optout

SHA256 = re.compile(r"[0-9a-f]{64}")
PHASH = re.compile(r"phash:([0-9a-f]{16})")
KINDS = "host, id of 16 hex digits, SHA-256 or phash:"

REASON, NEAR = "taken_down", "near_taken_down"


@params.params
class Params:
    """What is a copy, by the numbers that dedup has too; their own, so that a stricter dedup brings nobody back."""

    radius: Annotated[int, Field(ge=0, le=64)]
    verify: Annotated[int, Field(ge=0, le=256)]
    middles: bool
    min_bits: Annotated[int, Field(ge=0, le=32)]


class Asked(NamedTuple):
    """What the lists name."""

    images: optout.OptOut
    contents: frozenset[str]
    phashes: frozenset[str]


class Known(NamedTuple):
    """Which rows of a table are named, and which are near copies of those."""

    named: np.ndarray
    near: np.ndarray


NOBODY = Asked(optout.OptOut(set(), set()), frozenset(), frozenset())


def read(paths: Sequence[Path]) -> Asked:
    """The lists merged."""
    said = [line for path in paths for line in optout.lines(path)]
    contents = frozenset(line.words for line in said if SHA256.fullmatch(line.words))
    phashes = [found[1] for line in said if (found := PHASH.fullmatch(line.words))]
    others = [line for line in said if not SHA256.fullmatch(line.words) and not PHASH.fullmatch(line.words)]
    return Asked(optout.parse_lines(others, KINDS), contents, frozenset(phashes))


def take_down(table: pd.DataFrame, asked: Asked | Known, numbers: Params) -> pd.DataFrame:
    """The table with a reason on the named images and on their near copies."""
    ours, copies = asked if isinstance(asked, Known) else known(table, asked, numbers)
    return tables.reject(tables.reject(table, ours, REASON, "select"), copies, NEAR, "select")


def known(table: pd.DataFrame, asked: Asked, numbers: Params) -> Known:
    """Whom the lists take down."""
    if asked == NOBODY:
        return Known(*np.zeros((2, len(table)), dtype=bool))
    ours = named(table, asked)
    return Known(ours, near(table, ours, asked, numbers))


def named(table: pd.DataFrame, asked: Asked) -> np.ndarray:
    """Which images the lists name."""
    found = (table["id"].isin(asked.images.ids) | table["sha256"].isin(asked.contents)).to_numpy()
    return found | _hosted(table["url"], asked.images.hosts) if asked.images.hosts else found


def _hosted(links: "pd.Series[str]", hosts: set[str]) -> np.ndarray:
    import polars as pl

    from native4k.metadata import urls

    names = pl.DataFrame({"url": links.tolist()}, schema={"url": pl.String})
    found = names.select(urls.below(urls.host(pl.col("url")), pl.Series(sorted(hosts))).fill_null(value=False))
    return found.to_series().to_numpy()


def near(table: pd.DataFrame, named: np.ndarray, asked: Asked, numbers: Params) -> np.ndarray:
    """Which images are near copies of the named ones, or have a pHash near one that is listed."""
    found = np.zeros(len(table), dtype=bool)
    read = np.flatnonzero(table["phash"] != "")
    pictures = signs.of(
        table.iloc[read], numbers.radius, numbers.verify, middles=numbers.middles, min_bits=numbers.min_bits
    )
    found[read[table["pixels"].iloc[read].isin(table["pixels"][named])]] = True
    telling = np.flatnonzero(signs.telling(pictures.shorts[0], numbers.min_bits))
    for row in telling[named[read[telling]]]:
        found[read[telling[pictures.near(row, telling)]]] = True
    listed = signs.numbers_of(pd.Series(sorted(asked.phashes), dtype="str"), 1)[0]
    for one in listed[signs.telling(listed, numbers.min_bits)]:
        found[read[telling[np.bitwise_count(pictures.shorts[0, telling] ^ one) <= numbers.radius]]] = True
    return found
