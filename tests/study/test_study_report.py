"""native4k.study.study_report: its plots and tables; and the study in the report and in the summary."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from native4k import cli
from native4k.report import summary
from native4k.study import origin, study_report

PSNR, SSIM = "sr_real_psnr_y", "sr_real_ssim_y"
MINUS = "\N{MINUS SIGN}"


def estimate(mean: float, low: float | None, high: float | None) -> dict[str, Any]:
    one = {"mean": mean, "low": low, "high": high, "effect": None if low is None else 0.5, "images": 2}
    category = {"mean": mean, "low": None, "high": None, "effect": None, "images": 1}
    return one | {"seeds": {"0": mean - 0.01, "1": mean + 0.01}, "by_category": {"Food": category, "Nature": category}}


def tree(**changes: Any) -> dict[str, Any]:
    both = {PSNR: estimate(-0.02, -0.05, 0.01), SSIM: estimate(0.003, 0.001, 0.004)}
    alone = {PSNR: estimate(0.25, None, None), SSIM: estimate(0.003, None, None)}
    reached = {PSNR: {"mean": 27.5, "seed_spread": None}, SSIM: {"mean": 0.5, "seed_spread": 0.125}}
    return {
        "study": "x4",
        "collection": "4K <images>",
        "runs": 4,
        "patches_seen": 8000,
        "measure": PSNR,
        "test_images": 2,
        "means": {"x16": {"52": {"native": reached}}, "x4": {"52": {"bicubic": reached}, "6": {"native": reached}}},
        "differences": {"x16": {"52": {"half": alone}}, "x4": {"52": {"half": both}, "6": {"half": alone}}},
        "findings": ["x4: no difference shown <i>."],
        "made_of": {"splits": ["a"], "overlays": [], "definition": "0", "hash": "0"},
    } | changes


def cells(html: str) -> list[list[str]]:
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_the_section_shows_every_difference_in_the_order_of_scales_and_images() -> None:
    html = study_report.section(tree())
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
    assert "<h3>On 4K &lt;images&gt; <small>4 runs of 8,000 patches each, 2 test images</small></h3>" in html
    assert ["half", "x4", f"{MINUS}0.0200", f"{MINUS}0.0200"] in cells(html)
    assert '<th scope="col">Food (1)</th><th scope="col">Nature (1)</th>' in html


def test_a_trend_is_drawn_where_there_are_several_numbers_of_images() -> None:
    found = study_report.trends(tree(), PSNR)
    assert list(found) == [("x4", "half")]
    assert [(row.name, row.mean, row.low) for row in found["x4", "half"]] == [
        ("6 images", 0.25, None),
        ("52 images", -0.02, -0.05),
    ]
    assert "x4: native minus half" in study_report.section(tree())


def test_zero_stands_in_every_plot_and_means_lie_in_their_intervals() -> None:
    rows = [
        study_report.Difference("a", 0.2, 0.1, 0.3, (0.15, 0.25)),
        study_report.Difference("b", 0.35, None, None),
    ]
    forest, trend = study_report.forest(rows, "dB"), study_report.trend(rows, "dB")
    assert forest.count('class="bound"') == trend.count('class="bound"') == 1
    (left, right), *_ = re.findall(r'<line x1="([\d.]+)%" x2="([\d.]+)%" [^>]*class="mean"', forest)
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)%"', forest)]
    assert len(dots) == 4
    assert float(left) < min(dots[:3]) < max(dots[:3]) < float(right) < dots[3]
    assert forest.count('class="mean"') == trend.count('class="mean"') == 1, "one has no interval"
    assert trend.count('class="curve"') == 1


def test_differences_of_nothing_can_be_drawn() -> None:
    nothing = [study_report.Difference("a", 0.0, 0.0, 0.0)]
    assert 'class="bound"' in study_report.forest(nothing, "dB")
    assert 'class="bound"' in study_report.trend(nothing, "dB")


@pytest.fixture(name="made")
def current_results(root: Path) -> Path:
    """Results that are made of what is here now."""
    numbers = Path("params.yaml")
    path = root / "data/study/results.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(tree(study="full", made_of=origin.made_of(numbers, "full", (Path("a"),)))))
    return path


def test_the_report_is_written_only_of_current_results(
    made: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["study_report", "data/study/results.json", "page"]
    assert cli.main(words) == 0
    html = (root / "page/study_report.html").read_text(encoding="utf-8")
    assert "no difference shown" in html
    made.write_text(json.dumps(tree()))
    assert cli.main(words) == 1
    assert capsys.readouterr().err.endswith("made of other code, numbers or images; run 'make study'\n")


def test_the_summary_has_the_findings_in_git_and_those_of_the_full_study_only_if_it_is_current(
    made: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, found = "what native 4K is worth to training", ["on 4K <images>:", "x4: no difference shown <i>."]

    def lines() -> list[str]:
        assert cli.main(["summary"]) == 0
        block = next(part for part in capsys.readouterr().out.split("\n\n") if part.startswith(head))
        return [line.strip() for line in block.splitlines()[1:]]

    (root / "metrics/details/study_x4.json").write_text(json.dumps(tree()))
    assert lines() == [*found, "the full study (data/study/results.json):", found[1]]
    made.write_text(json.dumps(tree()))
    assert lines() == [*found, "data/study/results.json: made of other code, numbers or images; run 'make study'"]
    made.unlink()
    assert lines() == [*found, "more scales and arms, and how it grows with the images: run 'make study'"]


def test_a_study_of_other_images_is_shown_with_them_and_says_if_its_code_or_numbers_are_gone(root: Path) -> None:
    overlay = root / "overlay.yaml"
    overlay.write_text("select: {preset: other}\n")
    numbers = Path("params.yaml")
    made_of = origin.made_of(numbers, "photographs", (root / "gone",), (overlay,))
    study = tree(study="photographs", collection="photographs", made_of=made_of)
    shown = ["on photographs:", "x4: no difference shown <i>."]
    assert summary.study_lines(study, numbers) == shown
    made_of["definition"] = "other"
    assert summary.study_lines(study, numbers) == [
        *shown,
        "made by other code or numbers than those at hand; 'make study-photographs' makes them anew",
    ]


def test_the_report_has_the_study_if_there_are_results(root: Path) -> None:
    words = ["report", "tables", "features", "images", "evaluations", "curves", "metrics/details", "page"]
    assert cli.main(words) == 0
    assert "The study" not in (root / "page/report.html").read_text(encoding="utf-8")
    (root / "metrics/details/study_x4.json").write_text(json.dumps(tree()))
    shutil.copytree(root / "evaluations/net_x4", root / "evaluations/study_x4")
    (root / "evaluations/study_x4/worst-1-k1.webp").rename(root / "evaluations/study_x4/x4-half-most-k1.webp")
    assert cli.main(words) == 0
    html = (root / "page/report.html").read_text(encoding="utf-8")
    assert '<section id="the-study">' in html
    assert "details/study_x4.json" in html
    assert re.findall("<figcaption>(trained on .*?)</figcaption>", html) == ["trained on half", "trained on native"] * 2
    assert '<a class="id" href="#row-k1">k1</a> x4, where native pixels help most' in html
    assert "training on native pixels and not on the same at half the size" in html


def test_the_report_shows_a_study_of_other_images_without_pictures(root: Path) -> None:
    other = tree()["made_of"] | {"overlays": ["other.yaml"]}
    (root / "metrics/details/study_other.json").write_text(json.dumps(tree(study="other", made_of=other)))
    words = ["report", "tables", "features", "images", "evaluations", "curves", "metrics/details", "page"]
    assert cli.main(words) == 0
    page = (root / "page/report.html").read_text(encoding="utf-8")
    assert "The study" in page
    assert "trained on native" not in page
