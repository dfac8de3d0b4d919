"""native4k.sr.weights: published files and finished baselines as first weights, whole or with one line."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from native4k import cli
from native4k.errors import UserError
from native4k.sr import baselines, networks, weights
from native4k.sr.networks import edsr, rrdb, swinir
from native4k.sr.recipes.gan import Discriminator

pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid")  # basicsr's SwinIR

EDSR = edsr.Params(kind="edsr", num_feat=4, num_block=1, res_scale=1.0)
RRDB = rrdb.Params(kind="rrdb", num_feat=4, num_block=1, num_grow_ch=2)
State = dict[str, torch.Tensor]


def swin(upsampler: Any = "pixelshuffle", **changes: Any) -> swinir.Params:
    shape: dict[str, Any] = {"embed_dim": 8, "depths": (2, 2), "num_heads": (2, 2), "window_size": 4}
    rest: dict[str, Any] = {"mlp_ratio": 2.0, "drop_path": 0.1, "residual": False}
    return swinir.Params(**({"kind": "swinir", "upsampler": upsampler} | shape | rest | changes))


def published_swinir(img_size: int = 24, upsampler: str = "pixelshuffle", scale: int = 4) -> State:
    """basicsr's network as the authors trained theirs: buffers are in its state, masks are of the patches' size."""
    shape: dict[str, Any] = {"embed_dim": 8, "depths": (2, 2), "num_heads": (2, 2), "window_size": 4, "mlp_ratio": 2}
    network = networks.import_basicsr("archs.swinir_arch").SwinIR(
        img_size=img_size, **shape, upsampler=upsampler, upscale=scale
    )
    return network.state_dict()


def published_edsr() -> State:
    return networks.import_basicsr("archs.edsr_arch").EDSR(3, 3, num_feat=4, num_block=1, upscale=4).state_dict()


def published_rrdb(scale: int = 4) -> State:
    network = networks.import_basicsr("archs.rrdbnet_arch").RRDBNet(3, 3, scale, num_feat=4, num_block=1, num_grow_ch=2)
    return network.state_dict()


def published_discriminator() -> State:
    return networks.import_basicsr("archs.discriminator_arch").UNetDiscriminatorSN(3, 4).state_dict()


CASES: dict[str, tuple[Callable[[], State], Callable[[], nn.Module], str]] = {
    "swinir classical": (published_swinir, lambda: networks.build(swin(), 4), "; 6 derived buffers in it are right"),
    "swinir lightweight": (
        lambda: published_swinir(32, "pixelshuffledirect", 3),
        lambda: networks.build(swin("pixelshuffledirect"), 3),
        "; 6 derived buffers in it are right",
    ),
    "swinir real": (
        lambda: published_swinir(16, "nearest+conv"),
        lambda: networks.build(swin("nearest+conv"), 4),
        "; 6 derived buffers in it are right",
    ),
    "edsr": (published_edsr, lambda: networks.build(EDSR, 4), ""),
    "rrdbnet x4": (published_rrdb, lambda: networks.build(RRDB, 4), ""),
    "rrdbnet x2": (lambda: published_rrdb(2), lambda: networks.build(RRDB, 2), ""),
    "discriminator": (published_discriminator, lambda: Discriminator(4), ""),
}


def layouts(state: State) -> dict[str, tuple[Any, str | None, str]]:
    """A file's tree, the key asked for, and the key that is told."""
    other = {name: torch.zeros_like(value) for name, value in state.items()}
    wrapped = {f"module.{name}": value for name, value in state.items()}
    return {
        "bare.pth": (state, None, ""),
        "params.pth": ({"params": state}, None, " (params)"),
        "ema.pth": ({"params_ema": state}, None, " (params_ema)"),
        "both.pth": ({"params": other, "params_ema": state}, "params_ema", " (params_ema)"),
        "own.pt": ({"iteration": 5, "model": state}, "model", " (model)"),
        "wrapped.pth": ({"params": wrapped}, None, " (params)"),
        "bare.safetensors": (state, None, ""),
    }


def write(tree: Any, path: Path) -> Path:
    if path.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in tree.items()}, path)
    else:
        torch.save(tree, path)
    return path


@pytest.mark.parametrize("case", CASES)
def test_published_weights_are_taken_whole_in_every_layout(case: str, tmp_path: Path) -> None:
    made, build, checked = CASES[case]
    state = made()
    for name, (tree, key, told) in layouts(state).items():
        path, network = write(tree, tmp_path / name), build()
        line = weights.fill(network, weights.Start(path=str(path), key=key), "here")
        found = network.body.state_dict()  # type: ignore[union-attr, operator]
        assert all(torch.equal(found[tensor], state[tensor]) for tensor in found)
        assert line == f"starting weights: {path}{told}: {len(found)} tensors taken, none left new{checked}"


