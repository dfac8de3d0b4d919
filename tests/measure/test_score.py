"""Metrics on named views; the metrics themselves are pyiqa's, whose import alone takes seconds: once, here."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import columns, hardware, lmm, metrics, probe, score, transformers_models
from tests.project import PAPER, composed

ROOT = Path(__file__).parents[2]
CPU = hardware.Hardware(device="cpu", batch=1, readers=1, weights=None)
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.fixture(scope="module", name="pyiqa")
def quiet_pyiqa() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third parties' imports
        import pyiqa
    return pyiqa


@pytest.fixture(name="scored")
def scored_store(store: Any, mixed: dict[str, str]) -> Any:
    assert mixed
    store.change("score", metrics={"entropy": "tiles:16"})
    probe.run(store.args("probe.parquet"))
    return store


def test_only_images_that_nothing_has_rejected_are_scored(scored: Any, mixed: dict[str, str], pyiqa: Any) -> None:
    score.run(scored.args("score.parquet"))
    table = tables.read(scored.root / "score.parquet")
    assert table.columns.tolist() == ["id", "entropy_mean", "entropy_min", "entropy_spread"]
    measured = dict(zip(table["id"], table["entropy_mean"].notna(), strict=True))
    assert measured == {id_: reason == "" for id_, reason in mixed.items()}


def test_nothing_is_scored_twice_and_then_no_metric_is_loaded(
    scored: Any, pyiqa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    score.run(scored.args("one.parquet"))
    monkeypatch.setattr(metrics, "create", None)
    score.run(scored.args("two.parquet"))
    assert (scored.root / "one.parquet").read_bytes() == (scored.root / "two.parquet").read_bytes()


def test_a_metric_of_pyiqa_is_loaded_by_name_and_others_are_one_line(pyiqa: Any) -> None:
    entropy = metrics.create("entropy", CPU, "NR")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert metrics.values(entropy, [noise], {})[0] > metrics.values(entropy, [np.zeros_like(noise)], {})[0]
    for name in ("beauty", "psnr"):  # unknown, and one that needs a reference
        with pytest.raises(
            UserError, match=f"pyiqa has no metric '{name}' of the kind NR; `pyiqa --list` shows what it has"
        ):
            metrics.create(name, CPU, "NR")


def test_tiles_in_batches_have_the_scores_of_tiles_one_by_one(pyiqa: Any) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, high, (32, 32, 3), dtype=np.uint8) for high in (256, 100, 9)]
    entropy = metrics.create("entropy", CPU, "NR")
    single = [value for picture in pictures for value in metrics.values(entropy, [picture], {})]
    assert metrics.values(entropy, pictures, {}) == pytest.approx(single, abs=1e-5)


def test_missing_weights_are_one_line_with_the_command_that_gets_them(pyiqa: Any, tmp_path: Path) -> None:
    machine = hardware.Hardware(device="cpu", batch=1, readers=1, weights=str(tmp_path))
    with pytest.raises(UserError) as caught:
        metrics.create("niqe", machine, "NR")
    assert str(caught.value).startswith("the weights of 'niqe' are missing (https://")
    assert str(caught.value).endswith(
        f"""with a network run: TORCH_HOME={tmp_path} HF_HOME={tmp_path} python -c "import pyiqa; """
        """pyiqa.create_metric('niqe')\""""
    )


def test_weights_that_would_run_code_are_refused(pyiqa: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "pwned",)

    path = tmp_path / "weights.pth"
    path.write_bytes(b"")
    torch.save({"params": Evil()}, path)
    monkeypatch.setattr("pyiqa.archs.arch_util.load_file_from_url", lambda *_: str(path))
    hardware.prepare(CPU)
    with pytest.raises(UserError, match="the weights of 'cnniqa' would run code when loaded, so they are refused"):
        metrics.create("cnniqa", CPU, "NR")
    assert not (tmp_path / "pwned").exists()


