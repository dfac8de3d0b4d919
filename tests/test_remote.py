"""A DVC remote on S3: what comes back from it, whole or in part, and what does not: wrong keys, wrong bytes."""

import configparser
import hashlib
import io
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.fetch.store import file_of
from native4k.publish.publish import SPLITS
from tests import s3
from tests.project import HERE, TINY, Project, composed

TEST = "data/native4k/test"
OUTS = (*(f"data/native4k/{split}" for split in SPLITS), "images")  # as DVC's files name them
PULL = ("dvc", "pull", "-r", s3.REMOTE)
PUSH = ("dvc", "push", "-r", s3.REMOTE)

Clone = Callable[[str], Project]


class Server:
    """`make s3` in a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.home = project.root / s3.HOME

    def start(self) -> None:
        """Run it and wait until it has said all."""
        self.process = subprocess.Popen(
            [sys.executable, HERE / "tests/s3.py"],
            cwd=self.project.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("^C"):
                return
        pytest.fail(self.said)

    def weed(self) -> int:
        """The process that serves."""
        return int((self.home / "lock").read_text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit status."""
        self.process.send_signal(number)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def settings(self) -> dict[str, str]:
        """The remote as DVC has it."""
        config = configparser.ConfigParser()
        config.read(self.project.root / ".dvc/config.local")
        return dict(config[config.sections()[0]])

    def listing(self, out: str) -> str:
        """The key of the object that names a folder's files."""
        root = self.project.root
        lock = yaml.safe_load((root / "dvc.lock").read_text())["stages"]["publish"]["outs"]
        added = yaml.safe_load((root / "data/images.dvc").read_text())["outs"]
        md5 = {one["path"]: one["md5"] for one in (*lock, *added)}[out]
        return f"dvc/files/md5/{md5[:2]}/{md5[2:]}"

    @contextmanager
    def replaced(self, key: str, content: bytes | None) -> Iterator[None]:
        """An object with other content, or removed if there is none, until the block ends."""
        settings = self.settings()
        client = s3.client(settings["endpointurl"], s3.Keys(settings["access_key_id"], settings["secret_access_key"]))
        before = client.get_object(Bucket=s3.BUCKET, Key=key)["Body"].read()
        client.delete_object(Bucket=s3.BUCKET, Key=key)
        try:
            if content is not None:
                client.put_object(Bucket=s3.BUCKET, Key=key, Body=content)
            yield
        finally:
            client.put_object(Bucket=s3.BUCKET, Key=key, Body=before)
            client.close()


def object_of(content: bytes) -> str:
    """The key of an object that DVC made."""
    md5 = hashlib.md5(content).hexdigest()
    return f"dvc/files/md5/{md5[:2]}/{md5[2:]}"


