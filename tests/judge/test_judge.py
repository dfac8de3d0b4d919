"""The command from end to end: what it says of pictures, in which form, and what it does with whatever it is given."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from native4k import cli, images, params
from native4k.dataset import select
from native4k.judge import judge, judgement
from native4k.judge.judge import evidence_name
from native4k.measure import probe
from tests.judge.samples import ROOT, flat, photograph

OWN = {"file", "outcome", "looks", "false_alarm_rate", "true_width", "true_height", "why"}
"""Columns of a row that are judge's; all others are probe's."""

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def judged(capsys: pytest.CaptureFixture[str], *words: str | Path) -> list[dict[str, Any]]:
    """The rows that the command gives as JSON."""
    assert cli.main(["judge", *map(str, words), "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def complaint(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The last line of a command that fails."""
    assert cli.main(["judge", *map(str, words)]) == 1
    return capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(name="printed", scope="module")
def what_is_printed_of_the_folder(pictures: Path, numbers: Path) -> str:
    """The JSON of all pictures."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert cli.main(["judge", str(pictures), "--params", str(numbers), "--json"]) == 0
    return out.getvalue()


def test_a_folder_is_judged_in_the_order_of_its_paths(pictures: Path, printed: str) -> None:
    rows = json.loads(printed)
    names = [Path(row["file"]).relative_to(pictures).as_posix() for row in rows]
    assert names == ["cut.jpg", "deep/deeper/small.tif", "deep/fake.png", "deep/flat.webp", "native.png"]
    assert [row["outcome"] for row in rows] == ["not judged", "too small", "upscaled", "cannot tell", "native"]
    assert [row["looks"] for row in rows] == ["not judged", "native", "upscaled", "cannot tell", "native"]
    sizes = [(row["true_width"], row["true_height"]) for row in rows]
    assert sizes == [(None, None), (300, 300), (256, 256), (None, None), (512, 512)]
    assert [re.sub(r"\d[\d.]* % of certain.*", "N", row["why"]) for row in rows] == [
        "the file ends too early",
        "less than 4K, though its pixels look native: N",
        "N",
        (
            "flat: contrast is 0, at least 2 is needed; blurred: detail is 0, at least 0.5 is needed; "
            "texture in 0 of the 16 places looked at, and 3 are needed"
        ),
        "N",
    ]


def test_a_row_is_what_probe_measures_of_the_same_file(pictures: Path, printed: str) -> None:
    rows = json.loads(printed)
    files = [Path(row["file"]).relative_to(pictures).as_posix() for row in rows]
    probed = list(probe.probe(files, pictures, params.load(probe.Params, ROOT / "params.yaml", "probe")))
    assert len(probed) == 5
    for row, features in zip(rows, probed, strict=True):
        assert not OWN & features.keys()
        expected = {name: value for name, value in features.items() if name != "thumbnail"}
        without_nan = {name: None if value != value else value for name, value in expected.items()}  # noqa: PLR0124
        assert {name: value for name, value in row.items() if name not in OWN} == without_nan


def test_what_it_calls_upscaled_is_what_the_preset_rejects_as_upscaled(printed: str) -> None:
    table = pd.DataFrame(json.loads(printed))
    chosen = params.load(select.Params, ROOT / "params.yaml", "select")
    rule = chosen.presets[judgement.PRESET]["upscaled"]
    rejected = select.rejected_by_rule(rule, select.Rows(table, np.ones(len(table), bool), "tests"))
    assert rejected.tolist() == (table["looks"] == "upscaled").tolist()
    assert rejected.sum() == 1


def test_another_rate_of_false_alarms_changes_what_is_upscaled(
    pictures: Path, numbers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, given = (pictures / "deep" / "fake.png", pictures / "native.png"), ("--params", numbers, "--false-alarms")
    assert [row["outcome"] for row in judged(capsys, *files, *given, "0.01")] == ["upscaled", "native"]
    assert [row["outcome"] for row in judged(capsys, *files, *given, "0.9")] == ["upscaled", "upscaled"]


@pytest.mark.parametrize(
    "words", [["--false-alarms", "2"], ["--false-alarms", "x"], ["--workers", "0"], ["--jpeg"], []]
)
def test_a_wrong_option_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["judge", *(["x.png"] if words else []), *words])
    assert ended.value.code == 2
    assert "native4k judge: error: " in capsys.readouterr().err


def test_the_table_has_a_bar_and_a_reason_for_each_and_names_what_failed_at_the_end(
    pictures: Path, numbers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["judge", str(pictures / "native.png"), str(pictures / "cut.jpg"), "--params", str(numbers)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "outcome      size           true size      false alarms         file",
        f"native       512 x 512      512 x 512       66.63 % ██████▋     {pictures}/native.png",
        "  67 % of certain natives look less native; detail reaches 100 % of the finest that its pixels can hold",
        f"not judged                                                      {pictures}/cut.jpg",
        "  the file ends too early",
    ]
    assert said.err.splitlines() == [
        "2 pictures: 1 native, 1 not judged",
        f"not judged: {pictures}/cut.jpg: the file ends too early",
    ]


def test_csv_has_the_columns_of_json(pictures: Path, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    row = json.loads(printed)[1] | {"outcome": "too small"}
    assert cli.main(["judge", row["file"], "--csv"]) == 0
    lines = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert lines == [{name: "" if value is None else str(value) for name, value in row.items()}]
    assert list(lines[0]) == list(row)


def test_nothing_that_can_be_judged_is_status_1(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(capsys, pictures / "cut.jpg") == "native4k judge: no picture could be judged"


def test_what_is_missing_is_one_line_before_anything_is_judged(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["judge", str(pictures), "gone.png", "gone too"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "native4k judge: gone.png: no such file or folder, and 1 more\n")


def test_wrong_numbers_are_one_line(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong.yaml").write_text("select: {presets: {own: {}}}")
    assert complaint(capsys, pictures, "--params", tmp_path / "wrong.yaml") == (
        f"native4k judge: {tmp_path}/wrong.yaml: select.presets.photos is missing; there are: own"
    )


def test_whatever_is_no_regular_file_costs_its_own_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat().save(tmp_path / "flat.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "leads nowhere.png").symlink_to("nothing")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "empty.png").touch()
    rows = judged(capsys, tmp_path)
    assert {Path(row["file"]).name: row["why"] for row in rows if row["failure"]} == {
        "empty.png": "the file is of no image format",
        "leads nowhere.png": "no such file or directory",
        "loop.png": "too many levels of symbolic links",
        "pipe.png": "neither a file nor a folder",
    }
    assert len(rows) == 5


def test_names_are_printed_as_one_line_without_escapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a\nb.png", "red \033[31m.png", "turn \u202egnp.png", "bytes \udcff.png", "über.png"]
    for name in names:
        flat(8).save(tmp_path / "plain.png")
        (tmp_path / "plain.png").rename(tmp_path / name)
    assert cli.main(["judge", str(tmp_path)]) == 0
    shown = [line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()[1::2]]
    assert shown == [r"a\nb.png", r"bytes \udcff.png", r"red \x1b[31m.png", r"turn \u202egnp.png", "über.png"]
    assert [Path(row["file"]).name for row in judged(capsys, tmp_path)] == sorted(names)
    assert cli.main(["judge", str(tmp_path), "--csv"]) == 0
    assert {letter for letter in capsys.readouterr().out if not letter.isprintable()} == {"\n"}


def test_the_process_that_asks_loads_no_large_library_and_prints_what_its_terminal_knows(
    tmp_path: Path, numbers: Path
) -> None:
    photograph().save(tmp_path / "grün.png")
    heavy = "{'cv2', 'numpy', 'pandas', 'polars', 'pyarrow', 'pydantic', 'scipy', 'torch'}"
    code = f"import sys; from native4k import cli; cli.main(sys.argv[1:]); print({heavy} & sys.modules.keys())"
    said = []
    for words in (["--help"], [str(tmp_path / "grün.png")]):
        command = [sys.executable, "-c", code, "judge", *words]
        environment = os.environ | {"PYTHONIOENCODING": "ascii"}
        said.append(subprocess.run(command, env=environment, capture_output=True, check=True).stdout.splitlines())
    assert [lines[-1] for lines in said] == [b"set()", b"{'pydantic'}"]
    assert b" 66.63 % ####### " in said[1][1]
    assert said[1][1].endswith(rb"gr\xfcn.png")


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    flat().save(tmp_path / "open.png")
    flat().save(tmp_path / "secret.png")
    (tmp_path / "secret.png").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    powers = "-dac_override,-dac_read_search"  # root may read anything unless it gives this up
    prefix = [] if os.getuid() else ["setpriv", "--bounding-set", powers, "--inh-caps", powers]
    code = "import sys; from native4k import cli; sys.exit(cli.main(sys.argv[1:]))"
    words = [*prefix, sys.executable, "-c", code, "judge", str(tmp_path), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    found = {Path(row["file"]).name: (row["failure"], row["why"]) for row in json.loads(done.stdout)}
    assert list(found) == ["open.png", "secret.png", "closed"]
    assert found["secret.png"] == ("unreadable", "permission denied")
    assert found["closed"] == ("unreadable", "the folder: permission denied")


def test_evidence_is_a_picture_for_each_that_was_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat().save(tmp_path / "flat.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    shown = tmp_path / "evidence"
    rows = judged(capsys, tmp_path, "--evidence", shown)
    assert [row["evidence"][-13:] for row in rows] == ["", "_flat.png.png"]
    assert [str(path) for path in shown.iterdir()] == [rows[1]["evidence"]]
    assert images.load(Path(rows[1]["evidence"])).shape[1] == 1152
    assert len(judged(capsys, tmp_path, "--evidence", shown)) == 2  # it is not judged itself
    assert complaint(capsys, tmp_path, "--evidence", tmp_path / "flat.png") == (
        f"native4k judge: {tmp_path}/flat.png: not a folder; name another one with --evidence"
    )


def test_evidence_of_two_pictures_never_has_one_name() -> None:
    used = set[str]()
    names = [evidence_name(path, used) for path in ("a/b.png", "a_b.png", "../a/b.png", "/x\n\033/é.jpg", "n" * 300)]
    assert names == ["a_b.png.png", "a_b.png-2.png", "a_b.png-3.png", "x____.jpg.png", "n" * 120 + ".png"]


def test_a_picture_that_ends_its_worker_costs_its_own_row(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "judge_file", end_worker)
    assert cli.main(["judge", str(pictures / "native.png"), str(pictures / "cut.jpg"), "--csv"]) == 0
    said = capsys.readouterr()
    assert [line.split(",")[1] for line in said.out.splitlines()] == ["outcome", "too small", "not judged"]
    assert said.err.splitlines()[-1] == f"not judged: {pictures}/cut.jpg: its decoder crashed, twice"


def end_worker(numbers: Path, false_alarms: float | None, evidence: bool, file: str) -> dict[str, Any]:
    """A task that a damaged file crashes."""
    if file.endswith("cut.jpg"):
        os._exit(1)
    return judge.judge_file(numbers, false_alarms, evidence, file)
