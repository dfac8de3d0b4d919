"""A misbehaving web: each way to misbehave has its status, and none of it ends anywhere but there."""

import gzip
import hashlib
import io
import socket
import struct
import time
import zlib
from email.utils import formatdate
from typing import Any

import numpy as np
import pytest
from PIL import Image

from native4k import images, tables
from native4k.errors import UserError
from tests import web
from tests.web import Server, file, first, head, moved, raw, reply, whole


def picture(seed: int = 0, width: int = 60, height: int = 40, kind: str = "PNG") -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


GOOD = picture()
SMALL = picture(width=30, height=20)


def status(project: Any, page: web.Page, path: str = "/a.png", **pages: web.Page) -> str:
    """What becomes of the one URL that a server has."""
    with Server({path: page, **{f"/{name}": other for name, other in pages.items()}}) as server:
        project.web(server.url(path))
        (found,) = project.statuses().values()
    return str(found)


def held(project: Any) -> list[bytes]:
    """The bytes of every file in the store."""
    return [(project.store / name).read_bytes() for name in project.files()]


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


CHUNKS = head("200 OK", [("Transfer-Encoding", "chunked")])
TRAILERS = b"0\r\nExpires: never\r\nX-Robots-Tag: noai\r\n\r\n"


PAGES: dict[str, tuple[web.Page, str]] = {
    "a good server": (file(GOOD), "ok"),
    "no ranges": (reply("200 OK", GOOD), "ok"),
    "no marks": (file(GOOD, tag=""), "ok"),
    "weak mark": (file(GOOD, tag='W/"1"'), "ok"),
    "no length": (raw(head("200 OK", [("Connection", "close")]), GOOD), "ok"),
    "chunked": (raw(CHUNKS, chunked(GOOD[:700], GOOD[700:])), "ok"),
    "chunked with trailers": (raw(CHUNKS, chunked(GOOD, end=TRAILERS)), "ok"),
    "gzip that nobody asked for": (raw(whole(gzip.compress(GOOD), Content_Encoding="gzip")), "ok"),
    "deflate": (raw(whole(zlib.compress(GOOD), Content_Encoding="deflate")), "ok"),
    "unsatisfiable range": (first(reply("416 Range Not Satisfiable"), reply("200 OK", GOOD)), "ok"),
    "truncated body": (raw(whole(GOOD[:2000], length=len(GOOD))), "truncated"),
    "truncated chunks": (raw(CHUNKS, chunked(GOOD[:2000], end=b"ff\r\nab")), "truncated"),
    "truncated gzip": (raw(whole(gzip.compress(GOOD)[:-20], Content_Encoding="gzip")), "truncated"),
    "length longer than the body": (raw(whole(GOOD, length=len(GOOD) + 1)), "truncated"),
    "length shorter than the body": (raw(whole(GOOD, length=3000)), "bad_headers"),
    "two lengths": (raw(head("200 OK", [("Content-Length", "9"), ("Content-Length", "8")]), GOOD), "bad_headers"),
    "negative length": (raw(head("200 OK", [("Content-Length", "-5")]), GOOD), "bad_headers"),
    "endless body": (web.endless(CHUNKS + chunked(GOOD, end=b""), chunked(bytes(9999), end=b"")), "too_large"),
    "endless garbage": (web.endless(CHUNKS, chunked(b"ab" * 999, end=b"")), "not_an_image"),
    "too large as announced": (raw(whole(GOOD, length=100_001)), "too_large"),
    "gzip bomb": (raw(whole(gzip.compress(GOOD + bytes(10**8)), Content_Encoding="gzip")), "too_large"),
    "gzip bomb of nothing": (raw(whole(web.bomb(), Content_Encoding="gzip")), "too_large"),
    "broken gzip": (raw(whole(b"no gzip", Content_Encoding="gzip")), "bad_encoding"),
    "unknown encoding": (raw(whole(GOOD, Content_Encoding="br")), "bad_encoding"),
    "reset in mid-body": (raw(whole(GOOD[:500], length=len(GOOD)), reset=True), "truncated"),
    "reset at once": (raw(reset=True), "reset"),
    "closed at once": (raw(), "reset"),
    "html with status 200": (reply("200 OK", b"<!doctype html><title>404</title>" * 9), "not_an_image"),
    "nothing with status 200": (reply("200 OK"), "not_an_image"),
    "a svg": (reply("200 OK", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"), "not_an_image"),
    "a header cut short": (reply("200 OK", GOOD[:20]), "not_an_image"),
    "too small": (file(SMALL), "too_small"),
    "too wide": (file(picture(width=90)), "aspect"),
    "404": (reply("404 Not Found"), "not_found"),
    "410": (reply("410 Gone"), "gone"),
    "401": (reply("401 Unauthorized"), "forbidden"),
    "403": (reply("403 Forbidden"), "forbidden"),
    "451": (reply("451 Unavailable For Legal Reasons"), "forbidden"),
    "400": (reply("400 Bad Request"), "refused"),
    "204": (reply("204 No Content"), "refused"),
    "304": (reply("304 Not Modified"), "refused"),
    "parts without being asked": (reply("206 Partial Content", GOOD), "refused"),
    "408": (reply("408 Request Timeout"), "server_error"),
    "500": (reply("500 Internal Server Error"), "server_error"),
    "503": (reply("503 Service Unavailable"), "server_error"),
    "599": (reply("599 What"), "server_error"),
    "429 in seconds": (reply("429 Too Many Requests", Retry_After="6"), "too_many_requests"),
    "429 for days": (reply("429 Too Many Requests", Retry_After="999999999999"), "too_many_requests"),
    "429 until a date": (
        reply("429 Too Many Requests", Retry_After=formatdate(time.time() + 9999, usegmt=True)),
        "too_many_requests",
    ),
    "not http": (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "bad_headers"),
    "a long header": (reply("200 OK", GOOD, X=64 * 1024 * "x"), "bad_headers"),
    "many headers": (reply("200 OK", GOOD, **{f"X{n}": 200 * "x" for n in range(100)}), "bad_headers"),
    "endless headers": (web.endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 99), "bad_headers"),
    "one endless header": (web.endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 9999), "bad_headers"),
    "noai": (file(GOOD, X_Robots_Tag="noai"), "noai"),
    "noimageai among others": (file(GOOD, X_Robots_Tag="max-snippet: 9, NoImageAI"), "noai"),
    "noindex": (file(GOOD, X_Robots_Tag="noindex, nofollow"), "noindex"),
    "noai for us": (file(GOOD, X_Robots_Tag="native4k: noai"), "noai"),
    "noai for others": (file(GOOD, X_Robots_Tag="otherbot: noai, noindex"), "ok"),
    "moved without an address": (reply("302 Found"), "redirects"),
    "moved to itself": (moved("/a.png"), "redirects"),
    "moved to a file": (moved("file:///etc/passwd"), "bad_scheme"),
    "moved to data": (moved("data:image/png;base64,AAAA"), "bad_scheme"),
    "moved to a script": (moved("javascript:alert(1)"), "bad_scheme"),
    "moved to ftp": (moved("ftp://127.0.0.1/a.png"), "bad_scheme"),
    "moved to a private address": (moved("http://10.1.2.3/a.png"), "refused_address"),
    "moved to cloud metadata": (moved("http://169.254.169.254/latest/meta-data"), "refused_address"),
    "moved to nonsense": (moved("http://[::1/"), "bad_url"),
    "moved with a password": (moved("http://me:secret@127.0.0.1/"), "bad_url"),
    "moved and injected": (raw(head("302 Found", [("Location", "/b\rX: y\x00\x1b[2J")])), "bad_headers"),
    "moved with an escape sequence": (raw(head("302 Found", [("Location", "/b\x1b[2J")])), "not_found"),
}
"""What a server does -> the page that does it, and its expected status."""


