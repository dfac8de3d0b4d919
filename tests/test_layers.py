"""Layers: each module imports only its own layer and earlier ones, and no two modules import each other in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path("src/native4k")

LAYERS = (
    {"__init__", "arguments", "errors", "events", "processor", "progress", "redaction"},
    {"params", "kinds", "tables", "geometry", "formats"},
    {"images", "full_pictures", "provenance", "resample", "degrade"},
    {"sources", "demo", "metadata"},
    {"page", "learning"},
    {"analyze", "fetch", "measure"},
    {"dataset", "judge", "whatif"},
    {"publish"},
    {"sr", "t2i"},
    {"study"},
    {"report", "review"},
    {"runner"},
    {"start"},
    {"cli"},
)
"""Modules and packages of src/native4k, the lowest layer first."""

RANK = {name: place for place, names in enumerate(LAYERS) for name in names}


def name_of(file: Path) -> str:
    """A module's whole name; a package's for its __init__."""
    parts = ("native4k", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imported(file: Path, *, functions: bool) -> Iterator[str]:
    """The modules of ours that a file imports; without those for type checkers, and in functions only if asked for."""
    todo: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in found)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
        elif functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += ast.iter_child_nodes(node)


def layer_of(name: str) -> str:
    """The part of a module's name that stands in LAYERS."""
    return [*name.split("."), "__init__"][1]


def test_every_module_has_a_layer() -> None:
    assert {layer_of(name) for name in MODULES} <= RANK.keys()


@pytest.mark.parametrize("package", sorted({layer_of(name) for name in MODULES}))
def test_a_layer_imports_only_earlier_ones(package: str) -> None:
    own = {name: file for name, file in MODULES.items() if layer_of(name) == package}
    upward = {
        f"{name} imports {other}"
        for name, file in own.items()
        for other in imported(file, functions=True)
        if RANK[layer_of(other)] > RANK[package]
    }
    assert upward == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(
            {name: set(imported(file, functions=True)) - {name} for name, file in MODULES.items()}
        ).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
