"""native4k.sr.upscale: files in, files out."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from native4k import cli, full_pictures, images, resample
from native4k.sr import networks, upscale

Make = Callable[..., Path]
Draw = Callable[[int, int, int], np.ndarray]


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


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 11)])
def test_a_picture_smaller_than_a_tile_is_made_larger(
    model: Path, tmp_path: Path, draw: Draw, size: tuple[int, int]
) -> None:
    Image.fromarray(draw(0, *size)).save(tmp_path / "small.png")
    assert cli.main(_words(model, tmp_path / "small.png", tmp_path / "large.png")) == 0
    assert images.load(tmp_path / "large.png").shape == (4 * size[0], 4 * size[1], 3)


def test_a_folder_becomes_a_folder(model: Path, split: Make, tmp_path: Path) -> None:
    folder = split("small", images=2, size=(20, 30))
    assert cli.main(_words(model, folder, tmp_path / "large")) == 0
    sizes = {path.name: images.load(path).shape for path in (tmp_path / "large").iterdir()}
    assert sizes == {"small0000.png": (80, 120, 3), "small0001.png": (80, 120, 3)}


def test_a_baseline_is_found_by_its_name(
    model: Path, tmp_path: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model.parent.joinpath("models").mkdir()
    model.rename(tmp_path / "models/bicubic_x4")
    monkeypatch.chdir(tmp_path)
    Image.fromarray(draw(0, 30, 40)).save("small.png")
    assert cli.main(["sr", "upscale", "bicubic_x4", "small.png", "."]) == 1, "would be the picture itself"
    assert cli.main(["sr", "upscale", "nothing_x4", "small.png", "large.png"]) == 1
    assert "upscale: models/nothing_x4/params.json: no such file; get it with 'dvc pull" in capsys.readouterr().err
    assert cli.main(["sr", "upscale", "4x_typo.pth", "small.png", "large.png"]) == 1
    assert capsys.readouterr().err == "native4k sr upscale: 4x_typo.pth: no such file of weights\n"
    Path("larger").mkdir()
    assert cli.main(["sr", "upscale", "bicubic_x4", "small.png", "larger"]) == 0
    assert images.load(Path("larger/small.png")).shape == (120, 160, 3)


def test_nothing_is_overwritten_unless_asked(
    model: Path, tmp_path: Path, draw: Draw, complaint: Callable[..., str]
) -> None:
    Image.fromarray(draw(0, 30, 40)).save(tmp_path / "small.png")
    (tmp_path / "large.png").write_bytes(b"precious")
    words = _words(model, tmp_path / "small.png", tmp_path / "large.png")
    assert complaint(*words).endswith("large.png: is there already; name another file, or say --overwrite")
    assert (tmp_path / "large.png").read_bytes() == b"precious"
    assert cli.main([*words, "--overwrite"]) == 0
    assert images.load(tmp_path / "large.png").shape == (120, 160, 3)


def test_a_folder_goes_on_where_it_was_ended(model: Path, split: Make, tmp_path: Path) -> None:
    folder = split("small", images=2, size=(20, 30))
    (tmp_path / "large").mkdir()
    (tmp_path / "large/small0000.png").write_bytes(b"made before")
    assert cli.main(_words(model, folder, tmp_path / "large")) == 0
    assert (tmp_path / "large/small0000.png").read_bytes() == b"made before"
    assert images.load(tmp_path / "large/small0001.png").shape == (80, 120, 3)
    assert cli.main([*_words(model, folder, tmp_path / "large"), "--overwrite"]) == 0
    assert images.load(tmp_path / "large/small0000.png").shape == (80, 120, 3)


def test_a_picture_that_cannot_be_read_holds_up_no_other(
    model: Path, split: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    folder = split("small", images=3, size=(20, 30))
    for name in ("small0000", "small0001"):
        (folder / f"{name}.png").write_bytes(b"no picture")
    said = complaint(*_words(model, folder, tmp_path / "large"))
    assert re.search(r"small0000\.png: cannot be decoded \(not_an_image\).*; 1 more were not made either$", said)
    assert [path.name for path in (tmp_path / "large").iterdir()] == ["small0002.png"]


def test_what_cannot_be_upscaled_is_one_line(
    model: Path, tmp_path: Path, complaint: Callable[..., str], draw: Draw
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    twins = tmp_path / "twins"
    twins.mkdir()
    (tmp_path / "shelf").mkdir()
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "shelf/a.png")
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "a.png")
    for ending in ("png", "webp"):
        Image.fromarray(draw(0, 20, 20)).save(twins / f"a.{ending}")
    cases = {
        ("none.png", "out.png"): r"none\.png: no such picture or folder",
        ("broken.png", "out.png"): r"broken\.png: cannot be decoded \(not_an_image\)",
        ("broken.png", "out.bmp"): r"out\.bmp: pictures are written as \.png, \.jpg, \.jpeg, \.webp; name it out\.png",
        ("a.png", "broken.png/out.png"): r"broken\.png: .*broken\.png is a file; choose another output",
        ("empty", "out"): r"empty: there are no pictures in this folder",
        ("a.png", "a.png"): r"a\.png: is the picture to be made larger; choose another output",
        ("twins", "broken.png"): r"broken\.png: is a file; the output of a folder is a folder",
        ("shelf", "shelf"): r"a\.png: is one of the pictures to be made larger; choose another output folder",
        ("twins", "out"): r"another picture in the folder has the same name but for its ending; rename one",
    }
    for (source, target), expected in cases.items():
        assert re.search(expected, complaint(*_words(model, tmp_path / source, tmp_path / target)))
        assert not (tmp_path / "out").exists()


def test_an_overlap_as_wide_as_a_tile_is_refused(
    model: Path, numbers: Make, split: Make, complaint: Callable[..., str]
) -> None:
    folder = split("small", images=1, size=(20, 30))
    numbers({"upscale.overlap": 32})
    said = complaint(*_words(model, folder, model))
    assert said.endswith("sr.upscale.overlap: must be less than tile 32 (got 32)")
    numbers({"upscale.largest": 12})
    assert complaint(*_words(model, folder, model)).endswith("sr.upscale.largest: must be at least overlap + 8 = 16")


def test_a_folder_without_a_baseline_says_how_to_get_it(
    numbers: Make, tmp_path: Path, complaint: Callable[..., str], draw: Draw
) -> None:
    numbers()
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "small.png")
    said = complaint(*_words(tmp_path / "model", tmp_path / "small.png", tmp_path / "large.png"))
    assert said.endswith(
        f"no such file; get it with 'dvc pull {tmp_path / 'model'}', or train it with 'native4k sr train'"
    )


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_loaded(
    tmp_path: Path, draw: Draw, complaint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "small.png")
    monkeypatch.setattr(upscale.os, "access", lambda *_: False)
    said = complaint("sr", "upscale", tmp_path / "none.pth", tmp_path / "small.png", tmp_path / "new/large.png")
    assert said.endswith(f"new: {tmp_path} cannot be written; choose another output or allow it")
    assert not (tmp_path / "new").exists()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of weights, drawn at random, and nothing else at hand."""
    torch.manual_seed(0)
    network = networks.import_basicsr("archs.srvgg_arch").SRVGGNetCompact(3, 3, 8, 1, 2)
    path = tmp_path / "compact_x2.pth"
    other = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    torch.save({"params": other, "params_ema": network.state_dict()}, path)
    monkeypatch.chdir(tmp_path)
    return path


