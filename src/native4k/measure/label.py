"""Put each image in a category by its caption's words, with a confidence; 'unknown' where no word speaks."""

import argparse
import re
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field

from native4k import params, tables

UNKNOWN = "unknown"


@params.params
class Params:
    """Category -> the words that speak for it."""

    words: Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)]


def label(captions: pd.Series, numbers: Params) -> pd.DataFrame:
    """Category and confidence: the share of the caption's telling words that speak for the category."""
    counts = pd.DataFrame(
        {
            category: captions.str.count(_pattern(words), flags=re.IGNORECASE)
            for category, words in numbers.words.items()
        },
        index=captions.index,
    )
    total = counts.sum(axis="columns")
    best = counts.idxmax(axis="columns").where(total > 0, UNKNOWN)
    return pd.DataFrame({"category": best, "category_confidence": (counts.max(axis="columns") / total).fillna(0.0)})


def _pattern(words: list[str]) -> str:
    return rf"\b(?:{'|'.join(map(re.escape, words))})s?\b"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("store", type=Path, help="the image store (data/images); only its candidates are read")
    parser.add_argument("out", type=Path, help="the shard's table to write")
    parser.add_argument("--shard", default="0/1", help="which shard of how many, such as 2/4 (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Label a shard of the candidates."""
    numbers = params.load(Params, args.params, "label")
    number, of = tables.parse_shard(args.shard)
    table = tables.read(args.store / "candidates.parquet", "id", "caption")
    table = table[tables.shard_of(table["id"], of) == number]
    tables.write(pd.concat([table[["id"]], label(table["caption"], numbers)], axis="columns"), args.out)
