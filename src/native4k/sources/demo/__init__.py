"""The built-in demo collection: pictures drawn from a seed, with planted defects and a known truth."""

from pathlib import Path

import pandas as pd

from native4k import params
from native4k.sources.demo.catalogue import (
    CATEGORIES,
    DEFECTS,
    Params,
    catalogue,
    truth,
)
from native4k.sources.demo.draw import draw
from native4k.sources.source import Source

__all__ = ["CATEGORIES", "DEFECTS", "SOURCE", "Params", "catalogue", "draw", "truth"]


def _make(_: Path, numbers: Path) -> pd.DataFrame:
    return catalogue(params.load(Params, numbers, "demo"))


def _content(url: str, _: Path, numbers: Path) -> bytes:
    return draw(url, params.load(Params, numbers, "demo"))


SOURCE = Source(
    title="the built-in demo collection",
    page="README.md",
    rows=None,
    license="CC0-1.0",
    provenance="drawn from a seed",
    note="drawn here, the same bytes everywhere; needs no network",
    make=_make,
    content=_content,
    drawn_by=Path(__file__).parent,
)
