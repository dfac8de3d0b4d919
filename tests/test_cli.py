"""The command line, and that every mistake of a person or a machine is one clear line and leaves nothing half-made."""

import ast
import errno
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from native4k import arguments, cli, tables
from native4k.dataset import select

ALL = [(package, step) for package, steps in cli.STEPS.items() for step in steps]
PARAMS = {
    "select": {
        "preset": "own",
        "presets": {"own": {"flat": {"column": "detail", "min": 1.0, "max": None, "per": None, "missing": "reject"}}},
        "takedown": {"radius": 10, "verify": 76, "views": ["mirrored", "middles", "windows"], "min_bits": 20},
    },
    "dedup": {
        "radius": 10,
        "verify": 76,
        "views": ["mirrored", "middles", "windows"],
        "min_bits": 20,
        "enlarged": 1.35,
        "bits_as_jpeg": {"JPEG": 1},
        "marked": 0.3,
        "score": None,
        "firewall": {},
        "embedding": None,
    },
    "balance": {
        "max_ratio": 1.5,
        "quotas": None,
        "best": {"column": "detail", "highest": True},
        "keep_unknown": False,
    },
    "split": {
        "val": {"size": 1, "zone": 0.1},
        "test": {"size": 1, "zone": 0.1},
        "strata": "equal",
        "together": [],
    },
    "vet": {"rule": "majority", "min_votes": 1, "undecided": "pass"},
    "collect": {
        "sources": ["folder"],
        "geometry": {"min_pixels": 1, "min_long_side": 1, "min_aspect": 0.1, "max_aspect": 9.0},
        "max_punsafe": 0.5,
        "max_pwatermark": 0.5,
        "keep_rejected": True,
    },
}


@pytest.fixture(name="here")
def a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml and the table that select reads."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    ids = [f"{number:016x}" for number in range(2000)]
    columns: dict[str, Any] = {"reason": "", "rejected_by": "", "detail": range(2000)}
    tables.write(pd.DataFrame({"id": ids, **columns}), tmp_path / "in.parquet")
    return tmp_path


