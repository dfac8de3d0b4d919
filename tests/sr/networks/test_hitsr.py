"""native4k.sr.networks.hitsr: the paper's definition, written out, and the authors' sizes and names."""

from typing import Any

import pytest
import torch
from torch import Tensor

from native4k.errors import UserError
from native4k.sr import networks
from native4k.sr.networks import hitsr
from tests.sr.conftest import Gain


def shape(**changes: Any) -> hitsr.Params:
    small: dict[str, Any] = {"embed_dim": 16, "depths": (3,), "num_heads": (2,), "base_window": 4}
    rest: dict[str, Any] = {"window_ratios": (0.5, 1.0, 2.0), "mlp_ratio": 2.0, "mlp": "convolved", "drop_path": 0.0}
    return hitsr.Params(**{"kind": "hitsr", **small, **rest, **changes})


def published(**changes: Any) -> hitsr.Params:
    sizes: dict[str, Any] = {"embed_dim": 60, "depths": (6,) * 4, "num_heads": (6,) * 4, "base_window": 8}
    return shape(**{**sizes, "window_ratios": hitsr.PUBLISHED, **changes})


@pytest.mark.parametrize(
    ("mlp", "counts"), [("convolved", [846_944, 855_059, 866_420]), ("plain", [772_064, 780_179, 791_540])]
)
def test_it_has_as_many_weights_as_published(mlp: Any, counts: list[int]) -> None:
    built = [networks.build(published(mlp=mlp), scale) for scale in (2, 3, 4)]  # HiT-SRF 866 K, HiT-SIR 792 K at x4
    assert [sum(weight.numel() for weight in network.parameters()) for network in built] == counts


def test_weights_have_the_names_of_the_authors_files_and_show_the_shape() -> None:
    network = networks.build(published(), 4)
    state = network.body.state_dict()
    first = "layers.0.residual_group.blocks.0."
    inner = sorted(name.removeprefix(first) for name in state if name.startswith(first) and name.endswith(".weight"))
    assert inner == [
        *(f"correlation.pos.pos{place}" for place in ("1.0.weight", "1.2.weight", "2.0.weight", "2.2.weight")),
        *(f"correlation.pos.pos{place}" for place in ("3.0.weight", "3.2.weight", "_proj.weight")),
        "correlation.proj.weight",
        *(f"correlation.qv.{name}.weight" for name in ("conv.0", "conv.2", "conv.4", "linear")),
        "correlation.spatial_linear.weight",
        "mlp.dwconv.depthwise_conv.0.weight",
        *(f"{name}.weight" for name in ("mlp.fc1", "mlp.fc2", "norm1", "norm2")),
    ]
    outer = {name.partition(".")[0] for name in state}
    assert outer == {"conv_first", "patch_embed", "layers", "norm", "conv_after_body", "upsample"}
    assert hitsr.find(state, "here") == (published(), 4)
    assert hitsr.find({"conv_first.weight": torch.ones(1)}, "here") is None
    del state["conv_first.weight"]
    with pytest.raises(UserError, match=r"^here: weights of HiT-SR are missing; get the file again$"):
        hitsr.find(state, "here")
    small = networks.build(shape(depths=(6,), window_ratios=(0.5, 1.0, 1.0, 1.0, 1.0, 2.0)), 4).body.state_dict()
    few = networks.build(shape(depths=(2,), window_ratios=(0.5, 1.0)), 4).body.state_dict()
    for other in (small, few):
        with pytest.raises(UserError, match=r"^here: not HiT-SR's published windows; use it as a baseline"):
            hitsr.find(other, "here")


def naive(layer: hitsr.Correlation, image: Tensor) -> Tensor:
    """The paper's correlations window by window: every position, and the mean over each cell of the base window."""
    side, cells, block, heads = layer.window, layer.cells, layer.block, layer.heads
    out, features = torch.zeros_like(image), layer.qv(image)
    half = image.shape[-1] // 2
    at = torch.tensor([(y, x) for y in range(side) for x in range(side)])
    bias = layer.pos((at[:, None] - at[None]).float())  # of every position against every other
    members = torch.stack([(at // block == torch.tensor([y, x])).all(1) for y in range(cells) for x in range(cells)])
    for top in range(0, image.shape[1], side):
        for left in range(0, image.shape[2], side):
            window = features[0, top : top + side, left : left + side].reshape(side * side, -1)
            query, value = window[:, :half], window[:, half:]
            parts = []
            for head in range(heads):
                own = slice(head * half // heads, (head + 1) * half // heads)
                gathered = torch.stack(
                    [layer.spatial_linear(value[member][:, own].T).squeeze(-1) for member in members]
                )
                mean_bias = torch.stack([bias[:, member, head].mean(1) for member in members], 1)
                parts.append((query[:, own] @ gathered.T / (half // heads) + mean_bias) @ gathered)
            channels = value @ (query.T @ value / side**2).T
            both = layer.proj(torch.cat([*parts, channels], -1))
            out[0, top : top + side, left : left + side] = both.reshape(side, side, -1)
    return out


@pytest.mark.parametrize(("window", "base"), [(2, 4), (4, 4), (8, 4), (12, 4)])
def test_correlations_are_the_papers(window: int, base: int) -> None:
    torch.manual_seed(window)
    layer = hitsr.Correlation(16, 2, window, base)
    image = torch.randn(1, window, 2 * window, 16)
    with torch.no_grad():
        assert torch.allclose(layer(image), naive(layer, image), atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 8])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 2), (7, 19)])
def test_it_enlarges_pictures_of_any_size(scale: int, height: int, width: int) -> None:
    with torch.no_grad():
        made = networks.build(shape(drop_path=0.3), scale)(torch.rand(2, 3, height, width))
    assert made.shape == (2, 3, height * scale, width * scale)


def test_features_are_mirrored_as_torch_reflects_and_on_and_on() -> None:
    image = torch.rand(1, 5, 6, 2)
    once = torch.nn.functional.pad(image.permute(0, 3, 1, 2), (0, 2, 0, 3), "reflect").permute(0, 2, 3, 1)
    assert torch.equal(hitsr._reflect(image, 8), once)
    line = torch.arange(3.0).view(1, 3, 1, 1)
    assert hitsr._reflect(line, 8)[0, :, 0, 0].tolist() == [0, 1, 2, 1, 0, 1, 2, 1]


def test_it_learns_a_picture_far_better_than_interpolation(gain_on_a_picture: Gain) -> None:
    torch.manual_seed(0)
    assert gain_on_a_picture(networks.build(shape(), 4), 60, 0.01) > 3


@pytest.mark.parametrize(
    ("changes", "scale", "line"),
    [
        ({}, 1, "hitsr cannot do scale 1; it can do 2, 3, 4, "),
        ({"num_heads": (2, 2)}, 4, r"hitsr: depths \[3\] and num_heads \[2, 2\] differ in length"),
        ({"depths": (2,)}, 4, r"hitsr: depths \[2\] must be the 3 of window_ratios"),
        ({"window_ratios": (0.5, 1.0, 1.5)}, 4, "hitsr: window_ratios: 1.5 of base_window 4 is no whole window"),
        ({"num_heads": (3,)}, 4, "hitsr: embed_dim 16 cannot be shared by 2 x 3 heads"),
    ],
)
def test_a_shape_that_cannot_be_built_is_one_line(changes: dict[str, Any], scale: int, line: str) -> None:
    with pytest.raises(UserError, match=f"^{line}"):
        networks.build(shape(**changes), scale)
