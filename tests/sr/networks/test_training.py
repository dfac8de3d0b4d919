"""Networks of spandrel's and HiT-SR through the commands: trained, fine-tuned, ended and gone on, measured."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from native4k import cli, images
from native4k.learning import checkpoint
from native4k.sr import baselines, networks
from native4k.sr.networks import spandrel
from tests.sr.conftest import SECTION
from tests.sr.networks import test_hitsr, test_spandrel

Make = Callable[..., Path]
REGRESSION = SECTION["baselines"]["swinir_x4"]["training"] | {"images": 12}
GAN = REGRESSION | {
    "recipe": {
        "kind": "gan",
        "pixel": {"kind": "l1", "weight": 1.0},
        "perceptual": None,
        "adversarial": {"kind": "vanilla", "weight": 0.1},
        "discriminator": {"num_feat": 4, "lr": 1.0},
    }
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "published.safetensors"
    save_file(networks.build(test_spandrel.shape("Compact"), 4).body.state_dict(), path)
    return path


def entry(network: Any, training: dict[str, Any] | None, **rest: Any) -> dict[str, Any]:
    return {"scale": 4, "network": network, **({"training": training} if training else {}), **rest}


def words(folder: Path, params: Path, out: str) -> list[str]:
    places = [folder / "train", folder / "val", folder / out]
    ends = ["--scratch", folder / f"work_{out}", "--curve", folder / f"{out}.csv", "--params", params]
    return ["sr", "train", "tiny", *map(str, places), *map(str, ends)]


@pytest.mark.parametrize("name", ["Compact fine-tuned", "DAT", "HiT-SR"])
def test_a_run_that_is_ended_ends_with_the_same_bits_as_one_that_is_not(
    name: str, published: Path, split: Make, numbers: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "Compact fine-tuned":
        entries = {"pretrained.tiny": entry({"kind": "spandrel"}, GAN, start={"path": str(published)})}
    else:
        network = test_hitsr.shape(drop_path=0.2) if name == "HiT-SR" else test_spandrel.shape(name)
        shape = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(network).items()}
        entries = {"baselines.tiny": entry(shape, REGRESSION)}
    split("train"), split("val")
    params = numbers(entries)
    assert cli.main(words(tmp_path, params, "whole")) == 0
    save, kept = checkpoint.save, list[int]()

    def ended(state: checkpoint.State, home: Path) -> None:
        save(state, home)
        kept.append(state.progress.seen)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", ended)
    assert cli.main(words(tmp_path, params, "ended")) == 130
    assert not (tmp_path / "ended").exists()
    assert 0 < kept[0] < kept[1] < 12
    assert cli.main(words(tmp_path, params, "ended")) == 0
    for file in ("weights.safetensors", "params.json"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "ended" / file).read_bytes()
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "ended.csv").read_bytes()


def test_a_published_file_is_a_baseline_whose_architecture_is_saved_with_it(
    published: Path, split: Make, numbers: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = split("test", images=2, size=(96, 120))
    params = numbers({"pretrained.tiny": entry({"kind": "spandrel"}, None, start={"path": str(published)})})
    assert cli.main(words(tmp_path, params, "model")) == 0
    assert f"starting weights: {published}: 8 tensors taken, none left new" in capsys.readouterr().out
    saved, network = baselines.restore(tmp_path / "model")
    options = {"num_feat": 8, "num_conv": 1, "upscale": 4}
    assert saved.baseline.network == spandrel.Params(kind="spandrel", architecture="Compact", options=options)
    published.unlink()
    outs = ["--figures", "figures.json", "--images", "images.parquet", "--pictures", "pictures"]
    outs = [word if word.startswith("--") else str(tmp_path / word) for word in outs]
    places = map(str, [tmp_path / "model", test, tmp_path / "metrics.json"])
    assert cli.main(["sr", "evaluate", "tiny", *places, *outs, "--params", str(params)]) == 0
    small, large = test / "test0000.png", tmp_path / "large.png"
    assert cli.main(["sr", "upscale", str(tmp_path / "model"), str(small), str(large), "--params", str(params)]) == 0
    assert images.load(large).shape == (384, 480, 3)
    assert network.scale == 4


def test_a_start_that_does_not_go_with_the_entry_is_one_line(
    published: Path, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    start = {"path": str(published)}
    params = numbers({"pretrained.tiny": entry({"kind": "spandrel"}, None, start=start) | {"scale": 2}})
    where = f"{params}: sr.pretrained.tiny.start: {published}"
    assert complaint(*words(tmp_path, params, "model")).endswith(
        f"{where}: this Compact makes pictures x4, the baseline is x2"
    )
    params = numbers({"baselines.tiny": entry({"kind": "spandrel"}, None)})
    assert complaint(*words(tmp_path, params, "model")).endswith(
        "sr.baselines.tiny: spandrel: name an architecture, or a start whose file shows it"
    )
    start = {"path": str(tmp_path / "models/none")}
    params = numbers({"pretrained.tiny": entry({"kind": "spandrel"}, None, start=start)})
    assert "models/none/params.json: no such file; get it with 'dvc pull" in complaint(
        *words(tmp_path, params, "model")
    )


def test_a_precision_that_the_machine_or_the_network_lacks_is_one_line(
    published: Path, split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    split("train"), split("val")

    def lacks(*_: Any) -> torch.Tensor:
        raise RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'")

    training = REGRESSION | {"precision": "fp16"}
    start = {"path": str(published)}
    params = numbers({"pretrained.tiny": entry({"kind": "spandrel"}, training, start=start)})
    monkeypatch.setattr(spandrel.Spandrel, "forward", lacks)
    said = complaint(*words(tmp_path, params, "model"))
    assert "sr.pretrained.tiny.training.precision: fp16 is not for cpu: " in said
    library = test_spandrel.importlib.import_module("spandrel")
    load = library.ModelLoader.load_from_state_dict

    def without(self: Any, state: dict[str, torch.Tensor]) -> Any:
        found = load(self, state)
        found.supports_bfloat16 = False
        return found

    monkeypatch.setattr(library.ModelLoader, "load_from_state_dict", without)
    training = REGRESSION | {"precision": "bf16"}
    params = numbers({"pretrained.tiny": entry({"kind": "spandrel"}, training, start=start)})
    assert complaint(*words(tmp_path, params, "model")).endswith(
        "tiny.training.precision: this network does not compute in bf16; take float32"
    )
