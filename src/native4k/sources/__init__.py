"""Where images come from: one module a source, each with a SOURCE that says what its metadata hold."""

import importlib
from pathlib import Path

from native4k import params, provenance
from native4k.errors import UserError
from native4k.sources.source import Source

NAMES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "source"))
"""Every module beside this one."""


def find(name: str) -> Source:
    """The source of a name."""
    if name not in NAMES:
        raise UserError(f"no source {name!r}; {params.suggestion(name, NAMES)}")
    source: Source = importlib.import_module(f"native4k.sources.{name}").SOURCE
    return source


def content(name: str, url: str, root: Path, numbers: Path) -> bytes:
    """The original bytes behind a local source's url; FileNotFoundError or PermissionError where there are none."""
    source = find(name)
    if source.content is None:
        raise UserError(f"source {name!r} is on the web and has no files here")
    return source.content(url, root / name, numbers)


def revision(name: str, numbers: Path) -> str:
    """What a drawn source's bytes depend on, hashed; empty for a source whose bytes are not ours to make."""
    package = find(name).drawn_by
    return provenance.definition_of(params.read(numbers).get(name), package) if package else ""
