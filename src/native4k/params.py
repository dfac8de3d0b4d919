"""Typed numbers from params.yaml: one section a step, one frozen class beside the function that reads it."""

import json
from pathlib import Path
from typing import Any, TypeVar, cast, dataclass_transform

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from native4k.errors import UserError

Typed = TypeVar("Typed")

SECTIONS = (
    "shards",
    "demo",
    "analyze",
    "collect",
    "fetch",
    "probe",
    "score",
    "embed",
    "label",
    "vet",
    "select",
    "dedup",
    "balance",
    "split",
    "publish",
    "export",
    "assess",
    "sr",
    "t2i",
)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def params(cls: type[Typed]) -> type[Typed]:
    """Make a class a step's Params: frozen, strictly typed, no unknown keys."""
    made: Any = pydantic_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))(cls)
    return cast("type[Typed]", made)


def read(path: Path) -> dict[str, Any]:
    """The whole params file, its section names checked."""
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the repository's root or name another with --params") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: expected sections such as 'collect:', found {type(tree).__name__}")
    unknown = [str(name) for name in tree if name not in SECTIONS]
    if unknown:
        raise UserError(f"{path}: unknown section {unknown[0]!r}; known are {', '.join(SECTIONS)}")
    return tree


def load(cls: type[Typed], path: Path, *keys: str) -> Typed:
    """The section at keys (such as 'dedup', or 'sr', 'baselines', NAME) as a typed, frozen object."""
    section: Any = read(path)
    for depth, key in enumerate(keys):
        if not isinstance(section, dict) or key not in section:
            there = ", ".join(map(str, section)) if isinstance(section, dict) else type(section).__name__
            raise UserError(f"{path}: {'.'.join(keys[: depth + 1])} is missing; there are: {there}")
        section = section[key]
    return validate(cls, section, f"{path}: {'.'.join(keys)}")


def validate(cls: type[Typed], section: Any, where: str) -> Typed:
    """A plain tree as a typed object, or one line that names the key at fault."""
    try:
        return TypeAdapter(cls).validate_json(json.dumps(section, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join([where, *map(str, first["loc"])])
        got = "" if first["type"] == "missing" else f" (got {first['input']!r})"
        raise UserError(f"{key}: {_PLAIN.get(first['type'], first['msg'])}{got}") from None


_PLAIN = {
    "missing": "missing key; every number must be given",
    "unexpected_keyword_argument": "unknown key; remove it or correct its spelling",
    "extra_forbidden": "unknown key; remove it or correct its spelling",
}
