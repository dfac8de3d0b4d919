"""What a dataset says it was made from is what DVC makes it again for."""

from pathlib import Path

import yaml

from native4k import params, provenance, tables
from native4k.publish import made

ROOT = Path(__file__).parent.parent.parent
NUMBERS = ROOT / "params.yaml"


def test_the_hashes_are_of_each_step_the_lock_and_the_tables(tmp_path: Path) -> None:
    (tmp_path / "images.parquet").write_bytes(b"rows")
    found = made.hashes(NUMBERS, ROOT / "requirements.lock", tmp_path)
    tree = params.read(NUMBERS)
    assert found["step"]["select"] == provenance.definition("select", tree)
    assert list(found["step"]) == [
        "probe", "score", "embed", "label", "features",
        "vet", "select", "dedup", "balance", "split", "leaks", "check", "tables", "publish",
    ]  # fmt: skip
    assert found["packages"] == {"requirements.lock": tables.digest(ROOT / "requirements.lock")}
    assert found["input"] == {"images.parquet": tables.digest(tmp_path / "images.parquet")}


def test_a_changed_number_of_any_step_that_is_shown_changes_the_definition_of_publish() -> None:
    tree = params.read(NUMBERS)
    before = provenance.definition("publish", tree)
    for step in ("probe", "vet", "dedup", "publish"):
        assert provenance.definition("publish", tree | {step: {"other": 1}}) != before
    assert provenance.definition("publish", tree | {"t2i": {"other": 1}}) == before


def test_the_publish_stage_depends_on_the_lock_the_tables_and_the_images() -> None:
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]["publish"]
    assert set(stage["deps"]) == {"requirements.lock", "data/tables", "data/images"}
