"""native4k.sr.networks: what goes in and comes out, what is learned, and how basicsr is reached."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import native4k
from native4k import resample
from native4k.errors import UserError
from native4k.sr import networks
from native4k.sr.networks import bicubic, edsr, lanczos, rrdb, swinir
from tests.sr.conftest import Gain

SHAPE: dict[str, Any] = {"kind": "swinir", "embed_dim": 16, "depths": (2,), "num_heads": (2,), "window_size": 4}
REST: dict[str, Any] = {"mlp_ratio": 2.0, "drop_path": 0.0}
EDSR = edsr.Params(kind="edsr", num_feat=16, num_block=2, res_scale=1.0)
KERNELS = {"bicubic": bicubic.Params(kind="bicubic"), "lanczos": lanczos.Params(kind="lanczos")}
RRDB = rrdb.Params(kind="rrdb", num_feat=16, num_block=1, num_grow_ch=8)


def shape(upsampler: Any, *, residual: bool = False) -> swinir.Params:
    return swinir.Params(**SHAPE, **REST, upsampler=upsampler, residual=residual)


@pytest.mark.parametrize(
    ("upsampler", "scale"), [("pixelshuffledirect", 3), ("pixelshuffle", 2), ("pixelshuffle", 8), ("nearest+conv", 4)]
)
@pytest.mark.parametrize("residual", [False, True])
def test_swinir_enlarges_pictures_of_any_size(upsampler: Any, scale: int, residual: bool) -> None:
    network = networks.build(shape(upsampler, residual=residual), scale).eval()
    image = torch.rand(2, 3, 9, 14)
    with torch.no_grad():
        made = network(image)
    assert made.shape == (2, 3, 9 * scale, 14 * scale)
    assert torch.allclose(made, resample.imresize(image, scale), atol=1e-5) is residual


def test_one_mask_for_all_blocks_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = swinir.SwinIR(shape("pixelshuffledirect"), 2).eval()
    pictures = [torch.rand(1, 3, *size) for size in ((12, 20), (24, 8), (12, 20))]
    with torch.no_grad():
        ours = [network(picture) for picture in pictures]
        monkeypatch.setattr(swinir.SwinIR, "_fit", lambda *_: None)
        fresh = swinir.SwinIR(shape("pixelshuffledirect"), 2).eval()
        fresh.load_state_dict(network.state_dict())
        for picture, made in zip(pictures, ours, strict=True):
            assert torch.equal(fresh(picture), made)


@pytest.mark.parametrize(
    ("network", "scale"), [*((EDSR, scale) for scale in edsr.SCALES), *((RRDB, scale) for scale in rrdb.UNSHUFFLED)]
)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 2), (7, 9)])
def test_edsr_and_rrdbnet_enlarge_pictures_of_any_size(network: Any, scale: int, height: int, width: int) -> None:
    with torch.no_grad():
        made = networks.build(network, scale)(torch.rand(2, 3, height, width))
    assert made.shape == (2, 3, height * scale, width * scale)


@pytest.mark.parametrize(
    ("network", "scale", "line"),
    [
        (EDSR, 6, "edsr cannot do scale 6; it can do 2, 3, 4, 8, 16"),
        (RRDB, 8, "rrdb cannot do scale 8; it can do 2, 4"),
        (
            shape("pixelshuffle"),
            5,
            "swinir: upsampler pixelshuffle cannot do scale 5; it can do 2, 3, 4, 8, 16",
        ),
        (shape("nearest+conv"), 8, "swinir: upsampler nearest+conv cannot do scale 8; it can do 4"),
    ],
)
def test_a_scale_that_a_network_cannot_do_is_one_line(network: Any, scale: int, line: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(line)}$"):
        networks.build(network, scale)


@pytest.mark.parametrize(("width", "depth", "upsampler"), [(180, 6, "pixelshuffle"), (60, 4, "pixelshuffledirect")])
def test_swinir_has_as_many_weights_as_published(width: int, depth: int, upsampler: Any) -> None:
    classical = [11_900_199, 12_047_911, 12_195_623]  # 11.9 M at x4
    light = [929_628, 1_007_532, 1_319_148]  # 0.9 M at x4
    asked = swinir.Params(
        kind="swinir",
        embed_dim=width,
        depths=(6,) * depth,
        num_heads=(6,) * depth,
        window_size=8,
        mlp_ratio=2.0,
        drop_path=0.1,
        upsampler=upsampler,
        residual=False,
    )
    bodies = [networks.build(asked, scale) for scale in (4, 8, 16)]
    counts = [sum(weight.numel() for weight in body.parameters()) for body in bodies]
    assert counts == (classical if upsampler == "pixelshuffle" else light)


@pytest.mark.parametrize(
    ("network", "steps"),
    [(EDSR, 100), (RRDB, 200), (shape("pixelshuffledirect"), 100), (shape("pixelshuffle"), 150)],
    ids=["edsr", "rrdb", "swinir lightweight", "swinir classical"],
)
def test_a_network_learns_a_picture_far_better_than_interpolation(
    network: Any, steps: int, gain_on_a_picture: Gain
) -> None:
    torch.manual_seed(0)
    assert gain_on_a_picture(networks.build(network, 4), steps, 0.005) > 3


@pytest.mark.parametrize("network", [EDSR, RRDB, shape("pixelshuffledirect", residual=True)])
def test_only_what_is_learned_is_in_the_weights(network: Any) -> None:
    built = networks.build(network, 4)
    assert sorted(built.state_dict()) == sorted(name for name, _ in built.named_parameters())


@pytest.mark.parametrize("kernel", ["bicubic", "lanczos"])
@pytest.mark.parametrize("scale", [2, 16])
def test_interpolation_is_the_resizing(kernel: resample.Kernel, scale: int) -> None:
    image = torch.rand(1, 3, 6, 7)
    network = networks.build(KERNELS[kernel], scale)
    assert torch.equal(network(image), resample.imresize(image, scale, kernel=kernel))
    assert list(network.parameters()) == []


@pytest.mark.parametrize("scale", [4, 8, 1 / 4])
def test_lanczos_is_pillows_but_for_the_borders(scale: float, draw: Callable[[int, int, int], np.ndarray]) -> None:
    grey = draw(1, 80, 96)[:, :, 0].astype(np.float32)
    size = round(96 * scale), round(80 * scale)
    theirs = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS))
    ours = resample.imresize(torch.from_numpy(grey), scale, kernel="lanczos").numpy()
    inner = np.s_[size[1] // 6 : -size[1] // 6, size[0] // 6 : -size[0] // 6]
    np.testing.assert_allclose(ours[inner], theirs[inner], atol=1e-3)


def test_basicsr_is_imported_in_one_place() -> None:
    root = Path(native4k.__file__).parents[2]
    found = [
        path.relative_to(root).as_posix()
        for folder in ("src", "tests")
        for path in sorted((root / folder).rglob("*.py"))
        if re.search(r"^\s*(import|from) basicsr|import_module\(f?.basicsr", path.read_text(), re.MULTILINE)
    ]
    assert found == ["src/native4k/sr/networks/__init__.py"]


def test_what_networks_import_says_nothing_and_interpolation_does_without() -> None:
    code = (
        "import sys; from native4k.sr import networks; from native4k.sr.networks import bicubic\n"
        "networks.build(bicubic.Params(kind='bicubic'), 4); assert 'basicsr' not in sys.modules\n"
        "networks.import_basicsr('archs.swinir_arch'); assert 'diffusers' not in sys.modules\n"
        "import bitsandbytes\n"  # which diffusers and peft import: it used to complain
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
