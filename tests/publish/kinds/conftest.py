"""Exports of the small version."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from native4k.publish import export

Export = Callable[..., Path]


@pytest.fixture(scope="session", name="exported")
def each_kind_once(published: Any, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """A kind of export of all splits, made when it is first asked for."""
    made: dict[str, Path] = {}

    def find(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind) / "out"
            words = {"kind": kind, "dataset": published.out, "out": made[kind], "splits": None}
            export.run(argparse.Namespace(**words, params=published.params))
        return made[kind]

    return find