def test_the_hash_of_weights_is_of_what_they_are_and_not_of_when_they_were_loaded() -> None:
    torch.manual_seed(0)
    one, two = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    assert hardware.digest(one) != hardware.digest(two)
    two.load_state_dict(one.state_dict())
    assert hardware.digest(one) == hardware.digest(two)
    two.statistics = torch.ones(2)  # as NIQE keeps its own
    assert hardware.digest(one) != hardware.digest(two)
    assert hardware.digest(torch.nn.ReLU()) == columns.UNWEIGHTED


def test_a_metric_depends_on_its_own_line_alone() -> None:
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())["score"]

    def keys(**changed: Any) -> dict[str, str]:
        return {
            column.name: column.key
            for column in score.metric_columns(params.validate(score.Params, tree | changed, "score"))
        }

    before = keys()
    after = keys(metrics={"piqe": "resize:512", "niqe": "full"})
    assert {name for name in before if before[name] != after[name]} == {"piqe"}


def test_two_entries_for_one_column_are_one_line() -> None:
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())["score"]
    changed = tree | {"textures": {"piqe": {"measure": "shannon_entropy", "view": "full"}}}
    numbers = params.validate(score.Params, changed, "score")
    with pytest.raises(UserError, match="several entries fill the column 'piqe'; give one another name"):
        score.metric_columns(numbers)


def test_the_default_metrics_are_ones_that_need_no_weights() -> None:
    section = yaml.safe_load((ROOT / "params.yaml").read_text())["score"]
    assert set(section["metrics"]) <= {"piqe"}
    assert section["vlms"] == section["endpoints"] == {}


def test_the_metrics_named_for_full_scale_are_there_with_their_licences(pyiqa: Any) -> None:
    text = PAPER.read_text()
    named = yaml.safe_load(composed(PAPER))["score"]["metrics"]
    asked = {metric if isinstance(view, str) else view["metric"] for metric, view in named.items()}
    assert asked == {"qalign", "laion_aes", "musiq", "clipiqa+", "topiq_iaa", "maniqa", "niqe", "brisque", "piqe"}
    assert named["qalign_aesthetic"]["options"] == {"task_": "aesthetic"}
    assert asked <= set(pyiqa.list_models("NR"))
    assert "PolyForm-Noncommercial" in text


def test_without_a_gpu_a_gpu_is_refused_and_auto_is_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    auto, cuda = (hardware.Hardware(device=name, batch=1, readers=1, weights=None) for name in ("auto", "cuda"))
    assert hardware.device(auto) == torch.device("cpu")
    with pytest.raises(UserError, match="torch sees no GPU here"):
        hardware.device(cuda)


@GPU
def test_scores_on_the_gpu_are_those_of_the_processor_up_to_rounding(pyiqa: Any) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    cuda = hardware.Hardware(device="cuda", batch=1, readers=1, weights=None)
    for name in ("entropy", "piqe"):
        found = [metrics.values(metrics.create(name, machine, "NR"), [picture], {})[0] for machine in (CPU, cuda)]
        assert found[1] == pytest.approx(found[0], rel=1e-3)


def test_the_examples_beside_the_numbers_of_full_scale_are_valid() -> None:
    text = PAPER.read_text()
    shown = re.findall(r"^  #  ( .*)$", text, re.MULTILINE)
    found = yaml.safe_load("\n".join(shown))
    assert list(found) == ["lmm_quality", "aesthetics"]
    vlms = {"lmm_quality": params.validate(transformers_models.Rating, found["lmm_quality"], "vlms")}
    endpoints = {"aesthetics": params.validate(lmm.Rating, found["aesthetics"], "endpoints")}
    assert list(vlms["lmm_quality"].words) == ["excellent", "good", "fair", "poor", "bad"]
    assert (
        lmm.rating_column("aesthetics", endpoints["aesthetics"], 4)
        .columns[0]
        .startswith("aesthetics_qwen2_vl_7b_instruct_")
    )
