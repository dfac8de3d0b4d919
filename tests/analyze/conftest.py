"""The step, run as anyone runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import cli

ROOT = Path(__file__).parent.parent.parent
Analyze = Callable[..., dict[str, Any]]


@pytest.fixture
def analyze(tmp_path: Path) -> Analyze:
    """Run the step with some numbers changed; what stats.json says then."""

    def run(*words: object, **numbers: Any) -> dict[str, Any]:
        tree = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        tree["analyze"] |= numbers
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
        report = tmp_path / "report"
        assert cli.main(["analyze", *map(str, words), str(report), "--params", str(path)]) == 0
        stats: dict[str, Any] = json.loads((report / "stats.json").read_text(encoding="utf-8"))
        return stats

    return run
