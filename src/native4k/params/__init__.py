"""Typed numbers from params.yaml: one section a step, one frozen class beside the function that reads it."""

import difflib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast, dataclass_transform

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_core import ErrorDetails

from native4k.errors import UserError

Typed = TypeVar("Typed")
Parsed = TypeVar("Parsed")

UNKNOWN = {"unexpected_keyword_argument", "extra_forbidden"}
"""What pydantic calls a key that is not in the class."""

MANY = 24
"""Names that are not all listed where one of them is near."""

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
    "study",
)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def params(cls: type[Typed]) -> type[Typed]:
    """Make a class a step's Params: frozen, strictly typed, no unknown keys."""
    made: Any = pydantic_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))(cls)
    return cast("type[Typed]", made)


def read(path: Path) -> dict[str, Any]:
    """The whole params file, its section names checked."""
    tree = parse_file(path, load_yaml, "run from the repository's root or name another with --params")
    if not isinstance(tree, dict):
        raise UserError(f"{path}: expected sections such as 'collect:', found {type(tree).__name__}")
    unknown = [str(name) for name in tree if name not in SECTIONS]
    if unknown:
        raise UserError(f"{path}: unknown section {unknown[0]!r}; {suggestion(unknown[0], SECTIONS)}")
    return tree


def load_yaml(text: str) -> Any:
    """What YAML says, as plain data."""
    return yaml.load(text, yaml.CSafeLoader)


def parse_file(path: Path, parser: Callable[[str], Parsed], advice: str) -> Parsed:
    """What a parser makes of a YAML file, or one line that says what is wrong with it."""
    try:
        return parser(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {advice}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None


def load(cls: type[Typed], path: Path, *keys: str) -> Typed:
    """The section at keys (such as 'dedup', or 'sr', 'baselines', NAME) as a typed, frozen object."""
    section: Any = read(path)
    sys.audit("native4k.params", ".".join(keys))  # so that tests see which numbers a step reads
    for depth, key in enumerate(keys):
        if not isinstance(section, dict) or key not in section:
            names = list(map(str, section)) if isinstance(section, dict) else [type(section).__name__]
            raise UserError(f"{path}: {'.'.join(keys[: depth + 1])} is missing; {suggestion(key, names)}")
        section = section[key]
    return validate(cls, section, f"{path}: {'.'.join(keys)}")


def validate(cls: type[Typed], section: Any, where: str) -> Typed:
    """A plain tree as a typed object, or one line that names the key at fault."""
    try:
        return TypeAdapter(cls).validate_json(json.dumps(section, default=str))
    except ValidationError as error:
        keys, line = _complaint(error.errors(), section)
        raise UserError(f"{'.'.join([where, *map(str, keys)])}: {line}") from None


def _complaint(errors: list[ErrorDetails], section: Any) -> tuple[tuple[int | str, ...], str]:
    """The keys and the line for the mistake that comes first, or for a misspelt key that makes another one missing."""
    for error in errors:
        if error["type"] in UNKNOWN and (
            near := closest_name(str(error["loc"][-1]), _known(error["loc"], errors, section))
        ):
            return error["loc"], f"unknown key; is it {near!r}?"
    first = errors[0]
    got = f" (got {first['input']!r})"
    if first["type"] in UNKNOWN:
        return first["loc"], f"unknown key; remove it or correct its spelling{got}"
    if first["type"] in {"missing", "union_tag_not_found"}:
        keys = first["loc"] if first["type"] == "missing" else (*first["loc"], "kind")
        return keys, "missing key; every number must be given"
    if first["type"] == "union_tag_invalid":
        return (*first["loc"], "kind"), "there is no {tag!r}; there are: {expected_tags}".format_map(first["ctx"])
    return first["loc"], f"{first['msg']}{got}"


def _known(keys: tuple[int | str, ...], errors: list[ErrorDetails], section: Any) -> list[str]:
    """The keys that are missing beside an unknown one, then the known ones that are given beside it."""
    for key in keys[:-1]:
        if isinstance(section, dict):  # what is no key names the member of a union
            section = section.get(key, section)
    beside = [error for error in errors if error["loc"][:-1] == keys[:-1]]
    missing = [str(error["loc"][-1]) for error in beside if error["type"] == "missing"]
    unknown = {error["loc"][-1] for error in beside if error["type"] in UNKNOWN}
    return missing + [str(key) for key in section if key not in unknown] if isinstance(section, dict) else missing


def suggestion(name: str, there: Iterable[str]) -> str:
    """Say which names there are, and which of them may be meant; only that one where there are many."""
    names = list(map(str, there))
    near = closest_name(name, names)
    meant = f"is it {near!r}?" if near else ""
    return meant if meant and len(names) > MANY else "; ".join(filter(None, [f"there are: {', '.join(names)}", meant]))


def closest_name(name: str, names: Iterable[str]) -> str | None:
    """The name that another one may be a misspelling of."""
    return next(iter(difflib.get_close_matches(name, list(names), 1)), None)
