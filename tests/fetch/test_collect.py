"""Candidates from metadata: every rejected row has its reason, and the counts add up."""

import argparse
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from native4k import tables
from native4k.fetch import collect
from native4k.geometry import Geometry

RULE = {"min_pixels": 1000, "min_long_side": 40, "min_aspect": 0.4, "max_aspect": 2.5}
NUMBERS = collect.Params(
    sources=["web"], geometry=Geometry(**RULE), max_punsafe=0.5, max_pwatermark=0.8, keep_rejected=True
)


def candidates(*rows: dict[str, object]) -> pd.DataFrame:
    usual = {"declared_width": 60, "declared_height": 40, "caption": "a", "license": "CC0-1.0"}
    return collect.normalise(pd.DataFrame([{"url": f"u{n}"} | usual | row for n, row in enumerate(rows)]), "web")


def test_each_row_gets_the_reason_that_its_metadata_deserve() -> None:
    table = candidates(
        {},
        {"punsafe": 0.5, "pwatermark": 0.8},
        {"punsafe": 0.51},
        {"pwatermark": 0.81},
        {"punsafe": 0.9, "pwatermark": 0.9, "declared_width": 1},
        {"declared_width": 39, "declared_height": 39},
        {"declared_width": 200},
        {"declared_width": 0, "declared_height": 0},
        {"url": "u0"},
        {"url": "u3"},
    )
    judged = collect.collect(table, NUMBERS)
    assert judged["reason"].tolist() == [
        "", "", "unsafe", "watermarked", "unsafe", "too_small", "aspect", "too_small", "duplicate_url", "duplicate_url",
    ]  # fmt: skip
    assert (judged["rejected_by"] == "collect").tolist() == (judged["reason"] != "").tolist()


def test_a_normalised_row_has_our_columns_and_unknown_numbers_reject_nothing() -> None:
    table = candidates({"surplus": "dropped"})
    assert table.columns.tolist() == [*collect.COLUMNS, "reason", "rejected_by"]
    assert table[["punsafe", "pwatermark", "similarity", "aesthetic"]].isna().all(axis=None)


def test_an_id_is_sixteen_hex_digits_of_source_and_url_for_ever() -> None:
    assert collect.identify("web", "https://example.org/a.jpg") == "820845cf28ac24cc"
    assert collect.identify("folder", "https://example.org/a.jpg") != "820845cf28ac24cc"


@given(sizes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), st.floats(0, 1)), max_size=15), data=st.data())
def test_no_row_is_lost_and_the_order_of_rows_decides_nothing(
    sizes: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    rows = [{"declared_width": w, "declared_height": h, "punsafe": p} for w, h, p in [*sizes, (60, 40, 0.0)]]
    table = candidates(*rows)
    judged = collect.collect(table, NUMBERS).set_index("id")["reason"]
    assert judged.index.tolist() == table["id"].tolist()
    shuffled = table.iloc[data.draw(st.permutations(range(len(table))))]
    pd.testing.assert_series_equal(collect.collect(shuffled, NUMBERS).set_index("id")["reason"][judged.index], judged)


@pytest.mark.parametrize("keep", [True, False])
def test_the_step_writes_candidates_counts_and_if_asked_the_rejected(tmp_path: Path, keep: bool) -> None:
    (tmp_path / "folder").mkdir()
    Image.new("RGB", (60, 40)).save(tmp_path / "folder" / "good.png")
    Image.new("RGB", (20, 20)).save(tmp_path / "folder" / "small.png")
    section = {"sources": ["folder"], "geometry": RULE, "max_punsafe": 0.5, "max_pwatermark": 0.8}
    numbers = tmp_path / "params.yaml"
    numbers.write_text(yaml.safe_dump({"collect": section | {"keep_rejected": keep}}))
    paths = {name: tmp_path / f"{name}.parquet" for name in ("candidates", "counts", "rejected")}
    collect.run(argparse.Namespace(sources=tmp_path, params=numbers, **paths))
    assert tables.read(paths["candidates"]).columns.tolist() == list(collect.COLUMNS)
    assert tables.read(paths["candidates"])["url"].tolist() == ["good.png"]
    assert tables.read(paths["counts"]).to_numpy().tolist() == [["folder", "", 1], ["folder", "too_small", 1]]
    assert tables.read(paths["rejected"])["url"].tolist() == (["small.png"] if keep else [])
