"""Write the definitions of DVC's stages: a hash of the code and the numbers behind each, as a file that they depend on.

The file is in git. A stage of DVC's that always runs keeps it fresh, before any stage that depends on it.
"""

import argparse
from pathlib import Path

import yaml

from native4k import params, provenance, tables
from native4k.errors import UserError
from native4k.provenance.source import PACKAGE

HEAD = "# What each stage's code and numbers hash to; the stage `definitions` writes it, and dvc.lock goes with it.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("out", type=Path, help="the file to write (data/definitions.yaml)")
    parser.add_argument("--check", action="store_true", help="write nothing, stop if the file is not as it should be")


def run(args: argparse.Namespace) -> None:
    """Write the file, unless it is as it should be."""
    at_home(Path("src") / PACKAGE.name)
    text = HEAD + yaml.safe_dump(provenance.all_definitions(params.read(args.params)))
    if args.out.exists() and args.out.read_text(encoding="utf-8") == text:
        return
    if args.check:
        raise UserError(f"{args.out}: not of the code and numbers at hand; run 'dvc repro definitions', or 'make'")
    tables.write_text(text, args.out)


def at_home(here: Path) -> None:
    """Stop where the code that runs is not the code of the project at hand, as in a copy for a queued experiment."""
    if here.is_dir() and here.resolve() != PACKAGE and _code(here) != _code(PACKAGE):
        raise UserError(
            f"the code that runs is in {PACKAGE}, and {here} here differs from it; install this one "
            "(uv pip install --no-deps --editable .), or set PYTHONPATH to src here"
        )


def _code(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.py"))}
