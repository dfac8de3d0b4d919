import csv
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from native4k import cli
from tests import browser
from tests.analyze.conftest import ROOT, Analyze

FILES = {"report.html", "report.md", "stats.json", "sample.csv", "plots"}


def collection(path: Path, rows: int = 50, **columns: object) -> Path:
    """A small PD12M."""
    made = {
        "id": range(rows),
        "url": [f"https://host.org/{n}.jpg" for n in range(rows)],
        "caption": [f"a picture of {n} things" for n in range(rows)],
        "width": [1000 + 100 * n for n in range(rows)],
        "height": [2000] * rows,
        "mime_type": "image/jpeg",
        "license": "CC0",
        "source": "museum",
    }
    pl.DataFrame(made | columns).write_parquet(path)
    return path


def complaint(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line that a mistake earns."""
    assert cli.main(["analyze", *map(str, words), "--params", str(ROOT / "params.yaml")]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("native4k")]
    assert len(lines) == 1
    return lines[0]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_report_is_five_things_and_the_same_bytes_again(tmp_path: Path, analyze: Analyze) -> None:
    part = collection(tmp_path / "part.parquet")
    analyze(part, "--source", "pd12m")
    first = files(tmp_path / "report")
    assert {name.split("/")[0] for name in first} == FILES
    analyze(part, "--source", "pd12m")
    assert files(tmp_path / "report") == first


def test_options_may_stand_between_files_and_report(tmp_path: Path) -> None:
    part = collection(tmp_path / "part.parquet")
    words = ["analyze", str(part), "--source", "pd12m", str(tmp_path / "out"), "--params", str(ROOT / "params.yaml")]
    assert cli.main(words) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES


def test_several_files_of_a_source_are_one_collection(tmp_path: Path, analyze: Analyze) -> None:
    parts = [collection(tmp_path / f"{n}.parquet", rows=10 + n) for n in range(3)]
    found = analyze(*parts, "--source", "pd12m")["collections"]
    assert {name: tree["rows"] for name, tree in found.items()} == {"pd12m": 33}
    globbed = analyze(f"pd12m={tmp_path}/[0-9].parquet")["collections"]
    assert globbed == found


def test_collections_given_together_stand_side_by_side(tmp_path: Path, analyze: Analyze) -> None:
    part = collection(tmp_path / "part.parquet")
    urls = tmp_path / "cc12m.tsv"
    urls.write_text("https://a.org/x.png\tthe cat\nhttps://a.org/y.png\tthe dog\n", encoding="utf-8")
    found = analyze(f"pd12m={part}", f"cc12m={urls}", "demo=")["collections"]
    assert {name: tree["rows"] for name, tree in found.items()} == {"pd12m": 50, "cc12m": 2, "demo": 175}
    assert found["cc12m"]["sizes"] == {"rows": 0}
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "# What pd12m and cc12m and demo hold" in text
    assert "| no size | 0 % | 100 % | 0 % |" in text
    assert "pd12m: all 50 rows; cc12m: all 2 rows; demo: all 175 rows" in text
    plots = {path.stem for path in (tmp_path / "report" / "plots").iterdir()}
    assert {"pd12m-megapixels", "demo-megapixels", "cc12m-characters-of-a-caption"} <= plots
    assert "cc12m-megapixels" not in plots


def test_without_files_and_source_the_projects_own_sources_are_analyzed(analyze: Analyze) -> None:
    assert {name: tree["rows"] for name, tree in analyze()["collections"].items()} == {"demo": 175}


def test_a_source_without_files_is_read_where_it_is(tmp_path: Path, analyze: Analyze) -> None:
    folder = tmp_path / "sources" / "pcb"
    folder.mkdir(parents=True)
    columns = {"id": [1], "url": ["https://a.org/1"], "width": [9], "height": [9], "cogvlm_caption": ["x"]}
    pl.DataFrame(columns).write_parquet(folder / "part.parquet")
    found = analyze(f"pcb={folder}", "--sources", tmp_path / "sources")
    assert found["collections"]["pcb"]["rows"] == 1


def test_the_sample_is_a_table_of_rows(tmp_path: Path, analyze: Analyze) -> None:
    hostile = 'a "quoted", caption\nof two lines'
    part = collection(tmp_path / "part.parquet", caption=[hostile] * 50)
    analyze(part, "--source", "pd12m", sample=7)
    with (tmp_path / "report" / "sample.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["caption"] for row in rows] == [hostile] * 7
    assert {row["source"] for row in rows} == {"pd12m"}
    assert len({row["url"] for row in rows}) == 7


def test_what_was_read_is_told(tmp_path: Path, analyze: Analyze) -> None:
    part = collection(tmp_path / "part.parquet")
    made_from = analyze(part, "--source", "pd12m", "--sampled", sample=3)["made from"]
    assert made_from["files"] == {"pd12m": [str(part)]}
    assert made_from["sampled"] is True
    assert made_from["numbers"]["sample"] == 3


def test_a_sample_as_large_as_the_collection_is_exact(tmp_path: Path, analyze: Analyze) -> None:
    part = collection(tmp_path / "part.parquet")
    exact, sampled = (analyze(part, "--source", "pd12m", *more)["collections"] for more in ((), ("--sampled",)))
    assert exact == sampled


def test_files_of_no_source_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = collection(tmp_path / "part.parquet")
    line = complaint(capsys, part, tmp_path / "report")
    wanted = f"of which source? say --source NAME, or NAME={part} (see `native4k sources`)"
    assert line == f"native4k analyze: {part}: {wanted}"


def test_a_collection_without_rows_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = collection(tmp_path / "part.parquet", rows=0)
    line = complaint(capsys, part, "--source", "pd12m", tmp_path / "report")
    assert line.startswith(f"native4k analyze: {part}: no rows")
    assert {path.name for path in tmp_path.iterdir()} == {"part.parquet"}


def test_a_damaged_file_leaves_the_last_report(tmp_path: Path, analyze: Analyze) -> None:
    part = collection(tmp_path / "part.parquet")
    analyze(part, "--source", "pd12m")
    before = files(tmp_path / "report")
    content = part.read_bytes()
    part.write_bytes(content[: len(content) // 2])
    with pytest.raises(AssertionError):
        analyze(part, "--source", "pd12m")
    assert files(tmp_path / "report") == before


def test_a_folder_of_pictures_can_be_analyzed(tmp_path: Path, analyze: Analyze) -> None:
    folder = tmp_path / "sources" / "folder"
    folder.mkdir(parents=True)
    (folder / "metadata.csv").write_text("file_name,caption,license\nx.jpg,the cat,CC0\n", encoding="utf-8")
    Image.new("RGB", (60, 40)).save(folder / "x.jpg")
    found = analyze("--source", "folder", "--sources", tmp_path / "sources")["collections"]["folder"]
    assert found["rows"] == 1
    assert found["licenses"] == {"CC0": 1}
    assert found["urls"]["hosts"] == 0


@browser.needs_chromium
def test_the_report_is_readable_at_every_width_in_light_and_dark(tmp_path: Path, analyze: Analyze) -> None:
    analyze(f"pd12m={collection(tmp_path / 'part.parquet')}", "demo=", "--sampled", sample=20)
    assert browser.problems(tmp_path / "report" / "report.html") == {}
