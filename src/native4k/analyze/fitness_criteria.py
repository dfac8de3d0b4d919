"""Whether a collection fits a purpose: criteria on what the metadata know of a row, each with the share it wants."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field

from native4k import params
from native4k.analyze.estimates import Estimate, Estimator
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

Measure = Literal[
    "width",
    "height",
    "pixels",
    "long_side",
    "short_side",
    "aspect",
    "similarity",
    "punsafe",
    "pwatermark",
    "aesthetic",
    "caption_length",
]

MEASURES: dict[Measure, pl.Expr] = {
    "width": pl.col("width"),
    "height": pl.col("height"),
    "pixels": pl.col("width") * pl.col("height"),
    "long_side": pl.max_horizontal("width", "height"),
    "short_side": pl.min_horizontal("width", "height"),
    "aspect": pl.col("width") / pl.col("height"),
    "similarity": pl.col("similarity"),
    "punsafe": pl.col("punsafe"),
    "pwatermark": pl.col("pwatermark"),
    "aesthetic": pl.col("aesthetic"),
    "caption_length": pl.col("caption_length"),
}
"""What a criterion can ask for; unknown where the source does not say."""


@params.params
class Criterion:
    """A range that rows should lie in, and the share of the known ones that should."""

    column: Measure
    min: float | None
    max: float | None
    share: Annotated[float, Field(ge=0, le=1)]


@params.params
class Purpose:
    """How many images a purpose needs, and what of them."""

    images: int
    criteria: Annotated[dict[str, Criterion], Field(min_length=1)]


Purposes = Mapping[str, Purpose]


def meets(criterion: Criterion, source: Source) -> pl.Expr:
    """Whether a row lies in the range; null where nobody knows."""
    if criterion.column in missing_scores(source):
        return pl.lit(None, pl.Boolean)
    value, low, high = MEASURES[criterion.column], bound(criterion.min), bound(criterion.max)
    if low is None and high is None:
        return pl.when(value.is_not_null()).then(pl.lit(value=True))
    if low is None or high is None:
        return value <= high if low is None else value >= low
    return value.is_between(low, high)


def bound(number: float | None) -> float | None:
    """A whole bound as a whole number: so whole measures need not be turned into others to be compared."""
    return int(number) if number is not None and number.is_integer() else number


def missing_scores(source: Source) -> set[str]:
    """Scores that the metadata of a source do not have."""
    return set(SCORES) - set(source.spellings)


def count_criteria(rows: pl.DataFrame, purposes: Purposes, source: Source) -> dict[str, int]:
    """The numbers of rows that meet each criterion, of those where it is known, and of rows that fail no criterion."""
    every = [criterion for purpose in purposes.values() for criterion in purpose.criteria.values()]
    asked = {ranged(criterion): meets(criterion, source) for criterion in every}  # what several ask is asked once
    verdicts = rows.select(pl.col("blank").is_not_null().alias(""), **asked)
    made = []
    for name, purpose in purposes.items():
        wanted = {criterion: pl.col(ranged(one)) for criterion, one in purpose.criteria.items()}
        for criterion, met in wanted.items():
            made += [met.sum().alias(f"{name}/{criterion}/met"), met.count().alias(f"{name}/{criterion}/known")]
        unopposed = pl.all_horizontal("", *(met.fill_null(value=True) for met in wanted.values()))
        made.append(unopposed.sum().alias(name))
    return verdicts.select(made).row(0, named=True) if made else {}


def ranged(criterion: Criterion) -> str:
    """A criterion's range, in words."""
    return f"{criterion.column} {criterion.min} {criterion.max}"


def verdict(figure: Estimate | None, wanted: float) -> str:
    """What a share says of a wanted one: yes, no, or not surely either."""
    if figure is None:
        return "unknown"
    low, high = figure.interval or (figure.value, figure.value)
    return "yes" if low >= wanted else "no" if high < wanted else "cannot say"


def judge_purposes(
    purposes: Purposes, sums: Mapping[str, int], rows: int, whole: int, sure: Estimator
) -> dict[str, Any]:
    """Each purpose's table; rows were looked at, whole is how many there are."""
    return {name: _judge_purpose(name, purpose, sums, rows, whole, sure) for name, purpose in purposes.items()}


def _judge_purpose(
    name: str, purpose: Purpose, sums: Mapping[str, int], rows: int, whole: int, sure: Estimator
) -> dict[str, Any]:
    criteria = {}
    for wanted, criterion in purpose.criteria.items():
        share = sure.share(sums[f"{name}/{wanted}/met"], sums[f"{name}/{wanted}/known"])
        known = sums[f"{name}/{wanted}/known"]
        criteria[wanted] = {
            "column": criterion.column,
            "min": criterion.min,
            "max": criterion.max,
            "known": known,
            "share": share,
            "wanted": criterion.share,
            "verdict": verdict(share, criterion.share),
        }
    together = sure.share(sums[name], rows)
    images = sure.total(sums[name], rows, whole)
    known = any(criterion["known"] for criterion in criteria.values())
    return {
        "criteria": criteria,
        "together": together,
        "images": images,
        "wanted": purpose.images,
        "verdict": verdict(images if known else None, purpose.images),
    }
