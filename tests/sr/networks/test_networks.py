"""native4k.sr.networks: what goes in and comes out, and how basicsr is reached."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import native4k
from native4k.sr import networks, resample
from native4k.sr.networks import bicubic, swinir

SHAPE: dict[str, Any] = {"kind": "swinir", "embed_dim": 8, "depths": (2,), "num_heads": (2,), "window_size": 4}
REST: dict[str, Any] = {"mlp_ratio": 2.0, "drop_path": 0.0}


@pytest.mark.parametrize(
    ("upsampler", "scale"), [("pixelshuffledirect", 3), ("pixelshuffle", 2), ("pixelshuffle", 8), ("nearest+conv", 4)]
)
@pytest.mark.parametrize("residual", [False, True])
def test_swinir_enlarges_pictures_of_any_size(upsampler: Any, scale: int, residual: bool) -> None:
    network = networks.build(swinir.Params(**SHAPE, **REST, upsampler=upsampler, residual=residual), scale).eval()
    image = torch.rand(2, 3, 9, 14)
    with torch.no_grad():
        made = network(image)
    assert made.shape == (2, 3, 9 * scale, 14 * scale)
    assert torch.allclose(made, resample.imresize(image, scale), atol=1e-5) is residual


def test_only_what_is_learned_is_in_the_weights() -> None:
    shape = swinir.Params(**SHAPE, **REST, upsampler="pixelshuffledirect", residual=True)
    network = networks.build(shape, 4)
    assert sorted(network.state_dict()) == sorted(name for name, _ in network.named_parameters())


def test_bicubic_is_the_resizing() -> None:
    image = torch.rand(1, 3, 6, 7)
    network = networks.build(bicubic.Params(kind="bicubic"), 2)
    assert torch.equal(network(image), resample.imresize(image, 2))
    assert list(network.parameters()) == []


def test_basicsr_is_imported_in_one_place() -> None:
    root = Path(native4k.__file__).parents[2]
    found = [
        path.relative_to(root).as_posix()
        for folder in ("src", "tests")
        for path in sorted((root / folder).rglob("*.py"))
        if re.search(r"^\s*(import|from) basicsr|import_module\(f?.basicsr", path.read_text(), re.MULTILINE)
    ]
    assert found == ["src/native4k/sr/networks/mended.py"]


def test_basicsr_says_nothing_when_it_is_imported_and_bicubic_does_without() -> None:
    code = (
        "import sys; from native4k.sr import networks; from native4k.sr.networks import bicubic, mended\n"
        "networks.build(bicubic.Params(kind='bicubic'), 4); assert 'basicsr' not in sys.modules\n"
        "mended.basicsr('archs.swinir_arch')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
