"""A purpose's figures are those of plain Python, row by row, and what is unknown speaks neither for nor against."""

from collections import Counter
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from native4k.analyze import fitness_criteria
from native4k.analyze.collection_counts import ALWAYS, derived
from native4k.analyze.estimates import Estimate, Estimator
from native4k.analyze.fitness_criteria import Criterion, Purpose
from native4k.metadata.columns import COLUMNS, SCORES
from native4k.sources.source import Source

ALL = Source(title="all", page="", rows=None, license="", provenance="")
SIZED = Source(
    title="no scores",
    page="",
    rows=None,
    license="",
    provenance="",
    columns={name: (name,) for name in (*ALWAYS, "similarity")},
)
READ = (*ALWAYS, *SCORES)
EXACT = Estimator(None)

SIDES = st.none() | st.sampled_from([-1, 1, 1024, 1_000_000]) | st.integers(1, 5000)
CAPTIONS = st.none() | st.text("abü日👍", max_size=6) | st.sampled_from(["", "größer als"])
SHARES = st.none() | st.sampled_from([0.0, 0.5, 1.0]) | st.floats(-2, 2)
ROWS = st.lists(st.tuples(st.just("https://e.org/1.jpg"), SIDES, SIDES, CAPTIONS, *[SHARES] * len(SCORES)), min_size=1)
BOUNDS = st.none() | st.sampled_from([0, 0.5, 1, 2, 1024, 1024**2]) | st.floats(-10, 10_000)
CRITERIA = st.builds(
    Criterion, column=st.sampled_from(list(fitness_criteria.MEASURES)), min=BOUNDS, max=BOUNDS, share=st.floats(0, 1)
)
PURPOSES = st.dictionaries(
    st.sampled_from(["SR", "T2I at 1024", "VLM"]),
    st.builds(
        Purpose, images=st.integers(0, 100), criteria=st.dictionaries(st.sampled_from("abc"), CRITERIA, min_size=1)
    ),
    max_size=3,
)

Row = tuple[Any, ...]


def criterion(column: fitness_criteria.Measure, low: float | None, high: float | None, share: float = 0.5) -> Criterion:
    return Criterion(column=column, min=low, max=high, share=share)


def counted(rows: list[Row], purposes: fitness_criteria.Purposes, source: Source = ALL) -> dict[str, int]:
    """The sums over rows of the columns READ."""
    frame = pl.DataFrame(rows, schema={name: COLUMNS[name] for name in READ}, orient="row")
    return fitness_criteria.count_criteria(derived(frame), purposes, source)


def measured(row: Row, source: Source) -> dict[str, float | None]:
    """What is known of a row."""
    _, width, height, caption, *scores = row
    found = dict.fromkeys(fitness_criteria.MEASURES) | {"caption_length": len(caption or "")}
    if width is not None and height is not None and min(width, height) > 0:
        found |= {"width": width, "height": height, "pixels": width * height, "aspect": width / height}
        found |= {"long_side": max(width, height), "short_side": min(width, height)}
    return found | {name: value for name, value in zip(SCORES, scores, strict=True) if name in source.spellings}


def brute(rows: list[Row], purposes: fitness_criteria.Purposes, source: Source) -> Counter[str]:
    """The same sums, row by row."""
    sums: Counter[str] = Counter()
    for row in rows:
        known = measured(row, source)
        for name, purpose in purposes.items():
            opposed = False
            for wanted, one in purpose.criteria.items():
                value = known[one.column]
                if value is not None:
                    met = (one.min is None or value >= one.min) and (one.max is None or value <= one.max)
                    sums[f"{name}/{wanted}/known"] += 1
                    sums[f"{name}/{wanted}/met"] += met
                    opposed |= not met
            sums[name] += not opposed
    return sums


@given(ROWS, PURPOSES, st.sampled_from([ALL, SIZED]))
def test_the_sums_are_those_of_plain_python(rows: list[Row], purposes: dict[str, Purpose], source: Source) -> None:
    found = counted(rows, purposes, source)
    names = {
        f"{name}/{one}/{sum_}" for name in purposes for one in purposes[name].criteria for sum_ in ("met", "known")
    }
    assert set(found) == names | set(purposes)
    assert Counter(found) == brute(rows, purposes, source)


