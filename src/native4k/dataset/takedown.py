"""Images that somebody wants out of the dataset, and their near copies, which leave with them.

The lists are in git, in data/takedown: one URL, host, id, SHA-256 of the bytes, or `phash:` with 16 hex digits a line.
Near copies are found among all images that were measured, as dedup finds them, whatever else speaks against them; by
limits of their own, so that a stricter dedup brings no image back.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset.near_duplicates.signatures import Limits, informative, numbers_of, read_signatures
from native4k.fetch import permissions

SHA256 = re.compile(r"[0-9a-f]{64}")
PHASH = re.compile(r"phash:([0-9a-f]{16})")
ENTRIES = "host, id of 16 hex digits, SHA-256 or phash:"

REASON, NEAR = "taken_down", "near_taken_down"

WITHHELD = "withheld"
"""The column of rows whose owner asked to be left out, whichever reason came first: nothing public names them."""

OWNER_STATUSES = ("opted_out", "robots", "noai", "noindex")
"""Reasons of fetch by which an owner asks to be left out."""


class Requests(NamedTuple):
    """What the lists name."""

    images: permissions.OptOut
    contents: frozenset[str]
    phashes: frozenset[str]


NO_REQUESTS = Requests(permissions.OptOut(set(), set()), frozenset(), frozenset())


def read_requests(paths: Sequence[Path]) -> Requests:
    """Read and merge the lists."""
    lines = [line for path in paths for line in permissions.read_lines(path)]
    contents = frozenset(line.entry for line in lines if SHA256.fullmatch(line.entry))
    phashes = [found[1] for line in lines if (found := PHASH.fullmatch(line.entry))]
    others = [line for line in lines if not SHA256.fullmatch(line.entry) and not PHASH.fullmatch(line.entry)]
    return Requests(permissions.parse_lines(others, ENTRIES), contents, frozenset(phashes))


def take_down(table: pd.DataFrame, requests: Requests, limits: Limits) -> pd.DataFrame:
    """Reject the images that the requests name, and their near copies; mark all that an owner wants left out."""
    refused = table["reason"].isin(OWNER_STATUSES).to_numpy()
    if requests == NO_REQUESTS:
        return table.assign(**{WITHHELD: refused})
    named = is_named(table, requests)
    copies = near_copies(table, named, requests, limits)
    table = table.assign(**{WITHHELD: refused | named | copies})
    return tables.reject(tables.reject(table, named, REASON, "select"), copies, NEAR, "select")


def is_named(table: pd.DataFrame, requests: Requests) -> np.ndarray:
    """Tell which images the lists name."""
    found = (table["id"].isin(requests.images.ids) | table["sha256"].isin(requests.contents)).to_numpy()
    return found | _hosted(table["url"], requests.images.hosts) if requests.images.hosts else found


def _hosted(links: "pd.Series[str]", hosts: set[str]) -> np.ndarray:
    import polars as pl

    from native4k.metadata import urls

    names = pl.DataFrame({"url": links.tolist()}, schema={"url": pl.String})
    found = names.select(urls.below(urls.host(pl.col("url")), pl.Series(sorted(hosts))).fill_null(value=False))
    return found.to_series().to_numpy()


def public_names(table: pd.DataFrame) -> "pd.Series[str]":
    """Look up each row's URL, or its path below the source's folder; empty where its owner asked to be left out."""
    return table["url"].mask(table[WITHHELD], "")


def near_copies(table: pd.DataFrame, named: np.ndarray, requests: Requests, limits: Limits) -> np.ndarray:
    """Tell which images are near copies of the named ones, or have a pHash near one that is listed."""
    read = (table["phash"] != "").to_numpy()
    pictures = read_signatures(table, limits)
    found = read & table["pixels"].isin(table["pixels"][named]).to_numpy()
    compared = np.flatnonzero(read & pictures.informative())
    for row in compared[named[compared]]:
        found[compared[pictures.near(row, compared)]] = True
    listed = numbers_of(pd.Series(sorted(requests.phashes), dtype="str"), 1)[0]
    for one in listed[informative(listed, limits.min_bits)]:
        found[compared[np.bitwise_count(pictures.short[0, compared] ^ one) <= limits.radius]] = True
    return found
