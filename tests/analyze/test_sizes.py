"""What the declared sizes say is what each row, looked at alone, says."""

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze import sizes
from native4k.analyze.estimates import Estimate, Estimator, distribution
from native4k.analyze.sizes import PLACED, SizeCounts
from native4k.geometry import Geometry, geometry_reasons
from native4k.metadata.columns import COLUMNS, IMPOSSIBLE, MAX_SIDE

EXACT = Estimator(None)
SIDES = (
    st.none() | st.just(IMPOSSIBLE) | st.integers(1, MAX_SIDE) | st.integers(1, 9000) | st.sampled_from([1, MAX_SIDE])
)
PAIRS = st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=40)
GOOD = st.tuples(st.integers(1, 9000), st.integers(1, 9000)) | st.tuples(st.integers(1, 4), st.integers(1, 4)).map(
    lambda pair: (pair[0] * 1024, pair[1] * 1024)
)
RULES = st.builds(
    Geometry,
    min_pixels=st.sampled_from([0, 1024**2, 8_294_400]),
    min_long_side=st.integers(0, 5000),
    min_short_side=st.integers(0, 5000),
    min_aspect=st.floats(0, 1),
    max_aspect=st.floats(1, 3),
)
PUBLISHED = Geometry(min_pixels=8_294_400, min_long_side=3840, min_short_side=0, min_aspect=0.6, max_aspect=1.5)

Pair = tuple[int | None, int | None]


def unpacked(pairs: list[Pair]) -> pl.DataFrame:
    """Placed as rows are tallied, counted, and taken apart again."""
    schema = {"declared_width": COLUMNS["declared_width"], "declared_height": COLUMNS["declared_height"]}
    rows = pl.DataFrame(pairs, schema=schema, orient="row").select(**PLACED)
    grid = SizeCounts()
    grid.add(rows["cell"].drop_nulls().to_numpy(), rows["size"].drop_nulls())
    return grid.pairs()


def cost(pairs: list[Pair], rule: Geometry) -> dict[str, Any] | None:
    good = sizes.possible(unpacked(pairs))
    return sizes.cost(good, geometry_reasons(good["width"], good["height"], rule), EXACT)


def described(pairs: list[Pair], **rules: Geometry) -> dict[str, Any]:
    return sizes.described(sizes.possible(unpacked(pairs)), rules, len(pairs), len(pairs), EXACT)


def values(tree: dict[str, Estimate]) -> dict[str, float]:
    return {name: figure.value for name, figure in tree.items()}


def good(width: int, height: int, rule: Geometry) -> tuple[bool, bool]:
    """Whether a row is large enough, and of a wanted shape."""
    large = width * height >= rule.min_pixels and max(width, height) >= rule.min_long_side
    aspect = rule.min_aspect <= width / height <= rule.max_aspect
    return large and min(width, height) >= rule.min_short_side, aspect


@given(PAIRS)
def test_sizes_come_out_as_they_went_in(pairs: list[Pair]) -> None:
    found = [((width, height), rows) for width, height, rows in unpacked(pairs).rows()]
    assert sorted(found, key=repr) == sorted(Counter(pairs).items(), key=repr)


@given(PAIRS)
def test_unknown_and_impossible_sizes_are_told_apart_and_left_out(pairs: list[Pair]) -> None:
    absent = sum(None in pair for pair in pairs)
    wrong = sum(IMPOSSIBLE in pair and None not in pair for pair in pairs)
    found = unpacked(pairs)
    missing = sizes.missing(found, len(pairs), EXACT)
    assert missing == {"no size": Estimate(absent / len(pairs)), "impossible size": Estimate(wrong / len(pairs))}
    left = sizes.possible(found)
    assert left["rows"].sum() == len(pairs) - absent - wrong
    good = {pair for pair in pairs if min(pair, key=_low) not in (None, -1)}
    assert sorted(left.select("width", "height").rows()) == sorted(good)


