"""The final tables are put in place, and the last line of the step says where the dataset falls short."""

from pathlib import Path

import pandas as pd

from native4k.dataset import tables

NUMBERS = """
select: {preset: own, presets: {own: {flat: {}}}}
split: {val: {size: 0, zone: 0}, test: {size: 0, zone: 0}}
"""


def test_a_dataset_that_keeps_less_than_half_names_the_rule_and_its_number(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(NUMBERS, encoding="utf-8")
    rows = [("a", "", "", "train"), ("b", "flat", "select", ""), ("c", "flat", "select", "")]
    table = pd.DataFrame(rows, columns=["id", "reason", "rejected_by", "split"])
    collected = pd.DataFrame({"reason": ["", "unsafe", "unsafe"], "rows": [3, 5, 2]})
    line = "1 of 3 candidates are kept (33.3 %): select rejects most, 2 as flat; change select.presets.own.flat"
    assert tables.shortfall_lines(table, collected, tmp_path / "params.yaml") == [line]
    none = tables.shortfall_lines(table[:0], collected, tmp_path / "params.yaml")
    assert none == ["there are no candidates: collect rejects most, 7 as unsafe; change collect.max_punsafe"]
