"""Parquet, whole and broken, here and elsewhere: never a wrong count."""

from pathlib import Path

import fsspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from native4k.errors import UserError
from native4k.metadata import locations, parquet, read
from native4k.sources.laion_high_resolution import SOURCE

ROWS = pl.DataFrame(
    {"URL": [f"https://e.org/{n}" for n in range(1000)], "TEXT": "t", "WIDTH": range(1, 1001), "HEIGHT": 3000}
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="place", params=["a.parquet", "memory:///a.parquet"])
def here_and_elsewhere(request: pytest.FixtureRequest) -> str:
    """A file on this machine, read by polars, and one elsewhere, read by pyarrow."""
    return str(request.param)


def put(place: str, content: bytes | pl.DataFrame) -> locations.Part:
    """A part of this content."""
    if isinstance(content, pl.DataFrame):
        content.write_parquet("made", row_group_size=250)
        content = Path("made").read_bytes()
    with fsspec.open(place, "wb") as file:
        file.write(content)
    return locations.find_parts(place)[0]


def everything(part: locations.Part) -> pl.DataFrame:
    """All rows of a part."""
    return pl.concat(list(read.frames(part, SOURCE)))


def complaint(part: locations.Part) -> str:
    """The one line that is said of a part."""
    with pytest.raises(UserError) as raised:
        everything(part)
    wanted = ("url", "caption", "declared_width", "declared_height")
    with pytest.raises(UserError) as counted:
        read.counts(part, SOURCE, wanted, pl.concat_str(wanted), ["u"])
    assert str(counted.value).partition(": damaged")[0] == str(raised.value).partition(": damaged")[0]
    return str(raised.value)


def test_rows_are_filtered_and_counted(place: str) -> None:
    part = put(place, ROWS)
    found = list(read.frames(part, SOURCE, ("url",), lambda ours: ours["declared_width"] > 998))
    assert pl.concat(found).rows() == [("https://e.org/998",), ("https://e.org/999",)]
    key = pl.when(pl.col("declared_width") > 990).then(pl.lit("large")).otherwise(pl.lit("small"))
    assert read.counts(part, SOURCE, ("declared_width",), key, ["large", "small"]) == {"large": 10, "small": 990}


def test_rows_that_pass_do_not_keep_those_that_do_not_in_memory() -> None:
    part = put("memory:///a.parquet", ROWS.with_columns(TEXT=pl.lit("t" * 100_000)))
    before = pa.total_allocated_bytes()
    found = list(read.frames(part, SOURCE, where=lambda ours: ours["declared_width"] > 999))
    assert sum(frame.height for frame in found) == 1
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_columns_that_no_row_has_are_as_many_as_the_rows(place: str) -> None:
    part = put(place, ROWS)
    assert pl.concat(list(read.frames(part, SOURCE, ("license",)))).rows() == [("unknown",)] * 1000
    assert read.counts(part, SOURCE, ("license",), pl.col("license"), ["unknown"]) == {"unknown": 1000}


def test_no_rows_are_no_rows(place: str) -> None:
    part = put(place, ROWS.clear())
    assert sum(len(frame) for frame in read.frames(part, SOURCE)) == 0
    assert read.counts(part, SOURCE, ("url",), pl.col("url"), ["u"]) == {"u": 0}


def test_all_nulls_are_rows(place: str) -> None:
    part = put(place, pl.DataFrame({name: [None, None] for name in ROWS.columns}))
    assert everything(part).select("url", "caption", "declared_width").rows() == [(None, None, None)] * 2


@pytest.mark.parametrize("kept", [4, 8, 5000, -1])
def test_a_cut_file_is_refused(place: str, kept: int) -> None:
    put(place, ROWS)
    part = put(place, Path("made").read_bytes()[:kept])
    said = complaint(part)
    assert said.startswith(f"{place}: not a whole Parquet file (")
    assert said.endswith("); fetch it again")


@pytest.mark.parametrize("column", [0, 2, 3])
def test_a_flipped_byte_is_named_by_its_row_group(place: str, column: int) -> None:
    put(place, ROWS)
    content = bytearray(Path("made").read_bytes())
    chunk = pq.ParquetFile("made").metadata.row_group(2).column(column)
    content[(chunk.dictionary_page_offset or chunk.data_page_offset) + 3] ^= 255
    said = complaint(put(place, bytes(content)))
    assert said.startswith(f"{place}: row group 2 (rows 500 to 749): damaged (")
    assert said.endswith(f") in column '{ROWS.columns[column]}'; fetch it again")


@pytest.mark.parametrize("dictionary", [True, False])
def test_damage_that_can_be_unpacked_is_told_by_the_checksum_of_its_page(place: str, dictionary: bool) -> None:
    options = {"compression": "none", "use_dictionary": dictionary, "row_group_size": 250}
    pq.write_table(ROWS.to_arrow(), "made", write_page_checksum=True, **options)
    assert everything(put(place, Path("made").read_bytes()))["url"].equals(ROWS["URL"])
    content = Path("made").read_bytes()
    said = complaint(put(place, content.replace(b"https://e.org/700", b"https://e.org/70x")))
    assert said == (
        f"{place}: row group 2 (rows 500 to 749): damaged (could not verify page integrity, CRC checksum verification "
        "failed for page_ordinal 0) in column 'URL'; fetch it again"
    )


def test_bytes_that_are_no_text_are_named_by_row_group_and_column(place: str) -> None:
    texts = [b"good"] * 700 + [b"\xff"] + [b"good"] * 299
    said = complaint(put(place, ROWS.with_columns(pl.Series("TEXT", texts))))
    assert said == f"{place}: row group 2 (rows 500 to 749): column 'TEXT' is not UTF-8; convert the file"


def test_ten_thousand_columns_are_read(place: str) -> None:
    wide = pl.DataFrame({f"c{n}": [n] for n in range(10_000)}).with_columns(ROWS.head(1))
    assert everything(put(place, wide)).select("url", "declared_width").rows() == [("https://e.org/0", 1)]


def test_a_file_that_is_cut_while_it_is_read_is_one_line() -> None:
    part = put("a.parquet", ROWS)
    columns = [pl.col("URL")]
    Path("a.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"^a.parquet: cannot be read \(.+\); fetch it again$"):
        list(parquet.frames(part, columns, None))


def test_pyarrow_and_polars_agree_on_types() -> None:
    table = pa.table({"URL": ["u"], "WIDTH": pa.array([4000], pa.int16())})
    pq.write_table(table, "a.parquet")
    assert parquet.schema(locations.find_parts("a.parquet")[0]) == {"URL": pl.String(), "WIDTH": pl.Int16()}
