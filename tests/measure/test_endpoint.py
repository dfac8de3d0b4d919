"""Ratings and labels behind an endpoint: a real server on this machine that speaks the protocol, well or badly."""

import asyncio
import base64
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from aiohttp import web
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.fetch.progress import read_journal
from native4k.measure import endpoint_columns, label, score

KEY = "NATIVE4K_TEST_KEY"
USAGE = {"prompt_tokens": 1000, "completion_tokens": 10}


def said(content: str | None, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **message}}
    return {"object": "chat.completion", "choices": [choice], "usage": USAGE}


class Server:
    """Answers as it is told; remembers the requests and how many it had at a time."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.times: list[float] = []
        self.told: list[Callable[[], Any]] = []
        self.at_once = self.most = 0
        self.loop = asyncio.new_event_loop()
        self.url = ""
        ready = threading.Event()
        self.thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self.thread.start()
        assert ready.wait(10)

    def _serve(self, ready: threading.Event) -> None:
        async def start() -> None:
            app = web.Application(client_max_size=2**24)
            app.router.add_post("/v1/chat/completions", self.answer)
            self.runner = web.AppRunner(app, shutdown_timeout=0.1)
            await self.runner.setup()
            site = web.TCPSite(self.runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/v1"
            ready.set()

        self.loop.run_until_complete(start())
        self.loop.run_forever()
        self.loop.run_until_complete(self.runner.cleanup())
        self.loop.close()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await request.json())
        self.keys.append(request.headers.get("Authorization"))
        self.times.append(time.monotonic())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(0.02)
            answer = self.told.pop(0)() if self.told else said('{"score": 4}')
            if callable(answer):
                answer = answer(request)
            if isinstance(answer, float):
                await asyncio.sleep(answer)
                answer = said('{"score": 4}')
            return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)
        finally:
            self.at_once -= 1

    def tell(self, *answers: Any) -> None:
        """What to answer next: a tree, seconds of silence, a status with headers, or what makes one of a request."""
        self.told += [
            (lambda one=one: web.Response(status=one[0], headers=one[1], text="why")) if isinstance(one, tuple)
            else (lambda one=one: one) for one in answers
        ]  # fmt: skip

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(name="server")
def running_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _key_in_the_environment() -> None:
    os.environ[KEY] = "s3cret"


def numbers(url: str, **changed: Any) -> dict[str, Any]:
    return {
        "url": url, "model": "org/Tiny-VLM", "key": KEY, "structured": "json_schema",
        "body": {"max_tokens": 50, "temperature": 0}, "jpeg_quality": 90, "concurrency": 2, "per_minute": 60000.0,
        "seconds": 0.4, "attempts": 3, "backoff_base": 0.01, "backoff_cap": 0.02, "max_retry_after": 2.0,
        "usd_in": 1.0, "usd_out": 10.0, "max_usd": None,
    } | changed  # fmt: skip


def rating(url: str, **changed: Any) -> dict[str, Any]:
    asks = {"view": "full", "prompt": "Rate the quality from 1 to 5.", "low": 1.0, "high": 5.0}
    return {"server": numbers(url, **changed)} | asks


@pytest.fixture(name="scored")
def store_with_an_endpoint(store: Any, picture: Any, server: Server) -> Any:
    for seed in range(3):
        store.add(f"{seed}", picture(seed=seed), caption="bread")
    store.freeze()
    probed = pd.DataFrame(store.rows)[["id"]].assign(reason="")
    tables.write(probed, store.root / "probe.parquet")
    store.change("score", endpoints={"quality": rating(server.url)})
    return store


def run(store: Any) -> Any:
    score.run(store.args("score.parquet"))
    return tables.read(store.root / "score.parquet").set_index("id")


def lines(store: Any) -> list[dict[str, Any]]:
    return [row for path in store.root.glob("answers/*/*.jsonl") for row in read_journal(path)]


def test_a_rating_is_asked_by_the_protocol_and_its_column_names_model_and_prompt(scored: Any, server: Server) -> None:
    server.tell(said('{"score": 4.5}'))
    table = run(scored)
    column, answer = table.columns
    assert column.startswith("quality_tiny_vlm_")
    assert len(column) == len("quality_tiny_vlm_") + 8
    assert answer == f"{column}_answer"
    assert sorted(table[column]) == [4.0, 4.0, 4.5]
    assert set(table[answer]) == {"ok"}
    request = server.requests[0]
    assert (request["model"], request["max_tokens"], request["temperature"]) == ("org/Tiny-VLM", 50, 0)
    assert request["response_format"]["json_schema"]["schema"]["properties"]["score"]["maximum"] == 5
    [message] = request["messages"]
    text, image = message["content"]
    assert text == {"type": "text", "text": "Rate the quality from 1 to 5."}
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (80, 60)
    assert server.keys == ["Bearer s3cret"] * 3
    assert server.most == 2  # concurrency


def test_every_answer_is_kept_raw_with_its_cost_and_never_the_key(
    scored: Any, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.tell(said(' ```json\n{"score": 3}\n``` '))
    run(scored)
    rows = lines(scored)
    assert len(rows) == 3
    assert ' ```json\n{"score": 3}\n``` ' in [row["text"] for row in rows]
    assert {(row["status"], row["attempts"], row["tokens_in"], row["tokens_out"]) for row in rows} == {
        ("ok", 1, 1000, 10)
    }
    assert [row["usd"] for row in rows] == pytest.approx([0.0011] * 3)
    assert capsys.readouterr().out == (
        "quality: 3 questions (ok 3) in 3 requests, 3,000 tokens in, 30 out, 0.0033 USD\n"
    )
    assert not [path for path in scored.root.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]


def test_nothing_is_asked_twice_even_when_the_cache_is_gone(scored: Any, server: Server) -> None:
    before = run(scored)
    scored.cache.rename(scored.root / "lost")
    after = run(scored)
    assert before.equals(after)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "trouble",
    [
        (429, {"Retry-After": "0"}),
        (500, {}),
        (503, {"Retry-After": "0"}),
        1.0,  # longer than `seconds`
        said("Sorry, as a language model I like this image."),
        said('{"score": 11}'),
        said('{"score": "4"}'),
        said('{"score": true}'),
        said("[4]"),
        said(None),
        said('{"score": NaN}'),
        {"error": "busy"},
        {"choices": []},
        ["odd"],
    ],
)
def test_what_goes_wrong_once_is_asked_again(scored: Any, server: Server, trouble: Any) -> None:
    server.tell(trouble)
    table = run(scored)
    assert set(table.iloc[:, 0]) == {4.0}
    assert len(server.requests) == 4
    assert sorted(row["attempts"] for row in lines(scored)) == [1, 1, 2]


def test_an_answer_that_is_never_as_asked_is_a_reason_and_no_number(scored: Any, server: Server) -> None:
    server.tell(*[said("no JSON")] * 9)
    table = run(scored)
    assert table.iloc[:, 0].isna().all()
    assert set(table.iloc[:, 1]) == {"malformed"}
    assert len(server.requests) == 9
    assert sum(row["tokens_in"] for row in lines(scored)) == 9000  # what failed is paid for, too


FILTERED = said("") | {"choices": [{"finish_reason": "content_filter", "message": {"content": ""}}]}


@pytest.mark.parametrize("refusal", [said(None, refusal="I cannot look at this."), FILTERED])
def test_a_refusal_is_final(scored: Any, server: Server, refusal: Any) -> None:
    server.tell(refusal)
    table = run(scored)
    assert sorted(table.iloc[:, 1]) == ["ok", "ok", "refused"]
    assert table.iloc[:, 0].notna().sum() == 2
    assert len(server.requests) == 3


def test_a_server_that_says_wait_is_not_asked_by_anybody_meanwhile(scored: Any, server: Server) -> None:
    server.tell((429, {"Retry-After": "1"}))
    run(scored)
    began = server.times[0]
    early = [at for at in server.times if at - began < 0.95]
    assert len(early) <= 2  # the one told so, and one that was on its way
    assert len(server.times) == 4


def test_requests_are_no_more_a_minute_than_allowed(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating(server.url, per_minute=600.0)})
    run(scored)
    gaps = [after - before for before, after in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps) > 0.08  # a tenth of a second, less what the network shakes


def test_what_got_no_answer_is_one_line_and_the_same_command_asks_for_the_rest(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating(server.url, concurrency=1)})
    server.tell(said('{"score": 2}'), *[(500, {})] * 3, said('{"score": 2}'))
    with pytest.raises(UserError, match=r"quality: 1 of 3 questions to http://127.* got no answer \(server_error 1\)"):
        run(scored)
    table = run(scored)
    assert sorted(table.iloc[:, 0]) == [2.0, 2.0, 4.0]
    assert len(server.requests) == 6


def test_a_server_that_asks_for_too_long_a_wait_is_left_to_another_run(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating(server.url, concurrency=1)})
    server.tell((429, {"Retry-After": "3600"}), (429, {"Retry-After": "3600"}), (429, {"Retry-After": "3600"}))
    with pytest.raises(UserError, match=r"rate_limited 3"):
        run(scored)
    assert len(server.requests) == 3


def test_a_server_that_is_not_there_is_one_line(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating("http://127.0.0.1:9/v1")})
    with pytest.raises(UserError, match="unreachable 3"):
        run(scored)


@pytest.mark.parametrize(
    ("code", "line"), [(401, "the key is not accepted"), (404, "no such model or address"), (302, "redirects")]
)
def test_what_will_not_get_better_stops_at_once(scored: Any, server: Server, code: int, line: str) -> None:
    server.tell(*[(code, {"Location": "http://evil.example/"})] * 3)
    with pytest.raises(UserError, match=rf"{line} \(status {code}\)"):
        run(scored)
    assert len(server.requests) <= 3


def test_requests_that_are_all_rejected_are_one_line_and_one_alone_is_a_reason(scored: Any, server: Server) -> None:
    server.tell(*[(400, {})] * 3)
    with pytest.raises(UserError, match=r"accepts no request \(status 400\): why"):
        run(scored)
    server.tell((413, {}))
    assert sorted(run(scored).iloc[:, 1]) == ["ok", "ok", "rejected"]


def test_no_more_is_spent_than_allowed(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating(server.url, concurrency=1, max_usd=0.002)})
    with pytest.raises(UserError, match=r"0\.00 USD are spent, max_usd is 0\.002; raise it"):
        run(scored)
    assert len(server.requests) == 2


def test_the_key_comes_from_the_environment_and_goes_nowhere_in_clear(scored: Any, server: Server) -> None:
    os.environ[KEY] = ""
    with pytest.raises(UserError, match=f"its key is missing; set the environment variable {KEY}"):
        run(scored)
    os.environ[KEY] = "s3cret"
    scored.change("score", endpoints={"quality": rating("http://models.example/v1")})
    with pytest.raises(UserError, match="a key goes to https:// or to this machine only"):
        run(scored)
    scored.change("score", endpoints={"quality": rating(server.url, key=None)})
    run(scored)
    assert server.keys == [None] * 3


PLANTED = "sk-Zq7+x/9=Wm2.kP_4vTnB8cLd"


def raw(*pieces: bytes) -> Callable[[web.Request], web.Response]:
    """Bytes for an answer, with the key of the request in place of KEY, then the end of the connection."""

    def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        key = request.headers["Authorization"].removeprefix("Bearer ").encode()
        for piece in pieces:
            request.transport.write(piece.replace(b"KEY", key))
        request.transport.close()
        return web.Response()

    return answer


def echo(body: str, status: int = 200, **headers: str) -> Callable[[web.Request], web.Response]:
    """A whole answer; KEY in its body and headers is the key of the request."""

    def answer(request: web.Request) -> web.Response:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        told = {name.replace("_", "-"): value.replace("KEY", key) for name, value in headers.items()}
        return web.Response(status=status, text=body.replace("KEY", key), headers=told)

    return answer


def changed(change: Callable[[str], str], status: int = 500) -> Callable[[web.Request], web.Response]:
    """A failure whose body is made from the request's header."""
    return lambda request: web.Response(status=status, text=change(request.headers["Authorization"]))


