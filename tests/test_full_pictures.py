"""native4k.full_pictures: what is read is written again: depth, transparency, colour profile."""

import io
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from native4k import full_pictures
from native4k.errors import UserError
from native4k.full_pictures import Picture

RANDOM = np.random.default_rng(0)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
DEEP = RANDOM.integers(0, 65536, (7, 9, 3), dtype=np.uint16)
FLAT = RANDOM.integers(0, 256, (7, 9, 3), dtype=np.uint8)
CLEAR = RANDOM.integers(0, 65536, (7, 9), dtype=np.uint16)


def same(one: Picture, other: Picture) -> bool:
    pairs = zip(one[:2], other[:2], strict=True)
    equal = all((a is None) == (b is None) and (a is None or (a.dtype == b.dtype and (a == b).all())) for a, b in pairs)
    return equal and one.profile == other.profile


@pytest.mark.parametrize("profile", [None, PROFILE])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("colours", [FLAT, DEEP])
def test_a_png_keeps_everything(colours: np.ndarray, alpha: bool, profile: bytes | None, tmp_path: Path) -> None:
    opacity = (CLEAR if colours is DEEP else full_pictures.shallow(CLEAR)) if alpha else None
    picture = Picture(colours, opacity, profile)
    full_pictures.write(picture, tmp_path / "a.png")
    assert same(full_pictures.read(tmp_path / "a.png"), picture)
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert (image.size, image.info.get("icc_profile")) == ((9, 7), profile)


def test_webp_keeps_transparency_and_profile_and_jpeg_the_profile(tmp_path: Path) -> None:
    picture = Picture(np.full((16, 24, 3), 90, np.uint8), np.full((16, 24), 77, np.uint8), PROFILE)
    full_pictures.write(picture, tmp_path / "a.webp")
    read = full_pictures.read(tmp_path / "a.webp")
    assert read.alpha is not None
    assert (read.alpha == picture.alpha).all()
    assert abs(read.colours.astype(int) - 90).max() <= 2
    full_pictures.write(picture._replace(alpha=None), tmp_path / "a.jpeg")
    assert full_pictures.read(tmp_path / "a.jpeg").profile == read.profile == PROFILE


def test_16_bits_become_the_nearest_8_where_a_format_has_no_more(tmp_path: Path) -> None:
    deep = np.array([[[0, 128, 129], [257, 385, 386], [65535, 65406, 65407]]], np.uint16)
    assert full_pictures.shallow(deep).tolist() == [[[0, 0, 1], [1, 1, 2], [255, 254, 255]]]
    full_pictures.write(Picture(DEEP, None, None), tmp_path / "a.jpg")
    assert full_pictures.read(tmp_path / "a.jpg").colours.dtype == np.uint8


def test_deep_grey_and_tiff_are_read_with_all_their_bits(tmp_path: Path) -> None:
    Image.fromarray(CLEAR).save(tmp_path / "grey.png")
    grey = full_pictures.read(tmp_path / "grey.png")
    assert (grey.colours == CLEAR[..., None]).all()
    assert cv2.imwrite(str(tmp_path / "a.tif"), DEEP[..., ::-1])
    assert (full_pictures.read(tmp_path / "a.tif").colours == DEEP).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("colours", [FLAT, DEEP])
def test_pictures_are_turned_upright(colours: np.ndarray, orientation: int) -> None:
    turn = full_pictures.images.UPRIGHT.get(orientation)
    exif = Image.Exif()
    exif[full_pictures.images.ORIENTATION] = orientation
    out = io.BytesIO()
    Image.fromarray(FLAT).save(out, "PNG", exif=exif)
    chunk = re.search(rb"....eXIf.*?(?=....IDAT)", out.getvalue(), re.DOTALL)
    content = full_pictures.encode(Picture(colours, None, None), "PNG")
    if chunk is not None and orientation > 1:
        content = content[: full_pictures.HEAD] + chunk[0] + content[full_pictures.HEAD :]
    expected = colours if turn is None else full_pictures.turned(colours, turn)
    assert (full_pictures.decode(content).colours == expected).all()
    if colours is FLAT and turn is not None:
        assert (expected == np.asarray(Image.fromarray(FLAT).transpose(turn))).all()


def test_profiles_of_other_colours_are_left_out(tmp_path: Path) -> None:
    grey = PROFILE[:16] + b"GRAY" + PROFILE[20:]
    Image.fromarray(FLAT).convert("L").save(tmp_path / "a.png", icc_profile=grey)
    assert full_pictures.read(tmp_path / "a.png").profile is None


def test_what_a_format_cannot_hold_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.jpg: JPEG has no transparency; write PNG or WebP$"):
        full_pictures.check(True, (4, 4), tmp_path / "a.jpg")
    with pytest.raises(UserError, match=r"WEBP holds at most 16383 pixels a side, not 20000x4; write PNG$"):
        full_pictures.check(True, (4, 20000), tmp_path / "a.webp")
    full_pictures.check(True, (4, 200000), tmp_path / "a.png")


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    content = full_pictures.encode(Picture(DEEP, None, None), "PNG")
    (tmp_path / "cut.png").write_bytes(content[:60])
    with pytest.raises(UserError, match=r"cut\.png: cannot be decoded \((broken|truncated)\); get it again"):
        full_pictures.read(tmp_path / "cut.png")
