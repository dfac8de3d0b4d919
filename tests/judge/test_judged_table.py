"""Rows as lines: bars, colours, wrapping, and JSON that any reader takes."""

import json
import math

import pytest

from native4k.judge.judged_table import Look, as_csv, as_json, as_table, bar

ROW = {
    "file": "a.png",
    "outcome": "upscaled",
    "false_alarm_rate": 0.004,
    "width": 3840,
    "height": 2160,
    "true_width": 1920,
    "true_height": 1080,
    "why": "a reason of some words",
}
NOTHING = ROW | {"outcome": "not judged", "false_alarm_rate": math.nan, "width": 0, "height": 0, "true_width": None}


@pytest.mark.parametrize(
    ("share", "blocks", "ascii_only"), [(0, "", ""), (0.012, "▏", ""), (0.5, "█████", "#####"), (1, 10 * "█", 10 * "#")]
)
def test_a_bar_is_as_long_as_its_share(share: float, blocks: str, ascii_only: str) -> None:
    assert (bar(share, blocks=True), bar(share, blocks=False)) == (blocks, ascii_only)


def test_a_narrow_terminal_wraps_reasons_and_colours_outcomes() -> None:
    assert list(as_table([ROW], Look(width=23, colours=True, blocks=True)))[1:] == [
        "\033[31mupscaled   \033[0m  3840 x 2160    1920 x 1080      0.40 %             a.png",
        "  a reason of some",
        "  words",
    ]


def test_what_is_not_known_is_null_or_empty() -> None:
    assert [(row["outcome"], row["false_alarm_rate"]) for row in json.loads("\n".join(as_json([ROW, NOTHING])))] == [
        ("upscaled", 0.004),
        ("not judged", None),
    ]
    assert list(as_csv([NOTHING])) == [",".join(NOTHING), "a.png,not judged,,0,0,,1080,a reason of some words"]


def test_no_rows_are_an_empty_list() -> None:
    assert json.loads("".join(as_json([]))) == []
