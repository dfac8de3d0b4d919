"""Embeddings by small random networks that are saved and loaded as real ones are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import embed, probe

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")  # of making the file

SECTION = {"kind": "none", "model": "", "side": 16, "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}


class Tiny(torch.nn.Module):
    """A network small enough to do by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 6, 8, stride=8)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Twenty-four numbers."""
        return self.layer(pixels).flatten(1)


def numbers(**changes: Any) -> embed.Params:
    return params.validate(embed.Params, SECTION | changes, "embed")


@pytest.fixture(name="script")
def a_torchscript_file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.jit.save(torch.jit.trace(Tiny().eval(), torch.zeros(1, 3, 16, 16)), tmp_path / "tiny.pt")
    return tmp_path / "tiny.pt"


def drawn(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (60, 80, 3), dtype=np.uint8))


def vector(content: bytes) -> np.ndarray:
    return np.frombuffer(content, dtype="<f2").astype(float)


def test_a_torchscript_network_gives_what_it_gave_before_it_was_saved(script: Path) -> None:
    made = vector(embed.embed(drawn(0), embed.load(numbers(kind="torchscript", model=str(script))), 16))
    torch.manual_seed(0)
    square = np.asarray(drawn(0).resize((16, 16), Image.Resampling.BICUBIC, reducing_gap=3.0)) / 255
    tensor = torch.from_numpy(((square - 0.5) / 0.2).astype(np.float32)).permute(2, 0, 1)[None]
    expected = Tiny()(tensor).detach().numpy().ravel()
    np.testing.assert_allclose(made, expected / np.linalg.norm(expected), atol=1e-3)


def test_a_transformers_encoder_is_loaded_from_a_folder(tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(0)
    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    ViTModel(ViTConfig(**small, image_size=16, patch_size=8)).eval().save_pretrained(tmp_path)
    encoder = embed.load(numbers(kind="transformers", model=str(tmp_path)))
    one, again, other = (vector(embed.embed(drawn(seed), encoder, 16)) for seed in (0, 0, 1))
    assert one.shape == (8,)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-2)
    assert (one == again).all()
    assert not (one == other).all()


@pytest.mark.parametrize("kind", ["torchscript", "transformers"])
def test_a_model_that_is_not_there_is_one_line(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"embed.model '{tmp_path}/none' cannot be loaded as {kind}: "):
        embed.load(numbers(kind=kind, model=str(tmp_path / "none")))


def test_embedding_with_no_network_named_is_one_line() -> None:
    with pytest.raises(UserError, match="embed.kind is none: nothing to embed with; there are: torchscript, "):
        embed.load(numbers())


def test_a_shard_of_the_store_gets_a_vector_for_each_good_image_once(
    store: Any, mixed: dict[str, str], script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.measure.conftest import PARAMS

    store.write(PARAMS | {"embed": SECTION | {"kind": "torchscript", "model": str(script)}})
    probe.run(store.args("probe.parquet"))
    args = store.args("embed.parquet", probed=store.root / "probe.parquet")
    embed.run(args)
    table = tables.read(store.root / "embed.parquet")
    assert sorted(table["id"]) == sorted(id_ for id_, matter in mixed.items() if not matter)
    assert {len(content) for content in table["embedding"]} == {48}
    monkeypatch.setattr(embed, "load", None)
    embed.run(args)
    assert tables.read(store.root / "embed.parquet").equals(table)


def test_imagededups_network_is_loaded_with_the_weights_that_are_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import models

    torch.manual_seed(0)
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    weights = models.mobilenet_v3_small().state_dict()
    torch.save(weights, tmp_path / "hub" / "checkpoints" / "mobilenet_v3_small-047dcff4.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    encoder = embed.load(numbers(kind="imagededup"))
    one, again, other = (vector(embed.embed(drawn(seed), encoder, 64)) for seed in (0, 0, 1))
    assert one.shape == (576,)
    assert (one == again).all()
    assert not (one == other).all()
