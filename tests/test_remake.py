"""Images of the web through `make images`, a push, a clone and a looser filter: nothing is asked for twice."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from native4k import tables
from tests.project import Project, tiny
from tests.web import Page, Request, Server, file, reply


def picture(seed: int, width: int, height: int) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "JPEG")
    return out.getvalue()


def set_up(project: Project, rows: list[tuple[str, int, int]], **numbers: Any) -> None:
    """A collection of web images instead of the demo, fetched over loopback."""
    names = ["url", "width", "height"]
    table = pd.DataFrame(rows, columns=names).assign(caption="a tree", id=range(len(rows)), license="CC0", source="x")
    (project.root / "data/sources/pd12m").mkdir(parents=True)
    table.to_parquet(project.root / "data/sources/pd12m/rows.parquet")
    path = project.root / "params.yaml"
    tree: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    tree["collect"]["sources"] = {"pd12m": "data/sources/pd12m/rows.parquet"}
    tree["fetch"] |= {"allow_loopback": True, "per_host_rate": 100.0, "backoff_base": 0.01} | numbers
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")


def found(project: Project) -> dict[str, str]:
    """Path -> status of this version's candidates."""
    store = project.root / "data/images"
    candidates = pd.concat(tables.read(path) for path in project.root.glob("data/scratch/fetch/candidates/*.parquet"))
    index = tables.read(store / "index.parquet").set_index("id")["status"]
    return {
        "/" + url.rpartition("/")[2]: index[id_] for id_, url in zip(candidates["id"], candidates["url"], strict=True)
    }


def test_a_clone_that_pulled_the_store_asks_only_for_what_a_looser_filter_adds(tmp_path: Path) -> None:
    pages = {f"/{n}.jpg": file(picture(n, 320, 180)) for n in range(4)}
    pages |= {"/lie.jpg": file(picture(8, 300, 180)), "/small.jpg": file(picture(9, 300, 200))}
    pages |= {"/lost.jpg": reply("404 Not Found"), "/late.jpg": reply("500 Oops")}
    (tmp_path / "project").mkdir()
    with Server(pages) as server:
        project = tiny(tmp_path / "project")
        sizes = {"/small.jpg": (300, 200)}
        set_up(project, [(server.url(path), *sizes.get(path, (320, 180))) for path in pages], max_transient=0.2)
        project.images()
        ok = dict.fromkeys(("/0.jpg", "/1.jpg", "/2.jpg", "/3.jpg"), "ok")
        assert found(project) == {**ok, "/lie.jpg": "too_small", "/lost.jpg": "not_found", "/late.jpg": "server_error"}
        assert "/small.jpg" not in server.paths
        server.pages["/late.jpg"] = file(picture(7, 320, 180))
        server.asked.clear()
        project.run("make", "retry")
        assert set(server.paths) == {"/late.jpg"}
        project.run("git", "add", "--force", "data/sources")
        project.commit()
        project.run("dvc", "remote", "add", "--quiet", "--local", "--default", "shelf", str(tmp_path / "remote"))
        project.run("dvc", "push", "--quiet")
        clone = project.clone(tmp_path / "clone")
        clone.run("dvc", "remote", "add", "--quiet", "--local", "--default", "shelf", str(tmp_path / "remote"))
        clone.run("dvc", "pull", "--quiet", "data/images")
        for section in ("collect", "probe"):
            clone.change(f"{section}.geometry.min_long_side", 300)
            clone.change(f"{section}.geometry.min_pixels", 60_000 - 1)
        server.asked.clear()
        clone.images()
        assert set(server.paths) == {"/small.jpg"}
        assert found(clone)["/small.jpg"] == "ok"
        before = {path.name for path in (tmp_path / "remote").rglob("*") if path.is_file()}
        clone.run("dvc", "push", "--quiet")
        added = [path for path in (tmp_path / "remote").rglob("*") if path.is_file() and path.name not in before]
        pictures = [path for path in added if path.read_bytes()[:2] == b"\xff\xd8"]
        assert len(pictures) == 1


def test_a_server_that_dies_in_the_middle_is_one_line_until_make_retry_has_the_rest(tmp_path: Path) -> None:
    pages = {f"/{n:02}.jpg": file(picture(n, 320, 180)) for n in range(20)}
    store = "data/images"
    with Server(dict(pages)) as server:
        rows = [(server.url(path), 320, 180) for path in pages]
        projects = [tiny(tmp_path / name) for name in ("undisturbed", "disturbed")]
        for each in projects:
            set_up(each, rows)
        undisturbed, project = projects
        undisturbed.images()
        project.set_up()

        server.asked.clear()
        server.pages = {path: dying(page, server, 10) for path, page in pages.items()}
        status, said = project.attempt("make", "images")
        held = found(project)
        missing = sum(word != "ok" for word in held.values())
        assert 0 < missing < len(pages)
        assert status == 2
        assert_last(said, rf"{store}: {missing} of 20 images failed in a way that may pass \(.*\); run 'make retry'")
        assert len(list((project.root / store).glob("??/*.jpg"))) == len(pages) - missing
        assert not (project.root / "data/images.dvc").exists()

        server.listen()
        server.pages |= dict.fromkeys([path for path in pages if held[path] != "ok"], reply("503 Busy"))
        server.asked.clear()
        status, said = project.attempt("make", "images")
        assert set(server.paths) == {path for path in pages if held[path] != "ok"}
        assert status == 2
        assert_last(said, rf"{store}: {missing} of 20 images .* \(server_error {missing}\); run 'make retry'")
        status, said = project.attempt("dvc", "repro", "measure")
        assert status != 0
        assert re.search(rf"^native4k freeze: {store}: {missing} of 20 images", said, re.MULTILINE)

        server.pages = dict(pages)
        project.run("make", "retry")
        assert project.bytes_of(store, "data/images.dvc") == undisturbed.bytes_of(store, "data/images.dvc")
        server.asked.clear()
        assert project.images() == "everything is up to date\nlog: data/scratch/logs/run.log\n"
        assert server.asked == []


def dying(page: Page, server: Server, count: int) -> Page:
    """A page, or the end of its server, once that has been asked so often."""

    async def either(request: Request, out: asyncio.StreamWriter) -> None:
        await (server.die if len(server.asked) > count else page)(request, out)

    return either


def assert_last(said: str, pattern: str) -> None:
    """The last line but make's own."""
    *_, line = [line for line in said.splitlines() if not line.startswith("make")]
    assert re.match(f"native4k freeze: {pattern}", line), said
