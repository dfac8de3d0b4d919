"""What is remembered of an earlier collection: kept, found again, and worth nothing once its rows have changed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from native4k.dataset import dedup, known
from tests.dataset.signed import signed
from tests.dataset.test_dedup import CENTRES, NUMBERS, deduped

COLUMNS = dedup.decisive(dedup.Params(**NUMBERS))


def collection() -> pd.DataFrame:
    """Two copies and another picture."""
    return signed([CENTRES[0], CENTRES[0] ^ 1, CENTRES[1]], detail=[3.0, 2.0, 1.0])


@pytest.fixture(name="store")
def what_is_known(tmp_path: Path) -> Path:
    known.keep(tmp_path / "dedup" / "known.parquet", deduped(collection()), COLUMNS)
    return tmp_path / "dedup" / "known.parquet"


def places(table: pd.DataFrame, store: Path) -> list[int]:
    return known.places(dedup.best_first(table, None), known.earlier(store), COLUMNS).tolist()


def test_representatives_are_found_again_as_rows(store: Path) -> None:
    assert places(collection(), store) == [0, 0, 2]
    better = signed([CENTRES[2]], detail=[4.0]).assign(id="new")
    assert places(pd.concat([collection(), better], ignore_index=True), store) == [-1, 1, 1, 3]


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (0, "detail", 5.0, [-1, -1, 2]),
        (1, "signature", "0" * 64, [0, -1, 2]),
        (2, "width", 7, [0, 0, -1]),
        (0, "reason", "flat", [-1, 1]),
        (1, "reason", "flat", [0, 1]),
    ],
)
def test_a_row_that_has_changed_and_those_it_stood_for_are_not_known(
    store: Path, row: int, column: str, value: object, expected: list[int]
) -> None:
    table = collection()
    table.loc[row, column] = value
    assert places(table, store) == expected


def test_nothing_is_known_before_the_first_time_or_without_a_place_to_keep_it(tmp_path: Path) -> None:
    assert known.earlier(None) is None
    assert known.earlier(tmp_path / "none.parquet") is None
    known.keep(None, deduped(collection()), COLUMNS)
    alive = dedup.best_first(collection(), None)
    assert (known.places(alive, None, COLUMNS) == np.full(3, -1)).all()


def test_other_numbers_or_other_code_know_nothing_but_lists_may_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place(text: str) -> Path:
        (tmp_path / "params.yaml").write_text(f"dedup: {text}\n")
        return known.place(tmp_path, tmp_path / "params.yaml")

    first = place("{radius: 10, firewall: {}}")
    assert first == place("{radius: 10, firewall: {own: reject}}")
    assert first != place("{radius: 9, firewall: {}}")
    monkeypatch.setattr(known, "CODE", known.CODE[:-1])
    assert first != place("{radius: 10, firewall: {}}")
