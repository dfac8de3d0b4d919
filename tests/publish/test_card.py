"""The card says what the tables say, to the hub and to people."""

import re
from typing import Any

import pandas as pd
import pytest
from huggingface_hub import DatasetCard

from native4k import tables
from native4k.provenance.steps import DATASET, MEASURE
from native4k.publish import card, check, croissant, dataset_numbers


def section(version: Any, name: str) -> str:
    text = (version.out / "README.md").read_text(encoding="utf-8")
    return text.split(f"\n## {name}\n\n")[1].split("\n## ")[0].strip()


def test_the_hub_reads_the_header(published: Any) -> None:
    data = DatasetCard.load(published.out / "README.md").data
    assert (data.pretty_name, data.license, data.size_categories) == ("a title", "cc0-1.0", ["n<1K"])
    assert data.task_categories == ["image-to-image", "text-to-image"]
    files = [{"split": name, "path": f"{name}/*"} for name in ("train", "val", "test")]
    assert data.to_dict()["configs"] == [{"config_name": "default", "data_files": files}]


def test_the_header_has_the_numbers_that_the_tables_have(published: Any) -> None:
    header = check.read_header((published.out / "README.md").read_text(encoding="utf-8"))["native4k"]
    size = tables.read(published.tables / "images.parquet").set_index("id")["bytes"]
    one = {"images": 1, "categories": {"Food": 1}}
    assert header == {
        "version": "1.2.3",
        "metadata": 10,
        "candidates": 7,
        "kept": 5,
        "rejected": {"collect": {"too_small": 3}, "select": {"flat": 1}, "dedup": {"near_copy": 1}},
        "splits": {
            "train": {"images": 2, "bytes": size["a"] + size["b"], "categories": {"Food": 2}},
            "val": {**one, "bytes": size["c"]},
            "test": {**one, "bytes": size["d"]},
            "reserve": {**one, "bytes": size["e"]},
        },
    }


def test_the_funnel_is_told_in_the_order_of_the_pipeline(published: Any) -> None:
    assert section(published, "Funnel").splitlines() == [
        "![from the metadata to the kept images](plots/funnel.svg)",
        "",
        "| step | reason | rows |",
        "| --- | --- | --: |",
        "|  | rows of metadata | 10 |",
        "| collect | too\\_small | 3 |",
        "| select | flat | 1 |",
        "| dedup | near\\_copy | 1 |",
        "|  | kept | 5 |",
    ]


def test_foreign_text_cannot_act_in_the_card(published: Any) -> None:
    assert section(published, "Licences and attribution").splitlines()[-1] == (
        "| CC0-1.0 | drawn \\| by \\<us\\> | folder | 5 |"
    )
    assert card.escape_cell("a\n\tb & `c` " + "x" * 99) == "a b &amp; \\`c\\` " + "x" * 69 + "…"


def test_a_source_of_ours_is_told_with_its_page(published: Any) -> None:
    kept = pd.DataFrame({"source": ["pd12m", "elsewhere"]})
    assert card.source_table(kept).splitlines()[2:] == [
        "| elsewhere |  |  | 1 |",
        "| pd12m | PD12M | https://huggingface.co/datasets/Spawning/PD12M | 1 |",
    ]


def test_every_column_is_told_also_one_that_nobody_described(published: Any) -> None:
    lines = section(published, "Columns").splitlines()
    assert f"| `id` | Text | {croissant.DESCRIPTIONS['id']} |" in lines
    assert f"| `new_score` | Float | {croissant.UNDESCRIBED} |" in lines
    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert told == list(tables.read(published.out / "images.parquet").columns)


def test_the_limits_say_what_the_shape_cost(published: Any) -> None:
    told = section(published, "Known limits")
    assert "these pass: 3840 x 2160, 2160 x 3840" in told
    assert "The shape cost 0 rows, the size 3." in told


def test_the_limits_say_which_networks_fool_the_measure(published: Any) -> None:
    told = section(published, "Known limits")
    assert "none by\n  Real-ESRGAN x4plus and hardly one by Real-CUGAN x2" in told


def test_the_origin_changes_with_what_the_dataset_is_made_from_and_with_nothing_else(version: Any) -> None:
    def origin() -> str:
        version.publish()
        return section(version, "How it was made")

    before = origin()
    assert len(re.findall(r"\| `[0-9a-f]{16}` \|$", before, re.MULTILINE)) == len(MEASURE) + len(DATASET) + 1
    assert len(re.findall(r"\| `[0-9a-f]{64}` \|$", before, re.MULTILINE)) == 1 + 2
    text = version.params.read_text(encoding="utf-8")
    version.params.write_text("# a comment\n" + text.replace("side: 64", "side: 65"), encoding="utf-8")
    assert origin() == before
    stricter = text.replace("min_votes: 1", "min_votes: 2")
    for path, content, changed in (
        (version.params, stricter, ["vet", "publish"]),
        (version.lock, "package==2\n", ["requirements.lock"]),
    ):
        path.write_text(content, encoding="utf-8")
        after = origin()
        differ = [line.split("`")[1] for line in after.splitlines() if line not in before.splitlines()]
        assert differ == changed
        before = after


def test_a_missing_lock_is_one_line(version: Any) -> None:
    version.lock.unlink()
    with pytest.raises(FileNotFoundError, match=r"requirements\.lock"):
        version.publish()


def test_a_large_table_of_licences_is_cut_and_summed_up() -> None:
    rows = [(f"licence {number}", "s") for number in range(30) for _ in range(number + 1)]
    kept = pd.DataFrame(rows, columns=["license", "source"])
    lines = card.licences(kept).splitlines()
    assert lines[-1] == f"| 10 more |  | {sum(range(1, 11))} |"
    assert len(lines) == 3 + 2 + card.MAX_ROWS + 1


@pytest.mark.parametrize("text", ["", "no header", "---\na: 1\n", "---\na: 1\n---\n", "---\n- 1\n---\n"])
def test_a_text_without_a_header_is_no_card(text: str) -> None:
    assert check.read_header(text) == {}


def test_numbers_that_do_not_add_up_are_told() -> None:
    said = {"metadata": 9, "kept": 5, "rejected": {"select": {"flat": 4}}, "splits": {"train": {"images": 5}}}
    assert dataset_numbers.inconsistency(said) == ""
    assert dataset_numbers.inconsistency(said | {"metadata": 10}) == "10 rows are not 5 kept and 4 rejected"
    assert dataset_numbers.inconsistency(said | {"splits": {}}) == "5 kept are not the 0 in the splits"
