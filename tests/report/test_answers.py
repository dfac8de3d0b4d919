"""The question's section, its own page, and its lines of the summary."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from native4k import cli
from native4k.report import answers, whiskers
from native4k.sr import origin

PSNR, SSIM = "sr_real_psnr_y", "sr_real_ssim_y"
MINUS = "\N{MINUS SIGN}"


def told(mean: float, low: float | None, high: float | None) -> dict[str, Any]:
    one = {"mean": mean, "low": low, "high": high, "effect": None if low is None else 0.5, "images": 2}
    category = {"mean": mean, "low": None, "high": None, "effect": None, "images": 1}
    return one | {"seeds": {"0": mean - 0.01, "1": mean + 0.01}, "by_category": {"Food": category, "Nature": category}}


def tree(**changes: Any) -> dict[str, Any]:
    both = {PSNR: told(-0.02, -0.05, 0.01), SSIM: told(0.003, 0.001, 0.004)}
    alone = {PSNR: told(0.25, None, None), SSIM: told(0.003, None, None)}
    reached = {PSNR: {"mean": 27.5, "seed_spread": None}, SSIM: {"mean": 0.5, "seed_spread": 0.125}}
    return {
        "question": "x4",
        "measure": PSNR,
        "test_images": 2,
        "means": {"x16": {"52": {"native": reached}}, "x4": {"52": {"bicubic": reached}, "6": {"native": reached}}},
        "differences": {"x16": {"52": {"half": alone}}, "x4": {"52": {"half": both}, "6": {"half": alone}}},
        "says": ["x4: no difference shown <i>."],
        "made_of": {"splits": ["a"], "hash": "0"},
    } | changes


def cells(html: str) -> list[list[str]]:
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_the_section_says_every_difference_in_the_order_of_scales_and_images() -> None:
    html = answers.section(tree())
    rows = [row for row in cells(html) if len(row) == 8]
    assert [row[1:4] for row in rows] == [
        ["x4", "6", "PSNR Y (sr-real)"],
        ["x4", "6", "SSIM Y (sr-real)"],
        ["x4", "52", "PSNR Y (sr-real)"],
        ["x4", "52", "SSIM Y (sr-real)"],
        ["x16", "52", "PSNR Y (sr-real)"],
        ["x16", "52", "SSIM Y (sr-real)"],
    ]
    assert rows[2] == [
        *("half", "x4", "52", "PSNR Y (sr-real)", f"{MINUS}0.0200", f"{MINUS}0.0500 to +0.0100", "+0.50"),
        f"{MINUS}0.0300 to {MINUS}0.0100",
    ]
    assert rows[0][5:7] == ["-", "-"], "no interval of one image"
    assert "no difference shown &lt;i&gt;." in html
    assert ["half", "x4", f"{MINUS}0.0200", f"{MINUS}0.0200"] in cells(html)
    assert "<th>Food (1)</th><th>Nature (1)</th>" in html


def test_growth_is_drawn_where_there_are_several_numbers_of_images() -> None:
    found = answers.growth(tree(), PSNR)
    assert list(found) == [("x4", "half")]
    assert [(row.name, row.mean, row.low) for row in found["x4", "half"]] == [
        ("6 images", 0.25, None),
        ("52 images", -0.02, -0.05),
    ]
    assert "x4: native less half" in answers.section(tree())


def test_zero_stands_in_every_plot_and_means_lie_in_their_intervals() -> None:
    rows = [whiskers.Difference("a", 0.2, 0.1, 0.3, (0.15, 0.25)), whiskers.Difference("b", 0.35, None, None)]
    across, upward = whiskers.across(rows, "dB"), whiskers.upward(rows, "dB")
    assert across.count('class="bound"') == upward.count('class="bound"') == 1
    (left, right), *_ = re.findall(r'<line x1="([\d.]+)%" x2="([\d.]+)%" [^>]*class="mean"', across)
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)%"', across)]
    assert len(dots) == 4
    assert float(left) < min(dots[:3]) < max(dots[:3]) < float(right) < dots[3]
    assert across.count('class="mean"') == upward.count('class="mean"') == 1, "one has no interval"
    assert upward.count('class="curve"') == 1


def test_differences_of_nothing_can_be_drawn() -> None:
    nothing = [whiskers.Difference("a", 0.0, 0.0, 0.0)]
    assert 'class="bound"' in whiskers.across(nothing, "dB")
    assert 'class="bound"' in whiskers.upward(nothing, "dB")


@pytest.fixture(name="made")
def answers_of_here(root: Path) -> Path:
    """Answers made of what is here now."""
    numbers = Path("params.yaml")
    path = root / "data/question/answers.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(tree(question="whole", made_of=origin.made_of(numbers, "whole", (Path("a"),)))))
    return path


def test_the_page_of_answers_is_written_only_if_they_still_hold(
    made: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["answers", "data/question/answers.json", "page"]
    assert cli.main(words) == 0
    html = (root / "page/question.html").read_text(encoding="utf-8")
    assert "no difference shown" in html
    made.write_text(json.dumps(tree()))
    assert cli.main(words) == 1
    assert capsys.readouterr().err.endswith("made of other code, numbers or images; run 'make question'\n")


def test_the_summary_tells_the_parts_in_git_and_the_whole_only_if_it_still_holds(
    made: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, said = "what native 4K is worth to training", "x4: no difference shown <i>."

    def lines() -> list[str]:
        assert cli.main(["summary"]) == 0
        block = next(part for part in capsys.readouterr().out.split("\n\n") if part.startswith(head))
        return [line.strip() for line in block.splitlines()[1:]]

    (root / "metrics/question_x4.json").write_text(json.dumps(tree()))
    assert lines() == [said, "the whole question (data/question/answers.json):", said]
    made.write_text(json.dumps(tree()))
    assert lines() == [said, "data/question/answers.json: made of other code, numbers or images; run 'make question'"]
    made.unlink()
    assert lines() == [said, "more scales and arms, and how it grows with the images: run 'make question'"]


def test_the_report_has_the_question_once_a_part_was_asked(root: Path) -> None:
    words = ["report", "tables", "features", "evaluations", "models", "metrics", "page"]
    assert cli.main(words) == 0
    assert "The question" not in (root / "page/report.html").read_text(encoding="utf-8")
    (root / "metrics/question_x4.json").write_text(json.dumps(tree()))
    assert cli.main(words) == 0
    html = (root / "page/report.html").read_text(encoding="utf-8")
    assert '<section id="the-question">' in html
    assert "metrics/question_x4.json" in html
