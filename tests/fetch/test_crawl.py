"""Many images of many hosts: what is asked again and when, what never is, and what a kill or a full disk leaves."""

import asyncio
import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import cli, tables
from native4k.fetch import store
from tests import web
from tests.fetch.test_download import CHUNKS, GOOD, SMALL, held, picture
from tests.web import Server, file, first, moved, raw, reply

ROOT = Path(__file__).parent.parent.parent


def robots(text: str) -> web.Page:
    return reply("200 OK", text.encode())


def test_what_works_the_third_time_is_had_in_one_run(project: Any) -> None:
    pages = {
        "/503.png": first(reply("503 Service Unavailable"), reply("500 Oops"), file(GOOD)),
        "/reset.png": first(raw(reset=True), raw(reset=True), file(picture(1))),
        "/429.png": first(reply("429 Too Many Requests", Retry_After="0"), file(picture(2))),
        "/cut.png": first(raw(web.head("200 OK", [("Content-Length", "9999")]), GOOD[:999]), file(picture(3))),
    }
    with Server(pages) as server:
        project.web(*(server.url(path) for path in pages))
        assert set(project.statuses().values()) == {"ok"}
    counted = {row["url"].rpartition("/")[2]: row["attempt"] for row in project.attempts()}
    assert counted.pop("reset.png") in {2, 3}  # aiohttp asks again itself where a kept connection broke
    assert counted == {"503.png": 3, "429.png": 2, "cut.png": 2}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_host_is_left_alone_as_long_as_it_asks(project: Any, status: str) -> None:
    with Server({"/a.png": first(reply(status, Retry_After="1"), file(GOOD)), "/b.png": file(picture(1))}) as server:
        project.limit(per_host=1)
        project.web(server.url("/a.png"), server.url("/b.png"))
        began = time.monotonic()
        assert set(project.statuses().values()) == {"ok"}
        assert time.monotonic() - began >= 1
        answered = next(at for at, request in enumerate(server.asked) if request.path == "/a.png")
        assert len(server.asked) > answered + 2


def test_a_host_that_asks_for_longer_than_we_wait_is_left_to_another_run(project: Any) -> None:
    with Server({"/a.png": reply("429 Too Many Requests", Retry_After="3600")}) as server:
        project.limit(per_host=1)
        urls = [server.url("/a.png"), *(server.url(f"/{number}.png") for number in range(5))]
        project.web(*urls)
        found = project.statuses()
        assert found[urls[0]] == "too_many_requests"
        assert set(found.values()) <= {"too_many_requests", "not_found"}
        assert server.paths[-1] == "/a.png"


def test_another_run_retries_only_what_may_still_succeed_and_a_third_nothing(project: Any) -> None:
    pages = {
        "/ok.png": file(GOOD),
        "/gone.png": reply("410 Gone"),
        "/lost.png": reply("404 Not Found"),
        "/small.png": file(SMALL),
        "/page.png": reply("200 OK", b"<html>" * 99),
        "/broken.png": reply("500 Oops"),
        "/reset.png": raw(reset=True),
        "/tag.png": file(GOOD, X_Robots_Tag="noai"),
    }
    with Server(pages) as server:
        project.web(*(server.url(path) for path in pages))
        first_run = project.statuses()
        assert list(first_run.values()) == [
            "ok", "gone", "not_found", "too_small", "not_an_image", "server_error", "reset", "noai",
        ]  # fmt: skip
        project.freeze_web()
        server.asked.clear()
        server.pages |= {"/broken.png": file(picture(1)), "/reset.png": file(picture(2)), "/gone.png": file(picture(3))}
        assert list(project.statuses().values()) == [
            "ok", "gone", "not_found", "too_small", "not_an_image", "ok", "ok", "noai",
        ]  # fmt: skip
        assert set(server.paths) == {"/broken.png", "/reset.png"}
        project.freeze_web()
        server.asked.clear()
        project.statuses()
        assert server.asked == []
        final = project.statuses(retry="final")
        assert list(final.values()) == ["ok", "ok", "not_found", "too_small", "not_an_image", "ok", "ok", "noai"]
        assert set(server.paths) == {"/gone.png", "/lost.png", "/small.png", "/page.png", "/tag.png"}


