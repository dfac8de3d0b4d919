"""native4k.sr.upscale: tiles that leave no trace, and files."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from native4k import cli, images
from native4k.sr import degrade, upscale
from native4k.sr.networks import bicubic

Make = Callable[..., Path]
Draw = Callable[[int, int, int], np.ndarray]


class Convolution(nn.Module):
    """A network that reads two pixels to either side."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(3, 3 * 4, 5, padding=2)
        self.scale = 2

    def forward(self, image: Tensor) -> Tensor:
        return torch.sigmoid(nn.functional.pixel_shuffle(self.layer(image), self.scale))


@pytest.mark.parametrize(("tile", "overlap"), [(32, 8), (24, 9), (200, 16), (16, 15)])
def test_tiles_of_bicubic_are_the_whole(tile: int, overlap: int, draw: Draw) -> None:
    small = resample.to_tensor(draw(0, 53, 94))
    numbers = upscale.Params(tile=tile, overlap=overlap, threads=1)
    whole = resample.quantise(resample.imresize(small, 4))
    tiled = upscale.enlarge(bicubic.Bicubic(4), small, 4, numbers)
    assert tiled.shape == (3, 212, 376)
    assert float((tiled - whole).abs().max()) <= 1 / 255 + 1e-6


def test_tiles_of_a_convolution_are_the_whole_between_mirrored_borders(draw: Draw) -> None:
    picture = draw(1, 61, 83)
    framed = resample.to_tensor(np.pad(picture, ((8, 8), (8, 8), (0, 0)), mode="symmetric"))
    with torch.no_grad():
        whole = resample.quantise(Convolution()(framed[None])[0, :, 16:-16, 16:-16])
    numbers = upscale.Params(tile=32, overlap=8, threads=1)
    tiled = upscale.enlarge(Convolution(), resample.to_tensor(picture), 2, numbers)
    assert float((tiled - whole).abs().max()) <= 1 / 255 + 1e-6


def test_tiles_that_disagree_blend_without_a_seam() -> None:
    class Brightness(nn.Module):
        """Paints each tile in a colour of its own."""

        tiles = 0

        def forward(self, image: Tensor) -> Tensor:
            self.tiles += 1
            return torch.full_like(image, (self.tiles % 2) * 0.5).repeat_interleave(2, -1).repeat_interleave(2, -2)

    made = upscale.enlarge(Brightness(), torch.zeros(3, 16, 120), 2, upscale.Params(tile=40, overlap=24, threads=1))
    assert float(made.max()) == pytest.approx(0.5, abs=0.01)
    assert float(made.min()) == 0
    assert float(made.diff(dim=-1).abs().max()) < 0.05


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (7, 40)])
def test_a_picture_smaller_than_a_tile_works(size: tuple[int, int], draw: Draw) -> None:
    small = resample.to_tensor(draw(2, *size))
    numbers = upscale.Params(tile=32, overlap=8, threads=1)
    made = upscale.enlarge(bicubic.Bicubic(3), small, 3, numbers)
    assert made.shape == (3, size[0] * 3, size[1] * 3)
    assert float((made - resample.quantise(resample.imresize(small, 3))).abs().max()) <= 1 / 255 + 1e-6


@pytest.fixture
def model(numbers: Make, tmp_path: Path) -> Path:
    file = numbers()
    ends = ["--scratch", tmp_path / "work", "--curve", tmp_path / "curve.csv", "--params", file]
    words = ["sr", "train", "bicubic_x4", tmp_path / "train", tmp_path / "val", tmp_path / "model", *ends]
    assert cli.main([str(word) for word in words]) == 0
    return tmp_path / "model"


def _words(*paths: Path) -> list[str]:
    return ["sr", "upscale", *map(str, paths), "--params", str(paths[0].parent / "params.yaml")]


def test_a_picture_becomes_a_png(model: Path, tmp_path: Path, draw: Draw) -> None:
    Image.fromarray(draw(0, 30, 40)).save(tmp_path / "small.png")
    assert cli.main(_words(model, tmp_path / "small.png", tmp_path / "large.png")) == 0
    large = images.load(tmp_path / "large.png")
    expected = resample.imresize(resample.to_tensor(draw(0, 30, 40)), 4)
    assert np.abs(large - resample.to_pixels(resample.quantise(expected)).astype(int)).max() <= 1


def test_a_folder_becomes_a_folder(model: Path, split: Make, tmp_path: Path) -> None:
    folder = split("small", images=2, size=(20, 30))
    assert cli.main(_words(model, folder, tmp_path / "large")) == 0
    sizes = {path.name: images.load(path).shape for path in (tmp_path / "large").iterdir()}
    assert sizes == {"small0000.png": (80, 120, 3), "small0001.png": (80, 120, 3)}


def test_what_cannot_be_upscaled_is_one_line(
    model: Path, tmp_path: Path, complaint: Callable[..., str], draw: Draw
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    twins = tmp_path / "twins"
    twins.mkdir()
    for ending in ("png", "webp"):
        Image.fromarray(draw(0, 20, 20)).save(twins / f"a.{ending}")
    cases = {
        ("none.png", "out.png"): r"none\.png: no such picture or folder",
        ("broken.png", "out.png"): r"broken\.png: cannot be decoded \(not_an_image\)",
        ("broken.png", "out.jpg"): r"out\.jpg: the output of one picture is a PNG file; name it out\.png",
        ("empty", "out"): r"empty: there are no pictures in this folder",
        ("twins", "out"): r"another picture in the folder has the same name but for its ending; rename one",
    }
    for (source, target), expected in cases.items():
        assert re.search(expected, complaint(*_words(model, tmp_path / source, tmp_path / target)))
        assert not (tmp_path / target).exists()


def test_an_overlap_as_wide_as_a_tile_is_refused(model: Path, numbers: Make, complaint: Callable[..., str]) -> None:
    numbers({"upscale.overlap": 32})
    said = complaint(*_words(model, model, model))
    assert said.endswith("sr.upscale.overlap: must be less than tile 32 (got 32)")


def test_a_folder_without_a_baseline_says_how_to_get_it(
    numbers: Make, tmp_path: Path, complaint: Callable[..., str], draw: Draw
) -> None:
    numbers()
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "small.png")
    said = complaint(*_words(tmp_path / "model", tmp_path / "small.png", tmp_path / "large.png"))
    assert said.endswith(
        f"no such file; get it with 'dvc pull {tmp_path / 'model'}', or train it with 'native4k sr train'"
    )