@pytest.mark.parametrize(("page", "expected"), PAGES.values(), ids=PAGES)
def test_each_way_to_misbehave_has_its_status(project: Any, page: web.Page, expected: str) -> None:
    assert status(project, page) == expected
    assert held(project) == ([GOOD] if expected == "ok" else [])


def test_urls_that_are_not_of_the_web_are_never_asked_for(project: Any) -> None:
    expected = {
        "data:image/png;base64,AAAA": "bad_scheme",
        "file:///etc/passwd": "bad_scheme",
        "ftp://127.0.0.1/a.png": "bad_scheme",
        "javascript:alert(1)": "bad_scheme",
        "//127.0.0.1/a.png": "bad_url",
        "a.png": "bad_url",
        "http://": "bad_url",
        "http://me:secret@127.0.0.1/": "bad_url",
        "http://127.0.0.1:99999/": "bad_url",
        "http://[::1/": "bad_url",
        "": "bad_url",
    }
    project.web(*expected)
    assert project.statuses() == expected


def test_a_picture_that_is_taken_is_probed_and_brought_over_one_connection(project: Any) -> None:
    with Server({"/a.png": file(GOOD)}) as server:
        project.web(server.url("/a.png"))
        row = tables.read(project.fetch()).iloc[0].to_dict()
        asked = [(request.path, request.headers.get("range")) for request in server.asked]
        assert asked == [
            ("/robots.txt", None),
            ("/a.png", "bytes=0-1023"),
            ("/a.png", "bytes=1024-"),
        ]
        assert server.asked[2].headers["if-range"] == '"1"'
        assert server.connections == 1
        assert {request.headers["user-agent"] for request in server.asked} == {
            "native4k/test (+https://example.org/tests)"
        }
        assert not {"cookie", "referer", "authorization"} & {name for one in server.asked for name in one.headers}
    sha256 = hashlib.sha256(GOOD).hexdigest()
    assert row | {"id": ""} == {
        "id": "",
        "source": "pd12m",
        "revision": "",
        "status": "ok",
        "sha256": sha256,
        "bytes": len(GOOD),
        "file": f"{sha256[:2]}/{sha256}.png",
        "true_width": 60,
        "true_height": 40,
    }


