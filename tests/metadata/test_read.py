"""A collection is read part by part, each by its own columns, and at rest."""

import os
from pathlib import Path

import polars as pl
import pytest

from native4k.errors import UserError
from native4k.metadata import locations, read, text
from native4k.sources.laion_high_resolution import SOURCE

WANTED = ("url", "declared_width", "license")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_parts_may_spell_and_type_their_columns_differently() -> None:
    pl.DataFrame({"URL": ["u"], "WIDTH": [4000], "HEIGHT": [3000]}).write_parquet("a.parquet")
    pl.DataFrame({"height": ["3"], "width": ["4.0"], "url": ["v"], "more": [1]}).write_parquet("b.parquet")
    Path("c.csv").write_text("HEIGHT,URL,WIDTH\n1,w,inf\n")
    found = read.collection("laion_high_resolution", ".", Path("none"), Path("none"))
    assert [part.name for part in found.parts] == ["a.parquet", "b.parquet", "c.csv"]
    rows = [row for part in found.parts for frame in read.frames(part, SOURCE, WANTED) for row in frame.rows()]
    assert rows == [("u", 4000, "unknown"), ("v", 4, "unknown"), ("w", -1, "unknown")]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_rows_of_text_are_filtered_and_constants_are_as_many(name: str) -> None:
    table = pl.DataFrame({"URL": ["u", "v", "w"], "WIDTH": [1, 2, 3], "HEIGHT": [1, 1, 1]})
    Path(name).write_text(table.write_csv() if name == "a.csv" else table.write_ndjson())
    part = locations.find_parts(name)[0]
    assert pl.concat(list(read.frames(part, SOURCE, ("license",)))).rows() == [("unknown",)] * 3
    kept = read.frames(part, SOURCE, ("url", "license"), lambda ours: ours["declared_width"] > 1)
    assert pl.concat(list(kept)).rows() == [("v", "unknown"), ("w", "unknown")]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_that_changes_while_it_is_read_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BATCH", 2)
    table = pl.DataFrame({"URL": ["u"] * 9, "WIDTH": 1, "HEIGHT": 1})
    table.write_csv(name) if name == "a.csv" else table.write_parquet(name)
    frames = read.frames(locations.find_parts(name)[0], SOURCE, WANTED)
    next(frames)
    os.utime(name, (1, 1))
    with pytest.raises(UserError) as raised:
        list(frames)
    assert str(raised.value) == f"{name}: changed while it was being read; run again when it is at rest"
