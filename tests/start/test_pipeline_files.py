"""A project's files: those of the clone without what trains, brought up to date without losing an edit."""

from pathlib import Path

import pytest
import yaml

from native4k.errors import UserError
from native4k.start import pipeline_files
from native4k.start.pipeline_files import DVC_CONFIG, WRITTEN, update

ROOT = Path(__file__).parent.parent.parent

OLD = "one\ntwo\nthree\nfour\nfive\n"
NEW = "one\ntwo\nthree\nfour\nFIVE\n"


def test_a_project_has_every_stage_but_the_study_and_every_file_that_a_stage_needs() -> None:
    files = pipeline_files.pipeline_files(ROOT)
    stages, ours = (yaml.safe_load(text)["stages"] for text in (files["dvc.yaml"], (ROOT / "dvc.yaml").read_text()))
    assert stages == {name: stage for name, stage in ours.items() if name != "study_x4"}
    needed = {dep for stage in stages.values() for dep in stage.get("deps", []) if not dep.startswith("data/")}
    made = {"metrics/details"}
    assert {dep for dep in needed - made if not any(path.startswith(dep) for path in files)} == set()
    assert {f"rules/{name}.smk" for name in ("common", "dataset", "fetch", "measure")} < files.keys()


def test_the_project_s_dvc_is_set_up_as_ours() -> None:
    assert (ROOT / ".dvc/config").read_text().startswith(DVC_CONFIG)  # remotes of one's own may follow


def test_the_first_update_writes_every_file_and_the_next_one_none(tmp_path: Path) -> None:
    assert update(tmp_path, {"rules/a.smk": OLD, "b": ""}) == ["rules/a.smk", "b"]
    assert (tmp_path / "rules/a.smk").read_text() == (tmp_path / WRITTEN / "rules/a.smk").read_text() == OLD
    assert update(tmp_path, {"rules/a.smk": OLD, "b": ""}) == []


def test_a_new_version_replaces_what_nobody_edited_and_is_merged_with_what_somebody_did(tmp_path: Path) -> None:
    update(tmp_path, {"as it was": OLD, "edited": OLD, "mine": OLD})
    (tmp_path / "edited").write_text(OLD.replace("one", "ONE"))
    (tmp_path / "mine").write_text(OLD.replace("two", "TWO"))
    assert update(tmp_path, {"as it was": NEW, "edited": NEW, "mine": OLD}) == ["as it was", "edited"]
    found = {name: (tmp_path / name).read_text() for name in ("as it was", "edited", "mine")}
    assert found == {"as it was": NEW, "edited": NEW.replace("one", "ONE"), "mine": OLD.replace("two", "TWO")}


def test_a_conflict_is_one_line_and_changes_no_file(tmp_path: Path) -> None:
    update(tmp_path, {"a": OLD, "b": OLD})
    (tmp_path / "b").write_text(OLD.replace("five", "5"))
    with pytest.raises(UserError, match=r"b: changed here, and in the same lines .*; move it away, run again"):
        update(tmp_path, {"a": NEW, "b": NEW})
    assert (tmp_path / "a").read_text() == OLD
    (tmp_path / "b").unlink()
    assert update(tmp_path, {"a": NEW, "b": NEW}) == ["a", "b"]
    assert (tmp_path / "b").read_text() == NEW


def test_an_update_that_was_killed_between_two_files_goes_on(tmp_path: Path) -> None:
    update(tmp_path, {"a": OLD})
    (tmp_path / "a").write_text(NEW)  # the file is written before the note of it
    assert update(tmp_path, {"a": NEW}) == ["a"]
    assert (tmp_path / WRITTEN / "a").read_text() == NEW


def test_a_file_of_the_user_s_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n")
    with pytest.raises(UserError, match="Makefile: changed here"):
        update(tmp_path, {"Makefile": OLD})


def test_an_installed_package_without_a_clone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no clone of native4k, .*; run 'make' in a clone"):
        pipeline_files.check_clone(tmp_path)
