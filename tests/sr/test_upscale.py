"""native4k.sr.upscale: files in, files out."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from native4k import cli, images, resample

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
    assert re.search(r"small0000\.png: cannot be decoded \(not_an_image\).*; 1 more cannot be read either$", said)
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
        ("broken.png", "out.jpg"): r"out\.jpg: the output of one picture is a PNG file; name it out\.png",
        ("empty", "out"): r"empty: there are no pictures in this folder",
        ("a.png", "a.png"): r"a\.png: is the picture to be made larger; choose another output",
        ("twins", "broken.png"): r"broken\.png: is a file; the output of a folder is a folder",
        ("shelf", "shelf"): r"a\.png: is one of the pictures to be made larger; choose another output folder",
        ("twins", "out"): r"another picture in the folder has the same name but for its ending; rename one",
    }
    for (source, target), expected in cases.items():
        assert re.search(expected, complaint(*_words(model, tmp_path / source, tmp_path / target)))
        assert not (tmp_path / "out").exists()


def test_an_overlap_as_wide_as_a_tile_is_refused(model: Path, numbers: Make, complaint: Callable[..., str]) -> None:
    numbers({"upscale.overlap": 32})
    said = complaint(*_words(model, model, model))
    assert said.endswith("sr.upscale.overlap: must be less than tile 32 (got 32)")
    numbers({"upscale.largest": 12})
    assert complaint(*_words(model, model, model)).endswith("sr.upscale.largest: must be at least overlap + 8 = 16")


def test_a_folder_without_a_baseline_says_how_to_get_it(
    numbers: Make, tmp_path: Path, complaint: Callable[..., str], draw: Draw
) -> None:
    numbers()
    Image.fromarray(draw(0, 20, 20)).save(tmp_path / "small.png")
    said = complaint(*_words(tmp_path / "model", tmp_path / "small.png", tmp_path / "large.png"))
    assert said.endswith(
        f"no such file; get it with 'dvc pull {tmp_path / 'model'}', or train it with 'native4k sr train'"
    )
