"""What became of the candidates: counted by status, and by host where there are any."""

from pathlib import Path

import pandas as pd

from native4k import tables
from native4k.report import fetched


def test_statuses_and_hosts_are_counted_the_most_frequent_first(root: Path) -> None:
    counts = tables.read(root / "tables/fetched.parquet")
    assert [row[:4] for row in fetched.status_rows(counts)] == [
        ["ok", 12, "2.5", "in the store"],
        ["gone", 3, "0.0", "final"],
        ["timeout", 1, "0.0", "retried by this run and by the next"],
    ]
    hosts = fetched.host_rows(counts[counts["host"] != ""])
    assert [row[1:] for row in hosts] == [[6, 3, "50.0 %", "gone"], [1, 0, "0.0 %", "gone"]]
    assert "<script" not in fetched.section(counts)


def test_a_collection_without_the_web_has_no_hosts() -> None:
    counts = pd.DataFrame([["demo", "", "ok", 9, 1]], columns=["source", "host", "status", "images", "bytes"])
    assert "By host" not in fetched.section(counts)
