"""Check every number of params.yaml, as the steps that read it will; what was right before is not read again.

So a misspelt key stops a run before anything is made, and not after hours in the step that reads it.
"""

import argparse
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Gt

from native4k import params, sources, tables
from native4k.errors import UserError
from native4k.provenance.source import PACKAGE, hash_lines

READERS = {
    ("demo",): "native4k.demo:Params",
    ("analyze",): "native4k.analyze.stats:Params",
    ("collect",): "native4k.fetch.collect:Params",
    ("fetch",): "native4k.fetch.fetch:Params",
    ("probe",): "native4k.measure.probe:Params",
    ("score",): "native4k.measure.score:Params",
    ("embed",): "native4k.measure.embed:Params",
    ("label",): "native4k.measure.label:Params",
    ("vet",): "native4k.dataset.vet:Params",
    ("select",): "native4k.dataset.select:Params",
    ("dedup",): "native4k.dataset.dedup:Params",
    ("balance",): "native4k.dataset.balance:Params",
    ("split",): "native4k.dataset.split:Params",
    ("publish",): "native4k.publish.publish:Params",
    ("export",): "native4k.publish.export:Params",
    ("assess",): "native4k.publish.assess:Params",
    ("sr", "patches"): "native4k.sr.patches:Params",
    ("sr", "degrade"): "native4k.degrade:Params",
    ("sr", "upscale"): "native4k.sr.tiles:Params",
    ("sr", "evaluate"): "native4k.sr.evaluate:Params",
    ("sr", "baselines", "*"): "native4k.sr.baselines:Params",
    ("sr", "pretrained", "*"): "native4k.sr.baselines:Params",
    ("t2i", "evaluate"): "native4k.t2i.evaluate:Params",
    ("t2i", "baselines", "*", "encode"): "native4k.t2i.encode:Params",
    ("t2i", "baselines", "*", "train"): "native4k.t2i.train:Params",
    ("t2i", "baselines", "*", "generate"): "native4k.t2i.generate:Params",
    ("study",): "native4k.study.study:Params",
}
"""Keys -> the class that reads what is there; a star stands for every name."""

MARK = Path("data/scratch/validated.json")
"""The sections that were right, each by a hash of its numbers and of our code."""

SHARDS = ("shards",)
Keys = tuple[str, ...]


def reader(pattern: Keys) -> type:
    """The class that reads the sections of a pattern."""
    module, name = READERS[pattern].split(":")
    found: type = getattr(importlib.import_module(module), name)
    return found


def sections(tree: Any, path: Path, keys: Keys = ()) -> Iterator[tuple[Keys, Keys]]:
    """The pattern and the keys of every section, or one line for a key between them that is unknown or missing."""
    patterns = [known for known in (*READERS, SHARDS) if _fits(keys, known)]
    if patterns == [known for known in patterns if len(known) == len(keys)]:
        yield patterns[0], keys
        return
    where = ".".join(keys)
    if not isinstance(tree, dict):
        raise UserError(f"{path}: {where}: expected named sections (got {tree!r})")
    known = [pattern[len(keys)] for pattern in patterns]
    names = list(tree) if "*" in known else list(dict.fromkeys(known))
    for name in [*tree, *names]:
        if name not in names:
            raise UserError(f"{path}: {'.'.join([*keys, str(name)])}: unknown key; {params.suggestion(name, names)}")
        if name not in tree:
            raise UserError(f"{path}: {'.'.join([*keys, name])}: missing key; every number must be given")
    for name in names:
        yield from sections(tree[name], path, (*keys, str(name)))


def _fits(keys: Keys, pattern: Keys) -> bool:
    """Whether a pattern begins with such keys."""
    return len(keys) <= len(pattern) and all(two in {one, "*"} for one, two in zip(keys, pattern, strict=False))


def validate(path: Path, mark: Path) -> None:
    """Check all sections of a params file, or stop with one line that names the key at fault."""
    tree = params.read(path)
    code = hash_lines([file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))])
    right = _right(mark)
    found = dict[str, str]()
    for pattern, keys in sections(tree, path):
        section = tree
        for key in keys:
            section = section[key]
        name = ".".join(keys)
        found[name] = hash_lines([code, json.dumps(section, sort_keys=True, default=str)])
        if right.get(name) != found[name]:
            _check(pattern, section, f"{path}: {name}")
    if found != right:
        tables.write_json(found, mark)


def _check(pattern: Keys, section: Any, where: str) -> None:
    if pattern == SHARDS:
        params.validate(Annotated[int, Gt(0)], section, where)  # type: ignore[arg-type]
        return
    numbers: Any = params.validate(reader(pattern), section, where)
    if pattern == ("collect",):
        try:
            for name in numbers.sources:
                sources.find(name)
        except UserError as error:
            raise UserError(f"{where}.sources: {error}") from None
    if pattern == ("select",):
        importlib.import_module("native4k.dataset.select").active_rules(numbers)


def _right(mark: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(mark.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Path of the step."""
    parser.add_argument("--mark", type=Path, default=MARK, help="what was right before (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Check the params file."""
    validate(args.params, args.mark)