def test_a_picture_that_is_dropped_costs_its_first_bytes_only(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with Server({"/a.png": file(SMALL), "/b.png": file(picture(1, 30, 20))}) as server:
        project.web(server.url("/a.png"), server.url("/b.png"))
        table = tables.read(project.fetch())
        assert sorted(server.paths) == ["/a.png", "/b.png"]
        assert server.connections == 1
    assert table[["status", "true_width", "true_height", "bytes"]].to_numpy().tolist() == [["too_small", 30, 20, 0]] * 2
    assert [row["received"] for row in project.attempts()] == [1024, 1024]
    assert "MB not brought after a look at the first bytes" in capsys.readouterr().err
    assert not project.store.exists()


def test_a_server_without_ranges_is_cut_short_when_the_picture_is_dropped(project: Any) -> None:
    project.limit(max_bytes=10**9)
    body = SMALL + bytes(50_000_000)
    assert status(project, reply("200 OK", body)) == "too_small"
    assert project.attempts()[0]["received"] < len(body) / 2


@pytest.mark.parametrize(
    "second",
    [
        reply("206 Partial Content", GOOD[5:], Content_Range=f"bytes 5-{len(GOOD) - 1}/{len(GOOD)}", ETag='"1"'),
        reply("206 Partial Content", GOOD[1024:], Content_Range=f"bytes 1024-{len(GOOD) - 1}/{len(GOOD)}", ETag='"2"'),
        reply("206 Partial Content", GOOD[1024:], Content_Range="nonsense", ETag='"1"'),
        reply("416 Range Not Satisfiable"),
        reply("200 OK", GOOD),
    ],
    ids=["another start", "another version", "nonsense", "unsatisfiable", "the whole"],
)
def test_a_second_part_that_does_not_fit_is_not_joined_to_the_first(project: Any, second: web.Page) -> None:
    assert status(project, first(file(GOOD), second, reply("200 OK", GOOD))) == "ok"
    assert held(project) == [GOOD]


@pytest.mark.parametrize(
    "span", ["bytes 9-1032/5000", "bytes 0-9999999/5000", "bytes 0-1023/*", "bytes */5000", "", "items 0-1/2"]
)
def test_a_first_part_that_does_not_fit_is_not_used(project: Any, span: str) -> None:
    part = reply("206 Partial Content", GOOD[9:1033], Content_Range=span)
    assert status(project, first(part, reply("200 OK", GOOD))) == "ok"
    assert held(project) == [GOOD]


def test_content_that_changes_between_probe_and_rest_is_never_mixed(project: Any) -> None:
    newer = picture(9)
    assert status(project, first(file(GOOD, '"1"'), file(newer, '"2"'))) == "ok"
    assert held(project) == [newer]


def test_content_that_changes_under_one_url_is_not_asked_for_again(project: Any) -> None:
    with Server({"/a.png": file(GOOD)}) as server:
        project.web(server.url("/a.png"))
        table = tables.read(project.fetch())
        project.freeze_web()
        server.pages["/a.png"] = file(picture(9))
        server.asked.clear()
        pdt = tables.read(project.fetch())
        assert pdt.equals(table)
        assert server.asked == []
    assert GOOD in held(project)


def test_the_same_bytes_behind_two_urls_are_stored_once(project: Any) -> None:
    with Server({"/a.png": file(GOOD), "/b.png": file(GOOD, '"2"')}) as server:
        project.web(server.url("/a.png"), server.url("/b.png"))
        table = tables.read(project.fetch())
    assert table["status"].tolist() == ["ok", "ok"]
    assert table["file"].nunique() == 1
    assert held(project) == [GOOD]


def test_a_header_that_lies_about_the_size_is_believed_until_the_pixels_are_read(project: Any) -> None:
    liar = bytearray(GOOD)
    struct.pack_into(">II", liar, 16, 600, 400)
    struct.pack_into(">I", liar, 29, zlib.crc32(liar[12:29]))
    assert status(project, file(bytes(liar))) == "ok"
    with pytest.raises(images.Unreadable):
        images.decode(bytes(liar))


def test_a_header_that_promises_more_than_anyone_decodes_is_dropped(project: Any) -> None:
    bomb = bytearray(GOOD)
    struct.pack_into(">II", bomb, 16, 60_000, 40_000)
    struct.pack_into(">I", bomb, 29, zlib.crc32(bomb[12:29]))
    assert status(project, file(bytes(bomb))) == "bomb"


def test_a_format_that_nothing_here_opens_is_dropped_by_its_first_bytes(project: Any) -> None:
    jxl = b"\xff\x0a" + bytes([0x7A, 0xD1, 0x9D, 0x00]) + bytes(5000)
    project.loosen(min_long_side=0, max_aspect=1000.0, min_aspect=0.0)
    assert status(project, file(jxl)) == "unsupported"
    assert project.attempts()[0]["received"] == 1024


def test_one_byte_a_second_is_too_slow(project: Any) -> None:
    project.limit(read_seconds=3.0, slowest_rate=100)
    page = web.endless(whole(GOOD[:60], length=len(GOOD)), b"x", pause=1)
    assert status(project, page) == "too_slow"


def test_a_body_that_never_ends_is_given_up_after_the_total_time(project: Any) -> None:
    project.limit(total_seconds=2.0, max_bytes=10**9)
    assert (
        status(project, web.endless(CHUNKS + chunked(GOOD, end=b""), chunked(b"x", end=b""), pause=0.1)) == "too_slow"
    )


@pytest.mark.parametrize("page", [web.silence, raw(whole(GOOD[:500], length=len(GOOD)), close=False, pause=3600)])
def test_silence_is_a_timeout(project: Any, page: web.Page) -> None:
    project.limit(read_seconds=0.5, connect_seconds=0.5, attempts=1)
    assert status(project, page) == "timeout"


def test_long_and_foreign_urls_are_asked_for_as_they_should_be(project: Any) -> None:
    long = "/" + 8192 * "x" + ".png?" + "y=1&" * 100
    pages = {long: file(GOOD), "/b%C3%BCcher/%E5%9B%BE.png?%C3%A4=%20%22": file(GOOD), "/a%2Fb%20c.png": file(GOOD)}
    with Server(pages) as server:
        urls = [server.url(long), server.url('/bücher/图.png?ä= "'), server.url("/a%2Fb c.png#top")]
        project.web(*urls)
        assert project.statuses() == dict.fromkeys(urls, "ok")
        assert {request.path for request in server.asked} == {*pages, "/robots.txt"}


@pytest.mark.parametrize(
    ("host", "expected"),
    {
        "127.0.0.1": "refused_address",
        "localhost": "refused_address",
        "0.0.0.0": "refused_address",
        "0x7f000001": "refused_address",
        "[::1]": "refused_address",
        "[::ffff:127.0.0.1]": "refused_address",
        "[64:ff9b::7f00:1]": "refused_address",
        "2130706433": "bad_url",
        "0177.0.0.1": "bad_url",
        "127.1": "bad_url",
    }.items(),
)
def test_no_spelling_of_an_address_of_ours_is_connected_to(project: Any, host: str, expected: str) -> None:
    project.limit(allow_loopback=False, user_agent="native4k/test (+https://tests.example)")
    with Server({"/a.png": file(GOOD)}) as server:
        project.web(server.url("/a.png", host))
        assert list(project.statuses().values()) == [expected]
        assert server.connections == 0


def test_a_name_that_leads_elsewhere_the_second_time_is_checked_again(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["127.0.0.1"]
    real = socket.getaddrinfo

    def rebound(host: str, port: int, *rest: Any) -> Any:
        return real(answers[-1] if host == "rebinding.example" else host, port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    with Server({"/a.png": file(GOOD), "/b.png": file(GOOD)}) as server:
        project.web(server.url("/a.png", "rebinding.example"))
        assert list(project.statuses().values()) == ["ok"]
        answers.append("10.0.0.1")
        project.web(server.url("/b.png", "rebinding.example"))
        assert list(project.statuses().values()) == ["refused_address"]
        assert "/b.png" not in server.paths


def test_a_name_that_does_not_exist_and_one_that_nobody_knows_yet(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(host: str, *_: Any) -> Any:
        code = socket.EAI_AGAIN if host.startswith("later") else socket.EAI_NONAME
        raise socket.gaierror(code, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    urls = ["http://never.example/a.png", "http://never.example/b.png", "http://later.example/a.png"]
    project.web(*urls)
    assert project.statuses() == dict(zip(urls, ["dns", "dns", "no_resolver"], strict=True))


def test_proxies_in_the_environment_are_not_used(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as proxy, Server({"/a.png": file(GOOD)}) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        project.web(server.url("/a.png"))
        assert list(project.statuses().values()) == ["ok"]
        assert proxy.connections == 0


def test_nobody_listening_is_unreachable(project: Any) -> None:
    with Server() as server:
        url = server.url("/a.png")
    project.web(url)
    assert project.statuses() == {url: "unreachable"}
    assert [row["attempt"] for row in project.attempts()] == [1, 2, 3]


def test_certificates_are_verified(project: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, own = web.certificates(tmp_path)
    with Server({"/a.png": file(GOOD)}, certificate=own) as server:
        urls = [server.url("/a.png"), server.url("/a.png", "localhost")]
        project.web(*urls)
        assert project.statuses() == dict.fromkeys(urls, "tls")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert project.statuses() == dict(zip(urls, ["ok", "tls"], strict=True))  # it is a certificate for 127.0.0.1


def test_what_a_server_says_never_reaches_a_path_or_a_terminal(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"Content_Disposition": 'attachment; filename="../../evil.png"', "ETag": '"\x1b[2J"'}
    assert status(project, reply("200 OK", GOOD, **headers), path="/..%2F..%2Fevil.sh") == "ok"
    assert held(project) == [GOOD]
    log = (project.work / "0-of-1.log").read_bytes()
    assert b"\x1b" not in log
    assert "\x1b" not in capsys.readouterr().err
    assert project.attempts()[0]["headers"]["ETag"] == '"\x1b[2J"'


def test_a_user_agent_that_names_nobody_is_one_line(project: Any) -> None:
    project.limit(allow_loopback=False)
    project.web("http://127.0.0.1/a.png")
    with pytest.raises(UserError, match=r"fetch\.user_agent names example\.org; put a page or address of yours there"):
        project.fetch()


def test_loopback_that_is_allowed_is_said_in_the_log(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(project, file(GOOD)) == "ok"
    assert "fetch: loopback addresses are allowed (fetch.allow_loopback)\n" in capsys.readouterr().err
