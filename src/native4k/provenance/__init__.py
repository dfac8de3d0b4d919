"""What a result depends on: the code behind it, its numbers, and what came before it. Nobody types a path of a module.

A step's *definition* is the hash of all source that it can reach by imports and of its own numbers; it needs no data.
Its *identity* also holds the identities of the steps before it in the same rule file, and what enters that file from
outside. Rules take the identity, so that a changed number changes every later rule, whatever intermediate file a
failure has removed. Stages, measured rows, checkpoints and cards take definitions, beside hashes of what they read.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from glob import glob
from importlib.metadata import version
from pathlib import Path
from typing import Any

from native4k import processor
from native4k.provenance.source import PACKAGE, code, hash_lines
from native4k.provenance.steps import EACH, MILESTONES, RULES, STAGES, Step

__all__ = [
    "all_definitions",
    "code",
    "content",
    "definition",
    "definition_of",
    "identity",
    "is_sealed",
    "lookup",
    "made_from",
    "releases",
    "seal",
    "words",
]

MADE_FROM = "made_from"
"""Where a table's schema says what it was made from."""

NAMED = frozenset({"spandrel"})
"""Libraries that count only where numbers name them, such as the kind of a network that is theirs."""


def definition_of(numbers: Any, *modules: str, libraries: tuple[str, ...] = ()) -> str:
    """The definition of what modules make by some numbers: 16 hex digits."""
    source = code(*roots(modules), words=words(numbers))
    text = json.dumps(numbers, sort_keys=True, default=str)
    return hash_lines([source, text, *map(release, libraries), *releases(words(numbers))])


def releases(named: frozenset[str]) -> list[str]:
    """The installed versions of the libraries that some numbers name."""
    return [release(library) for library in sorted(NAMED & named)]


def release(library: str) -> str:
    """A library's installed version; torch's with the instruction level that it runs at."""
    return f"{library} {version(library)} {processor.LEVEL if library == 'torch' else ''}"


def roots(modules: tuple[str, ...]) -> list[str]:
    """Modules by their whole names, and folders of tests as they are."""
    return [name if "/" in name else f"{PACKAGE.name}.{name}" for name in modules]


def definition(name: str, tree: dict[str, Any], item: str = "") -> str:
    """The definition of a rule or stage by the params in a tree; of a milestone, of all its steps."""
    if name in MILESTONES:
        return hash_lines([definition(step, tree) for step in MILESTONES[name]])
    step = (RULES | STAGES)[name]
    made_of = [numbers_of(step, tree, item), *(definition(shown, tree) for shown in step.shows)]
    return definition_of(made_of, *step.code, libraries=step.libraries)


def all_definitions(tree: dict[str, Any]) -> dict[str, Any]:
    """The definitions of all stages; of those that DVC makes for each entry of a section, one an entry."""
    found: dict[str, Any] = {name: definition(name, tree) for name in (*MILESTONES, *STAGES) if name not in EACH}
    for name, section in EACH.items():
        found[name] = {item: definition(name, tree, item) for item in lookup(tree, section) or {}}
    return found


def identity(name: str, tree: dict[str, Any]) -> str:
    """The identity of a rule by the params in a tree and the files at hand."""
    step = RULES[name]
    outside = [f"{path} {content(path)}" for pattern in step.reads for path in sorted(Path().glob(pattern))]
    outside += _stamps(Path(text) for text in sorted(words(numbers_of(step, tree))) if "/" in text)
    if name == "collect":
        outside += _stamps(_sources(tree))
    return hash_lines([definition(name, tree), *(identity(before, tree) for before in step.after), *outside])


def made_from(name: str, tree: dict[str, Any], table: Path, files: Iterable[Path] = ()) -> dict[str, str]:
    """What a step's table says of itself: the hash of its code and numbers, of the table before it, of other files."""
    from native4k import tables  # not for those who only ask, such as each job of Snakemake's

    before = tables.metadata(table).get(MADE_FROM) or content(table)
    listed = [f"{path.name} {content(path)}" for path in files]
    return {MADE_FROM: hash_lines([definition(name, tree), before, *listed])}


def numbers_of(step: Step, tree: dict[str, Any], item: str = "") -> dict[str, Any]:
    """The numbers that a step depends on, by section."""
    return {name: lookup(tree, name.format(item=item)) for name in step.sections}


def lookup(tree: Any, section: str) -> Any:
    """A section of params, such as sr.patches; None where there is none, the whole tree without a name."""
    for key in section.split(".") if section else ():
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def words(numbers: Any) -> frozenset[str]:
    """The keys and texts among some numbers."""
    return frozenset(_texts(numbers))


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            yield from _texts(value)


def content(path: Path) -> str:
    """The hash of a file as it is now."""
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns)


@cache
def _hash_of(path: Path, *_: int) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sources(tree: dict[str, Any]) -> Iterator[Path]:
    """The local files and folders of the sources."""
    for name, place in (lookup(tree, "collect.sources") or {}).items():
        yield from map(Path, sorted(glob(str(place or f"data/sources/{name}"))))  # noqa: PTH207 (it may be absolute)


def _stamps(roots: Iterable[Path]) -> Iterator[str]:
    """The size and time of local files, such as metadata or weights: they may be terabytes."""
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root] if root.is_file() else []:
            yield f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"


def seal(folder: Path, mark: Path) -> None:
    """Note that a folder of DVC's is finished, and what is in it."""
    from native4k import tables  # not for those who only ask, such as each job of Snakemake's

    tables.write_json(_files(folder), mark)


def is_sealed(folder: Path, mark: Path) -> bool:
    """Whether a folder is as it was when it was finished: DVC removes it, or restores another version of it."""
    return mark.is_file() and json.loads(mark.read_text(encoding="utf-8")) == _files(folder)


def _files(folder: Path) -> dict[str, list[int]]:
    """The size and time of each file in a folder, but for those in folders below it."""
    stats = {path.name: path.stat() for path in sorted(folder.glob("*")) if path.is_file()}
    own = {name: stat for name, stat in stats.items() if not name.startswith(".")}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in own.items()}