def test_a_network_with_published_weights_makes_what_basicsrs_makes(tmp_path: Path) -> None:
    theirs = networks.import_basicsr("archs.edsr_arch").EDSR(3, 3, num_feat=4, num_block=1, upscale=4)
    ours = networks.build(EDSR, 4)
    weights.fill(ours, weights.Start(path=str(write(theirs.state_dict(), tmp_path / "a.pth"))), "here")
    image = torch.rand(1, 3, 5, 6)
    assert torch.equal(ours(image), theirs(image))


def test_a_baseline_of_published_weights_needs_no_training(
    split: Callable[..., Path],
    numbers: Callable[..., Path],
    draw: Callable[[int, int, int], np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    theirs = networks.import_basicsr("archs.rrdbnet_arch").RRDBNet(3, 3, 4, num_feat=4, num_block=1, num_grow_ch=2)
    file = write({"params_ema": theirs.state_dict()}, tmp_path / "a.pth")
    shape = {"kind": "rrdb", "num_feat": 4, "num_block": 1, "num_grow_ch": 2}
    entry = {"scale": 4, "network": shape, "start": {"path": str(file), "key": "params_ema"}}
    sheet = numbers({"pretrained.published_x4": entry})
    Image.fromarray(draw(0, 20, 24)).save(tmp_path / "small.png")
    words = ["published_x4", split("train"), split("val"), tmp_path / "model", "--scratch", tmp_path / "scratch"]
    words += ["--curve", tmp_path / "curve.csv", "--params", sheet]
    assert cli.main(["sr", "train", *map(str, words)]) == 0
    count = len(theirs.state_dict())
    assert f"starting weights: {file} (params_ema): {count} tensors taken, none left new" in capsys.readouterr().out
    words = [tmp_path / "model", tmp_path / "small.png", tmp_path / "large.png", "--params", sheet]
    assert cli.main(["sr", "upscale", *map(str, words)]) == 0
    kept = baselines.restore(tmp_path / "model")[1].body.state_dict()  # type: ignore[union-attr, operator]
    assert all(torch.equal(kept[name], value) for name, value in theirs.state_dict().items())
    assert np.asarray(Image.open(tmp_path / "large.png")).shape == (80, 96, 3)


def broken(change: Callable[[State], object]) -> State:
    state = published_swinir()
    change(state)
    return state


INDEX = "layers.0.residual_group.blocks.0.attn.relative_position_index"
MASK = "layers.1.residual_group.blocks.1.attn_mask"
LAST = "conv_last.bias"


@pytest.mark.parametrize(
    ("tree", "key", "said"),
    [
        (
            lambda: broken(lambda state: state.pop(LAST)),
            None,
            f"{LAST} is missing, the network wants (3,); 1 of 72 tensors do not fit: weights of another network",
        ),
        (
            lambda: broken(lambda state: state.update(extra=torch.ones(2), other=torch.ones(1))),
            None,
            "extra is (2,), the network wants none of that name; 2 of 74 tensors do not fit: weights of another netwo",
        ),
        (
            lambda: published_swinir(scale=8),
            None,
            "upsample.4.weight is (256, 64, 3, 3), the network wants none of that name; 2 of 74 tensors do not fit: we",
        ),
        (
            published_edsr,
            None,
            "conv_first.weight is (4, 3, 3, 3), the network wants (8, 3, 3, 3); ",
        ),
        (
            lambda: broken(lambda state: state[INDEX].add_(1)),
            None,
            f"{INDEX} is not what the network's window_size makes",
        ),
        (
            lambda: broken(lambda state: state[MASK].zero_()),
            None,
            f"{MASK} is not what the network's window_size makes",
        ),
        (lambda: {"params": {}, "params_ema": {}}, None, "holds params and params_ema; name one of them as 'key'"),
        (lambda: {"params": published_swinir()}, "params_ema", "has no params_ema; there are: params"),
        (lambda: {"iteration": 5, "model": {}}, None, "there are: iteration, model; name as 'key' the one under which"),
        (lambda: {"iteration": 5, "model": {}}, "iteration", "there are: iteration, model; name as 'key' the one"),
        (lambda: {1: torch.ones(1)}, None, "there are: 1; name as 'key' the one under which weights are"),
        (lambda: [torch.ones(1)], None, "holds a list, not tensors by name"),
        (lambda: {"params": Path("a")}, None, "damaged, or holds more than tensors; take a .pth or .safetensors file"),
    ],
)
def test_weights_that_do_not_fit_are_one_line(
    tree: Callable[[], Any], key: str | None, said: str, tmp_path: Path
) -> None:
    path, network = write(tree(), tmp_path / "a.pth"), networks.build(swin(), 4)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(UserError, match=f"^here: {path}: {re.escape(said)}") as caught:
        weights.fill(network, weights.Start(path=str(path), key=key), "here")
    assert "\n" not in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("ran", "w")


@pytest.mark.parametrize("content", [pickle.dumps({"params": Evil()}), b"", b"no weights"])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_a_file_of_anything_else_is_one_line_and_runs_nothing(
    content: bytes, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    with pytest.raises(UserError, match=f"^here: {name}: damaged, or holds more than tensors"):
        weights.fill(networks.build(EDSR, 4), weights.Start(path=name), "here")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            weights.Start(path="models/a", key="params"),
            "here.key: belongs to a file of weights, not to a folder; remove it",
        ),
        (weights.Start(path="nowhere.pth"), "here: nowhere.pth: no such file"),
        (
            weights.Start(path="models/none"),
            "here: models/none/weights.safetensors: no such file; get it with",
        ),
    ],
)
def test_what_is_not_there_or_is_of_the_other_kind_is_one_line(asked: weights.Start, said: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(said)}"):
        weights.fill(networks.build(EDSR, 4), asked, "here")