@given(st.integers(1, 10_000).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
@example((1, 49))
@example((3, 31))
def test_as_many_images_as_wanted_are_enough(unopposed_of: tuple[int, int]) -> None:
    unopposed, rows = unopposed_of
    purposes = {"it": Purpose(images=unopposed, criteria={"wide": criterion("width", 1, None)})}
    sums = {"it": unopposed, "it/wide/met": unopposed, "it/wide/known": rows}
    found = fitness_criteria.judge_purposes(purposes, sums, rows, rows, EXACT)["it"]
    assert (found["images"], found["verdict"]) == (Estimate(unopposed), "yes")


def test_a_criterion_without_bounds_is_met_wherever_the_value_is_known() -> None:
    rows: list[Row] = [("", 10, 20, "a", 0.1, None, None, None), ("", -1, 20, "a", None, None, None, None)]
    purposes = {
        name: Purpose(images=1, criteria={"any": criterion(name, None, None)})
        for name in ("width", "similarity", "aesthetic")
    }
    assert counted(rows, purposes) == {
        "width/any/met": 1,
        "width/any/known": 1,
        "width": 2,
        "similarity/any/met": 1,
        "similarity/any/known": 1,
        "similarity": 2,
        "aesthetic/any/met": 0,
        "aesthetic/any/known": 0,
        "aesthetic": 2,
    }


def test_bounds_belong_to_the_range() -> None:
    rows: list[Row] = [("", width, 1, None, None, None, None, None) for width in (9, 10, 15, 20, 21)]
    found = counted(rows, {"it": Purpose(images=1, criteria={"wide": criterion("width", 10, 20)})})
    assert found == {"it/wide/met": 3, "it/wide/known": 5, "it": 3}


def test_a_purpose_of_which_nothing_is_known_has_no_row_against_it() -> None:
    rows: list[Row] = [("", None, None, None, 0.1, 0.9, 0.9, 1.0)] * 3
    scores = {name: criterion(name, 5, 6) for name in ("punsafe", "pwatermark", "aesthetic")}
    purposes = {"it": Purpose(images=4, criteria={**scores, "wide": criterion("width", 5, None)})}
    found = fitness_criteria.judge_purposes(purposes, counted(rows, purposes, SIZED), 3, 3, EXACT)["it"]
    assert {key: found[key] for key in ("together", "images", "wanted", "verdict")} == {
        "together": Estimate(1),
        "images": Estimate(3),
        "wanted": 4,
        "verdict": "unknown",
    }
    assert {(one["known"], one["share"], one["verdict"]) for one in found["criteria"].values()} == {
        (0, None, "unknown")
    }


def test_every_measure_can_be_asked_for() -> None:
    assert set(fitness_criteria.Measure.__args__) == set(fitness_criteria.MEASURES)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (None, "unknown"),
        (Estimate(0.8), "yes"),
        (Estimate(0.9), "yes"),
        (Estimate(0.7999), "no"),
        (Estimate(0.9, (0.8, 0.95)), "yes"),
        (Estimate(0.9, (0.7999, 0.95)), "cannot say"),
        (Estimate(0.7, (0.6, 0.8)), "cannot say"),
        (Estimate(0.7, (0.6, 0.7999)), "no"),
    ],
)
def test_a_verdict_is_as_sure_as_the_figure(figure: Estimate | None, said: str) -> None:
    assert fitness_criteria.verdict(figure, 0.8) == said


@pytest.mark.parametrize("rows", [1, 10, 57, 1000, 9999])
def test_a_sample_that_meets_a_criterion_throughout_never_says_no(rows: int) -> None:
    sure = Estimator(0.95)
    assert fitness_criteria.verdict(sure.share(rows, rows), 1.0) == "cannot say"
    assert fitness_criteria.verdict(sure.share(0, rows), 0.0) == "yes"


def test_a_sample_of_many_rows_tells_the_images_of_the_whole() -> None:
    purposes = {"it": Purpose(images=300, criteria={"wide": criterion("width", 1, None)})}
    sums = {"it": 50, "it/wide/met": 50, "it/wide/known": 100}
    found = fitness_criteria.judge_purposes(purposes, sums, 100, 1000, Estimator(0.95))["it"]
    assert found["images"].value == 500
    assert found["images"].interval == pytest.approx((403.83, 596.17), abs=0.01)
    assert (found["verdict"], found["criteria"]["wide"]["verdict"]) == ("yes", "cannot say")