def test_a_looser_rule_asks_again_for_what_it_lets_through_and_for_nothing_else(project: Any) -> None:
    tiny, wide = picture(1, 10, 10), picture(2, 90, 40)
    pages = {"/ok.png": file(GOOD), "/small.png": file(SMALL), "/tiny.png": file(tiny), "/wide.png": file(wide)}
    with Server(pages) as server:
        project.web(*(server.url(path) for path in pages))
        assert list(project.statuses().values()) == ["ok", "too_small", "too_small", "aspect"]
        project.freeze_web()
        server.asked.clear()
        project.loosen(min_long_side=20)
        assert list(project.statuses().values()) == ["ok", "ok", "too_small", "aspect"]
        assert set(server.paths) == {"/small.png"}


def test_a_fresh_clone_that_pulled_the_store_asks_for_new_candidates_only(project: Any, tmp_path: Path) -> None:
    pages = {"/a.png": file(GOOD), "/lost.png": reply("404 Not Found"), "/new.png": file(picture(1))}
    with Server(pages) as server:
        urls = [server.url(path) for path in pages]
        project.web(*urls[:2])
        project.fetch()
        project.freeze_web()
        clone = type(project)(tmp_path / "clone")
        clone.write(yaml.safe_load(project.params.read_text()))
        project.store.rename(clone.store)
        server.asked.clear()
        clone.web(*urls)
        assert list(clone.statuses().values()) == ["ok", "not_found", "ok"]
        assert set(server.paths) == {"/new.png"}


def test_a_journal_answers_until_the_store_is_frozen(project: Any) -> None:
    with Server({"/a.png": file(GOOD), "/lost.png": reply("404 Not Found")}) as server:
        project.web(server.url("/a.png"), server.url("/lost.png"))
        index = project.fetch()
        before = index.read_bytes()
        index.unlink()  # as Snakemake does before it runs a job again
        server.asked.clear()
        assert project.fetch().read_bytes() == before
        assert server.asked == []


