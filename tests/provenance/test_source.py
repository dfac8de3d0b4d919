"""Which source a result depends on, and which edits of it count."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.provenance import source

CODE = '''
"""What the module is."""
import math  # of the standard library

WIDTH = 3
"""What the width is."""


def area(height: int) -> str:
    """What it returns."""
    return f"{math.prod((WIDTH, height)):>4}"
'''


@pytest.fixture(name="package")
def a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of ours in a folder of its own: each module by its text."""
    texts = {
        "__init__": "",
        "cli": "import native4k.steps.one",
        "numbers": "",
        "steps/__init__": "",
        "steps/one": """
            from typing import TYPE_CHECKING
            from native4k import numbers
            if TYPE_CHECKING:
                from native4k.steps import two
            def run(name):
                from native4k.deep.lazy import late
                import importlib
                return importlib.import_module(f"native4k.kinds.{name}")
        """,
        "steps/two": "import native4k.numbers as n",
        "deep/__init__": "",
        "deep/lazy": "import json\nimport native4k.cli",
        "kinds/__init__": "",
        "forms/__init__": "import importlib\ndef load(name):\n    return importlib.import_module(f'{__name__}.{name}')",
        "forms/red": "",
        "steps/three": "from native4k import forms",
        "kinds/red": "",
        "kinds/blue": "from native4k.deep import paint",
        "deep/paint": "",
    }
    root = tmp_path / "native4k"
    for name, text in texts.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    (root / "deep" / "style.css").write_text("p {}")
    (root / "deep" / "pages").mkdir()
    (root / "deep" / "pages" / "one.html").write_text("<p>")
    monkeypatch.setattr(source, "PACKAGE", root)
    monkeypatch.setattr(source, "SOURCE", tmp_path)
    source.parse_source.cache_clear()
    yield root
    source.parse_source.cache_clear()


def names(*roots: str, words: tuple[str, ...] = ()) -> set[str]:
    return {name.removeprefix("native4k.") for name in source.reach(*roots, words=words)}


def test_a_module_reaches_what_it_imports_anywhere_in_it_and_the_packages_above(package: Path) -> None:
    assert names("native4k.steps.one") == {
        "native4k", "steps", "steps.one", "numbers", "deep", "deep/style.css", "deep/pages/one.html", "deep.lazy",
        "kinds",
    }  # fmt: skip
    assert names("native4k.steps.two") == {"native4k", "steps", "steps.two", "numbers"}


def test_a_module_that_is_not_there_is_no_hash_of_nothing(package: Path) -> None:
    with pytest.raises(AssertionError, match=r"native4k\.steps\.gone: there is no such module"):
        source.code("native4k.steps.one", "native4k.steps.gone")


def test_what_is_loaded_by_name_counts_where_the_words_name_it(package: Path) -> None:
    without = names("native4k.steps.one")
    assert names("native4k.steps.one", words=("blue", "tests/red", "numbers")) == without | {"kinds.blue", "deep.paint"}


def test_a_package_that_loads_its_own_modules_by_name_says_so_by_its_name(package: Path) -> None:
    assert names("native4k.steps.three") == {"native4k", "steps", "steps.three", "forms"}
    assert names("native4k.steps.three", words=("red", "blue")) == names("native4k.steps.three") | {"forms.red"}


def test_the_command_line_does_not_count(package: Path) -> None:
    before = source.code("native4k.steps.one")
    (package / "cli.py").write_text("changed = 1")
    assert source.code("native4k.steps.one") == before


@pytest.mark.parametrize("file", ["steps/one.py", "numbers.py", "deep/lazy.py", "deep/style.css", "steps/__init__.py"])
def test_an_edit_of_what_is_reached_changes_the_hash(package: Path, file: str) -> None:
    before = source.code("native4k.steps.one")
    with (package / file).open("a") as lines:
        lines.write("\nEDITED = 1\n")
    assert source.code("native4k.steps.one") != before


@pytest.mark.parametrize("file", ["steps/two.py", "kinds/red.py", "deep/paint.py", "kinds/new.py"])
def test_an_edit_elsewhere_does_not(package: Path, file: str) -> None:
    before = source.code("native4k.steps.one", words=("other",))
    with (package / file).open("a") as lines:
        lines.write("\nEDITED = 1\n")
    assert source.code("native4k.steps.one", words=("other",)) == before


def test_a_folder_of_tests_is_a_root_too(package: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "product"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text("from native4k import numbers")
    assert source.reach(str(folder)).keys() == {f"{folder}/test_it.py", "native4k", "native4k.numbers"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What the module is.", "Other words."),
        ("  # of the standard library", ""),
        ('"""What the width is."""\n', ""),
        ("What it returns.", "Otherwise told."),
        ("(height: int)", "(\n    height: int,\n)"),
        ("WIDTH = 3", "WIDTH = (\n    3\n)"),
    ],
)
def test_comments_docstrings_and_layout_change_nothing(old: str, new: str) -> None:
    assert old in CODE
    assert source.parse_source(CODE.replace(old, new)).digest == source.parse_source(CODE).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [("WIDTH = 3", "WIDTH = 4"), ("WIDTH = 3", "WIDTH = 3.0"), (">4", ">5"), ("int", "str"), ("def area", "def aria")],
)
def test_anything_else_does(old: str, new: str) -> None:
    assert source.parse_source(CODE.replace(old, new)).digest != source.parse_source(CODE).digest


@given(text=st.text(alphabet="abc \\'\"{}", max_size=8), other=st.text(alphabet="abc \\'\"{}", max_size=8))
def test_the_syntax_of_two_texts_is_the_same_only_if_they_are(text: str, other: str) -> None:
    same = source.parse_source(f"x = {text!r}").digest == source.parse_source(f"x = {other!r}").digest
    assert same == (text == other)


def test_the_syntax_is_the_same_for_every_python() -> None:
    """ASSUME: node names and fields do not change between versions; what only newer ones have is left out if empty."""
    tree = __import__("ast").parse("def f(a, *, b=1):\n    return f'{a!r:>{b}}'")
    assert source.syntax(tree) == (
        "Module(body=[FunctionDef(name='f',args=arguments(args=[arg(arg='a')],kwonlyargs=[arg(arg='b')],"
        "kw_defaults=[Constant(value=1)]),body=[Return(value=JoinedStr(values=[FormattedValue(value=Name(id='a',"
        "ctx=Load()),conversion=114,format_spec=JoinedStr(values=[Constant(value='>'),FormattedValue(value=Name(id='b',"
        "ctx=Load()),conversion=-1)]))]))])])"
    )
