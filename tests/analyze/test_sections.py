"""The report's words and tables: a column a collection, a dash for what is not known, intervals of a sample."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from native4k import params
from native4k.analyze import sections, stats
from native4k.analyze.collection_counts import CollectionCounts
from native4k.analyze.estimates import Estimate
from native4k.analyze.sections import Section, Table, Trees
from native4k.metadata.columns import COLUMNS
from native4k.sources.source import Source
from tests.analyze.conftest import ROOT

FULL = Source(title="full", page="", rows=None, license="", provenance="")
BARE = Source(title="bare", page="", rows=None, license="", provenance="", columns={"url": ("URL",)})
NUMBERS = params.validate(
    stats.Params, yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["analyze"], "analyze"
)
RULES, PURPOSES = list(NUMBERS.rules), list(NUMBERS.purposes)
ROWS = pl.DataFrame(
    {
        "url": [f"https://host{n % 3}.org/{n}.jpg" for n in range(20)],
        "declared_width": [3840, 1000] * 10,
        "declared_height": [2160, 1000] * 10,
        "caption": ["the cat and the dog"] * 15 + [None] * 5,
        "license": ["CC0"] * 20,
        "language": ["en"] * 12 + [None] * 8,
        "similarity": [0.3] * 20,
        "punsafe": [0.1] * 20,
        "pwatermark": [None] * 20,
        "aesthetic": [n / 4 for n in range(20)],
    },
    schema={name: kind for name, kind in COLUMNS.items() if name not in {"provenance", "key", "declared_split"}},
)


def tree(folder: Path, source: Source, whole: int = ROWS.height) -> dict[str, Any]:
    """The figures of ROWS, or of a larger collection of which they are a sample."""
    tally = CollectionCounts(source, NUMBERS.purposes, folder)
    rows = (
        ROWS
        if source is FULL
        else ROWS.with_columns(pl.lit(None, ROWS[name].dtype).alias(name) for name in ROWS.columns[1:])
    )
    tally.add(tally.count(rows.select(tally.columns)))
    return stats.statistics(tally, rows, whole, NUMBERS, whole == rows.height)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return tree(tmp_path_factory.mktemp("tally") / "full", FULL)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return tree(tmp_path_factory.mktemp("tally") / "bare", BARE)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return tree(tmp_path_factory.mktemp("tally") / "sampled", FULL, whole=1000)


def every(sections: dict[str, Section]) -> list[Table]:
    return [table for section in sections.values() for table in section.tables]


def table(section: Section, about: str) -> Table:
    found = [one for one in section.tables if one.about == about]
    assert len(found) == 1
    return found[0]


def test_every_table_is_as_wide_as_its_head(
    full: dict[str, Any], bare: dict[str, Any], sampled: dict[str, Any]
) -> None:
    for trees in ({"full": full}, {"bare": bare}, {"full": full, "bare": bare, "sampled": sampled}):
        for one in every(sections.all_sections(trees)):
            assert {len(row) for row in one.rows} == {len(one.head)}
            assert all(isinstance(cell, str) and cell for row in one.rows for cell in row)


def test_two_collections_have_a_column_each_and_a_dash_where_one_says_nothing(
    full: dict[str, Any], bare: dict[str, Any]
) -> None:
    found = sections.all_sections({"full": full, "bare": bare})
    both = {
        "Rows": ["of all rows"],
        "Size": ["both sides within, pixels"],
        "Shape": ["square is 0.9 to 1.1", "exactly, of all rows"],
        "Captions": ["language, as declared", "language, guessed on the sample", "licence of each row"],
        "Hosts and files": ["", "served by", "largest hosts", "risks (analyze.risky_hosts)", "file's ending"],
    }
    for name, abouts in both.items():
        assert [table(found[name], about).head for about in abouts] == [["", "full", "bare"]] * len(abouts)
    assert {row[2] for row in table(found["Size"], "both sides within, pixels").rows} == {"-"}
    assert table(found["Captions"], "licence of each row").rows == [["CC0", "100 %", "-"]]
    assert table(found["Captions"], "language, as declared").rows == [
        ["en", "60.0 %", "-"],
        ["not stated", "40.0 %", "-"],
    ]
    assert table(found["Rows"], "of all rows").rows == [
        ["no size", "0 %", "100 %"],
        ["impossible size", "0 %", "0 %"],
        ["no URL", "0 %", "0 %"],
        ["no caption", "25.0 %", "100 %"],
        ["no similarity", "0 %", "-"],
        ["no punsafe", "0 %", "-"],
        ["no pwatermark", "100 %", "-"],
        ["no aesthetic", "0 %", "-"],
    ]


def test_titles_carry_the_collection_where_there_are_several(full: dict[str, Any], sampled: dict[str, Any]) -> None:
    alone, both = sections.all_sections({"full": full}), sections.all_sections({"full": full, "sampled": sampled})
    titles = [what for section in alone.values() for what in section.plots]
    assert len(titles) > 5
    assert all("full" not in what for what in titles)
    wanted = [f"{name}: {what}" for what in titles for name in ("full", "sampled")]
    assert sorted(what for section in both.values() for what in section.plots) == sorted(wanted)
    assert [one.about for one in alone["Download"].tables] == [""]
    assert [one.about for one in both["Download"].tables] == ["full", "sampled"]
    assert [one.about for one in alone["What an aspect range costs"].tables] == [
        "4KLSDB as published loses 100 % of what it finds large enough"
    ]
    assert both["What an aspect range costs"].tables[0].about.startswith("full: 4KLSDB as published loses")


def test_a_plot_is_called_by_one_name_in_all_sections(full: dict[str, Any], sampled: dict[str, Any]) -> None:
    for trees in ({"full": full}, {"full": full, "sampled": sampled}):
        titles = [what for section in sections.all_sections(trees).values() for what in section.plots]
        assert len(titles) == len(set(titles))


def test_shares_of_one_collection_are_drawn_as_bars_and_those_of_two_are_compared(
    full: dict[str, Any], bare: dict[str, Any]
) -> None:
    alone, both = (
        table(sections.all_sections(trees)["Hosts and files"], "largest hosts")
        for trees in ({"full": full}, {"full": full, "bare": bare})
    )
    assert [f">{host}</text>" in alone.plot for host, _ in alone.rows] == [True] * len(alone.rows)
    assert [f">{share}</text>" in alone.plot for _, share in alone.rows] == [True] * len(alone.rows)
    assert (both.plot, both.head) == ("", ["", "full", "bare"])


def test_widths_and_heights_are_mapped(full: dict[str, Any]) -> None:
    found = full["sizes"]["map"]
    assert sum(map(sum, found["shares"])) == pytest.approx(1)
    assert "width by height (pixels), rows in percent" in sections.all_sections({"full": full})["Size"].plots


def test_exact_figures_stand_alone_and_those_of_a_sample_with_their_intervals(
    full: dict[str, Any], sampled: dict[str, Any]
) -> None:
    exact = sections.all_sections({"full": full})
    shares = [cell for one in exact["Size"].tables for row in one.rows for cell in row]
    assert not any(" to " in cell for cell in shares)
    estimated = sections.all_sections({"sampled": sampled})["Rows"]
    assert table(estimated, "of all rows").rows[3] == ["no caption", "25.0 % (11.2 to 46.9)"]


def test_a_sample_says_nothing_of_repeats_or_of_how_many_hosts_there_are(
    full: dict[str, Any], sampled: dict[str, Any]
) -> None:
    found = sections.all_sections({"full": full, "sampled": sampled})
    urls = table(found["Hosts and files"], "URLs that are the same, letter by letter")
    assert urls.rows == [["different URLs", "20"], ["of the rows share theirs", "0 %"]]
    assert urls.head == ["", "full"]
    different = [row for row in table(found["Hosts and files"], "").rows if row[0] == "different hosts"]
    assert different == [["different hosts", "3", "-"]]
    served = table(found["Hosts and files"], "served by")
    assert served.rows[2] == ["the 100 largest", "100 %", "-"], "a sample's largest are chosen by their luck in it"


def test_a_collection_without_sizes_scores_and_captions_has_the_other_sections(bare: dict[str, Any]) -> None:
    found = sections.all_sections({"bare": bare})
    assert list(found) == ["Rows", "Hosts and files", "Fitness"]
    assert [table_.about for table_ in found["Fitness"].tables] == PURPOSES


def test_every_purpose_is_judged_for_every_collection(full: dict[str, Any], bare: dict[str, Any]) -> None:
    found = {one.about: one for one in sections.all_sections({"full": full, "bare": bare})["Fitness"].tables}
    assert list(found) == PURPOSES
    assert found["SR at 4K"] == Table(
        "SR at 4K",
        ["", "wanted", "full", "bare"],
        [
            ["large (pixels at least 8,294,400)", "1.00 %", "50.0 %: yes", "-: unknown"],
            ["wide (long side at least 3,840)", "1.00 %", "50.0 %: yes", "-: unknown"],
            ["not marked (pwatermark at most 0.5)", "80.0 %", "-: unknown", "-: unknown"],
            ["safe (punsafe at most 0.5)", "95.0 %", "100 %: yes", "-: unknown"],
            ["rows that fail no criterion", "100,000", "10: no", "20: unknown"],
        ],
    )


def test_every_rule_has_its_share_and_what_its_download_takes(full: dict[str, Any]) -> None:
    found = sections.all_sections({"full": full})
    large = found["What is large enough"].tables[0]
    assert [row[0] for row in large.rows] == RULES
    assert large.head == ["", "of all rows", "rows"]
    assert large.rows[RULES.index("4K by both sides")] == ["4K by both sides", "50.0 %", "10"]
    assert large.rows[RULES.index("4KLSDB as published")] == ["4KLSDB as published", "0 %", "0"]
    effort = found["Download"].tables[0]
    assert [row[0] for row in effort.rows] == RULES
    assert effort.rows[RULES.index("4K by both sides")][:3] == ["4K by both sides", "10", "under 0.001"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.5, None, "long side at least 0.5"),
        (None, 4096, "long side at most 4,096"),
        (1, 2.5, "long side at least 1 and at most 2.5"),
    ],
)
def test_a_range_is_said_in_words(low: float | None, high: float | None, said: str) -> None:
    assert sections.range_text({"column": "long_side", "min": low, "max": high}) == said


def test_what_all_have_and_what_some_have_stand_beside_each_other() -> None:
    trees: Trees = {"one": {"a": {"x": {"p": Estimate(0.5)}}}, "two": {"a": None}, "three": {}}
    found = sections.select_keys(trees, "a", "x")
    assert found == {"one": {"p": Estimate(0.5)}, "two": {}, "three": {}}
    assert sections.comparison_table("it", found) == Table(
        "it", ["", "one", "two", "three"], [["p", "50.0 %", "-", "-"]]
    )


def test_rows_are_in_the_order_in_which_they_are_first_met() -> None:
    trees: Trees = {"one": {"b": Estimate(1), "a": None}, "two": {"c": Estimate(0), "b": Estimate(0.25)}}
    assert sections.comparison_table("", trees).rows == [
        ["b", "100 %", "25.0 %"],
        ["a", "-", "-"],
        ["c", "-", "0 %"],
    ]
