"""A step's parser is made of what `add_arguments` uses, and of nothing else in its module."""

from pathlib import Path

import pytest

from native4k import arguments

STEP = '''"""Do something.

At length.
"""

import argparse
from pathlib import Path

import a_library_that_is_not_there
from {package} import heavy, light
from {package}.light import WORDS as KNOWN

raise_if_executed = 1 / 0
SIDE, LENGTH = "side", "length"


def sides(text: str) -> int:
    """Count down, by calling itself."""
    return sides(text[1:]) + 1 if text else 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(SIDE, type=sides, help=", ".join(KNOWN))
    light.add_option(parser)


def run(args: argparse.Namespace) -> None:
    heavy.compute(args)
'''

LIGHT = """
import argparse

import another_that_is_not_there

WORDS = ("one", "two")


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--option", help="something")
"""


@pytest.fixture(name="package")
def modules_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a step that cannot be imported."""
    folder = tmp_path / "ours"
    folder.mkdir()
    monkeypatch.setattr(arguments, "PACKAGE", folder)
    (folder / "step.py").write_text(STEP.format(package="ours"), encoding="utf-8")
    (folder / "light.py").write_text(LIGHT, encoding="utf-8")
    return "ours"


def test_what_the_parser_does_not_name_is_not_executed(package: str) -> None:
    made = arguments.parser(f"{package}.step", "sr step")
    assert made.description == "Do something.\n\nAt length.\n"
    assert made.format_usage() == "usage: native4k sr step [-h] [--option OPTION] [--params PARAMS] side\n"
    args = made.parse_args(["abc", "--option", "x"])
    assert vars(args) == {"side": 3, "option": "x", "params": Path("params.yaml")}
    assert "one, two" in made.format_help()


def test_a_name_that_no_statement_binds_is_an_error(package: str) -> None:
    with pytest.raises(AttributeError, match=r"step\.py: no nothing"):
        _ = arguments.Module(f"{package}.step").nothing