def picture(seed: int) -> bytes:
    """A small picture that no other seed gives."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def row(seed: int, content: bytes) -> dict[str, Any]:
    """What the final table says of a kept picture."""
    return {
        "id": f"{seed:016x}",
        "source": "demo",
        "url": f"{seed}.png",
        "withheld": False,
        "license": "CC0-1.0",
        "caption": f"picture {seed}",
        "category": "Nature",
        "format": "PNG",
        "width": 32,
        "height": 24,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "split": SPLITS[seed % len(SPLITS)],
        "reason": "",
        "rejected_by": "",
    }


def lay_out(root: Path) -> None:
    """This project's settings and its publish stage, over an image store of nine small pictures."""
    for name in (".dvc/config", ".dvcignore", ".gitignore"):
        shutil.copy(HERE / name, root / name)
    stage = yaml.safe_load((HERE / "dvc.yaml").read_text())["stages"]["publish"]
    stage["deps"] = [path for path in stage["deps"] if path.startswith("data/")]
    del stage["params"]  # no stage writes definitions here
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"publish": stage}}))
    (root / "params.yaml").write_text(composed(TINY), encoding="utf-8")
    shutil.copy(HERE / "requirements.lock", root)
    contents = [picture(seed) for seed in range(9)]
    for content in contents:
        path = root / "data/images" / file_of(hashlib.sha256(content).hexdigest(), "png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    table = pd.DataFrame([row(seed, content) for seed, content in enumerate(contents)])
    tables.write(table, root / "data/tables/images.parquet")
    counts = pd.DataFrame({"source": ["demo"], "reason": [""], "rows": [len(table)]})
    tables.write(counts, root / "data/tables/collected.parquet")


@pytest.fixture(scope="module", name="server")
def pushed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A published dataset and its images, pushed to the S3 server that runs in its repository."""
    project = Project(tmp_path_factory.mktemp("origin") / "project")
    project.root.mkdir()
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.run("dvc", "init", "--quiet")
    lay_out(project.root)
    project.run("dvc", "add", "--quiet", "data/images")
    project.run("dvc", "repro", "--quiet")
    project.commit()
    server = Server(project)
    try:
        server.start()
        project.run(*PUSH)
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(name="clone")
def numbered_clones(server: Server, tmp_path: Path) -> Clone:
    """Fresh clones that know the remote and have nothing of its data."""

    def make(name: str) -> Project:
        (tmp_path / name).mkdir()
        clone = server.project.clone(tmp_path / name / "project")
        shutil.copy(server.project.root / ".dvc/config.local", clone.root / ".dvc")
        return clone

    return make


def errors(said: str) -> list[str]:
    return [line for line in said.splitlines() if line.startswith("ERROR")]


def files(project: Project) -> list[str]:
    return [path.relative_to(project.root).as_posix() for path in project.root.glob("data/**/*.png")]


def test_a_clone_pulls_the_same_bytes(server: Server, clone: Clone) -> None:
    copy = clone("all")
    copy.run(*PULL)
    held = server.project.bytes_of("data/native4k", "data/images")
    assert copy.bytes_of("data/native4k", "data/images") == held
    assert sum(name.endswith(".png") for name in held) == 18
    assert copy.run("git", "status", "--porcelain") == ""
    assert ": 24 files as published" in copy.run("native4k", "check", "data/native4k")


def test_a_clone_pulls_one_split_alone_and_can_check_it(server: Server, clone: Clone) -> None:
    copy = clone("test")
    copy.run(*PULL, TEST)
    assert copy.bytes_of("data/native4k", "data/images") == server.project.bytes_of(TEST)
    assert f"{TEST}: 4 files as published" in copy.run("native4k", "check", TEST)
    said = copy.run("native4k", "check", "data/native4k")
    assert "data/native4k/train: not here, not checked" in said
    assert f"{TEST}: 4 files as published" in said


def test_a_wrong_key_is_one_line_that_names_the_refusal(clone: Clone) -> None:
    copy = clone("stranger")
    copy.run("dvc", "remote", "modify", "--local", s3.REMOTE, "secret_access_key", "wrong")
    status, said = copy.attempt(*PULL)
    assert status == 1
    cause, outcome = errors(said)
    assert cause == (
        "ERROR: failed to connect to s3 (native4k/dvc/files/md5) - "
        "Forbidden: An error occurred (403) when calling the HeadObject operation: Forbidden"
    )
    assert outcome.startswith("ERROR: failed to pull data from the cloud - ")
    assert "Traceback" not in said
    assert files(copy) == []


def test_a_corrupted_object_is_refused_and_its_file_named(server: Server, clone: Clone) -> None:
    name = f"{TEST}/{2:016x}.png"
    with server.replaced(object_of(picture(2)), b"not what was pushed"):
        copy = clone("refused")
        status, said = copy.attempt(*PULL, TEST)
        assert status == 1
        assert TEST in said
        assert "Traceback" not in said
        assert files(copy) == []
        assert b"not what was pushed" not in {path.read_bytes() for path in copy.root.rglob("*") if path.is_file()}
        missing = copy.run("dvc", "data", "status", "--granular").partition("DVC uncommitted")[0]
        assert [line.strip() for line in missing.splitlines() if line.endswith(".png")] == [name]
        assert copy.attempt(*PULL, TEST)[0] == 1
    copy.run(*PULL, TEST)
    assert copy.bytes_of(TEST) == server.project.bytes_of(TEST)


def test_a_corrupted_listing_of_a_split_is_refused(server: Server, clone: Clone) -> None:
    with server.replaced(server.listing(TEST), b"[]"):
        copy = clone("listing")
        status, said = copy.attempt(*PULL, TEST)
        assert status == 1
        assert TEST in said
        assert not (copy.root / TEST).exists()


def test_without_verify_dvc_accepts_wrong_bytes_and_only_the_check_finds_them(server: Server, clone: Clone) -> None:
    with server.replaced(object_of(picture(2)), b"not what was pushed"):
        copy = clone("trusting")
        copy.run("dvc", "remote", "modify", "--local", s3.REMOTE, "verify", "false")
        copy.run(*PULL, TEST)
        assert TEST not in copy.run("dvc", "data", "status", "--granular")
        status, said = copy.attempt("native4k", "check", TEST)
        assert status == 1
        assert f"{TEST}/{2:016x}.png: not the published bytes" in said


def test_a_damaged_remote_is_mended_by_removing_file_and_listings_and_pushing_again(
    server: Server, clone: Clone
) -> None:
    key = object_of(picture(2))
    with server.replaced(key, None), ExitStack() as stack:
        status, said = clone("removed").attempt(*PULL, TEST)
        assert status == 1
        assert key.removeprefix("dvc/files/md5/").replace("/", "") in said
        assert "up to date" in server.project.run(*PUSH)
        for listing in map(server.listing, OUTS):
            stack.enter_context(server.replaced(listing, None))
        assert "5 files pushed" in server.project.run(*PUSH)
        copy = clone("mended")
        copy.run(*PULL, TEST)
        assert copy.bytes_of(TEST) == server.project.bytes_of(TEST)


def test_the_server_is_private_and_out_of_git(server: Server) -> None:
    for path in (".dvc/config.local", s3.HOME / "identities.json"):
        assert stat.S_IMODE((server.project.root / path).stat().st_mode) == 0o600
        server.project.run("git", "check-ignore", str(path))
    assert server.settings()["verify"] == "True"
    listening = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True).stdout.splitlines()
    places = [line.split()[3] for line in listening if f"pid={server.weed()}," in line]
    assert len(places) == 8
    assert {place.rpartition(":")[0] for place in places} == {s3.HOST}


def test_a_second_server_on_the_same_folder_is_refused_in_one_line(server: Server) -> None:
    status, said = server.project.attempt(sys.executable, str(HERE / "tests/s3.py"))
    assert (status, said) == (1, f"s3: {s3.HOME}: already served by process {server.weed()}; stop that one first\n")


def test_an_interrupt_stops_all_of_it_and_the_next_start_serves_the_same_data(server: Server, clone: Clone) -> None:
    weed, before = server.weed(), server.settings()
    assert server.stop(signal.SIGINT) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(weed, 0)
    port = before["endpointurl"].rpartition(":")[2]
    assert not Path(f"/tmp/seaweedfs-s3-{port}.sock").exists()
    assert not s3.listens(int(port))
    server.start()
    assert server.settings() | {"endpointurl": ""} == before | {"endpointurl": ""}
    copy = clone("again")
    copy.run(*PULL)
    assert copy.bytes_of("data/native4k", "data/images") == server.project.bytes_of("data/native4k", "data/images")


def test_a_server_that_is_killed_loses_nothing(server: Server, clone: Clone) -> None:
    os.kill(server.weed(), signal.SIGKILL)
    said, _ = server.process.communicate(timeout=30)
    assert server.process.returncode == 1
    assert said.startswith("s3: the S3 server ended by itself: ")
    assert said.count("\n") == 1
    server.start()
    copy = clone("survivor")
    copy.run(*PULL)
    assert copy.bytes_of("data/native4k") == server.project.bytes_of("data/native4k")


def test_a_folder_without_dvc_is_one_line(tmp_path: Path) -> None:
    status, said = Project(tmp_path).attempt(sys.executable, str(HERE / "tests/s3.py"))
    assert (status, said) == (1, "s3: no .dvc folder here; run it in the root of a DVC repository\n")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_weed_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(s3.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="weed is not installed; run 'make setup'"):
        s3.program()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "data/filerldb2").mkdir(parents=True)
    (tmp_path / "data/filerldb2/00").write_text("in the way")
    with pytest.raises(UserError, match="the S3 server did not start: .*filerldb2/00"), s3.serving(tmp_path):
        pytest.fail("it started")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "lock").read_text()), 0)


def test_a_damaged_file_of_keys_is_named(tmp_path: Path) -> None:
    path = tmp_path / "identities.json"
    path.write_text("{}")
    with pytest.raises(UserError, match=r"identities.json: not an identities file"):
        s3.keys(path)


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    with socket.socket() as one:
        one.bind((s3.HOST, 0))
        one.listen()
        taken = one.getsockname()[1]
        ports = s3.free_ports(4, taken)
    assert len({taken, *ports}) == 5


def test_what_is_printed_names_the_commit_the_remote_and_the_credentials_that_a_clone_needs() -> None:
    commands = [line.split("  #")[0].strip() for line in s3.advice()]
    assert commands == [
        "dvc push -r local-s3",
        "git add --all && git commit -m 'Share results'",
        "git clone . ../copy",
        "cp .dvc/config.local ../copy/.dvc/",
        "cd ../copy && dvc pull -r local-s3 data/native4k/test",
    ]
