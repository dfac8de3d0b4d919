"""The closed store: what the index keeps, what is swept away, and that a change is noticed and named."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from native4k import cli, provenance, tables
from native4k.errors import UserError
from native4k.fetch import freeze, store


def index(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [store.NO_FILE | {"id": id_, "source": "s", "revision": revision, "status": "ok", "file": file}
         for id_, revision, file in rows],
        columns=list(store.COLUMNS),
    ).astype(store.COLUMNS)  # fmt: skip


def test_rows_of_files_here_leave_with_their_files(tmp_path: Path) -> None:
    older = index(("a", "", "aa/1.jpg"), ("b", "", "bb/2.jpg")).assign(source=["folder", "pd12m"])
    tables.write(older, tmp_path / "index.parquet")
    made = freeze.freeze(tmp_path, pd.DataFrame({"id": ["c"]}), [index(("c", "", "cc/3.jpg"))])
    assert made["id"].tolist() == ["b", "c"]


def test_older_rows_stay_unless_they_were_fetched_again_or_can_be_drawn_again(tmp_path: Path) -> None:
    older = index(("a", "", "aa/1.jpg"), ("b", "", "bb/2.jpg"), ("c", "r1", "cc/3.jpg"), ("d", "r1", "dd/4.jpg"))
    tables.write(older, tmp_path / "index.parquet")
    fresh = [index(("b", "", "bb/new.jpg")), index(("c", "r2", "cc/new.jpg"), ("e", "", "ee/5.jpg"))]
    made = freeze.freeze(tmp_path, pd.DataFrame({"id": ["b", "c", "e"]}), fresh)
    assert dict(zip(made["id"], made["file"], strict=True)) == {
        "a": "aa/1.jpg",
        "b": "bb/new.jpg",
        "c": "cc/new.jpg",
        "e": "ee/5.jpg",
    }


@pytest.mark.parametrize("ids", [["a"], ["a", "b", "c"], ["a", "a", "b"], []])
def test_shards_that_are_not_the_candidates_are_one_line(tmp_path: Path, ids: list[str]) -> None:
    with pytest.raises(UserError, match="the shards' ids are not the candidates'; run 'make images' again"):
        freeze.freeze(tmp_path, pd.DataFrame({"id": ["a", "b"]}), [index(*((id_, "", "") for id_ in ids))])


def test_files_that_no_row_names_are_swept_away_also_those_that_a_kill_left(project: Any) -> None:
    project.picture("a.png")
    project.collect()
    shard = project.fetch()
    project.freeze(shard)
    before = project.files()
    kept = tables.read(shard)["file"][0]
    litter = ["zz/stray.png", f"{kept[:2]}/.{kept[3:]}.123.part", ".index.parquet.123.part", ".origin.json.9.part"]
    for name in litter:
        (project.store / name).parent.mkdir(exist_ok=True)
        (project.store / name).touch()
    project.freeze(shard)
    assert project.files() == before
    assert before == sorted([
        kept, "candidates.parquet", "collected.parquet", "fetched.parquet", "index.parquet", "not_collected.parquet",
        "origin.json",
    ])  # fmt: skip


def test_freezing_twice_gives_the_same_bytes(project: Any) -> None:
    for seed in range(3):
        project.picture(f"{seed}.png", seed)
    project.collect()
    project.freeze(project.fetch())
    before = {name: (project.store / name).read_bytes() for name in project.files()}
    project.collect(2)
    project.freeze(*(project.fetch(f"{number}/2") for number in range(2)))
    assert {name: (project.store / name).read_bytes() for name in project.files()} == before


def test_a_change_of_params_or_code_is_noticed_and_named(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.picture("a.png")
    project.collect()
    with pytest.raises(UserError, match=r"no frozen images; run 'make images'"):
        freeze.compare(project.store, project.params)
    project.freeze(project.fetch())
    freeze.compare(project.store, project.params)
    tree = yaml.safe_load(project.params.read_text())
    project.write(tree | {"dedup": {"radius": 3}})  # is not what images are made from
    freeze.compare(project.store, project.params)
    project.write(tree | {"fetch": {"max_bytes": 1}, "demo": {"seed": 1}})
    with pytest.raises(UserError, match="made before a change of params demo, params fetch; run 'make images'"):
        freeze.compare(project.store, project.params)
    project.write(tree)
    monkeypatch.setattr(provenance, "code", lambda root, words: f"{root} changed")
    with pytest.raises(UserError, match="made before a change of code collect, code fetch, code freeze; run"):
        freeze.compare(project.store, project.params)


def test_the_check_flag_only_compares(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["freeze", str(project.store), "--check", "--params", str(project.params)]) == 1
    assert "no frozen images; run 'make images'" in capsys.readouterr().err
    assert not project.store.exists()


def test_freezing_without_its_tables_is_one_line(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["freeze", str(project.store), "--counts", "x", "--params", str(project.params)]
    assert cli.main(words) == 1
    expected = "native4k freeze: --candidates, --rejected, --shards: missing; only --check goes without\n"
    assert capsys.readouterr().err == expected


def test_a_new_list_of_those_who_opted_out_is_noticed_and_named(project: Any) -> None:
    project.picture("a.png")
    project.collect()
    project.freeze(project.fetch())
    (project.root / "optout").mkdir()
    (project.root / "optout" / "may.txt").write_text("example.org\n")
    with pytest.raises(UserError, match=r"images: made before a change of optout may\.txt; run 'make images'$"):
        freeze.compare(project.store, project.params)


def test_a_looser_rule_for_true_sizes_is_noticed_and_named(project: Any) -> None:
    project.picture("a.png")
    project.collect()
    project.freeze(project.fetch())
    project.loosen(min_long_side=1)
    with pytest.raises(UserError, match=r"images: made before a change of params probe\.geometry; run 'make images'$"):
        freeze.compare(project.store, project.params)


def test_what_became_of_the_images_is_counted_by_source_host_and_status() -> None:
    candidates = pd.DataFrame(
        [["a", "s", "https://b.example:8/x"], ["b", "s", "http://B.example/y"], ["c", "s", "http://a.example/"],
         ["d", "demo", "001.png"]],
        columns=["id", "source", "url"],
    )  # fmt: skip
    made = index(("a", "", "f"), ("b", "", "g"), ("c", "", ""), ("d", "r", "h"), ("old", "", "i"))
    made["status"] = ["ok", "ok", "gone", "ok", "ok"]
    made["bytes"] = [5, 6, 0, 7, 8]
    assert freeze.count_statuses(candidates, made).to_numpy().tolist() == [
        ["demo", "", "ok", 1, 7],
        ["s", "a.example", "gone", 1, 0],
        ["s", "b.example", "ok", 2, 11],
    ]


def fetched(project: Any, *statuses: str, older: tuple[str, ...] = ()) -> None:
    """Close a store over candidates with these statuses; the index also has rows of an older version."""
    project.web(*(f"http://127.0.0.1/{number}.png" for number in range(len(statuses))))
    candidates = tables.read(project.work / "candidates" / "0-of-1.parquet")
    shard = index(*((id_, "", "") for id_ in candidates["id"])).assign(status=list(statuses))
    tables.write(shard, project.work / "0-of-1.parquet")
    old = index(*((f"old{number}", "", "") for number in range(len(older)))).assign(status=list(older))
    tables.write(old, project.store / "index.parquet")
    project.freeze_web()


def test_more_failures_that_may_pass_than_allowed_are_one_line_and_the_store_keeps_what_it_has(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.limit(max_transient=0.5)
    with pytest.raises(UserError) as raised:
        fetched(project, "ok", "timeout", "host_down", "gone", "timeout")
    assert str(raised.value) == (
        f"{project.store}: 3 of 5 images failed in a way that may pass (timeout 2, host_down 1); run 'make retry', "
        "or raise fetch.max_transient (0.5) and run 'make images' to go on without them"
    )
    assert sorted(tables.read(project.store / "index.parquet")["status"]) == [
        "gone", "host_down", "ok", "timeout", "timeout",
    ]  # fmt: skip
    assert not (project.store / "origin.json").exists()  # which the rules of measure ask for
    words = ["freeze", str(project.store), "--check", "--params", str(project.params)]
    assert cli.main(words) == 1
    assert capsys.readouterr().err == f"native4k freeze: {raised.value}\n"
    project.limit(max_transient=0.6)
    project.freeze_web()
    assert cli.main(words) == 0


def test_only_failures_of_this_version_that_may_pass_count(project: Any) -> None:
    project.limit(max_transient=0.25)
    fetched(project, "ok", "gone", "dns", "timeout", older=("timeout", "tls", "reset"))
    project.limit(max_transient=0.24)
    with pytest.raises(UserError, match=r"1 of 4 images failed in a way that may pass \(timeout 1\)"):
        project.freeze_web()


def test_a_store_without_any_candidate_lacks_nothing(project: Any) -> None:
    project.limit(max_transient=0.0)
    fetched(project)