HONEST = '{"score": 3, "why": "Bearer tokens ABCDEF12, api_key=abc, sk-0123456789abcdef at https://a:b@c.example"}'
ECHOES = [
    said(HONEST),
    echo("you sent Authorization: Bearer KEY", 500),
    echo('{"error": {"message": "no such key KEY", "headers": {"Authorization": "Bearer KEY"}}}', 400),
    echo("oops", 500, Set_Cookie="sid[KEY]=1", Retry_After="KEY", WWW_Authenticate="Bearer KEY"),
    raw(b"HTTP/1.1 500 No\r\nX-Echo: KEY\x00KEY\r\n\r\n"),
    raw(b"HTTP/1.1 KEY\r\n\r\n"),
    raw(b"HTTP/1.1 500 KEY\r\nContent-Length: 99\r\n\r\nKEY"),
    raw(b"HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nKEY"),
    raw(b"HTTP/1.1 429 No\r\nConnection: close\r\n\r\nBearer ", b"KEY"),
    changed(lambda header: quote(header, safe="")),
    changed(lambda header: base64.b64encode(f"x:{header}".encode()).decode()),
    changed(lambda header: header.encode().hex()),
    changed(lambda header: "".join(f"\\u{ord(letter):04x}" for letter in header), 400),
    changed(lambda header: "x" * (2**20 - 20) + header),  # cut where it is not read any further
    changed(lambda header: " ".join(["x"] * 95) + header, 422),  # cut where it is shown
    echo("KEY"),
    echo('{"choices": [{"message": {"content": "{\\"score\\": \\"KEY\\"}"}}]}'),
    echo('{"choices": [{"message": {"content": null, "refusal": "I know KEY"}}]}'),
    echo('{"choices": [{"message": {"content": "{\\"score\\": 2, \\"why\\": \\"KEY\\"}"}}]}'),
]