def test_a_published_file_makes_a_picture_larger_without_a_project(
    published: Path, draw: Draw, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(draw(0, 30, 40)).save("small.png")
    network = networks.import_basicsr("archs.srvgg_arch").SRVGGNetCompact(3, 3, 8, 1, 2)
    network.load_state_dict(torch.load(published, weights_only=True)["params_ema"])
    assert cli.main(["sr", "upscale", str(published), "small.png", "large.png"]) == 0
    with torch.no_grad():
        expected = resample.to_pixels(network(resample.to_tensor(draw(0, 30, 40))[None])[0])
    inner = np.s_[16:-16, 16:-16]  # borders are mirrored in tiles, the bare network sees zeros
    assert np.abs(images.load(Path("large.png"))[inner].astype(int) - expected[inner]).max() <= 1
    size = Path("large.png").stat().st_size / 1e6
    assert capsys.readouterr().out.splitlines() == [
        "compact_x2.pth: Compact, x2, 1,700 weights",
        f"large.png: 80x60, {size:.1f} MB",
    ]
    assert cli.main(["sr", "upscale", str(published), "small.png", "zero.png", "--key", "params"]) == 0
    assert (images.load(Path("zero.png")) == np.repeat(np.repeat(draw(0, 30, 40), 2, 0), 2, 1)).all()


def test_depth_transparency_and_profile_stay_and_a_folder_streams(
    published: Path, capsys: pytest.CaptureFixture[str], complaint: Callable[..., str]
) -> None:
    random = np.random.default_rng(0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = full_pictures.Picture(random.integers(0, 65536, (20, 24, 3), dtype=np.uint16), None, profile)
    clear = full_pictures.Picture(full_pictures.shallow(deep.colours), np.full((20, 24), 40, np.uint8), None)
    Path("in").mkdir()
    full_pictures.write(deep, Path("in/deep.png"))
    full_pictures.write(clear, Path("in/clear.webp"))
    assert cli.main(["sr", "upscale", str(published), "in", "out"]) == 0
    made = full_pictures.read(Path("out/deep.png"))
    assert (made.colours.dtype, made.colours.shape, made.profile) == (np.uint16, (40, 48, 3), profile)
    assert len(np.unique(made.colours % 257)) > 200, "more than 8 bits"
    opacity = full_pictures.read(Path("out/clear.png")).alpha
    assert opacity is not None
    assert opacity.shape == (40, 48)
    assert set(opacity.flat) == {40}
    assert re.search(r"^out: 2 pictures, the largest 48x40, 0\.0 MB in all$", capsys.readouterr().out, re.MULTILINE)
    said = complaint("sr", "upscale", published, "in", "jpegs", "--ending", ".jpg")
    assert said.endswith("jpegs/clear.jpg: JPEG has no transparency; write PNG or WebP")
    assert [path.name for path in Path("jpegs").iterdir()] == ["deep.jpg"]
    assert cli.main(["sr", "upscale", str(published), "in", "out"]) == 0
    assert capsys.readouterr().out == "out: all pictures are there already\n"


def test_a_file_that_is_no_network_is_one_line(published: Path, draw: Draw, complaint: Callable[..., str]) -> None:
    Image.fromarray(draw(0, 20, 20)).save("small.png")
    published.write_bytes(published.read_bytes()[:500])
    said = complaint("sr", "upscale", published, "small.png", "large.png")
    assert "compact_x2.pth: damaged, or holds more than tensors" in said
    torch.save({"layer.weight": torch.ones(2)}, published)
    said = complaint("sr", "upscale", published, "small.png", "large.png")
    assert "compact_x2.pth: not an architecture that is known; for super-resolution are ATD, AuraSR, " in said
    assert not Path("large.png").exists()
