"""Original bytes into the store: what is taken, what is refused and why, and that a killed run goes on."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from native4k import sources, tables
from native4k.fetch import fetch
from native4k.fetch.progress import read_journal
from native4k.geometry import Geometry

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def statuses(index: Path) -> list[str]:
    return list(tables.read(index)["status"])


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The urls that the source is asked for from now on."""
    urls: list[str] = []
    real = sources.content

    def content(source: str, url: str, *rest: Any) -> bytes:
        urls.append(url)
        return real(source, url, *rest)

    monkeypatch.setattr(sources, "content", content)
    return urls


def test_the_store_holds_the_very_bytes_under_their_hash(project: Any) -> None:
    content = project.picture("a.png").read_bytes()
    project.collect()
    row = tables.read(project.fetch()).iloc[0].to_dict()
    sha256 = hashlib.sha256(content).hexdigest()
    assert row == {
        "id": row["id"],
        "source": "folder",
        "revision": "",
        "status": "ok",
        "sha256": sha256,
        "bytes": len(content),
        "file": f"{sha256[:2]}/{sha256}.png",
        "true_width": 32,
        "true_height": 24,
    }
    assert (project.store / row["file"]).read_bytes() == content
    assert project.files() == [row["file"]]


def test_the_same_bytes_behind_two_urls_are_stored_once(project: Any) -> None:
    project.picture("a.png", seed=1)
    project.picture("b.png", seed=1)
    project.collect()
    table = tables.read(project.fetch())
    assert table["id"].nunique() == 2
    assert table["file"].nunique() == 1
    assert len(project.files()) == 1


def test_everything_that_is_not_taken_has_its_status_and_leaves_no_file(project: Any, tmp_path: Path) -> None:
    gone = project.picture("gone.png")
    replaced = project.picture("replaced.png")
    outside = project.picture("link.png")
    folder = project.picture("now_a_folder.png")
    page, large = project.picture("page.png"), project.picture("large.png")
    project.collect()
    gone.unlink()
    replaced.unlink()
    replaced.symlink_to("nowhere.png")
    outside.rename(tmp_path / "outside.png")
    outside.symlink_to(tmp_path / "outside.png")
    folder.unlink()
    folder.mkdir()
    page.write_text("<html>404</html>")
    large.write_bytes(bytes(100_001))
    index = tables.read(project.fetch())
    urls = tables.read(project.work / "candidates" / "0-of-1.parquet").set_index("id")["url"]
    assert dict(zip(index["id"].map(urls), index["status"], strict=True)) == {
        "gone.png": "not_found",
        "replaced.png": "not_found",
        "link.png": "forbidden",
        "now_a_folder.png": "not_found",
        "page.png": "not_an_image",
        "large.png": "too_large",
    }
    assert (index[["sha256", "file"]] == "").all(axis=None)
    assert not project.store.exists()


def test_a_url_that_climbs_out_of_its_folder_is_forbidden(project: Any) -> None:
    project.picture("a.png")
    path = project.collect()
    table = tables.read(path)
    (project.sources / "secret.png").write_bytes((project.sources / "folder" / "a.png").read_bytes())
    tables.write(table.assign(url="../secret.png"), path)
    assert statuses(project.fetch()) == ["forbidden"]


