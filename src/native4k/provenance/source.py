"""The source that a module can reach by imports, as one hash that no comment, docstring or layout changes.

Imports inside functions count. So does what is loaded by name: a string that names a package of ours, such as
"native4k.sources" in `import_module(f"native4k.sources.{name}")`, or `__name__` in a package itself, says that its
modules are loaded by their names; of these the modules count that the words name, which are the keys and texts of a
step's own numbers. Files beside the modules that are no code, such as a style sheet, count by their bytes.
"""

import ast
import hashlib
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1]
SOURCE = PACKAGE.parent

UNCOUNTED = tuple(
    f"{PACKAGE.name}.{name}" for name in ("arguments", "cli", "events", "processor", "progress", "provenance")
)
"""The command line only finds a step and runs it; what provenance and the level say of a step is in its hash. What is
shown of a step while it runs changes nothing that it makes."""


class Source(NamedTuple):
    """What matters of one file."""

    digest: str
    imports: frozenset[str]
    """Names that may be modules of ours."""
    packages: frozenset[str]
    """Packages whose modules are loaded by name."""
    by_own_name: bool
    """Whether it speaks of itself as __name__: of a package, that its modules are loaded by name."""


def code(*roots: str, words: Collection[str] = ()) -> str:
    """The hash of all that the roots reach; a root is a module such as native4k.images, or a folder of tests."""
    return hash_lines([f"{name} {digest}" for name, digest in sorted(reach(*roots, words=words).items())])


def reach(*roots: str, words: Collection[str] = ()) -> dict[str, str]:
    """Each module or file that the roots reach, and its digest."""
    found = dict[str, str]()
    todo = [name for root in roots for name in _begin(root)]
    while todo:
        name = todo.pop()
        file = _file(name)
        if name in found or file is None or _uncounted(name):
            continue
        source = parse_source(file.read_text(encoding="utf-8"))
        found[name] = source.digest
        todo += source.imports | source.packages
        todo += [name.rpartition(".")[0]] if "/" not in name else []
        packages = source.packages | ({name} if source.by_own_name and file.name == "__init__.py" else set())
        todo += [f"{package}.{word}" for package in packages for word in words if word.isidentifier()]
        if file.name == "__init__.py":
            beside = file.parent
            found |= {f"{name}/{path.relative_to(beside).as_posix()}": _digest(path) for path in _data(beside)}
    return found


def _begin(root: str) -> list[str]:
    """A module's name, or the Python files of a folder."""
    if "/" not in root and _file(root) is None:
        raise AssertionError(f"{root}: there is no such module, so its code would not count")
    return [path.as_posix() for path in sorted(Path(root).rglob("*.py"))] if "/" in root else [root]


def _file(name: str) -> Path | None:
    """The file of a module of ours; None for any other name."""
    if "/" in name:
        return Path(name)
    if name.partition(".")[0] != PACKAGE.name:
        return None
    place = SOURCE.joinpath(*name.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _uncounted(name: str) -> bool:
    return name in UNCOUNTED or name.startswith(tuple(f"{one}." for one in UNCOUNTED))


def _data(folder: Path) -> Iterator[Path]:
    """The files of a package that are no code, also in folders below it that are no packages."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").exists():
            yield from _data(path)
        elif path.is_file() and path.suffix not in {".py", ".pyc"}:
            yield path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_lines(lines: Collection[str]) -> str:
    """16 hex digits of the SHA-256 of some lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@cache
def parse_source(text: str) -> Source:
    """A file's syntax, hashed, and what it imports."""
    tree = ast.parse(text)
    names = frozenset(name for node in _executed(tree) for name in _imported(node))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = {text.rstrip(".") for text in constants if isinstance(text, str) and text.startswith(f"{PACKAGE.name}.")}
    packages = {text for text in texts if (SOURCE / text.replace(".", "/") / "__init__.py").is_file()}
    own = any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(tree))
    return Source(hash_lines([syntax(tree)]), names | (texts - packages), frozenset(packages), own)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, but for what only type checkers read."""
    yield node
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        below = node.orelse
    else:
        below = list(ast.iter_child_nodes(node))  # type: ignore[arg-type]
    for child in below:
        yield from _executed(child)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def syntax(node: object) -> str:
    """The syntax below a node as text: the same for every Python that can read it, without docstrings and positions."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []) and name != "kind")
        return f"{type(node).__name__}({','.join(f'{name}={syntax(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{','.join(syntax(one) for one in node if not _text(one))}]"
    return repr(node)


def _text(node: object) -> bool:
    """Whether a statement is nothing but a text: a docstring, also of a name."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
