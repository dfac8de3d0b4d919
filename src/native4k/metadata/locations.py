"""Metadata files: one, a folder or a glob, on this machine, s3://, hf:// or https://, as a list of parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
from fsspec.implementations.local import LocalFileSystem

from native4k.errors import UserError
from native4k.redaction import redact

KINDS = {".parquet": "parquet", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""Ending -> what it promises; the text kinds may be followed by .gz."""

ENDINGS = ", ".join(KINDS) + ", the text ones also with .gz"

EMPTY_FILE = "empty; fetch the file again"
"""The error for a file without even a header."""

PARQUET, GZIP = b"PAR1", b"\x1f\x8b"


class Part(NamedTuple):
    """One file of a collection."""

    name: str
    """As a person would write it, but for credentials."""
    path: str
    """As its file system calls it."""
    kind: str
    zipped: bool
    files: Any
    """The fsspec file system."""

    @property
    def local(self) -> bool:
        """Whether the file is on this machine."""
        return isinstance(self.files, LocalFileSystem)

    def stamp(self) -> str:
        """What changes when the file changes."""
        with access_errors(self.name):
            self.files.invalidate_cache(self.path)  # a listing that was kept knows of no change
            info = self.files.info(self.path)
        return repr([info.get(key) for key in ("size", "mtime", "ino", "ETag", "LastModified", "blob_id", "etag")])


@contextmanager
def check_unchanged(part: Part) -> Iterator[None]:
    """A block that reads a part; stops with one line if the part was another one when it ended."""
    before = part.stamp()
    yield
    if part.stamp() != before:
        raise UserError(f"{part.name}: changed while it was being read; run again when it is at rest")


def network_errors() -> tuple[type[Exception], ...]:
    """What says that a file cannot be got, and nothing about what is in it; for an except clause."""
    import aiohttp
    import botocore.exceptions
    from huggingface_hub import errors as hub

    return (
        hub.HTTPError,  # type: ignore[attr-defined]  # of whichever client the hub uses
        botocore.exceptions.BotoCoreError,
        aiohttp.ClientError,
        ConnectionError,
        TimeoutError,
        FileNotFoundError,
        NotADirectoryError,
        PermissionError,
    )


@contextmanager
def access_errors(name: str, page: str = "") -> Iterator[None]:
    """A block that asks a file system; what it cannot give is one line that says what to do."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{name}: {_explain(error, page)}") from None
    except network_errors() as error:
        raise UserError(f"{name}: {_explain(error, page)}") from None


def _explain(error: Exception, page: str) -> str:
    from botocore.exceptions import NoCredentialsError
    from huggingface_hub import errors as hub

    cause = error.__cause__ if isinstance(error, (FileNotFoundError, NotADirectoryError)) else error
    if isinstance(cause, hub.GatedRepoError):
        return f"gated; ask for access at {page or 'its page'} and set HF_TOKEN to a token of yours"
    if isinstance(cause, (hub.RepositoryNotFoundError, hub.RevisionNotFoundError)):
        return "no such repository, or HF_TOKEN may not read it"
    if isinstance(error, hub.HfHubHTTPError):
        return f"the hub refuses it ({_line(error)})"
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return "not found"
    if isinstance(error, PermissionError):
        return f"not allowed ({_line(error)}); check the path and the credentials"
    if isinstance(error, NoCredentialsError):
        return "no S3 credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return f"cannot be reached ({_line(error)})"


def _line(error: Exception) -> str:
    words = redact(" ".join(str(error).split())) or type(error).__name__
    return words if len(words) <= 300 else f"{words[:300]}…"  # noqa: PLR2004


def find_parts(place: str, page: str = "") -> list[Part]:
    """Every metadata file at a place, in the order of their names; page is where access to a gated one is granted."""
    with access_errors(place, page):
        try:
            files, path = fsspec.core.url_to_fs(place)
        except ValueError as error:
            raise UserError(f"{place}: {_line(error)}; expected a path, s3://, hf:// or https://") from None
        if any(letter in path for letter in "*?[") and not (isinstance(files, LocalFileSystem) and files.exists(path)):
            found = sorted(name for name in files.glob(path) if kind_of(name))
        elif files.isdir(path):
            found = sorted(name for name in files.find(path) if kind_of(name))
        else:
            files.info(path)
            found = [path]
        if not found:
            raise UserError(f"{place}: no metadata files there; expected endings: {ENDINGS}")
        return [_part(files, name, place) for name in found]


def kind_of(name: str) -> tuple[str, bool] | None:
    """What a name's ending promises, and whether it is zipped."""
    bare = name.split("?", maxsplit=1)[0].lower()
    zipped = bare.endswith(".gz")
    kind = KINDS.get(Path(bare.removesuffix(".gz")).suffix)
    return (kind, zipped) if kind and not (zipped and kind == "parquet") else None


def _part(files: Any, path: str, place: str) -> Part:
    if isinstance(files, LocalFileSystem):
        name = str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path
    else:
        scheme = "" if "://" in path else f"{place.split('://', maxsplit=1)[0]}://"
        name = redact(f"{scheme}{path}")
    promised = kind_of(path)
    if promised is None:
        raise UserError(f"{name}: unknown ending; expected: {ENDINGS}")
    part = Part(name, path, *promised, files)
    with files.open(path, "rb") as file:
        _check_magic(part, file.read(4))
    return part


def _check_magic(part: Part, head: bytes) -> None:
    """Refuse a file whose first bytes are not what its ending promises."""
    holds = "Parquet" if head == PARQUET else "gzip" if head[:2] == GZIP else "text"
    wanted = "Parquet" if part.kind == "parquet" else "gzip" if part.zipped else "text"
    if not head:
        raise UserError(f"{part.name}: {EMPTY_FILE}")
    if holds != wanted:
        shown = f" (it begins with {head!r})" if holds == "text" else ""
        raise UserError(f"{part.name}: holds {holds}, its ending promises {wanted}{shown}; rename it or fetch it again")
