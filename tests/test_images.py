"""Pixels: what is opened, how it is turned, and what is said of files that are broken or hostile."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, features

from native4k import images
from native4k.errors import UserError
from tests.pictures import photo

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow's remarks on broken metadata

RNG = np.random.default_rng(0)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def oriented(image: Image.Image, kind: str, orientation: object) -> bytes:
    exif = Image.Exif()
    exif[images.ORIENTATION] = orientation
    return encoded(image, kind, exif=exif)


KINDS = [kind for kind in images.FORMATS if kind != "AVIF" or features.check("avif")]


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_tells_its_size_and_gives_its_pixels(kind: str) -> None:
    content = encoded(noise(60, 40), kind)
    assert images.header(content) == (kind, 60, 40)
    assert (images.decode(content).mode, images.decode(content).size) == ("RGB", (60, 40))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_turned_upright_in_header_and_pixels(kind: str, orientation: int) -> None:
    content = oriented(noise(48, 32), kind, orientation)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    assert images.header(content) == (kind, *upright.size)
    assert images.header(content)[1:] == ((48, 32) if orientation <= 4 else (32, 48))
    np.testing.assert_array_equal(images.decode(content), upright)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    content = oriented(noise(48, 32), "JPEG", orientation)
    assert images.header(content) == ("JPEG", 48, 32)
    assert images.decode(content).size == (48, 32)


def test_an_orientation_that_is_no_number_turns_nothing() -> None:
    content = oriented(noise(48, 32), "JPEG", 6).replace(
        b"\x12\x01\x03\x00\x01\x00\x00\x00", b"\x12\x01\x07\x00\x01\x00\x00\x00"
    ).replace(b"\x01\x12\x00\x03\x00\x00\x00\x01", b"\x01\x12\x00\x07\x00\x00\x00\x01")  # fmt: skip
    assert isinstance(Image.open(io.BytesIO(content)).getexif()[images.ORIENTATION], bytes)
    assert images.header(content) == ("JPEG", 48, 32)
    assert images.decode(content).size == (48, 32)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    content = encoded(noise(20, 10).convert("L").convert(mode) if mode == "I;16" else noise(20, 10).convert(mode), kind)
    assert (images.decode(content).mode, images.decode(content).size) == ("RGB", (20, 10))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_has_a_header_and_is_called_truncated(kind: str, share: float) -> None:
    content = encoded(noise(200, 200), kind)
    cut = content[: int(len(content) * share)]
    assert images.header(cut) == (kind, 200, 200)
    with pytest.raises(images.Unreadable, match="^truncated$"):
        images.decode(cut)


def test_a_truncated_webp_is_not_an_image() -> None:
    content = encoded(noise(200, 200), "WEBP")
    with pytest.raises(images.Unreadable, match="^(broken|not_an_image)$"):
        images.decode(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"\xff", b"<html>404</html>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_not_an_image_is_called_so(content: bytes) -> None:
    for function in (images.header, images.decode):
        with pytest.raises(images.Unreadable, match="^not_an_image$"):
            function(content)


def test_a_format_that_we_do_not_take_is_not_an_image() -> None:
    with pytest.raises(images.Unreadable, match="^not_an_image$"):
        images.header(encoded(noise(8, 8), "BMP"))


def test_a_small_file_that_promises_too_many_pixels_is_a_bomb() -> None:
    content = bytearray(encoded(noise(8, 8), "GIF"))
    content[6:10] = (40_000).to_bytes(2, "little") * 2
    for function in (images.header, images.decode):
        with pytest.raises(images.Unreadable, match="^bomb$"):
            function(bytes(content))


@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_a_file_with_any_bytes_changed_is_read_or_called_unreadable(data: st.DataObject, kind: str) -> None:
    picture = Image.linear_gradient("L").resize((32, 24)).convert("RGB")
    content = bytearray(encoded(picture, kind) if kind == "GIF" else oriented(picture, kind, 6))
    places = st.integers(0, len(content) - 1) | st.integers(0, 200)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        content[place % len(content)] = value
    for function in (images.header, images.decode):
        try:
            function(bytes(content))
        except images.Unreadable as reason:
            assert str(reason) in {"truncated", "broken", "not_an_image", "bomb"}  # noqa: PT017


def test_pixels_of_a_file_are_height_by_width_by_three(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(noise(30, 20), "PNG"))
    pixels = images.load(tmp_path / "a.png")
    assert (pixels.shape, pixels.dtype) == ((20, 30, 3), np.uint8)


@pytest.mark.parametrize(("size", "expected"), [((800, 400), (100, 50)), ((300, 900), (33, 100)), ((50, 20), (50, 20))])
def test_a_thumbnail_is_a_small_webp_that_never_grows(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert images.header(images.thumbnail(noise(*size), 100)) == ("WEBP", *expected)


@given(width=st.integers(1, 300), height=st.integers(1, 300), side=st.integers(1, 120), count=st.integers(1, 12))
def test_tiles_are_squares_inside_the_image_or_the_whole_of_a_small_side(
    width: int, height: int, side: int, count: int
) -> None:
    made = images.tiles(Image.new("L", (width, height)), side, count)
    assert {tile.shape for tile in made} == {(min(side, height), min(side, width))}


def test_tiles_are_spread_evenly_and_about_as_many_as_asked() -> None:
    pixels = np.arange(400 * 800).reshape(400, 800).astype(np.int32)
    made = images.tiles(Image.fromarray(pixels), 100, 8)
    corners = [divmod(int(tile[0, 0]), 800) for tile in made]
    assert corners == [(top, left) for top in (100, 200) for left in (140, 280, 420, 560)]


def test_a_png_is_turned_by_exif_on_either_side_of_its_pixels_and_not_decoded_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[images.ORIENTATION] = 6
    Image.new("RGB", (60, 40)).save(out, "PNG", exif=exif)
    before = out.getvalue()
    start = before.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(before[start : start + 4], "big")
    after = before[:start] + before[end:-12] + before[start:end] + before[-12:]
    assert images.decode(before).size == images.decode(after).size == (40, 60)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    assert images.header(before) == images.header(after) == ("PNG", 40, 60)
    assert images.header(before[:start] + before[end:]) == ("PNG", 60, 40)


ENCODINGS = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "4:1:1": {"subsampling": "4:1:1"},
    "progressive": {"progressive": True},
    "optimised": {"optimize": True, "quality": 30},
    "restarts": {"restart_marker_rows": 1},
    "RGB planes": {"keep_rgb": True},
    "CMYK, subsampled": {"subsampling": 2, "mode": "CMYK"},
    "CMYK": {"subsampling": 0, "mode": "CMYK"},
    "grey": {"mode": "L"},
}


@pytest.mark.parametrize("options", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (200, 131)])
def test_pixels_of_a_jpeg_equal_those_of_pillow(options: dict[str, object], size: tuple[int, int]) -> None:
    mode = str(options.get("mode", "RGB"))
    others = {name: value for name, value in options.items() if name != "mode"}
    content = encoded(noise(*size).convert(mode), "JPEG", **others)
    np.testing.assert_array_equal(images.decode(content), Image.open(io.BytesIO(content)).convert("RGB"))


def reported(content: bytes) -> bool:
    """Whether the decoder that reports damage, and not Pillow, has decoded it."""
    with images.opened(content) as image:
        return images.jpeg_pixels(image) is not None


def test_layouts_that_only_pillow_decodes_and_warnings_of_the_header_are_no_damage() -> None:
    plain = encoded(noise(60, 40), "JPEG")
    strange = plain.replace(b"JFIF\0\1\1", b"JFIF\0\7\1")  # a revision that libjpeg warns of
    assert reported(plain)
    assert not reported(strange)
    np.testing.assert_array_equal(images.decode(strange), images.decode(plain))
    assert not reported(encoded(noise(60, 40).convert("CMYK"), "JPEG", subsampling=2))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_whose_scan_is_damaged_is_broken(progressive: bool) -> None:
    content = encoded(photo(400, 300), "JPEG", progressive=progressive)
    middle, random = len(content) // 2, np.random.default_rng(0).bytes(500)
    assert reported(content)
    for damaged in (
        content[:middle] + content[middle + 500 :],
        content[:middle] + bytes(500) + content[middle + 500 :],
        content[:middle] + random.replace(b"\xff", b"\xfe") + content[middle + 500 :],
        content[:middle] + b"\xff\xd9",
    ):
        with pytest.raises(images.Unreadable, match="^broken$"):
            images.decode(damaged)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("colour", [0, 255])
def test_a_picture_that_lives_in_its_alpha_is_seen(kind: str, colour: int) -> None:
    alpha = noise(60, 40).getchannel("G")
    drawn = Image.merge("RGBA", (*Image.new("RGB", (60, 40), (colour,) * 3).split(), alpha))
    content = encoded(drawn, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    share = np.asarray(alpha)[..., None] / 255
    expected = np.repeat(colour * share + 128 * (1 - share), 3, axis=2)
    np.testing.assert_allclose(images.decode(content), expected, atol=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
def test_an_opaque_picture_with_alpha_is_the_same_without(mode: str) -> None:
    picture = noise(60, 40).convert("L").convert("P" if mode == "PA" else "RGB")
    content = encoded(picture.convert(mode), "PNG" if mode != "PA" else "TIFF")
    np.testing.assert_array_equal(images.decode(content), Image.open(io.BytesIO(content)).convert("RGB"))


def test_a_file_that_probe_could_read_and_we_cannot_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(noise(30, 20), "PNG")[:200])
    with pytest.raises(UserError, match=r"a\.png: truncated, though probe could read it; look for damage"):
        images.decode_file(tmp_path / "a.png")
