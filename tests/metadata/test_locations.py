"""Where metadata are, and what is said of places that have none or cannot be asked."""

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import polars as pl
import pytest

from native4k.errors import UserError
from native4k.metadata import locations, read
from native4k.sources.laion_high_resolution import SOURCE
from tests import s3

ROWS = pl.DataFrame({"URL": ["u", "v"], "WIDTH": [4000, 1], "HEIGHT": [3000, 2]})
CLOSED = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaint(place: str) -> str:
    """The one line that is said of a place."""
    with pytest.raises(UserError) as raised:
        locations.find_parts(place)
    return str(raised.value)


def urls(place: str) -> list[str]:
    """The URLs of all parts of a place."""
    return [url for part in locations.find_parts(place) for frame in read.frames(part, SOURCE) for url in frame["url"]]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on the loopback; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Ranged(BaseHTTPRequestHandler):
    """Gives the asked bytes of files in the working folder."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer without the bytes."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with the whole file or a part."""
        path = Path(self.path.lstrip("/"))
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        first, last = 0, len(content) - 1
        if asked := self.headers.get("Range"):
            begin, _, end = asked.removeprefix("bytes=").partition("-")
            first, last = int(begin), min(int(end or last), last)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[first : last + 1])


class Quoting(Ranged):
    """Gives files as above, and refuses what is below /denied with all that it was sent."""

    def do_GET(self) -> None:
        """Answer, or fail."""
        if not self.path.startswith("/denied"):
            super().do_GET()
            return
        self.send_response(500, f"{self.path} {self.headers['Authorization']}")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Gated(BaseHTTPRequestHandler):
    """A hub that grants nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        """Refuse."""
        self.send_response(403)
        self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        """Refuse."""
        self.do_GET()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"PAR1abc", "holds Parquet, its ending promises text; rename it or fetch it again"),
        ("a.csv", gzip.compress(b"URL", mtime=0), "holds gzip, its ending promises text; rename it or fetch it again"),
        (
            "a.parquet",
            b"URL,",
            "holds text, its ending promises Parquet (it begins with b'URL,'); rename it or fetch it again",
        ),
        ("a.parquet", b"", "empty; fetch the file again"),
        ("a.csv", b"", "empty; fetch the file again"),
        ("a.doc", b"x", "unknown ending; expected: .parquet, .csv, .tsv, .jsonl, .ndjson, the text ones also with .gz"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_refused(name: str, content: bytes, said: str) -> None:
    Path(name).write_bytes(content)
    assert complaint(name) == f"{name}: {said}"


def test_a_folder_a_glob_and_a_file_are_parts_in_the_order_of_names() -> None:
    Path("in/deep").mkdir(parents=True)
    for name in ("in/b.parquet", "in/a.parquet", "in/deep/c.parquet"):
        ROWS.write_parquet(name)
    Path("in/README.md").write_text("no metadata")
    assert [part.name for part in locations.find_parts("in")] == ["in/a.parquet", "in/b.parquet", "in/deep/c.parquet"]
    assert [part.name for part in locations.find_parts("in/*")] == ["in/a.parquet", "in/b.parquet"]
    assert [part.name for part in locations.find_parts("in/b.parquet")] == ["in/b.parquet"]


def test_places_without_metadata_are_one_line() -> None:
    Path("in").mkdir()
    known = "expected endings: .parquet, .csv, .tsv, .jsonl, .ndjson, the text ones also with .gz"
    assert complaint("in") == f"in: no metadata files there; {known}"
    assert complaint("none.csv") == "none.csv: not found"
    assert complaint("what://x/y.csv").startswith("what://x/y.csv: Protocol not known: what")


def test_parquet_is_read_over_http() -> None:
    ROWS.write_parquet("a.parquet")
    with serving(Ranged) as address:
        assert urls(f"{address}/a.parquet") == ["u", "v"]
        assert complaint(f"{address}/b.parquet") == f"{address}/b.parquet: not found"


@pytest.mark.parametrize("scheme", ["http", "s3", "hf"])
def test_a_host_that_does_not_answer_is_one_line_within_seconds(scheme: str) -> None:
    place = {"http": f"{CLOSED}/a.parquet", "s3": "s3://none/a.parquet", "hf": "hf://datasets/a/b/a.parquet"}[scheme]
    begun = time.monotonic()
    said = asked_elsewhere(place, AWS_ENDPOINT_URL=CLOSED, HF_ENDPOINT=CLOSED)
    assert said.startswith(f"{place}: cannot be reached (")
    assert said.count("\n") == 0
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/a.parquet", 0, ""),
        ("/b.parquet", 1, "/b.parquet: not found"),
        ("/a.doc?token=PLANTED", 1, "/a.doc?token=***: no metadata files there"),
        ("/denied/PLANTED.parquet", 1, "cannot be reached ("),
    ],
)
def test_credentials_in_an_address_reach_no_file_and_no_line(path: str, status: int, said: str) -> None:
    ROWS.write_parquet("a.parquet")
    numbers = Path(__file__).parents[2] / "params.yaml"
    with serving(Quoting) as address:
        place = address.replace("://", "://user:PLANTED@") + path
        words = ["analyze", "--source", "laion_high_resolution", place, "report", "--params", str(numbers)]
        done = subprocess.run(
            [sys.executable, "-m", "native4k.cli", *words],
            env={**os.environ, "PLANTED_TOKEN": "denied/PLANTED"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "PLANTED" not in done.stdout + done.stderr
    files = [path for path in Path("report").rglob("*") if path.is_file()]
    assert [path for path in files if b"PLANTED" in path.read_bytes()] == []
    assert bool(files) == (status == 0)


def test_a_gated_repository_is_one_line_with_its_page_and_what_to_set() -> None:
    place = "hf://datasets/some/thing/a.parquet"
    with serving(Gated) as address:
        said = asked_elsewhere(place, HF_ENDPOINT=address)
    assert said == f"{place}: gated; ask for access at https://page and set HF_TOKEN to a token of yours"


def asked_elsewhere(place: str, **settings: str) -> str:
    """What another process says, whose libraries read the settings when they are imported."""
    code = (
        "import sys\nfrom native4k.errors import UserError\nfrom native4k.metadata import locations\n"
        "try: locations.find_parts(sys.argv[1], 'https://page')\nexcept UserError as error: print(error)"
    )
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "HF_HOME": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", code, place],
        env={**os.environ, **keys, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.removesuffix("\n")


def test_parquet_is_read_from_s3_and_a_change_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ROWS.write_parquet("a.parquet")
    with s3.serving(tmp_path / "s3") as (address, pair, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair.access)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair.secret)
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        files.pipe(f"{s3.BUCKET}/in/a.parquet", Path("a.parquet").read_bytes())
        place = f"s3://{s3.BUCKET}/in"
        assert [part.name for part in locations.find_parts(place)] == [f"{place}/a.parquet"]
        assert urls(place) == ["u", "v"]
        assert complaint(f"{place}/b.parquet") == f"{place}/b.parquet: not found"
        part = locations.find_parts(place)[0]
        with (
            pytest.raises(UserError, match="a.parquet: changed while it was being read"),
            locations.check_unchanged(part),
        ):
            files.pipe(f"{s3.BUCKET}/in/a.parquet", json.dumps({"other": "content"}).encode())
        fsspec.get_filesystem_class("s3").clear_instance_cache()
