"""The Croissant description is valid, and its library loads tables and pictures with it."""

import hashlib
import json
import warnings
from typing import Any

import pytest

from native4k import tables
from native4k.publish import croissant


@pytest.fixture(name="loaded")
def loaded_by_the_library(published: Any) -> Any:
    with warnings.catch_warnings():  # of the library's own dependencies
        warnings.simplefilter("ignore")
        library = pytest.importorskip("mlcroissant")
        return library.Dataset(str(published.out / "croissant.json"))


def records(loaded: Any, name: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [{key.partition("/")[2]: value for key, value in row.items()} for row in loaded.records(name)]


def test_the_library_finds_no_error_and_misses_only_the_date(loaded: Any) -> None:
    issues = loaded.metadata.ctx.issues
    assert issues.errors == set()
    assert ["datePublished" in warning for warning in issues.warnings] == [True]


def test_the_library_loads_the_tables(loaded: Any, published: Any) -> None:
    for name in ("images", "rejected"):
        table = tables.read(published.out / f"{name}.parquet")
        rows = records(loaded, name)
        assert [list(row) for row in rows] == [list(table.columns)] * len(table)
        assert [row["id"].decode() for row in rows] == table["id"].tolist()


def test_the_library_loads_the_pictures(loaded: Any, published: Any) -> None:
    rows = records(loaded, "train-pictures")
    assert [row["file_name"] for row in rows] == [b"a.jpg", b"b.png"]
    assert [row["image"].size for row in rows] == [(40, 30)] * 2


def test_it_names_every_table_with_its_hash_and_every_column_with_its_meaning(published: Any) -> None:
    tree = json.loads((published.out / "croissant.json").read_text(encoding="utf-8"))
    assert (tree["name"], tree["version"], tree["license"]) == ("n", "1.2.3", ["CC0-1.0"])
    files = {one["@id"]: one for one in tree["distribution"]}
    assert list(files) == ["images.parquet", "rejected.parquet", "train-files", "val-files", "test-files"]
    for name in ("images.parquet", "rejected.parquet"):
        assert files[name]["sha256"] == hashlib.sha256((published.out / name).read_bytes()).hexdigest()
    assert files["train-files"]["includes"] == ["train/*.jpg", "train/*.png"]
    fields = {one["name"]: one for one in tree["recordSet"][0]["field"]}
    assert list(fields) == list(tables.read(published.out / "images.parquet").columns)
    assert fields["bytes"]["dataType"] == "sc:Integer"
    assert fields["new_score"]["description"] == croissant.UNDESCRIBED


def test_a_column_of_lists_is_repeated(version: Any) -> None:
    table = tables.read(version.tables / "images.parquet")
    tables.write(table.assign(signature=[[1.0, 2.0]] * len(table)), version.tables / "images.parquet")
    version.publish()
    tree = json.loads((version.out / "croissant.json").read_text(encoding="utf-8"))
    made = next(one for one in tree["recordSet"][0]["field"] if one["name"] == "signature")
    assert (made["repeated"], made["dataType"]) == (True, "sc:Float")
    assert "| `signature` | list of Float |" in (version.out / "README.md").read_text(encoding="utf-8")
