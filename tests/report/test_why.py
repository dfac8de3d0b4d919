"""Why an image was kept or rejected: the whole text for each kind of reason, and each way to name an image."""

import hashlib
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from native4k import cli, params, tables
from native4k.metadata.urls import identify
from tests.project import HERE

GEOMETRY = {"min_pixels": 100, "min_long_side": 10, "min_short_side": 5, "min_aspect": 0.5, "max_aspect": 2.0}
RULES = {
    "blurred": {"column": "detail", "min": 2.5, "max": None, "per": None, "missing": "reject"},
    "dull": {"column": "score", "drop": 0.2, "end": "bottom", "per": None, "missing": "pass"},
    "untold": {"column": "category", "one_of": ["Food", "Nature"], "missing": "pass"},
}
GONE = identify("", "https://example.org/gone.jpg")
KEPT = f"{'a' * 15}0"


def image(place: int, url: str, reason: str = "", step: str = "", **changed: Any) -> dict[str, Any]:
    """A row of the final table."""
    id_ = f"{'abcdef'[place % 6] * 15}{place:x}"
    return {
        "id": id_, "source": "folder", "url": url, "caption": f"picture {place}", "declared_width": 20,
        "declared_height": 10, "sha256": hashlib.sha256(url.encode()).hexdigest(), "width": 20, "height": 10,
        "phash": "0" * 16, "detail": 3.0, "score": 0.5, "greyscale": False, "category": "Food", "votes": 0,
        "withheld": False, "reason": reason, "rejected_by": step, "split": "" if reason else "train",
        "representative": "" if reason else id_, "group": "" if reason else id_, "match": "", "distance": -1,
        "fine_distance": -1, **changed,
    }  # fmt: skip


