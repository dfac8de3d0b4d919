"""The list of sources: every one is there, with what a person needs to choose."""

import re

import pytest

from native4k import cli
from native4k import sources as known


def test_one_source_is_shown_with_all_that_one_must_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sources", "cc12m"]) == 0
    assert capsys.readouterr().out == (
        "cc12m: Conceptual 12M\n"
        "  rows     12,423,374\n"
        "  licence  unknown\n"
        "  from     web images and their alt texts (Conceptual 12M)\n"
        "  filters  caption\n"
        "  files    https://storage.googleapis.com/conceptual_12m/cc12m.tsv\n"
        "  page     https://github.com/google-research-datasets/conceptual-12m\n"
        "  note     has no sizes, so that pictures are filtered by size only when they are fetched\n"
    )


def test_without_a_name_every_source_is_listed_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sources"]) == 0
    said = capsys.readouterr().out
    assert tuple(re.findall(r"^(\w+): ", said, re.MULTILINE)) == known.NAMES
    for label in ("rows", "licence", "from", "filters", "files", "page"):
        assert len(re.findall(rf"^  {label:<9}\S", said, re.MULTILINE)) == len(known.NAMES)


def test_an_unknown_source_is_one_line_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sources", "flickr"]) == 1
    expected = f"native4k sources: no source 'flickr'; there are: {', '.join(known.NAMES)}\n"
    assert capsys.readouterr().err == expected


def test_a_misspelt_source_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sources", "foldr"]) == 1
    assert capsys.readouterr().err.endswith("; is it 'folder'?\n")