def test_a_damaged_file_is_found_named_and_fetched_again(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Server({"/a.png": file(GOOD), "/b.png": file(picture(1))}) as server:
        project.web(server.url("/a.png"), server.url("/b.png"))
        index = project.fetch()
        before = index.read_bytes()
        (name, *_) = tables.read(index)["file"]
        path = project.store / name
        good = path.read_bytes()
        path.write_bytes(b"x" * len(good))
        server.asked.clear()
        assert project.fetch().read_bytes() == before  # what is only in the journal is always hashed
        assert (len(set(server.paths)), path.read_bytes()) == (1, good)
        assert f"fetch: {path}: damaged; it is fetched again\n" in capsys.readouterr().err
        project.freeze_web()
        path.write_bytes(b"x" * len(good))
        project.fetch()
        assert path.read_bytes() != good
        assert project.fetch(verify=True).read_bytes() == before
        assert path.read_bytes() == good
        assert "damaged; it is fetched again" in capsys.readouterr().err


def test_robots_txt_is_asked_for_once_and_obeyed(project: Any) -> None:
    rules = robots("User-agent: native4k\nDisallow: /private\n")
    with Server({"/robots.txt": rules, "/a.png": file(GOOD), "/private/b.png": file(picture(1))}) as server:
        project.web(server.url("/a.png"), server.url("/private/b.png"))
        assert list(project.statuses().values()) == ["ok", "robots"]
        assert server.paths == ["/a.png"] * 2
        assert [request.path for request in server.asked].count("/robots.txt") == 1
        project.limit(robots=False)
        assert list(project.statuses(retry="final").values()) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("page", "expected"),
    {
        "huge": (robots("User-agent: *\nDisallow: /a\n" + 3_000_000 * "#"), "robots"),
        "huge and too late": (robots(3_000_000 * "#" + "\nUser-agent: *\nDisallow: /a\n"), "ok"),
        "endless": (web.endless(CHUNKS, b"3\r\n# \n\r\n" * 999), "ok"),
        "binary": (reply("200 OK", bytes(range(256)) * 9), "ok"),
        "404": (reply("404 Not Found"), "ok"),
        "403": (reply("403 Forbidden"), "ok"),
        "moved": (moved("/rules.txt"), "robots"),
        "moved in circles": (moved("/robots.txt"), "ok"),
        "moved to a private address": (moved("http://10.0.0.1/robots.txt"), "ok"),
        "moved to a file": (moved("file:///etc/passwd"), "ok"),
        "503": (reply("503 Service Unavailable"), "server_error"),
        "reset": (raw(reset=True), "reset"),
        "broken at first": (first(reply("500 Oops"), reply("404 Not Found")), "ok"),
        "gzip bomb": (reply("200 OK", web.bomb(), Content_Encoding="gzip"), "ok"),
        "in an unknown encoding": (reply("200 OK", b"x", Content_Encoding="br"), "ok"),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_robots_txt_that_misbehaves_has_its_meaning(project: Any, page: Any, expected: Any) -> None:
    page, expected = expected if isinstance(expected, tuple) else (page, expected)
    rules = robots("User-agent: *\nDisallow: /")
    with Server({"/robots.txt": page, "/rules.txt": rules, "/a.png": file(GOOD)}) as server:
        project.web(server.url("/a.png"))
        assert list(project.statuses().values()) == [expected]


def test_a_redirect_to_a_host_that_opted_out_ends_there(project: Any, tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("my.localhost\n")
    with Server({"/a.png": moved("http://pictures.my.localhost/a.png")}) as server:
        project.web(server.url("/a.png"))
        assert list(project.statuses(opt_out=[tmp_path / "out.txt"]).values()) == ["opted_out"]


def test_a_redirect_to_another_host_is_followed_by_that_hosts_rules(project: Any) -> None:
    with (
        Server({"/robots.txt": robots("User-agent: *\nDisallow: /no"), "/a.png": file(GOOD)}) as far,
        Server({"/a.png": moved(far.url("/a.png")), "/b.png": moved(far.url("/no/b.png"))}) as near,
    ):
        project.web(near.url("/a.png"), near.url("/b.png"))
        assert list(project.statuses().values()) == ["ok", "robots"]
        assert far.paths == ["/a.png"] * 2


def test_no_more_is_asked_of_a_host_at_a_time_than_it_should_be(project: Any) -> None:
    with Server() as server:

        def held(body: bytes) -> web.Page:
            """An answer that comes once three are asked for together, or nobody is left to come or has come yet."""

            async def page(_: web.Request, out: asyncio.StreamWriter) -> None:
                while server.busy < 3 and 1 < len(server.paths) < len(pages):  # noqa: ASYNC110  # two numbers
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0.02)  # for a fourth
                out.write(web.whole(body))

            return page

        pages = {f"/{number}.png": held(picture(number)) for number in range(20)}
        server.pages |= pages
        project.limit(per_host=3, concurrency=20)
        project.web(*(server.url(path) for path in pages))
        assert set(project.statuses().values()) == {"ok"}
        assert server.busiest == 3


def test_a_redirect_to_a_signed_address_is_followed_and_logged_without_its_credentials(project: Any) -> None:
    signed = "/a.png?width=9&X-Amz-Credential=PLANTED1%2Fus&X-Amz-Signature=PLANTED2&token=PLANTED3"
    tagged = file(GOOD, tag='"1"', X_Robots_Tag="token=PLANTED4", Last_Modified="Bearer PLANTED5")
    with Server({"/a.png": moved(signed), signed: tagged}) as server:
        project.web(server.url("/a.png"))
        said = run(project)
        assert signed in server.paths
    assert tables.read(project.work / "0-of-1.parquet")["status"].tolist() == ["ok"]
    last = project.attempts()[-1]
    safe = "/a.png?width=9&X-Amz-Credential=***&X-Amz-Signature=***&token=***"
    assert (last["url"], last["answered"]) == (server.url(safe), server.url(safe))
    assert last["headers"]["X-Robots-Tag"] == "token=***"
    files = [path for path in project.root.rglob("*") if path.is_file()]
    assert [path for path in files if b"PLANTED" in path.read_bytes()] == []
    assert "PLANTED" not in said


def test_a_rate_is_kept(project: Any) -> None:
    pages = {f"/{number}.png": file(picture(number)) for number in range(4)}
    with Server(pages) as server:
        project.limit(per_host_rate=10.0)
        project.web(*(server.url(path) for path in pages))
        began = time.monotonic()
        assert set(project.statuses().values()) == {"ok"}
        assert time.monotonic() - began >= (len(server.asked) - 1) / 10
        assert len(server.asked) == 9


def test_a_dead_host_is_given_up_and_holds_nobody_back(project: Any) -> None:
    project.limit(connect_seconds=1.0, read_seconds=1.0, attempts=1, host_failures=2, concurrency=2)
    pages = {f"/{n}.png": file(picture(n)) for n in range(9)}
    with Server({"/robots.txt": web.silence}) as dead, Server(pages) as good:
        project.web(*(dead.url(f"/{n}.png") for n in range(50)), *(good.url(path) for path in pages))
        found = list(project.statuses().values())
    assert found[50:] == ["ok"] * 9
    assert sorted(found[:50]) == ["host_down"] * 48 + ["timeout"] * 2


def test_memory_does_not_grow_with_the_file(project: Any) -> None:
    project.limit(max_bytes=10**9)
    body = GOOD + bytes(100_000_000)
    with Server({"/a.png": reply("200 OK", body)}) as server:
        project.web(server.url("/a.png"))
        said = run(project, measured=True)
    assert held(project) == [body]
    assert int(said.split()[-1]) < 400_000  # KiB, with Python and its libraries


def run(project: Any, *, measured: bool = False) -> str:
    """The step in a process of its own."""
    process = start(project, measured=measured)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def command(project: Any) -> list[str]:
    candidates, index = project.work / "candidates" / "0-of-1.parquet", project.work / "0-of-1.parquet"
    return ["fetch", *map(str, [candidates, project.sources, project.store, index]), "--params", str(project.params)]


def start(project: Any, *, measured: bool = False) -> "subprocess.Popen[str]":
    code = "import sys, re\nfrom native4k import cli\nstatus = cli.main(sys.argv[1:])\n"
    code += "print(re.findall(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[0])\n" if measured else ""
    words = [sys.executable, "-c", code + "sys.exit(status)", *command(project)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_killed_twenty_times_at_random_moments_it_ends_the_same(project: Any, tmp_path: Path) -> None:
    dice = random.Random(5)
    pages = {f"/{n}.png": file(picture(n % 150)) for n in range(300)}
    pages |= {f"/s{n}.png": file(SMALL) for n in range(50)} | {f"/x{n}.png": reply("404 No") for n in range(50)}
    with Server(pages) as server:
        project.limit(per_host_rate=150.0)
        project.web(*(server.url(path) for path in pages))
        undisturbed = type(project)(tmp_path / "undisturbed")
        undisturbed.write(yaml.safe_load(project.params.read_text()))
        undisturbed.limit(per_host_rate=1e6)
        undisturbed.web(*(server.url(path) for path in pages))
        undisturbed.fetch()
        server.asked.clear()
        journal = project.work / "0-of-1.journal"
        for _ in range(20):
            before = journal.stat().st_size if journal.exists() else 0
            process = start(project)
            until = time.monotonic() + 60
            while (journal.stat().st_size if journal.exists() else 0) <= before and process.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        project.limit(per_host_rate=1e6)
        run(project)
        asked = [request.path for request in server.asked if request.path.startswith("/x")]
        assert len(asked) <= 50 + 20 * 16
    index = project.work / "0-of-1.parquet"
    assert index.read_bytes() == (undisturbed.work / "0-of-1.parquet").read_bytes()
    assert project.files() == undisturbed.files()
    assert all(hashlib.sha256((project.store / name).read_bytes()).hexdigest() in name for name in project.files())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stops_with_one_line_and_loses_nothing(
    project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    pages = {f"/{n}.png": file(picture(n)) for n in range(9)}
    real = store.Incoming.write

    def full(incoming: store.Incoming) -> None:
        if len(list(project.store.glob("??/*"))) >= 4:
            raise OSError(number, os.strerror(number), str(project.store))
        real(incoming)

    with Server(pages) as server:
        project.limit(concurrency=1)
        project.web(*(server.url(path) for path in pages))
        monkeypatch.setattr(store.Incoming, "write", full)
        assert cli.main(command(project)) == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("native4k")]
        assert lines == [f"native4k fetch: {project.store}: {os.strerror(number).lower()}; make room and run again"]
        assert len(project.files()) == 4
        assert not (project.work / "0-of-1.parquet").exists()
        monkeypatch.setattr(store.Incoming, "write", real)
        server.asked.clear()
        assert set(project.statuses().values()) == {"ok"}
        assert len(set(server.paths)) == 5
