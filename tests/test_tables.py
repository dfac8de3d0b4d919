"""Tables: the same bytes for the same rows, whole or not at all, and one line where a file is wrong."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import tables
from native4k.errors import UserError

IDS = st.lists(st.integers(0, 2**64 - 1).map("{:016x}".format), min_size=1, max_size=20, unique=True)


def frame(ids: list[str], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, "reason": "", "rejected_by": "", **columns})


@given(ids=IDS, data=st.data())
def test_a_table_has_the_same_bytes_whatever_the_order_of_its_rows(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    table = frame(ids, width=[int(text, 16) % 1000 for text in ids])
    shuffled = table.iloc[data.draw(st.permutations(range(len(ids))))]
    tables.write(table, folder / "one.parquet")
    tables.write(shuffled, folder / "two.parquet")
    assert (folder / "one.parquet").read_bytes() == (folder / "two.parquet").read_bytes()
    assert tables.read(folder / "one.parquet")["id"].tolist() == sorted(ids)


def test_what_is_written_is_read_back_with_its_types_and_notes(tmp_path: Path) -> None:
    table = frame(["a", "b"], number=[1, 2], share=[0.5, np.nan], picture=[b"\0", b""])
    tables.write(table, tmp_path / "t.parquet", {"key": "value"})
    pd.testing.assert_frame_equal(tables.read(tmp_path / "t.parquet"), table)
    assert tables.metadata(tmp_path / "t.parquet") == {"native4k": tables.VERSION, "key": "value"}


def test_a_table_without_rows_keeps_its_columns(tmp_path: Path) -> None:
    tables.write(frame([])[["id", "reason"]], tmp_path / "t.parquet")
    assert tables.read(tmp_path / "t.parquet", "id", "reason").empty


def test_pieces_of_a_table_are_one_file_that_is_read_back_with_its_notes(tmp_path: Path) -> None:
    table = frame(["a", "b", "c"], number=[1, 2, 3])
    pieces = [pa.Table.from_pandas(table[place : place + 1], preserve_index=False) for place in range(3)]
    tables.write_arrow(iter(pieces), pieces[0].schema, tmp_path / "t.parquet", {"key": "value"})
    pd.testing.assert_frame_equal(tables.read(tmp_path / "t.parquet"), table)
    assert tables.metadata(tmp_path / "t.parquet") == {"native4k": tables.VERSION, "key": "value"}
    tables.write_arrow([], pieces[0].schema, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(tables.read(tmp_path / "t.parquet"), table[:0])


def test_a_piece_that_cannot_be_made_leaves_the_old_file(tmp_path: Path) -> None:
    whole = pa.table({"id": ["a"]})
    tables.write_arrow([whole], whole.schema, tmp_path / "t.parquet")
    before = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(ZeroDivisionError):
        tables.write_arrow((whole if number else 1 / 0 for number in (1, 0)), whole.schema, tmp_path / "t.parquet")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"t.parquet": before}


def test_row_groups_are_small_enough_for_viewers(tmp_path: Path) -> None:
    tables.write(frame([f"{number:016x}" for number in range(25_000)]), tmp_path / "t.parquet")
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3


def test_wrong_files_are_one_line_that_names_the_file_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(UserError, match=r"t\.parquet: no such table; run the step that makes it, or pull it with dvc"):
        tables.read(path)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(UserError, match=r"t\.parquet: not a Parquet table"):
        tables.read(path)
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(UserError, match=r"written by table version none, this code reads 1; run the step again"):
        tables.read(path)
    pq.write_table(pa.table({"id": ["a"]}).replace_schema_metadata({"native4k": "0"}), path)
    with pytest.raises(UserError, match="written by table version 0"):
        tables.read(path)
    tables.write(frame(["a"]), path)
    with pytest.raises(UserError, match="column 'phash' is missing; there are: id, reason, rejected_by"):
        tables.read(path, "id", "phash")
    with pytest.raises(UserError, match="column 'split' is missing"):
        tables.read(path, columns=["split"])


def test_a_table_whose_pages_are_damaged_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    tables.write(frame([f"{number:016x}" for number in range(1000)]), path)
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"t\.parquet: damaged \(.*\); run the step that makes it again"):
        tables.read(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    tables.write_text("old", path)
    with pytest.raises(ZeroDivisionError), tables.atomic_file(path) as temporary:
        temporary.write_text(str(1 / 0))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"t.txt": "old"}


def test_a_failed_folder_leaves_the_old_folder_and_nothing_beside_it(tmp_path: Path) -> None:
    with tables.atomic_folder(tmp_path / "f") as folder:
        (folder / "one").write_text("old")
    with pytest.raises(ZeroDivisionError), tables.atomic_folder(tmp_path / "f") as folder:
        (folder / "two").write_text(str(1 / 0))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["f", "f/one"]


def test_a_folder_takes_the_place_of_the_old_one_and_of_what_a_kill_left(tmp_path: Path) -> None:
    (tmp_path / ".f.part").mkdir()
    (tmp_path / ".f.part" / "litter").touch()
    for name in ("one", "two"):
        with tables.atomic_folder(tmp_path / "f") as folder:
            (folder / name).touch()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["f", "f/two"]


def test_a_kill_in_the_middle_of_a_write_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    tables.write_text("old", path)
    code = (
        "import os, signal, sys, pathlib; from native4k import tables\n"
        "with tables.atomic_file(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    litter = [file.name for file in tmp_path.iterdir() if file != path]
    assert len(litter) == 1
    assert litter[0].endswith(tables.PART)


@pytest.mark.parametrize("named", [True, False])
def test_an_error_of_the_disk_names_the_target_not_the_temporary_file(tmp_path: Path, named: bool) -> None:
    with pytest.raises(OSError, match="full") as caught, tables.atomic_file(tmp_path / "t") as temporary:
        raise OSError(errno.ENOSPC, "full", *([str(temporary)] if named else []))
    assert caught.value.filename == str(tmp_path / "t")


def test_the_first_reason_stands() -> None:
    table = frame(["a", "b", "c"])
    table = tables.reject(table, table["id"] == "a", "flat", "select")
    table = tables.reject(table, np.array([True, True, False]), "near_copy", "dedup")
    assert table["reason"].tolist() == ["flat", "near_copy", ""]
    assert table["rejected_by"].tolist() == ["select", "dedup", ""]
    assert tables.is_kept(table).tolist() == [False, False, True]


def test_the_funnel_counts_every_row_most_first_and_the_kept_last() -> None:
    table = frame(list("abcdef"))
    table = tables.reject(table, table["id"].isin(["a"]), "blurred", "select")
    table = tables.reject(table, table["id"].isin(["b", "c"]), "flat", "select")
    assert tables.funnel(table).to_numpy().tolist() == [["select", "flat", 2], ["select", "blurred", 1], ["", "", 3]]


def test_conservation_notices_lost_rows_and_changed_reasons() -> None:
    table = tables.reject(frame(["a", "b"]), np.array([True, False]), "flat", "select")
    tables.check_conservation(table, table[::-1], "step")
    with pytest.raises(AssertionError, match="step: 2 rows went in, 1 came out"):
        tables.check_conservation(table, table[:1], "step")
    with pytest.raises(AssertionError, match="step: changed a reason"):
        tables.check_conservation(table, table.assign(reason=["blurred", ""]), "step")
    with pytest.raises(AssertionError, match="step: changed a reason"):
        tables.check_conservation(table, table.assign(reason=""), "step")


@given(ids=IDS, shards=st.integers(1, 9))
def test_every_image_is_in_one_shard_and_keeps_it_when_others_come(ids: list[str], shards: int) -> None:
    all_of_them = tables.shard_of(pd.Series(ids), shards)
    assert all_of_them.between(0, shards - 1).all()
    assert tables.shard_of(pd.Series(ids[:1]), shards).tolist() == all_of_them[:1].tolist()


@given(ids=IDS, shards=st.integers(1, 9))
def test_shards_in_order_are_in_the_order_of_ids(ids: list[str], shards: int) -> None:
    assert tables.shard_of(pd.Series(sorted(ids)), shards).is_monotonic_increasing


def test_shards_are_ranges_of_equal_length() -> None:
    ids = pd.Series(["0" * 16, "3" + "f" * 15, "4" + "0" * 15, "7" + "f" * 15, "8" + "0" * 15, "f" * 16])
    assert tables.shard_of(ids, 4).tolist() == [0, 0, 1, 1, 2, 3]
    assert tables.shard_of(ids, 1).tolist() == [0] * 6


@pytest.mark.parametrize("text", ["9/3", "3/3", "a/4", "1", "", "1/", "-1/4", "1/4/4", "1.0/4", "²/4"])
def test_a_shard_that_is_none_is_one_line(text: str) -> None:
    with pytest.raises(UserError, match="expected NUMBER/COUNT with 0 <= NUMBER < COUNT, such as 0/4"):
        tables.parse_shard(text)


def test_a_shard_is_a_number_and_a_count() -> None:
    assert tables.parse_shard("2/4") == (2, 4)
