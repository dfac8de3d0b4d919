"""Which modules of ours a module imports, directly or not."""

import ast
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src/native4k"
EVERYWHERE = {"__init__.py", "errors.py", "params/__init__.py"}
"""Modules that no stage lists: they check what is given, and decide no number."""


def needed(first: str) -> set[str]:
    """All that a module needs, itself among it, by the paths in the package; but for those that stand everywhere."""
    todo, found = {PACKAGE / first}, set()
    while todo:
        path = todo.pop()
        found.add(path)
        todo |= _imported(path) - found
    names = {path.relative_to(PACKAGE).as_posix() for path in found}
    return {name for name in names if name not in EVERYWHERE and (PACKAGE / name).read_text().count("\n") > 1}


def missing(names: Iterable[str], listed: Iterable[str]) -> set[str]:
    """Those that are not listed, nor lie in a listed package."""
    places = tuple(listed)
    return {name for name in names if not any(name == place or name.startswith(f"{place}/") for place in places)}


def _imported(path: Path) -> set[Path]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("native4k"):
            base = PACKAGE.parent / str(node.module).replace(".", "/")
            places = [base, *(base / name.name for name in node.names)]
            found |= {file for one in places for file in (one.with_suffix(".py"), one / "__init__.py") if file.exists()}
    return found