def _low(side: int | None) -> int:
    return -2 if side is None else side


def test_what_can_be_has_its_pixels_and_its_aspect() -> None:
    found = sizes.possible(unpacked([(1_000_000, 1_000_000), (3, 2), (None, 2), (-1, 2), (2, -1), (2, None), (3, 2)]))
    assert found.rows(named=True) == [
        {"width": 3, "height": 2, "rows": 2, "pixels": 6, "aspect": 1.5},
        {"width": 1_000_000, "height": 1_000_000, "rows": 1, "pixels": 10**12, "aspect": 1.0},
    ]


def test_without_any_size_there_is_nothing_to_say() -> None:
    assert described([(None, None), (-1, 5)], published=PUBLISHED) == {"rows": 0}


@given(st.lists(GOOD | st.tuples(st.none(), st.none()), min_size=1, max_size=30), RULES)
def test_what_passes_a_rule_is_what_passes_it_row_by_row(pairs: list[Pair], rule: Geometry) -> None:
    found = described(pairs, it=rule)
    sized = [(width, height) for width, height in pairs if width is not None and height is not None]
    if not sized:
        assert found == {"rows": 0}
        return
    passing = [(width, height) for width, height in sized if all(good(width, height, rule))]
    passes = found["passes"]["it"]
    assert passes["share"] == Estimate(len(passing) / len(pairs))
    assert passes["images"] == Estimate(len(passing))
    assert passes["pixels"].value == pytest.approx(sum(width * height for width, height in passing))


@given(st.lists(GOOD, min_size=1, max_size=30), RULES)
def test_what_an_aspect_range_costs_is_counted_row_by_row(pairs: list[Pair], rule: Geometry) -> None:
    found = cost(pairs, rule)
    verdicts = [good(width or 0, height or 0, rule) for width, height in pairs]
    large = sum(enough for enough, _ in verdicts)
    lost = sum(enough and not shape for enough, shape in verdicts)
    if not lost:
        assert found is None
        return
    assert found is not None
    assert (found["large"], found["lost"]) == (large, Estimate(lost / large))
    shares = [(one["of the large"], one["lost"]) for one in found["frames"].values()]
    assert sum(of.value for of, _ in shares) == pytest.approx(1)
    assert sum(of.value * part.value for of, part in shares if part) == pytest.approx(lost / large)


def test_an_aspect_range_of_the_paper_loses_4k_itself_and_keeps_4_to_3() -> None:
    pairs: list[Pair] = [*[(3840, 2160)] * 3, *[(4096, 2160)] * 2, *[(2160, 3840)] * 2, (4000, 3000), (3000, 4000)]
    found = described(pairs, published=PUBLISHED)
    cost = found["cost"]["published"]
    told = {name: (one["of the large"].value, one["lost"].value) for name, one in cost["frames"].items() if one["lost"]}
    assert told == {
        "9:16, 10:16 (portrait UHD is 0.563)": (2 / 9, 1),
        "3:4, 4:5": (1 / 9, 0),
        "4:3, 5:4": (1 / 9, 0),
        "16:9, 16:10 (UHD is 1.778)": (3 / 9, 1),
        "17:9 (DCI 4K is 1.896)": (2 / 9, 1),
    }
    assert (cost["large"], cost["lost"]) == (9, Estimate(7 / 9))
    exactly = {"UHD, 3840x2160": 3 / 9, "portrait UHD, 2160x3840": 2 / 9, "DCI 4K, 4096x2160": 2 / 9}
    assert values(found["exactly"]) == exactly