NO_SIZE: dict[str, Any] = {"width": 0, "height": 0, "detail": float("nan"), "score": float("nan")}
ROWS = [
    image(0, "Beach/SunsetOverLake.jpg"),
    image(1, "Beach/blurred.jpg", "blurred", "select", detail=1.2),
    image(2, "Beach/copy.jpg", "near_copy", "dedup", representative=KEPT, match="whole", distance=7, fine_distance=40),
    image(3, "https://example.org/gone.jpg", "gone", "fetch", id=GONE, **NO_SIZE, source="web"),
    image(4, "private.jpg", "taken_down", "select", withheld=True, caption="secret"),
    image(5, "tiny.jpg", "too_small", "probe", width=8, height=9),
    image(6, "dull.jpg", "dull", "select", score=0.1),
    image(7, "full.jpg", "category_full", "balance", detail=2.75),
    image(8, "same.jpg", "exact_copy", "dedup", representative=KEPT, match="pixels", distance=0, fine_distance=0),
    image(9, "untold.jpg", "untold", "select", category="People"),
    image(10, "unmeasured.jpg", "blurred", "select", detail=float("nan")),
    image(11, "old.jpg", "blurred", "select", detail=2.6),
    image(15, "broken.jpg", "truncated", "probe", **NO_SIZE),
]  # fmt: skip
EARLY = [
    ("9" * 16, "web", "https://example.org/unsafe.jpg", "unsafe"),
    ("8" * 16, "web", "https://o.example/", "opted_out"),
]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tree = params.read(HERE / "params.yaml")
    for section in ("collect", "probe"):
        tree[section]["geometry"] = GEOMETRY
    tree["collect"]["max_punsafe"] = 0.5
    tree["select"] |= {"preset": "own", "presets": {"own": RULES}}
    tree["dedup"] |= {"radius": 10, "verify": 76}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    tables.write(pd.DataFrame(ROWS), tmp_path / "data/tables/images.parquet")
    early = pd.DataFrame(EARLY, columns=["id", "source", "url", "reason"])
    sized = early.assign(rejected_by="collect", declared_width=20, declared_height=10, caption="", punsafe=0.75)
    tables.write(sized, tmp_path / "data/tables/not_collected.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def why(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["why", name]) == 0
    return capsys.readouterr().out


WHOLE = """\
aaaaaaaaaaaaaaa0  Beach/SunsetOverLake.jpg  (source folder)

outcome  kept
copies   it stands for 2
         ccccccccccccccc2 Beach/copy.jpg: near_copy
         ccccccccccccccc8 same.jpg: exact_copy
split    train

rule                                   measure         value   allowed
probe.geometry.min_pixels              pixels          200     at least 100                                     passes by 100
probe.geometry.min_long_side           longer side     20      at least 10                                      passes by 10
probe.geometry.min_short_side          shorter side    10      at least 5                                       passes by 5
probe.geometry.min_aspect, max_aspect  width / height  2.0000  at least 0.5000 and at most 2.0000               passes by 0.0000
select.presets.own.blurred             detail          3.0000  at least 2.5000                                  passes by 0.5000
select.presets.own.dull                score           0.5000  at least 0.5000 (the bottom 20.0 % are dropped)  passes by 0.0000
select.presets.own.untold              category        Food    one of Food, Nature                              passes

measured
  caption          picture 0
  declared_width   20
  declared_height  10
  width            20
  height           10
  detail           3.0000
  score            0.5000
  greyscale        False
  category         Food
  votes            0
"""  # noqa: E501

SECRET = """\
8888888888888888  not named: its owner asked to be left out  (source web)

outcome  rejected by collect as opted_out
why      a list in data/optout names it
split    none

measured
  declared_width   20
  declared_height  10
  punsafe          0.7500
"""


def test_a_kept_image_has_its_copies_its_split_its_margins_and_its_measures(capsys: pytest.CaptureFixture[str]) -> None:
    assert why("Beach/SunsetOverLake.jpg", capsys) == WHOLE


def test_what_its_owner_wants_left_out_has_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert why("https://o.example/", capsys) == SECRET
    assert not {"private", "secret"} & set(re.findall(r"\w+", why("eeeeeeeeeeeeeee4", capsys)))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Beach/blurred.jpg", ["rejected by select as blurred", "detail 1.2000, at least 2.5000: fails by 1.3000"]),
        (
            "dull.jpg",
            [
                "rejected by select as dull",
                "score 0.1000, at least 0.5000 (the bottom 20.0 % are dropped): fails by 0.4000",
            ],
        ),
        ("untold.jpg", ["rejected by select as untold", "category People, one of Food, Nature: fails"]),
        (
            "unmeasured.jpg",
            ["rejected by select as blurred", "detail -, at least 2.5000 (missing: reject): not measured"],
        ),
        ("old.jpg", ["rejected by select as blurred", "blurred: the numbers of today let it pass; run 'dvc repro'"]),
        (
            "tiny.jpg",
            [
                "rejected by probe as too_small",
                "pixels 72, at least 100: fails by 28",
                "longer side 9, at least 10: fails by 1",
            ],
        ),
        (
            "full.jpg",
            [
                "rejected by balance as category_full",
                (
                    "its category is full: raise balance.max_ratio, or its quota; detail 2.7500, and the last kept of "
                    "Food has 3.0000"
                ),
            ],
        ),
        (
            "Beach/copy.jpg",
            [
                "rejected by dedup as near_copy",
                "another image shows the same and is the better copy",
                f"{KEPT} Beach/SunsetOverLake.jpg",
                "found by whole: 7 bits of the pHash (at most 10), 40 of the signature (at most 76)",
            ],
        ),
        (
            "same.jpg",
            [
                "rejected by dedup as exact_copy",
                "another image has the same pixels",
                f"{KEPT} Beach/SunsetOverLake.jpg",
                "the same pixels",
            ],
        ),
        ("https://example.org/gone.jpg", ["rejected by fetch as gone", "410"]),
        (
            "broken.jpg",
            ["rejected by probe as truncated", "the file is truncated: docs/measuring.md says how that is found"],
        ),
        ("9999", ["rejected by collect as unsafe", "punsafe 0.7500, at most 0.5000: fails by 0.2500"]),
    ],
)
def test_a_rejected_image_has_its_rule_its_value_and_its_threshold(
    name: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = why(name, capsys).split("\n\n")[1].splitlines()
    assert [line[9:] for line in shown] == [*lines, "none"]


def test_an_image_is_found_by_id_path_url_and_content(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "data/sources/folder/Beach").mkdir(parents=True)
    (root / "data/sources/folder/Beach/SunsetOverLake.jpg").touch()
    (root / "elsewhere.jpg").write_text("Beach/SunsetOverLake.jpg", encoding="utf-8")  # the bytes behind its SHA-256
    content = hashlib.sha256(b"Beach/SunsetOverLake.jpg").hexdigest()
    names = ("data/sources/folder/Beach/SunsetOverLake.jpg", "elsewhere.jpg", KEPT, content)
    assert [why(name, capsys) for name in names] == [WHOLE] * 4
    assert why("HTTPS://EXAMPLE.org/gone.jpg", capsys).startswith("5c0f35e5b9fc206c  https://example.org/gone.jpg ")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bbbb", "bbbb: begins 2 ids, such as bbbbbbbbbbbbbbb1 and bbbbbbbbbbbbbbb7; give more digits"),
        (
            "sunsetoverlak.jpg",
            (
                "sunsetoverlak.jpg: no image of that id, URL, path or content; the nearest are: "
                "Beach/SunsetOverLake.jpg, untold.jpg"
            ),
        ),
        (
            "privat.jpg",
            (
                "privat.jpg: no image of that id, URL, path or content; data/tables/images.parquet lists all that "
                "there are"
            ),
        ),
    ],
)
def test_an_unknown_name_is_one_line_with_the_nearest_ones(
    name: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["why", name]) == 1
    assert capsys.readouterr() == ("", f"native4k why: {line}\n")
