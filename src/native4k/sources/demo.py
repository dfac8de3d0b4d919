"""The built-in demo collection: pictures drawn from a seed by native4k.demo."""

from pathlib import Path
from typing import TYPE_CHECKING

from native4k import params
from native4k.sources.source import Source

if TYPE_CHECKING:
    import pandas as pd


def _make(_: Path, numbers: Path) -> "pd.DataFrame":
    from native4k import demo

    return demo.catalogue(params.load(demo.Params, numbers, "demo"))


def _content(url: str, _: Path, numbers: Path) -> bytes:
    from native4k import demo

    return demo.draw(url, params.load(demo.Params, numbers, "demo"))


SOURCE = Source(
    title="the built-in demo collection",
    page="README.md",
    rows=None,
    license="CC0-1.0",
    provenance="drawn from a seed",
    note="drawn here, the same bytes everywhere; needs no network",
    make=_make,
    content=_content,
    drawn_by="demo",
)