def test_what_could_not_be_had_is_tried_again_and_what_is_held_is_not(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.picture("a.png", 1)
    late = project.picture("late.png", 2)
    project.collect()
    content = late.read_bytes()
    late.unlink()
    first = project.fetch()
    assert sorted(statuses(first)) == ["not_found", "ok"]
    project.freeze(first)
    late.write_bytes(content)
    urls = asked(monkeypatch)
    assert statuses(project.fetch()) == ["ok", "ok"]
    assert urls == ["late.png"]


def test_a_file_that_was_lost_or_cut_short_is_fetched_again(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        project.picture(f"{seed}.png", seed)
    project.collect()
    index = tables.read(project.fetch())
    project.freeze(project.fetch())
    files = index["file"].tolist()
    (project.store / files[0]).unlink()
    (project.store / files[1]).write_bytes(b"")
    urls = asked(monkeypatch)
    project.fetch()
    assert len(urls) == 2
    assert all(hashlib.sha256((project.store / file).read_bytes()).hexdigest() in file for file in files)


def test_a_file_that_was_changed_is_read_again_even_at_the_same_size_and_time(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kept.png", "edited.png"):
        project.picture(name, 1)
    project.collect()
    project.freeze(project.fetch())
    edited = project.sources / "folder" / "edited.png"
    stat = edited.stat()
    content = bytearray(edited.read_bytes())
    content[-1] ^= 1  # behind the picture
    edited.write_bytes(content)
    os.utime(edited, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    urls = asked(monkeypatch)
    hashes = set(tables.read(project.fetch())["sha256"])
    assert urls == ["edited.png"]
    assert hashlib.sha256(content).hexdigest() in hashes


def test_a_killed_run_goes_on_where_its_journal_ends(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(5):
        project.picture(f"{seed}.png", seed)
    project.collect()
    undisturbed = project.fetch().read_bytes()
    project.freeze(project.work / "0-of-1.parquet")
    (project.store / "index.parquet").unlink()
    lines: list[bytes] = []
    real = fetch.fetch_local

    def stop_after_three(*args: Any) -> dict[str, Any]:
        if len(lines) == 3:
            raise KeyboardInterrupt
        lines.append(b"")
        return real(*args)

    monkeypatch.setattr(fetch, "fetch_local", stop_after_three)
    index = project.work / "0-of-1.parquet"
    with pytest.raises(KeyboardInterrupt):
        project.fetch()
    lines_of = index.with_suffix(".journal")
    assert [row["status"] for row in read_journal(lines_of)] == ["ok", "ok", "ok"]
    lines_of.write_bytes(lines_of.read_bytes()[:-20])  # the third line is torn
    monkeypatch.setattr(fetch, "fetch_local", real)
    urls = asked(monkeypatch)
    assert project.fetch().read_bytes() == undisturbed
    assert len(urls) == 3
    project.freeze(index)
    assert not lines_of.exists()


def test_a_row_stands_as_long_as_asking_again_would_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    rule = Geometry(min_pixels=0, min_long_side=40, min_short_side=0, min_aspect=0.1, max_aspect=9.0)
    looser = replace(rule, min_long_side=20)
    drawn = {"source": "demo", "revision": "old", "status": "ok", "file": "file", "bytes": 4}
    web = {"source": "pd12m", "revision": "", "status": "ok", "file": "file", "bytes": 4}
    small = web | {"status": "too_small", "true_width": 30, "true_height": 20}

    def stands(row: Any, revision: str = "", rule: Geometry = rule, retry: str = "later") -> bool:
        return fetch.reusable_row(row, tmp_path, revision, rule, retry) is not None

    assert stands(drawn, "old")
    assert not stands(drawn, "new")
    assert not stands(drawn | {"status": "too_large"}, "old")
    assert stands(web)
    assert not stands(web | {"bytes": 5})
    assert not stands(web | {"file": "gone"})
    assert stands(web | {"status": "not_found"})
    assert not stands(web | {"status": "not_found"}, retry="final")
    assert not stands(web | {"status": "timeout"})
    assert stands(small)
    assert not stands(small, rule=looser)
    assert fetch.reusable_row(small, tmp_path, "", replace(looser, min_aspect=2.0), "later") == small | {
        "status": "aspect"
    }


def test_shards_together_are_the_whole_in_the_same_rows(project: Any) -> None:
    for seed in range(9):
        project.picture(f"{seed}.png", seed)
    project.collect()
    whole = tables.read(project.fetch())
    project.collect(3)
    parts = [tables.read(project.fetch(f"{number}/3")) for number in range(3)]
    assert sorted(row for part in parts for row in part.to_numpy().tolist()) == whole.to_numpy().tolist()


def test_a_shard_without_rows_is_an_empty_table_of_the_same_types(project: Any) -> None:
    project.picture("a.png")
    project.collect()
    whole = tables.read(project.fetch())
    project.collect(2)
    number = 1 - tables.shard_of(whole["id"], 2)[0]
    empty = tables.read(project.fetch(f"{number}/2"))
    assert empty.empty
    assert empty.columns.tolist() == whole.columns.tolist()


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((9, 9, 3), dtype=np.uint8)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    assert fetch.fetch("a", content, tmp_path, len(content))["status"] == "ok"
    assert fetch.fetch("a", content, tmp_path, len(content) - 1)["status"] == "too_large"


def test_only_a_drawn_source_has_a_revision_and_it_follows_its_params(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    made = []
    for text in ("demo: {seed: 1}", "demo: {seed: 2}", "demo: {seed: 1}\ndedup: {radius: 3}"):
        path.write_text(text)
        made.append(sources.revision("demo", path))
        assert sources.revision("folder", path) == ""
    assert made[0] == made[2] != made[1]