def complaint(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a failing command prints on stderr."""
    assert cli.main(words) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err.rstrip("\n")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_without_a_step_the_command_prints_its_table_of_contents(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    rows = [f"  {step:<14}{does}" for steps in cli.STEPS.values() for step, does in steps.items()]
    assert "\n".join(rows) in out


@pytest.mark.parametrize("words", [["dedupe"], ["sr"], ["sr", "fly"], ["--params", "x"], [""]])
def test_an_unknown_step_is_one_line_with_all_steps(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(
        f"native4k: no step {' '.join(words[:2])!r}; there are: start, compose, run, validate, sources, analyze, "
    )
    assert err.count("\n") == 1


@pytest.mark.parametrize(("package", "step"), ALL)
def test_every_step_has_help_that_says_what_it_does_and_where_its_numbers_are(
    package: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.find(step.split()) == (package, step)
    assert cli.main([*step.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert f"usage: native4k {step}" in said
    assert "--params PARAMS" in said
    text = arguments.file_of(cli.module_of(package, step)).read_text(encoding="utf-8")
    assert str(ast.get_docstring(ast.parse(text))) in said


def test_help_of_every_step_imports_nothing_that_the_step_computes_with() -> None:
    code = (
        "import sys; from native4k import cli\n"
        "for package, steps in cli.STEPS.items():\n"
        "    for step in steps: cli.parser(package, step).format_help()\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'pyiqa', 'basicsr', 'pandas', 'numpy', 'pydantic', 'yaml'}\n"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.mark.parametrize(
    ("step", "change", "line"),
    [
        ("dedup", {"radius": None}, r"dedup\.radius: .* \(got None\)"),
        ("dedup", {"radius": "ten"}, r"dedup\.radius: .*valid integer \(got 'ten'\)"),
        ("dedup", {"radius": 2.5}, r"dedup\.radius: .*integer.* \(got 2\.5\)"),
        ("dedup", {"radios": 10}, r"dedup\.radios: unknown key; is it 'radius'\?"),
        ("balance", {"keep_unknown": "yes"}, r"balance\.keep_unknown: .*boolean \(got 'yes'\)"),
        ("split", {"val": {"size": 1}}, r"split\.val\.zone: missing key; every number must be given"),
        ("vet", {"rule": "dice"}, r"vet\.rule: .*'majority', 'unanimity' or 'veto' \(got 'dice'\)"),
        (
            "select",
            {"presets": {"own": {"flat": {"column": "detail", "min": 1.0}}}},
            r"select\.presets\.own\.flat\.range\.max: missing",
        ),
    ],
)
def test_a_wrong_number_is_one_line_that_names_its_key(
    here: Path, capsys: pytest.CaptureFixture[str], step: str, change: dict[str, Any], line: str
) -> None:
    Path("params.yaml").write_text(yaml.safe_dump(PARAMS | {step: PARAMS[step] | change}))
    words = [step, "in.parquet", *{"vet": ["votes"], "split": ["released"]}.get(step, []), "out.parquet"]
    said = complaint(words, capsys)
    assert said.startswith(f"native4k {step}: params.yaml: {step}.")
    assert re.search(line, said)
    assert files(here) == ["in.parquet", "params.yaml"]


def test_a_missing_key_section_or_file_of_params_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["dedup", "in.parquet", "out.parquet"]
    Path("params.yaml").write_text("dedup: {}")
    said = complaint(words, capsys)
    assert said == "native4k dedup: params.yaml: dedup.radius: missing key; every number must be given"
    Path("params.yaml").write_text("split: {}")
    assert complaint(words, capsys) == "native4k dedup: params.yaml: dedup is missing; there are: split"
    Path("params.yaml").write_text("deduplicate: {}")
    assert "params.yaml: unknown section 'deduplicate'; there are: shards, demo," in complaint(words, capsys)
    Path("params.yaml").write_text("dedup: [")
    assert "params.yaml: not readable as YAML: " in complaint(words, capsys)
    assert "elsewhere.yaml: no such file" in complaint([*words, "--params", "elsewhere.yaml"], capsys)
    assert files(here) == ["in.parquet", "params.yaml"]


def test_a_wrong_table_is_one_line_that_names_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(name: str) -> str:
        return complaint(["select", name, "out.parquet"], capsys)

    begin = "native4k select: "
    assert said("no.parquet") == f"{begin}no.parquet: no such table; run the step that makes it, or pull it with dvc"
    assert said("params.yaml").startswith(f"{begin}params.yaml: not a Parquet table (")
    assert said(".").startswith(f"{begin}.: not a Parquet table (")
    pq.write_table(pa.table({"id": ["a"]}).replace_schema_metadata({"native4k": "0"}), "old.parquet")
    expected = f"{begin}old.parquet: written by table version 0, this code reads 1; run the step again"
    assert said("old.parquet") == expected
    tables.write(pd.DataFrame({"id": ["a"], "reason": [""]}), Path("thin.parquet"))
    expected = "native4k dedup: thin.parquet: column 'pixels' is missing; there are: id, reason"
    assert complaint(["dedup", "thin.parquet", "out.parquet"], capsys) == expected
    assert files(here) == ["in.parquet", "old.parquet", "params.yaml", "thin.parquet"]


@pytest.mark.parametrize("shard", ["9/3", "3/3", "x"])
def test_a_shard_that_does_not_exist_is_one_line(here: Path, capsys: pytest.CaptureFixture[str], shard: str) -> None:
    Path("params.yaml").write_text("fetch: {max_bytes: 9}")
    said = complaint(["fetch", "in.parquet", ".", "images", "index.parquet", "--shard", shard], capsys)
    assert said == f"native4k fetch: --shard {shard!r}: expected NUMBER/COUNT with 0 <= NUMBER < COUNT, such as 0/4"
    assert files(here) == ["in.parquet", "params.yaml"]


def test_an_empty_list_of_sources_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("params.yaml").write_text(yaml.safe_dump({"collect": PARAMS["collect"] | {"sources": {}}}))
    said = complaint(["collect", "sources", "candidates", "n.parquet", "r.parquet"], capsys)
    assert said.startswith("native4k collect: params.yaml: collect.sources: Dictionary should have at least 1 item")
    assert files(here) == ["in.parquet", "params.yaml"]


def test_a_file_where_a_folder_should_be_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert complaint(["select", "in.parquet", "params.yaml/out.parquet"], capsys) == (
        "native4k select: params.yaml: file exists"
    )
    assert files(here) == ["in.parquet", "params.yaml"]


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "no space left on device; make room and run again"),
        (errno.EDQUOT, "disk quota exceeded; make room and run again"),
        (errno.EROFS, "read-only file system; choose another folder or make it writable"),
    ],
)
def test_a_full_or_read_only_disk_is_one_line_and_leaves_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def half(writer: pq.ParquetWriter, *_: object, **__: object) -> None:
        assert writer.is_open
        raise OSError(number, "said by the system")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", half)
    assert complaint(["select", "in.parquet", "out.parquet"], capsys) == f"native4k select: out.parquet: {advice}"
    assert files(here) == ["in.parquet", "params.yaml"]


def test_an_interrupted_step_says_how_to_go_on(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(select, "select", interrupted)
    assert cli.main(["select", "in.parquet", "out.parquet"]) == 130
    assert capsys.readouterr().err == "native4k select: interrupted; the same command goes on from here\n"
    assert files(here) == ["in.parquet", "params.yaml"]


def test_a_mistake_of_the_code_is_not_hidden(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert here
    monkeypatch.setattr(select, "select", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["select", "in.parquet", "out.parquet"])


def command(*words: str, prefix: str = "") -> subprocess.CompletedProcess[str]:
    """The real command in a shell of its own, where limits can be set for it alone."""
    line = f'{prefix} exec "$0" -m native4k.cli "$@"'
    return subprocess.run(["bash", "-c", line, sys.executable, *words], capture_output=True, text=True, check=False)


def test_a_file_size_limit_is_one_line_and_leaves_nothing_half_written(here: Path) -> None:
    done = command("select", "in.parquet", "deep/out.parquet", prefix="ulimit -f 1;")
    assert (done.returncode, done.stdout) == (1, "")
    expected = "native4k select: deep/out.parquet: file too large; raise the limit (ulimit -f) and run again\n"
    assert done.stderr == expected
    assert files(here) == ["deep", "in.parquet", "params.yaml"]
    assert command("select", "in.parquet", "deep/out.parquet").returncode == 0
    assert files(here) == ["deep", "deep/out.parquet", "in.parquet", "params.yaml"]


def test_a_folder_that_may_not_be_written_is_one_line(here: Path) -> None:
    (here / "locked").mkdir(mode=0o555)
    powers = "-dac_override,-dac_read_search"  # root may write anywhere unless it gives this up
    prefix = "exec" if os.getuid() else f"exec setpriv --bounding-set {powers} --inh-caps {powers}"
    line = f'{prefix} "$0" -m native4k.cli "$@"'
    for target, named in (("locked/out.parquet", "locked/out.parquet"), ("locked/new/out.parquet", "locked/new")):
        words = ["bash", "-c", line, sys.executable, "select", "in.parquet", target]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        expected = f"native4k select: {named}: permission denied; choose another folder or allow it\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
    assert files(here) == ["in.parquet", "locked", "params.yaml"]


def test_a_reader_that_went_away_is_no_traceback() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" -m native4k.cli | true', sys.executable], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
