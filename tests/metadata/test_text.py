"""CSV and JSON lines, whole and broken."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from native4k.errors import UserError
from native4k.metadata import locations, read
from native4k.sources import cc12m
from native4k.sources.laion_high_resolution import SOURCE

HEAD = b"URL,TEXT,WIDTH,HEIGHT\n"
ZIPPED = gzip.compress(HEAD + b"u,t,4000,3000\n" * 100)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows(name: str, content: bytes) -> list[tuple[Any, ...]]:
    """What a file of that name and content is read as."""
    Path(name).write_bytes(content)
    wanted = ("url", "caption", "declared_width", "declared_height")
    return [
        row
        for part in locations.find_parts(name)
        for frame in read.frames(part, SOURCE, wanted)
        for row in frame.rows()
    ]


def complaint(name: str, content: bytes) -> str:
    """The one line that is said of a file of that name and content."""
    with pytest.raises(UserError) as raised:
        rows(name, content)
    return str(raised.value)


@pytest.mark.parametrize("content", [HEAD, HEAD + b"\n\n"])
def test_a_file_without_rows_is_no_rows(content: bytes) -> None:
    assert rows("a.csv.gz", gzip.compress(content)) == []


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf\n"])
def test_a_file_without_even_a_header_is_refused(name: str, content: bytes) -> None:
    packed = gzip.compress(content) if name.endswith(".gz") else content
    assert complaint(name, packed) == f"{name}: empty; fetch the file again"


def test_empty_lines_before_the_header_are_passed_over_and_counted() -> None:
    begun = b"\xef\xbb\xbf\n\r\n" + HEAD
    assert rows("a.csv", begun + b"\nu,t,4000,3000\n") == [("u", "t", 4000, 3000)]
    said = "a.csv: line 5: 2 fields, the header has 4 columns; fix the row ('v')"
    assert complaint("a.csv", begun + b"u,t,4,3\nv,t\n") == said
    assert complaint("a.csv", b"\n\nURL,URL\n") == "a.csv: line 3: column 'URL' is there twice; rename one"
    assert complaint("a.csv", b'\n\n"URL') == (
        "a.csv: line 3: unexpected end of data; fix the quotes of the row that begins there"
    )


def test_empty_lines_before_the_rows_of_a_file_without_a_header_are_passed_over() -> None:
    Path("a.tsv").write_bytes(b"\n\nu\tt\n\nv\tt\n")
    found = [frame for part in locations.find_parts("a.tsv") for frame in read.frames(part, cc12m.SOURCE, ("url",))]
    assert [row for frame in found for row in frame.rows()] == [("u",), ("v",)]
    Path("a.tsv").write_bytes(b"\n\nu\tt\nv\n")
    with pytest.raises(UserError, match=r"^a\.tsv: line 4: 1 fields, the header has 2 columns; fix the row \('v'\)$"):
        list(read.frames(locations.find_parts("a.tsv")[0], cc12m.SOURCE))


def test_captions_may_be_large_and_hold_lines_and_control_characters() -> None:
    caption = "y" * 1_000_000
    content = HEAD + f'u,{caption},4000,3000\n\nv,"a\n""b"",\0\x1b",,nan\n'.encode()
    assert rows("a.csv", content) == [("u", caption, 4000, 3000), ("v", 'a\n"b",\0\x1b', None, None)]


def test_a_tab_separated_file_keeps_its_quotes() -> None:
    assert rows("a.tsv", HEAD.replace(b",", b"\t") + b'u\t"t\t4\t3\n') == [("u", '"t', 4, 3)]


def test_a_row_with_too_few_fields_is_named_by_its_line() -> None:
    content = HEAD + b'u,"a\nb",4,3\n\nv,t,4\n\n\nw,"x\r\ny",4,3\n'
    assert complaint("a.csv", content) == "a.csv: line 5: 3 fields, the header has 4 columns; fix the row ('v')"


def test_a_broken_quote_is_named_by_the_line_its_row_begins_on() -> None:
    begun = HEAD + b'u,"a\nb",4,3\n\n'
    assert complaint("a.csv", begun + b'v,"a"b,4,3\n') == (
        "a.csv: line 5: ',' expected after '\"'; fix the quotes of the row that begins there"
    )
    assert complaint("a.csv", begun + b'v,"ab,4,3\n' + b"w,t,4,3\n" * 9) == (
        "a.csv: line 5: unexpected end of data; fix the quotes of the row that begins there"
    )


def test_text_that_is_not_utf_8_is_named_by_its_line() -> None:
    content = HEAD + b"u,t,4,3\nv,\xff,4,3\n"
    assert complaint("a.csv", content) == "a.csv: line 3: not UTF-8 (invalid start byte); convert the file"


def test_a_column_that_is_there_twice_is_named() -> None:
    assert complaint("a.csv", b"URL,URL\n") == "a.csv: line 1: column 'URL' is there twice; rename one"


def test_a_zipped_file_that_is_cut_or_damaged_is_no_shorter_file() -> None:
    assert rows("a.csv.gz", ZIPPED) == [("u", "t", 4000, 3000)] * 100
    cut = "a.csv.gz: damaged after line 101 (Compressed file ended before the end-of-stream marker was reached)"
    assert complaint("a.csv.gz", ZIPPED[:-4]) == f"{cut}; fetch the file again"
    wrong = ZIPPED[:-5] + bytes([ZIPPED[-5] ^ 255]) + ZIPPED[-4:]
    assert complaint("a.csv.gz", wrong).startswith("a.csv.gz: damaged after line 101 (CRC check failed ")


def test_json_lines_may_lack_keys_and_hold_nested_values() -> None:
    content = (
        b'{"URL": "u", "WIDTH": 4000, "HEIGHT": NaN}\n\n'
        b'{"URL": "v", "TEXT": {"de": ["x"]}, "WIDTH": "4000", "HEIGHT": [3]}\n'
        b'{"HEIGHT": 3000.0, "TEXT": null}\n'
    )
    assert rows("a.jsonl", content) == [
        ("u", None, 4000, None),
        ("v", '{"de": ["x"]}', 4000, -1),
        (None, None, None, 3000),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"[1]", "expected an object, found list"),
        (b'{"URL"}', "not JSON (Expecting ':' delimiter: line 1 column 7 (char 6)); fix the row"),
        (b'{"URL": "\\ud800", "WIDTH": 1, "HEIGHT": 1}', "not Unicode (surrogates not allowed); fix the row"),
    ],
)
def test_a_line_that_is_no_object_is_named(line: bytes, said: str) -> None:
    good = b'{"URL": "u", "WIDTH": 1, "HEIGHT": 1}\n'
    assert complaint("a.jsonl", good + b"\n" + line + b"\n") == f"a.jsonl: line 3: {said}"


def test_a_number_of_too_many_digits_is_named() -> None:
    said = complaint("a.jsonl", b'{"URL": "u", "WIDTH": ' + b"9" * 5000 + b"}")
    assert said.startswith("a.jsonl: line 1: not JSON (Exceeds the limit (4300 digits)")
