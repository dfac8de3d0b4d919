"""Which results belong to the tables at hand: made of what the stages before them made last, and unchanged since."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from native4k.errors import UserError

TABLES = "data/tables"
"""The out that is compared with what lies on the disk, since Snakemake alone may have made it anew."""


class Stage(NamedTuple):
    """A stage of a lock: the content hashes of what it read and of what it made, by path."""

    deps: dict[str, str]
    outs: dict[str, str]


def stale_metrics(metrics: Path, lock: Path = Path("dvc.lock")) -> dict[Path, str]:
    """Metrics file -> why it is not of the tables at hand and what makes it anew; none if no stage makes it."""
    stages = read_stages(lock)
    makers = {path: name for name, stage in stages.items() for path in stage.outs}
    found = {}
    for path in sorted(metrics.glob("*.json")):
        maker = makers.get(path.as_posix())
        if maker and (why := changed(path, stages[maker].outs) or stale_stage(maker, stages, makers)):
            found[path] = f"{why}; run 'dvc repro {maker}'"
    return found


def read_stages(lock: Path) -> dict[str, Stage]:
    """The stages of a lock by name; none where there is no lock."""
    if not lock.exists():
        return {}
    try:
        tree = yaml.load(lock.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)
    except yaml.YAMLError as error:
        raise UserError(f"{lock}: not readable as YAML: {' '.join(str(error).split())}; run 'dvc repro'") from None
    return {name: Stage(hashes(one, "deps"), hashes(one, "outs")) for name, one in tree["stages"].items()}


def hashes(stage: dict[str, Any], key: str) -> dict[str, str]:
    """The content hashes of a stage's files by path."""
    return {file["path"]: file["md5"] for file in stage.get(key, [])}


def stale_stage(name: str, stages: dict[str, Stage], makers: dict[str, str]) -> str:
    """Why a stage's results are not of the tables at hand; empty if they are."""
    for path, content in stages[name].deps.items():
        if path not in makers:
            continue
        if content != stages[makers[path]].outs[path]:
            return f"{path} has changed since"
        why = changed(Path(path), stages[makers[path]].outs) if path == TABLES else ""
        if why := why or stale_stage(makers[path], stages, makers):
            return why
    return ""


def changed(path: Path, recorded: dict[str, str]) -> str:
    """What is wrong with a file or folder that is there but is not what the lock records; empty if nothing is."""
    if not path.exists() or content_hash(path) == recorded[path.as_posix()]:
        return ""
    return f"{path} is not what dvc.lock records"


def content_hash(path: Path) -> str:
    """DVC's hash of a file, or of a folder's list of files."""
    if path.is_file():
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = [{"md5": content_hash(file), "relpath": file.relative_to(path).as_posix()} for file in files]
    return hashlib.md5(json.dumps(listed).encode(), usedforsecurity=False).hexdigest() + ".dir"
