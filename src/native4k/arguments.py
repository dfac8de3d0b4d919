"""A step's parser, without importing what the step computes with: --help and a mistyped option answer at once.

Of a step's module only its docstring is read, and executed is `add_arguments` with the constants, functions and imports
that it names. Modules of ours that it names are taken apart in the same way.
"""

import argparse
import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent


class Module:
    """A module of ours; of its statements only those are executed that make the names that are asked for."""

    def __init__(self, name: str) -> None:
        self._file = file_of(name)
        tree = ast.parse(self._file.read_text(encoding="utf-8"))
        self.__doc__ = ast.get_docstring(tree, clean=False)
        self._statements = {bound: statement for statement in tree.body for bound in _bound(statement)}
        self._made: dict[str, Any] = {"__name__": name, "__file__": str(self._file)}

    def __getattr__(self, name: str) -> Any:
        if name not in self._statements:
            raise AttributeError(f"{self._file}: no {name}", name=name)
        self._make(name)
        return self._made[name]

    def _make(self, name: str) -> None:
        """Execute the statement that binds a name, after those that bind what it uses."""
        statement = self._statements.get(name)
        if name in self._made or statement is None:
            return
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self._made[name] = _imported(statement, name)
            return
        self._made[name] = None  # it may use itself
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                self._make(node.id)
        exec(compile(ast.Module([statement], []), str(self._file), "exec"), self._made)  # noqa: S102 (our own source)


def file_of(name: str) -> Path:
    """The file of a module of ours."""
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module binds."""
    match statement:
        case ast.Import(names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name
        case ast.Assign(targets):
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(ast.Name(name)):
            yield name


def _imported(statement: ast.Import | ast.ImportFrom, bound: str) -> Any:
    """What an import binds to a name: our own modules in parts, those of others as they are."""
    alias = next(alias for alias in statement.names if bound in {alias.asname, alias.name.partition(".")[0]})
    if isinstance(statement, ast.Import):
        module = importlib.import_module(alias.name)
        return module if alias.asname else importlib.import_module(bound)
    assert statement.module, "no relative imports here"
    if statement.module.partition(".")[0] != PACKAGE.name:
        return getattr(importlib.import_module(statement.module), alias.name)
    inner = f"{statement.module}.{alias.name}"
    return Module(inner) if file_of(inner).exists() else getattr(Module(statement.module), alias.name)


def parser(module: str, step: str) -> argparse.ArgumentParser:
    """A step's own parser, as the step's module describes it."""
    part = Module(module)
    made = argparse.ArgumentParser(
        prog=f"native4k {step}", description=part.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    part.add_arguments(made)
    numbers = made.get_default("params") or Path("params.yaml")
    made.add_argument("--params", type=Path, default=numbers, help="the numbers (default: %(default)s)")
    return made