def fragments() -> set[bytes]:
    """Eight letters of the key, from every place in it, in each of its spellings."""
    spelled = [PLANTED, quote(PLANTED, safe=""), PLANTED.encode().hex(), json.dumps(PLANTED)]
    spelled += [base64.b64encode(b" " * n + PLANTED.encode())[n * 4 // 3 + 1 : -4].decode() for n in range(3)]
    escapes = [f"\\u{ord(letter):04x}" for letter in PLANTED]
    units = [*map(list, spelled), escapes, [one.replace("\\", "\\\\") for one in escapes]]
    return {"".join(unit[at : at + 8]).encode() for unit in units for at in range(len(unit) - 7)}


def command(scored: Any, monkeypatch: pytest.MonkeyPatch, url: str, images: int, **changed: Any) -> tuple[int, str]:
    """`native4k score` of so many images, as typed; what it printed, once no file holds a bit of the key."""
    monkeypatch.setenv(KEY, PLANTED)
    probed = pd.DataFrame(scored.rows)[["id"]].assign(reason="").head(images)
    tables.write(probed, scored.root / "probe.parquet")
    scored.change("score", endpoints={"quality": rating(url, concurrency=1, **changed)})
    args = scored.args("score.parquet")
    words = [args.store, args.out, "--probed", args.probed, "--cache", args.cache, "--answers", args.answers]
    run = subprocess.run(
        [sys.executable, "-m", "native4k.cli", "score", *map(str, words), "--params", str(args.params)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    printed = run.stdout + run.stderr
    files = [path for path in scored.root.rglob("*") if path.is_file()]
    places = {"the screen": printed.encode()} | {str(path): path.read_bytes() for path in files}
    found = [(place, bit) for place, content in places.items() for bit in fragments() if bit in content]
    assert found == []
    return run.returncode, printed


def test_a_key_that_a_server_echoes_reaches_no_file_and_no_line(
    scored: Any, picture: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(3, len(ECHOES)):
        scored.add(f"{seed}", picture(seed=seed))
    scored.freeze()
    server.tell(*ECHOES)
    status, printed = command(scored, monkeypatch, server.url, len(ECHOES), attempts=1)
    assert status == 1
    assert "questions to http://127" in printed
    assert server.keys == [f"Bearer {PLANTED}"] * len(ECHOES)
    rows = lines(scored)
    assert len(rows) == len(ECHOES)
    assert rows[0]["text"] == HONEST
    assert [row["text"] for row in rows].count("you sent Authorization: Bearer ***") == 1
    assert [row["status"] for row in rows][-1] == "ok"
    assert rows[-1]["text"] == '{"score": 2, "why": "***"}'


@pytest.mark.parametrize("status", [302, 400, 401])
def test_a_key_that_an_error_quotes_is_not_shown(
    scored: Any, server: Server, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    server.tell(echo(" ".join(["x"] * 95) + "KEY", status, Location="http://evil.example/?key=KEY"))
    code, printed = command(scored, monkeypatch, server.url, 1)
    assert code == 1
    assert f"(status {status}): x x" in printed


@pytest.mark.parametrize(("place", "key"), [("http://u:pass@", KEY), ("http://", None), ("http://", KEY)])
def test_a_key_in_the_address_or_one_that_is_no_header_is_one_line(scored: Any, place: str, key: str | None) -> None:
    os.environ[KEY] = "s3cret\nX-More: 1"
    query = "?api_key=pass" if key is None else ""
    scored.change("score", endpoints={"quality": rating(f"{place}127.0.0.1:9/v1{query}", key=key)})
    expected = "no password or query belongs here" if "pass" in place + query else f"the key in {KEY} has a space"
    with pytest.raises(UserError, match=expected):
        run(scored)


def test_another_prompt_is_another_column_and_is_asked_anew(scored: Any, server: Server) -> None:
    one = run(scored).columns[0]
    scored.change("score", endpoints={"quality": rating(server.url) | {"prompt": "How sharp is it?"}})
    assert run(scored).columns[0] != one
    assert len(server.requests) == 6


def test_tiles_are_asked_one_by_one(scored: Any, server: Server) -> None:
    scored.change("score", endpoints={"quality": rating(server.url) | {"view": "tiles:16"}})
    server.tell(said('{"score": 1}'))
    table = run(scored)
    assert len(server.requests) == 6
    assert [name.rpartition("_")[2] for name in table.columns] == ["mean", "min", "spread", "answer"]
    assert table.iloc[:, 1].min() == 1


def test_an_endpoint_labels_and_captions_in_one_request(scored: Any, server: Server) -> None:
    lmm = {"kind": "endpoint", "server": numbers(server.url), "view": "full", "prompt": "Look at the image."}
    lmm["caption"] = {"prompt": "Describe the image.", "tokens": 50}
    scored.change("label", lmm=lmm, labelers={"lmm": 2.0, "words": 1.0})
    good = said(json.dumps({"category": "Urban", "caption": "A street."}))
    server.tell(said(json.dumps({"category": "Moon", "caption": "A crater."})), good, good, good)
    label.run(scored.args("label.parquet"))
    table = tables.read(scored.root / "label.parquet")
    assert set(table["category"]) == {"Urban"}  # two to one for Food, by the caption's word
    assert table["category_confidence"].tolist() == pytest.approx([2 / 3] * 3, abs=1e-4)
    assert set(table["caption_lmm"]) == {"A street."}
    assert set(table["lmm_answer"]) == {"ok"}
    schema = server.requests[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["category"] == {"type": "string", "enum": ["Food", "Urban"]}
    assert len(server.requests) == 4


def test_only_one_shard_at_a_time_asks_a_server(tmp_path: Path) -> None:
    order = []

    def hold(name: str) -> None:
        with endpoint_columns.endpoint_lock(tmp_path / "one.lock"):
            order.append(f"{name} in")
            time.sleep(0.05)
            order.append(f"{name} out")

    threads = [threading.Thread(target=hold, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])
