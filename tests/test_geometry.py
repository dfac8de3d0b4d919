"""The published size rule, asked of declared and of true sizes."""

import pandas as pd
import polars as pl

from native4k.geometry import Geometry, geometry_reasons

UHD = Geometry(min_pixels=3840 * 2160, min_long_side=3840, min_short_side=0, min_aspect=0.4, max_aspect=2.5)


def test_each_size_gets_the_reasons_that_the_rule_gives_it() -> None:
    sizes = {
        (3840, 2160): set(),
        (2160, 3840): set(),
        (3839, 2161): {"too_small"},  # enough pixels, but no side is long enough
        (3840, 2159): {"too_small"},
        (7680, 1080): {"aspect"},
        (1080, 7680): {"aspect"},
        (5400, 2160): set(),  # exactly 2.5
        (2160, 5400): set(),  # exactly 0.4
        (100, 10): {"too_small", "aspect"},
        (0, 0): {"too_small"},  # nothing is known
    }
    table = pd.DataFrame(list(sizes), columns=["width", "height"])
    reasons = geometry_reasons(table["width"], table["height"], UHD)
    assert [{name for name, mask in reasons.items() if mask[row]} for row in table.index] == list(sizes.values())


def test_the_shorter_side_has_its_own_least() -> None:
    rule = Geometry(min_pixels=3840 * 2160, min_long_side=3840, min_short_side=2160, min_aspect=0.1, max_aspect=10.0)
    table = pd.DataFrame([(3840, 2160), (2160, 3840), (9000, 2159), (2159, 9000)], columns=["width", "height"])
    for columns in (table, pl.DataFrame(table)):
        hits = geometry_reasons(columns["width"], columns["height"], rule)
        assert {reason: hit.to_list() for reason, hit in hits.items()} == {
            "too_small": [False, False, True, True],
            "aspect": [False] * 4,
        }


def test_the_largest_sizes_that_a_file_can_claim_do_not_overflow() -> None:
    huge = pd.Series([2**31 - 1])
    assert {name: mask.tolist() for name, mask in geometry_reasons(huge, huge, UHD).items()} == {
        "too_small": [False],
        "aspect": [False],
    }
