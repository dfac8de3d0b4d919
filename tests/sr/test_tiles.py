"""native4k.sr.tiles: tiles that leave no trace and fit the memory there is."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from native4k import resample
from native4k.errors import UserError
from native4k.sr import tiles
from native4k.sr.networks import bicubic, swinir

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


def _bicubic(scale: int) -> bicubic.Interpolation:
    return bicubic.Interpolation("bicubic", scale)


@pytest.mark.parametrize(("tile", "overlap"), [(32, 8), (24, 9), (200, 16), (16, 15)])
def test_tiles_of_bicubic_are_the_whole(tile: int, overlap: int, draw: Draw) -> None:
    small = draw(0, 53, 94)
    tiled = tiles.enlarge(_bicubic(4), small, 4, tile, overlap)
    assert tiled.shape == (212, 376, 3)
    assert _difference(tiled, resample.to_pixels(resample.imresize(resample.to_tensor(small), 4))) <= 1


def test_tiles_of_a_convolution_are_the_whole_between_mirrored_borders(draw: Draw) -> None:
    picture = draw(1, 61, 83)
    framed = resample.to_tensor(np.pad(picture, ((8, 8), (8, 8), (0, 0)), mode="symmetric"))
    with torch.no_grad():
        whole = resample.to_pixels(Convolution()(framed[None])[0, :, 16:-16, 16:-16])
    for tile, overlap in ((32, 8), (40, 8), (64, 24)):
        assert _difference(tiles.enlarge(Convolution(), picture, 2, tile, overlap), whole) <= 1


def test_tiles_that_disagree_blend_without_a_seam() -> None:
    class Brightness(nn.Module):
        """Paints each tile in a colour of its own."""

        tiles = 0

        def forward(self, image: Tensor) -> Tensor:
            self.tiles += 1
            return torch.full_like(image, (self.tiles % 2) * 0.5).repeat_interleave(2, -1).repeat_interleave(2, -2)

    made = tiles.enlarge(Brightness(), np.zeros((16, 120, 3), np.uint8), 2, 40, 24).astype(int)
    assert (made.min(), made.max()) == (0, 128)
    assert np.abs(np.diff(made, axis=1)).max() < 0.05 * 255


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (7, 40)])
def test_a_picture_smaller_than_a_tile_works(size: tuple[int, int], draw: Draw) -> None:
    small = draw(2, *size)
    made = tiles.enlarge(_bicubic(3), small, 3, 32, 8)
    assert made.shape == (size[0] * 3, size[1] * 3, 3)
    assert _difference(made, resample.to_pixels(resample.imresize(resample.to_tensor(small), 3))) <= 1


def test_tiles_of_swinir_show_no_seam(draw: Draw) -> None:
    torch.manual_seed(0)
    shape = swinir.Params(
        kind="swinir",
        embed_dim=16,
        depths=(2, 2),
        num_heads=(2, 2),
        window_size=8,
        mlp_ratio=2.0,
        drop_path=0.0,
        upsampler="pixelshuffledirect",
        residual=False,
    )
    network = swinir.SwinIR(shape, 2).eval()
    small = draw(3, 40, 256)
    made = tiles.enlarge(network, small, 2, 64, 16).astype(np.float64)
    steps = np.abs(np.diff(made, 2, axis=1)).mean((0, 2))  # a seam is a line of larger second differences
    blended = np.zeros(len(steps), bool)
    row = tiles.plan_spans(256, 2, 64, 16)
    for before, after in itertools.pairwise(row):
        blended[after.writes.start : before.writes.stop] = True
    assert 100 < blended.sum() < 200
    with torch.no_grad():
        whole = resample.to_pixels(network(resample.to_tensor(small)[None])[0]).astype(np.float64)
    expected = np.abs(np.diff(whole, 2, axis=1)).mean((0, 2))
    inside, across = (float((steps[part] / expected[part]).mean()) for part in (~blended, blended))
    assert across == pytest.approx(inside, rel=0.02)
    assert float((steps[blended] / expected[blended]).max()) < 1.25


def test_half_precision_is_hardly_seen(draw: Draw) -> None:
    small = draw(4, 40, 48)
    plain, half = (tiles.enlarge(Convolution(), small, 2, 32, 8, half=half) for half in (False, True))
    assert 0 < _difference(plain, half) <= 3


def test_a_row_of_tiles_is_all_that_is_held(draw: Draw) -> None:
    network = _bicubic(4)
    heights = []
    for height in (64, 512):
        with tiles.Peak() as peak:
            tiles.enlarge(network, np.zeros((height, 32, 3), np.uint8), 4, 32, 8)
        heights.append(peak.highest - height * 32 * 3 * 5)  # the small picture itself, in uint8 and float32
    assert heights[1] < heights[0] * 1.2


def test_a_network_that_holds_more_gets_smaller_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = tiles.Params(tile=128, overlap=16, threads=1, largest=256, memory_share=0.5)
    needed = tiles.per_pixel(Convolution(), torch.device("cpu"))
    assert needed >= 4 * (3 + 12)  # its input and what its layer makes
    for pixels, side in ((10**6, 256), (200**2, 200), (100**2 + 5, 96), (24**2 + 1, 24)):
        monkeypatch.setattr(tiles, "free", lambda _, pixels=pixels: int(2 * needed * pixels) + 1)
        assert tiles.fit_tile(Convolution(), numbers, torch.device("cpu")) == side
    monkeypatch.setattr(tiles, "free", lambda _: 1000)
    with pytest.raises(UserError, match=r"memory_share 0.5 .* has no room for a tile of 24; free some, raise"):
        tiles.fit_tile(Convolution(), numbers, torch.device("cpu"))


def test_the_free_memory_is_that_of_the_container(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    limits = (folder / "max", folder / "current")
    monkeypatch.setattr(tiles, "LIMITS", limits)
    everything = tiles.free(torch.device("cpu"))
    assert everything > 10**7
    limits[0].write_text("3000000\n")
    limits[1].write_text("1000000\n")
    assert tiles.free(torch.device("cpu")) == 2_000_000
    limits[0].write_text("max\n")
    assert tiles.free(torch.device("cpu")) > 10**7


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("no"), MemoryError(), RuntimeError("not enough memory: 9")])
def test_too_little_memory_is_one_line(error: Exception) -> None:
    class Greedy(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            raise error

    with pytest.raises(UserError, match=r"out of memory with tiles of 32 pixels; lower sr\.upscale\.tile"):
        tiles.enlarge(Greedy(), np.zeros((8, 8, 3), np.uint8), 2, 32, 8)


def test_other_errors_are_not_called_lack_of_memory() -> None:
    class Broken(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            raise RuntimeError("sizes differ")

    with pytest.raises(RuntimeError, match="sizes differ"):
        tiles.enlarge(Broken(), np.zeros((8, 8, 3), np.uint8), 2, 32, 8)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_makes_the_same_picture(draw: Draw) -> None:
    small = draw(5, 40, 48)
    plain = tiles.enlarge(Convolution(), small, 2, 32, 8)
    assert _difference(tiles.enlarge(Convolution().cuda(), small, 2, 32, 8), plain) <= 1
    assert _difference(tiles.enlarge(Convolution().cuda(), small, 2, 32, 8, half=True), plain) <= 3


def _difference(one: np.ndarray, other: np.ndarray) -> int:
    """In 8-bit steps."""
    return int(np.abs(one.astype(int) - other.astype(int)).max())
