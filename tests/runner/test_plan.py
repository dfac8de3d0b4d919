"""Which stages are to come, by dvc.yaml and by what DVC's dry run prints."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from native4k import params
from native4k.runner import plan
from native4k.runner.watch import RUNNING, UNCHANGED

ROOT = Path(__file__).parents[2]

TREE: dict[str, Any] = {"sr": {"pretrained": {"b": {"start": {"path": "models/a"}}}}}
STAGES = {
    "definitions": {"outs": [{"definitions.yaml": {"cache": False}}]},
    "publish": {"params": [{"definitions.yaml": ["publish"]}], "deps": ["tables"], "outs": ["out/train", "out/val"]},
    "train": {
        "foreach": "${sr.pretrained}",
        "do": {"deps": ["out/train", "${item.start.path}"], "outs": ["models/${key}"]},
    },
    "assess": {"deps": ["tables"], "metrics": [{"metrics/all.json": {"cache": False}}]},
    "report": {"deps": ["metrics", "models/b"]},
}


@pytest.fixture(name="known")
def stages_of_a_file(tmp_path: Path) -> dict[str, plan.Stage]:
    path = tmp_path / "dvc.yaml"
    path.write_text(yaml.safe_dump({"stages": STAGES}, sort_keys=False), encoding="utf-8")
    return plan.stages(path, TREE)


def test_stages_are_read_with_what_their_templates_stand_for(known: dict[str, plan.Stage]) -> None:
    assert list(known) == ["definitions", "publish", "train@b", "assess", "report"]
    assert known["train@b"] == plan.Stage(["out/train", "models/a"], ["models/b"])
    assert known["publish"] == plan.Stage(["tables", "definitions.yaml"], ["out/train", "out/val"])


@pytest.mark.parametrize(
    ("run", "same", "whole", "expected"),
    [
        (["definitions"], ["publish"], True, ["definitions"]),
        (["definitions", "assess"], [], True, ["definitions", "assess", "report"]),
        (["publish"], [], True, ["publish", "train@b", "report"]),
        (["definitions"], ["publish", "train@b"], False, ["definitions", "assess", "report"]),
    ],
)
def test_what_reads_of_what_will_be_written_is_to_come(
    known: dict[str, plan.Stage], run: list[str], same: list[str], whole: bool, expected: list[str]
) -> None:
    assert plan.to_come(run, same, known, whole=whole) == expected


def test_what_dvc_prints_is_read() -> None:
    printed = "Running stage 'a@b':\n> run\n\n\x1b[1mStage 'study/dvc.yaml:study' didn't change, skipping\n"
    assert plan.announced(printed, RUNNING) == ["a@b"]
    assert plan.announced(printed, UNCHANGED) == ["study"]


def test_each_stage_of_the_project_is_shown_as_its_rules_or_as_itself() -> None:
    tree = params.read(ROOT / "params.yaml")
    steps = plan.shown_steps(list(plan.stages(ROOT / "dvc.yaml", tree)), tree)
    assert steps[:6] == ["analyze", "probe", "score", "label", "features", "vet"]
    assert steps[-1] == "report"
    assert {"train_sr@swinir_tiny_x4", "evaluate_t2i@flow_tiny"} <= set(steps)
    assert not {"definitions", "measure", "dataset", "embed"} & set(steps)
