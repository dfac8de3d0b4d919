"""Whether a collection fits a purpose: criteria on what the metadata know of a row, each with the share it wants."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import polars as pl
from pydantic import Field

from native4k import params
from native4k.analyze.estimates import Estimate, Estimator
from native4k.metadata.columns import SCORES
from native4k.sources.source import Source

Measure = Literal["width", "height", "pixels", "long_side", "short_side", "aspect", "similarity", "punsafe",
                  "pwatermark", "aesthetic", "caption_length"]  # fmt: skip

MEASURES: dict[str, pl.Expr] = {name: pl.col(name) for name in get_args(Measure)} | {
    "pixels": pl.col("width") * pl.col("height"),
    "long_side": pl.max_horizontal("width", "height"),
    "short_side": pl.min_horizontal("width", "height"),
    "aspect": pl.col("width") / pl.col("height"),
}
"""What a criterion can be on; unknown where the source does not say."""


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
    """Whether a row lies in the range; null where the value is unknown."""
    if criterion.column in set(SCORES) - set(source.spellings):
        return pl.lit(None, pl.Boolean)
    value, low, high = MEASURES[criterion.column], bound(criterion.min), bound(criterion.max)
    if low is None and high is None:
        return pl.when(value.is_not_null()).then(pl.lit(value=True))
    if low is None or high is None:
        return value <= high if low is None else value >= low
    return value.is_between(low, high)


def bound(number: float | None) -> float | None:
    """A whole bound as an integer, so that integers need not be converted to be compared."""
    return int(number) if number is not None and number.is_integer() else number


def count_criteria(rows: pl.DataFrame, purposes: Purposes, source: Source) -> dict[str, int]:
    """The numbers of rows that meet each criterion, of those where it is known, and of rows that fail no criterion."""
    every = [criterion for purpose in purposes.values() for criterion in purpose.criteria.values()]
    verdicts = rows.select(
        pl.col("blank").is_not_null().alias(""),
        **{range_key(criterion): meets(criterion, source) for criterion in every},  # shared ones are computed once
    )
    counts = []
    for name, purpose in purposes.items():
        verdict_of = {criterion: pl.col(range_key(one)) for criterion, one in purpose.criteria.items()}
        for criterion, met in verdict_of.items():
            counts += [met.sum().alias(f"{name}/{criterion}/met"), met.count().alias(f"{name}/{criterion}/known")]
        not_failed = pl.all_horizontal("", *(met.fill_null(value=True) for met in verdict_of.values()))
        counts.append(not_failed.sum().alias(name))
    return verdicts.select(counts).row(0, named=True) if counts else {}


def range_key(criterion: Criterion) -> str:
    """A name for a criterion's range, the same for the same range."""
    return f"{criterion.column} {criterion.min} {criterion.max}"


def verdict(figure: Estimate | None, wanted: float) -> str:
    """Whether a share reaches a wanted one: yes, no, unknown, or 'cannot say' where its interval spans it."""
    if figure is None:
        return "unknown"
    low, high = figure.interval or (figure.value, figure.value)
    return "yes" if low >= wanted else "no" if high < wanted else "cannot say"


def judge_purposes(
    purposes: Purposes, sums: Mapping[str, int], rows: int, whole: int, estimate: Estimator
) -> dict[str, Any]:
    """Each purpose's table; rows is the number of rows counted, whole the number there are."""
    judged = {}
    for name, purpose in purposes.items():
        criteria = {
            wanted: _judge(criterion, sums[f"{name}/{wanted}/met"], sums[f"{name}/{wanted}/known"], estimate)
            for wanted, criterion in purpose.criteria.items()
        }
        images = estimate.total(sums[name], rows, whole)
        known = any(criterion["known"] for criterion in criteria.values())
        judged[name] = {
            "criteria": criteria,
            "together": estimate.share(sums[name], rows),
            "images": images,
            "wanted": purpose.images,
            "verdict": verdict(images if known else None, purpose.images),
        }
    return judged


def _judge(criterion: Criterion, met: int, known: int, estimate: Estimator) -> dict[str, Any]:
    share = estimate.share(met, known)
    bounds = {"column": criterion.column, "min": criterion.min, "max": criterion.max}
    judgement = {"share": share, "wanted": criterion.share, "verdict": verdict(share, criterion.share)}
    return bounds | {"known": known} | judgement
