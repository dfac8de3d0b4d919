"""native4k.sr.networks.spandrel: published files through it and through ours, what it refuses, what it learns."""

import importlib
import inspect
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from native4k.errors import UserError
from native4k.sr import baselines, networks, tiles, weights
from native4k.sr.networks import rrdb, spandrel, swinir
from tests.sr.conftest import Gain

State = dict[str, torch.Tensor]

OPTIONS: dict[str, dict[str, Any]] = {
    "Compact": {"num_feat": 8, "num_conv": 1},
    "SPAN": {"num_in_ch": 3, "num_out_ch": 3, "feature_channels": 8},
    "HAT": {"embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 8, "num_feat": 8, "squeeze_factor": 3}
    | {"compress_ratio": 3, "upsampler": "pixelshuffle"},
    "DAT": {"embed_dim": 16, "depth": [2], "num_heads": [2], "split_size": [4, 8], "upsampler": "pixelshuffle"},
    "ATD": {"embed_dim": 16, "depths": [2], "num_heads": [2], "window_size": 8, "upsampler": "pixelshuffledirect"},
    "RCAN": {"n_resgroups": 1, "n_resblocks": 1, "n_feats": 16, "reduction": 4},
    "RealPLKSR": {"dim": 16, "n_blocks": 1},
}
"""Tiny networks, drawn at random: nothing is said of the published ones."""


def shape(name: str, **changes: Any) -> spandrel.Params:
    return spandrel.Params(kind="spandrel", architecture=name, options=OPTIONS.get(name, {}) | changes)


def of_file(state: State, scale: int, path: Path) -> nn.Module:
    """The network that spandrel finds in a file, as a baseline with that start gets it."""
    save_file({name: value.contiguous() for name, value in state.items()}, path)
    start = weights.Start(path=str(path))
    found = spandrel.resolve(weights.read(path, None, "here")[0], scale, "here")
    network = networks.build(found, scale)
    weights.fill(network, start, "here")
    return network.eval()


def apart(ours: nn.Module, theirs: nn.Module, scale: int) -> tuple[float, int]:
    """The largest difference of two networks' pictures: whole ones, and in grey levels of what tiles make of one."""
    torch.manual_seed(1)
    image = torch.rand(1, 3, 16, 24)
    small = np.random.default_rng(0).integers(0, 256, (19, 26, 3), dtype=np.uint8)
    with torch.no_grad():
        whole = float((ours.eval()(image) - theirs(image)).abs().max())
    made = [tiles.enlarge(network, small, scale, 16, 4).astype(int) for network in (ours, theirs)]
    return whole, int(abs(made[0] - made[1]).max())


@pytest.mark.parametrize(("scale", "upsampler"), [(2, "pixelshuffle"), (3, "pixelshuffledirect"), (4, "nearest+conv"),
                                                  (4, "pixelshuffle"), (8, "pixelshuffle")])  # fmt: skip
def test_swinir_makes_the_same_pictures_through_spandrel_and_through_ours(
    scale: int, upsampler: Any, tmp_path: Path
) -> None:
    torch.manual_seed(scale)
    sizes: dict[str, Any] = {"embed_dim": 8, "depths": (2,), "num_heads": (2,), "window_size": 8}
    ours = swinir.build(
        swinir.Params(kind="swinir", mlp_ratio=2.0, drop_path=0.1, upsampler=upsampler, residual=False, **sizes),
        scale,
    )
    published = networks.import_basicsr("archs.swinir_arch").SwinIR(
        img_size=16, mlp_ratio=2.0, upsampler=upsampler, upscale=scale, **sizes
    )
    published.load_state_dict(ours.body.state_dict(), strict=False)
    whole, tiled = apart(ours, of_file(published.state_dict(), scale, tmp_path / "published.safetensors"), scale)
    assert whole < 1e-6
    assert tiled == 0


@pytest.mark.parametrize("scale", [2, 4])
def test_rrdbnet_makes_the_same_pictures_through_spandrel_as_basicsrs(scale: int, tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = rrdb.build(rrdb.Params(kind="rrdb", num_feat=8, num_block=2, num_grow_ch=32), scale)
    theirs = of_file(ours.body.state_dict(), scale, tmp_path / "published.safetensors")
    whole, tiled = apart(ours, theirs, scale)
    assert whole < 1e-6
    assert tiled == 0


def test_compact_makes_the_same_pictures_through_spandrel_as_basicsrs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = networks.import_basicsr("archs.srvgg_arch").SRVGGNetCompact(3, 3, 8, 2, 4)
    whole, tiled = apart(published, of_file(published.state_dict(), 4, tmp_path / "published.safetensors"), 4)
    assert whole < 1e-6
    assert tiled == 0


@pytest.mark.parametrize("name", OPTIONS)
def test_an_architecture_enlarges_pictures_of_any_size_and_is_built_again_from_its_own_file(
    name: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = networks.build(shape(name), 4).eval()
    image = torch.rand(2, 3, 9, 14)
    before = image.clone()
    with torch.no_grad():
        made = network(image)
        again = of_file(network.body.state_dict(), 4, tmp_path / "own.safetensors")(image)
    assert made.shape == (2, 3, 36, 56)
    assert torch.equal(image, before)
    assert torch.allclose(made, again, atol=1e-6)


def test_grey_networks_see_one_channel_after_the_other() -> None:
    torch.manual_seed(0)
    network = networks.build(shape("Compact", num_in_ch=1, num_out_ch=1), 2).eval()
    image = torch.rand(2, 3, 8, 9)
    with torch.no_grad():
        made, red = network(image), network.body(image[:, :1])
    assert made.shape == (2, 3, 16, 18)
    assert torch.allclose(made[:, :1], red, atol=1e-6)


def test_an_architecture_learns_a_picture_far_better_than_interpolation(gain_on_a_picture: Gain) -> None:
    torch.manual_seed(0)
    assert gain_on_a_picture(networks.build(shape("Compact"), 4).train(), 150, 0.01) > 3


def test_another_scale_goes_on_from_what_does_not_depend_on_it(tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = tmp_path / "compact_x4"
    before = networks.build(shape("Compact"), 4)
    entry = baselines.Params(scale=4, network=before.shape)
    baselines.save(baselines.Saved(name="compact_x4", baseline=entry, patches=None, degrade=None), before, folder)
    after = networks.build(shape("Compact"), 2)
    line = weights.fill(after, weights.Start(path=str(folder)), "here")
    assert line.endswith("6 tensors taken, 2 left new (body.body.4.weight, body.body.4.bias)")
    assert torch.equal(after.body.state_dict()["body.0.weight"], before.body.state_dict()["body.0.weight"])
    assert baselines.restore(folder)[0].baseline == entry


def test_exactly_the_architectures_for_super_resolution_are_offered() -> None:
    registry = importlib.import_module("spandrel").MAIN_REGISTRY
    for entry in registry:
        source = inspect.getsource(importlib.import_module(type(entry.architecture).__module__))
        offers = re.search(r'(purpose=|else )"SR"', source) is not None
        assert offers is (entry.architecture.id not in spandrel.OTHERS), entry.architecture.id
    assert {"HAT", "DAT", "ATD", "DRCT", "RGT", "GRL", "SPAN", "PLKSR", "Compact", "RCAN", "Swin2SR"} < set(
        spandrel.classes()
    )


def _restorer() -> State:
    return nafnet().state_dict()


def nafnet() -> nn.Module:
    module = importlib.import_module("spandrel.architectures.NAFNet")
    network: nn.Module = module.NAFNet(width=4, enc_blk_nums=[1], dec_blk_nums=[1], middle_blk_num=1)
    return network


def compact(**changes: Any) -> State:
    return networks.build(shape("Compact", **changes), 4).body.state_dict()


FOUND = "for super-resolution are ATD, AuraSR, Compact, CRAFT, DAT, DCTLSA, "


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ({"layer.weight": torch.ones(1)}, f"here: not an architecture that is known; {FOUND}"),
        (_restorer, f"here: NAFNet is for pictures that keep their size; {FOUND}"),
        (
            lambda: spandrel.classes()["Compact"](num_in_ch=4, num_out_ch=4, num_feat=8, num_conv=1).state_dict(),
            "here: this Compact takes 4 channels and gives 4; pictures here",
        ),
        (lambda: {**compact(), "body.0.weight": torch.ones(8, 5)}, "here: weights are missing or do not fit ("),
        (lambda: dict(list(compact().items())[:-1]), "here: weights are missing or do not fit ("),
        (compact, "here: this Compact makes pictures x4, the baseline is x2"),
    ],
)
def test_a_file_that_is_not_for_it_is_one_line(state: Any, line: str) -> None:
    given = state() if callable(state) else state
    with pytest.raises(UserError) as refused:
        spandrel.resolve(given, 2, "here")
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("purpose", "meant"), [("FaceSR", "faces"), ("Inpainting", "filling holes")])
def test_a_network_for_faces_or_holes_is_one_line(purpose: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = importlib.import_module("spandrel")
    state = compact()
    found = library.ModelLoader().load_from_state_dict(dict(state))
    monkeypatch.setattr(type(found), "purpose", purpose)
    with pytest.raises(UserError, match=f"^here: Compact is for {meant}; for super-resolution are ATD, "):
        spandrel.descriptor_of(state, "here")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (shape("Compakt"), r"spandrel: there is no Compakt; for super-resolution are ATD, .*; is it 'Compact'\?"),
        (shape("GFPGAN"), "spandrel: there is no GFPGAN; for super-resolution are ATD, "),
        (shape("Compact", width=3), "spandrel: Compact has no option width; it has num_in_ch, num_out_ch, num_feat, "),
        (shape("HAT", depths=[2, 2]), "spandrel: these options build no HAT ("),
        (shape("UpCunet2x"), "spandrel: this UpCunet2x makes pictures x2, not x4"),
        (spandrel.Params(kind="spandrel"), "spandrel: name an architecture, or a start whose file shows it"),
    ],
)
def test_numbers_that_build_no_network_are_one_line(given: spandrel.Params, line: str) -> None:
    with pytest.raises(UserError) as refused:
        networks.build(given, 4)
    assert re.match(line.replace("(", r"\("), str(refused.value))


def test_weights_of_another_architecture_are_one_line(tmp_path: Path) -> None:
    save_file(compact(), tmp_path / "compact.safetensors")
    start = weights.Start(path=str(tmp_path / "compact.safetensors"))
    with pytest.raises(UserError, match=r"compact\.safetensors: holds Compact, the network is SPAN$"):
        weights.fill(networks.build(shape("SPAN"), 4), start, "here")


class Command:
    """A pickle that would run a command where it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_a_pickle_that_would_run_something_is_refused_and_does_not(tmp_path: Path) -> None:
    path, mark = tmp_path / "network.pth", tmp_path / "ran"
    torch.save({**compact(), "extra": Command(mark)}, path)
    with pytest.raises(UserError, match=r"network\.pth: damaged, or holds more than tensors; take a \.pth or"):
        weights.read(path, None, "here")
    path.write_bytes(pickle.dumps(Command(mark)))
    with pytest.raises(UserError, match=r"network\.pth: damaged, or holds more than tensors; take a \.pth or"):
        weights.read(path, None, "here")
    assert not mark.exists()