def test_published_weights_are_not_for_a_network_that_learns_the_difference(tmp_path: Path) -> None:
    path = write(published_swinir(), tmp_path / "a.pth")
    with pytest.raises(UserError, match="published networks have no residual; set network.residual to false"):
        weights.fill(networks.build(swin(residual=True), 4), weights.Start(path=str(path)), "here")


@pytest.fixture
def finished(tmp_path: Path) -> Callable[..., tuple[Path, nn.Module]]:
    """Makes the folder of a finished baseline, and gives it with the network."""

    def make(shape: networks.Network, scale: int) -> tuple[Path, nn.Module]:
        network = networks.build(shape, scale)
        baseline = baselines.Params(scale=scale, network=shape)
        saved = baselines.Saved(name="lower", baseline=baseline, patches=None, degrade=None)
        baselines.save(saved, network, tmp_path / "lower")
        return tmp_path / "lower", network

    return make


@pytest.mark.parametrize(
    ("shape", "low", "high", "new"),
    [
        (swin(), 4, 8, ["body.upsample.4.weight", "body.upsample.4.bias"]),
        (swin("pixelshuffledirect", residual=True), 4, 16, ["body.upsample.0.weight", "body.upsample.0.bias"]),
        (EDSR, 2, 4, ["body.upsample.2.weight", "body.upsample.2.bias"]),
        (EDSR, 8, 4, []),
        (RRDB, 2, 4, ["body.conv_first.weight"]),
        (EDSR, 4, 4, []),
    ],
)
def test_all_but_the_upsampler_comes_from_another_scale(
    shape: networks.Network, low: int, high: int, new: list[str], finished: Callable[..., tuple[Path, nn.Module]]
) -> None:
    folder, lower = finished(shape, low)
    torch.manual_seed(1)
    higher = networks.build(shape, high)
    untouched = {name: value.clone() for name, value in higher.state_dict().items()}
    line = weights.fill(higher, weights.Start(path=str(folder)), "here")
    state, source = higher.state_dict(), lower.state_dict()
    assert all(torch.equal(value, untouched[name] if name in new else source[name]) for name, value in state.items())
    left = f"{len(new)} left new ({', '.join(new)})" if new else "none left new"
    assert line == (
        f"starting weights: {folder / 'weights.safetensors'}: {len(state) - len(new)} tensors taken, {left}"
    )


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (swin(embed_dim=16), "body.conv_first.weight is (8, 3, 3, 3), the network wants (16, 3, 3, 3); "),
        (swin("pixelshuffledirect"), "body.conv_before_upsample.0.bias is (64,), the network wants none"),
        (swin(residual=True), "params.json: its network.residual is False, here it is True"),
        (EDSR, "params.json: its network.kind is swinir, here it is edsr"),
    ],
)
def test_a_baseline_of_another_network_is_one_line(
    shape: networks.Network, said: str, finished: Callable[..., tuple[Path, nn.Module]]
) -> None:
    folder, _ = finished(swin(), 4)
    with pytest.raises(UserError, match=re.escape(said)):
        weights.fill(networks.build(shape, 8), weights.Start(path=str(folder)), "here")


def test_a_baseline_without_params_is_one_line(finished: Callable[..., tuple[Path, nn.Module]]) -> None:
    folder, network = finished(EDSR, 4)
    (folder / "params.json").unlink()
    with pytest.raises(UserError, match="params.json: not readable; get it with 'dvc pull"):
        weights.fill(network, weights.Start(path=str(folder)), "here")
