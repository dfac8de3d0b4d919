"""native4k.provenance.lock: whatever was made of other tables than those at hand is named."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import cli
from native4k.errors import UserError
from native4k.provenance import lock

ASSESSED, MEASURED = Path("metrics/details/dataset.json"), Path("metrics/details/bicubic_x4.json")


def files(*paths: str) -> list[dict[str, str]]:
    """The entries of a lock for some files as they are now."""
    return [{"path": path, "hash": "md5", "md5": lock.content_hash(Path(path))} for path in paths]


@pytest.fixture(name="stages")
def built_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A dataset, its counts and a baseline's numbers, as DVC leaves them; and the stages of the lock."""
    monkeypatch.chdir(tmp_path)
    for path in ("data/tables/images.parquet", "data/tables/leaks.parquet", "data/native4k/test/metadata.parquet"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path)
    Path("metrics/details").mkdir(parents=True)
    for path in (ASSESSED, MEASURED, Path("metrics/details/own.json")):
        path.write_text("{}")
    stages = {
        "dataset": {"outs": files("data/tables")},
        "publish": {"deps": files("data/tables"), "outs": files("data/native4k/test")},
        "assess": {"deps": files("data/tables"), "outs": files(str(ASSESSED))},
        "evaluate_sr@bicubic_x4": {"deps": files("data/native4k/test"), "outs": files(str(MEASURED))},
    }
    write(stages)
    return stages


def write(stages: dict[str, Any]) -> None:
    """Write the lock."""
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))


def stale() -> dict[str, str]:
    """What is stale, by name."""
    return {path.name: why for path, why in lock.stale_metrics(Path("metrics/details")).items()}


@pytest.mark.usefixtures("stages")
def test_nothing_is_stale_after_a_whole_run() -> None:
    assert stale() == {}


def test_numbers_of_an_earlier_dataset_are_stale_all_along_the_graph(stages: dict[str, Any]) -> None:
    Path("data/tables/images.parquet").write_text("other images")
    Path(ASSESSED).write_text('{"kept": 1}')
    stages["dataset"]["outs"] = files("data/tables")
    stages["assess"] = {"deps": files("data/tables"), "outs": files(str(ASSESSED))}
    write(stages)
    why = "data/tables has changed since; run 'dvc repro evaluate_sr@bicubic_x4'"
    assert stale() == {"bicubic_x4.json": why}


@pytest.mark.usefixtures("stages")
def test_tables_that_snakemake_alone_made_leave_all_numbers_stale() -> None:
    Path("data/tables/images.parquet").write_text("other images")
    why = "data/tables is not what dvc.lock records; run 'dvc repro"
    assert stale() == {"bicubic_x4.json": f"{why} evaluate_sr@bicubic_x4'", "dataset.json": f"{why} assess'"}


@pytest.mark.usefixtures("stages")
def test_a_file_that_was_edited_is_stale() -> None:
    MEASURED.write_text('{"psnr": 99}')
    why = "metrics/details/bicubic_x4.json is not what dvc.lock records; run 'dvc repro evaluate_sr@bicubic_x4'"
    assert stale() == {"bicubic_x4.json": why}


@pytest.mark.usefixtures("stages")
def test_a_clone_without_tables_takes_the_lock_at_its_word() -> None:
    for path in Path("data/tables").iterdir():
        path.unlink()
    Path("data/tables").rmdir()
    assert stale() == {}


@pytest.mark.usefixtures("stages")
def test_nothing_is_known_without_a_lock() -> None:
    Path("dvc.lock").unlink()
    MEASURED.write_text('{"psnr": 99}')
    assert stale() == {}


@pytest.mark.usefixtures("stages")
def test_a_lock_with_conflicts_is_one_line() -> None:
    Path("dvc.lock").write_text("<<<<<<< HEAD\nstages: {\n")
    with pytest.raises(UserError, match=r"^dvc.lock: not readable as YAML: .*; run 'dvc repro'$"):
        stale()


def test_a_folder_has_the_hash_that_dvc_gives_it() -> None:
    project = Path(lock.__file__).parents[3]
    recorded = lock.read_stages(project / "dvc.lock")["measure"].deps
    assert recorded["params/words"] == lock.content_hash(project / "params/words")


@pytest.mark.usefixtures("stages")
def test_the_summary_leaves_stale_numbers_out_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data/tables/images.parquet").write_text("other images")
    Path("metrics/details/own.json").unlink()
    assert cli.main(["summary"]) == 0
    assert capsys.readouterr().out == (
        "left out, since it was not made of the tables at hand\n"
        "  metrics/details/bicubic_x4.json: data/tables is not what dvc.lock records; "
        "run 'dvc repro evaluate_sr@bicubic_x4'\n"
        "  metrics/details/dataset.json: data/tables is not what dvc.lock records; run 'dvc repro assess'\n\n"
        "report\n  data/report/report.html is not there; run 'dvc repro'\n"
    )