@pytest.mark.parametrize(
    ("size", "frame"),
    [
        ((1000, 2001), "taller than 1:2"),
        ((1000, 2000), "9:16, 10:16 (portrait UHD is 0.563)"),
        ((2160, 4096), "9:16, 10:16 (portrait UHD is 0.563)"),
        ((1000, 1600), "9:16, 10:16 (portrait UHD is 0.563)"),
        ((2000, 3000), "2:3"),
        ((3000, 4000), "3:4, 4:5"),
        ((2000, 2000), "square"),
        ((5000, 4000), "4:3, 5:4"),
        ((3000, 2000), "3:2"),
        ((1600, 1000), "16:9, 16:10 (UHD is 1.778)"),
        ((2000, 1000), "17:9 (DCI 4K is 1.896)"),
        ((2001, 1000), "wider than 2:1"),
    ],
)
def test_a_frame_is_called_what_it_is(size: Pair, frame: str) -> None:
    rule = Geometry(min_pixels=0, min_long_side=0, min_short_side=0, min_aspect=20, max_aspect=30)
    found = cost([size], rule)
    assert found is not None
    assert [name for name, one in found["frames"].items() if one["of the large"].value] == [frame]


@given(st.lists(GOOD, min_size=1, max_size=30))
def test_each_size_is_in_one_bucket_and_of_one_shape(pairs: list[Pair]) -> None:
    found = described(pairs)
    assert sum(values(found["buckets"]).values()) == pytest.approx(1)
    assert sum(values(found["shapes"]).values()) == pytest.approx(1)
    assert [sum(bars["shares"]) for bars in found["histograms"].values()] == pytest.approx([1, 1, 1])


def test_sizes_at_the_borders_are_in_the_upper_bucket() -> None:
    pairs: list[Pair] = [(1023, 1), (1024, 2047), (2048, 2048), (4095, 2048), (4096, 9000), (1023, 1024), (2047, 2048)]
    assert values(described(pairs)["buckets"]) == {
        "both under 1024": 1 / 7,
        "both 1024-2048": 1 / 7,
        "both 2048-4096": 2 / 7,
        "both 4096 and more": 1 / 7,
        "mixed": 2 / 7,
    }


def test_shapes_at_the_borders_are_in_the_lower_one() -> None:
    pairs: list[Pair] = [(9, 10), (901, 1000), (11, 10), (1101, 1000)]
    assert values(described(pairs)["shapes"]) == {"portrait": 0.25, "square": 0.5, "landscape": 0.25}


@given(st.lists(GOOD, min_size=1, max_size=30))
def test_the_summaries_are_numpys(pairs: list[Pair]) -> None:
    found = described([*pairs, (None, 5), (-1, 5)])
    width, height = np.array(pairs, float).T
    wanted = {"width": width, "height": height, "megapixels": width * height / 1e6, "aspect": width / height}
    for name, rows in wanted.items():
        assert found[name]["rows"] == len(pairs)
        assert (found[name]["min"], found[name]["max"]) == pytest.approx((rows.min(), rows.max()))
        assert found[name]["mean"].value == pytest.approx(rows.mean())
        assert found[name]["percentiles"]["90"].value == pytest.approx(np.percentile(rows, 90))


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 9)), min_size=1, max_size=30))
def test_a_histogram_is_numpys_with_all_beyond_in_its_first_and_last_bars(pairs: list[tuple[float, int]]) -> None:
    edges = [10, 20.5, 40, 80]
    numbers, rows = zip(*pairs, strict=True)
    found = sizes.histogram(distribution(pl.Series(numbers, dtype=pl.Float64), pl.Series(rows)), edges)
    counts, _ = np.histogram(np.repeat(numbers, rows), [-np.inf, *edges[1:], np.inf])
    assert found["edges"] == edges
    assert found["shares"] == pytest.approx(counts / sum(rows))
    assert sum(found["shares"]) == pytest.approx(1)


def test_a_value_on_an_edge_is_above_it() -> None:
    values_ = distribution(pl.Series([10.0, 20.0, 40.0, 80.0]), pl.Series([1, 1, 1, 1]))
    assert sizes.histogram(values_, [10, 20, 40, 80])["shares"] == [0.25] * 4
