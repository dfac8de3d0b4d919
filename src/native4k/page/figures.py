"""Figures: the few numbers of a result that `dvc exp show` and `dvc metrics diff` compare, in one flat file each.

A key names scale, test set, convention and metric; the file's name is the baseline's. All else is in the details.
"""

import argparse
from pathlib import Path

from native4k import tables

MOST = 12
"""Figures of one file: DVC shows each as a column of its own."""

Figures = dict[str, float | None]


def add_argument(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the option that names the file of figures."""
    parser.add_argument("--figures", type=Path, required=required, help="the figures that DVC compares, to write")


def write(figures: Figures, path: Path) -> None:
    """Write the first figures, as many as DVC is to show."""
    tables.write_json(dict(list(figures.items())[:MOST]), path)
