"""Pixels: the only module that opens image files."""

import io
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import AvifImagePlugin, Image, ImageFile

from native4k.errors import UserError
from native4k.formats import SIDEWAYS, png, tiff

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif", "AVIF": "avif"}
"""What we accept, and the file ending each gets."""

ENDINGS = frozenset({f".{ending}" for ending in FORMATS.values()} | {".jpeg", ".tiff"})
"""Of the files in a folder that are taken for pictures."""

FOREIGN = (b"BM", b"8BPS", b"\0\0\1\0", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"DDS ", b"\x76\x2f\x31\x01", b"%!PS")
"""What images of formats begin with that we do not take."""

MAX_PIXELS = 400_000_000
"""A header that promises more is a decompression bomb."""

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # cores are used by shards and workers
Image.MAX_IMAGE_PIXELS = None  # we ask ourselves: Pillow only warns up to twice its limit
warnings.filterwarnings("ignore", module=r"PIL\.")  # of broken metadata; what matters is an exception

ORIENTATION = tiff.ORIENTATION
"""The EXIF tag; orientations 5 to 8 swap the sides."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

BACKDROP = (128, 128, 128, 255)
"""The grey that shows through transparent pixels: neither black nor white drawings vanish in it."""

JPEG_COLOURS = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
"""Pillow's mode of a JPEG -> what the decoder calls these colours."""

JPEG_DAMAGE = {"Corrupt JPEG data": "broken", "Premature end of JPEG file": "truncated"}
"""What libjpeg's warnings of lost pixels begin with -> our reason; its other warnings are of the header alone."""

ARRAY_MODES = {(): "L", (3,): "RGB", (4,): "CMYK"}
"""Channels of a JPEG's decoded pixels -> Pillow's mode."""

BAND = 64
"""Rows taken from a picture at once; they and what is made of them fit a processor's cache."""

HOSTILE = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
)
"""What Pillow raises on files made wrong; not MemoryError, which is the machine's fault."""


class Unreadable(Exception):  # noqa: N818
    """An image file that cannot be used; the message is the row's reason."""


def header(content: bytes | Path) -> tuple[str, int, int]:
    """Format, width and height as displayed, without decoding the pixels, of bytes or of a file."""
    with opened(content) as image:
        width, height = image.size
        if image.format == "PNG" and not {"exif", "Raw profile type exif"} & image.info.keys():
            assert image.fp is not None
            image.info["exif"] = png.exif(image.fp)  # or Pillow decodes the pixels to see what follows them
        turned = image.format != "TIFF" and orientation_of(image) in SIDEWAYS  # Pillow turns the size of TIFF itself
        return kind_of(image), *((height, width) if turned else (width, height))


def kind_of(image: Image.Image) -> str:
    """Our name of its format; a JPEG that carries further pictures (MPO) is a JPEG."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def decode(content: bytes) -> Image.Image:
    """The picture upright and in RGB."""
    with opened(content) as image:
        pixels = jpeg_pixels(image)
        if pixels is None:
            load_pixels(image)
        picture = image if pixels is None else from_array(pixels)
        turn = UPRIGHT.get(orientation_of(image))
        return rgb(picture if turn is None else picture.transpose(turn))


def decode_file(path: Path) -> Image.Image:
    """The picture of a file that probe has accepted, upright and in RGB."""
    try:
        return decode(path.read_bytes())
    except Unreadable as why:
        raise UserError(f"{path}: {why}, though probe could read it; look for damage with `fetch --verify`") from None


def jpeg_pixels(image: ImageFile.ImageFile) -> np.ndarray | None:
    """Decode a JPEG, or raise what libjpeg reports; None for other formats, and for layouts that only Pillow decodes.

    The pixels equal Pillow's, which hides the warnings. Layouts left to it are odd sampling factors and subsampled
    CMYK, and files with a header that libjpeg warns of.
    """
    if kind_of(image) != "JPEG":
        return None
    assert image.fp is not None
    image.fp.seek(0)
    try:
        pixels = simplejpeg.decode_jpeg(image.fp.read(), colorspace=JPEG_COLOURS[image.mode], strict=True)
    except ValueError as error:
        _raise_damage(str(error), error)
        return None
    if pixels.shape[:2] != (image.height, image.width):
        raise Unreadable("broken")
    if image.mode == "CMYK":
        np.invert(pixels, out=pixels)  # as Pillow does: Adobe's files hold 255 for no ink
    return pixels[..., 0] if image.mode == "L" else pixels


def _raise_damage(message: str, error: ValueError) -> None:
    if "Insufficient memory" in message:
        raise MemoryError from error
    for start, reason in JPEG_DAMAGE.items():
        if start in message:
            raise Unreadable(reason) from error


def jpeg_unit(image: ImageFile.ImageFile) -> tuple[int, int]:
    """Pixels across and down of the blocks that a JPEG stores together."""
    layers: list[tuple[int, ...]] = getattr(image, "layer", [])
    if len(layers) == 1:
        return 8, 8
    return 8 * max(layer[1] for layer in layers), 8 * max(layer[2] for layer in layers)


def from_array(pixels: np.ndarray) -> Image.Image:
    """A decoded JPEG, or a part of it, as Pillow holds it: a copy."""
    return Image.fromarray(np.ascontiguousarray(pixels), ARRAY_MODES[pixels.shape[2:]])


def load_pixels(image: ImageFile.ImageFile) -> None:
    """Decode, or say why not."""
    try:
        image.load()
    except HOSTILE as error:
        raise Unreadable(_why(error, "broken")) from error


def _why(error: Exception, otherwise: str) -> str:
    message = str(error)
    if "text chunks" in message or "MAX_TEXT_CHUNK" in message:
        return "bomb"  # a PNG whose text unpacks to more than anyone reads
    return "truncated" if "truncated" in message.lower() else otherwise


def rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB, on BACKDROP where it is transparent; of 16 bits the higher 8."""
    if image.mode.startswith("I;16"):
        deep = np.asarray(image).astype(np.uint16)
        return Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in {"I", "F", "LAB", "HSV"}:
        raise Unreadable("unsupported")  # no telling what is black and what is white
    return on_backdrop(image) if transparent_pixels(image) else image.convert("RGB")


def on_backdrop(image: Image.Image) -> Image.Image:
    """The picture in RGB as it looks on BACKDROP."""
    return Image.alpha_composite(Image.new("RGBA", image.size, BACKDROP), image.convert("RGBA")).convert("RGB")


def transparent_pixels(image: Image.Image) -> int:
    """How many pixels something would shine through."""
    if not image.has_transparency_data:
        return 0
    shown = image if "A" in image.getbands() else image.convert("RGBA")
    return image.width * image.height - shown.getchannel("A").histogram()[255]


def bands(image: Image.Image | np.ndarray, orientation: int, height: int) -> Iterator[Image.Image]:
    """The upright picture from top to bottom, in its own mode and without a copy of the whole."""
    sideways, backwards = orientation in SIDEWAYS, orientation in {3, 4, 7, 8}
    turn, size = UPRIGHT.get(orientation), size_of(image)
    end = size[0] if sideways else size[1]
    for start in range(0, end, height):
        stop = min(end, start + height)
        first, last = (end - stop, end - start) if backwards else (start, stop)
        band = _cut(image, (first, 0, last, size[1]) if sideways else (0, first, size[0], last))
        yield band if turn is None else band.transpose(turn)


def size_of(picture: Image.Image | np.ndarray) -> tuple[int, int]:
    """Width and height."""
    return picture.size if isinstance(picture, Image.Image) else (picture.shape[1], picture.shape[0])


def _cut(picture: Image.Image | np.ndarray, box: tuple[int, int, int, int]) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture.crop(box)
    return from_array(picture[box[1] : box[3], box[0] : box[2]])


def load(path: Path) -> np.ndarray:
    """The pixels of a file: height x width x 3, uint8."""
    return np.asarray(decode(path.read_bytes()))


def load_or_fail(path: Path) -> np.ndarray:
    """The pixels of a picture, or one line that names the file at fault."""
    try:
        return load(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; get it with: dvc pull {path.parent}") from None
    except Unreadable as error:
        raise UserError(f"{path}: cannot be decoded ({error}); get it again, or leave it out") from None


def opened(content: bytes | Path) -> ImageFile.ImageFile:
    """The file's header as Pillow reads it; the pixels are not decoded yet."""
    try:
        image = Image.open(content if isinstance(content, Path) else io.BytesIO(content), formats=list(FORMATS))
    except HOSTILE as error:
        raise Unreadable(_why(error, "not_an_image") if isinstance(error, ValueError) else "not_an_image") from error
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable("bomb")
    return image


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 for none."""
    try:
        value = image.getexif().get(ORIENTATION)
    except HOSTILE:
        return 1
    return value if isinstance(value, int) else 1


def thumbnail(image: Image.Image, side: int) -> bytes:
    """A small WebP whose longer side has the given pixels."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return out.getvalue()


def tiles(image: Image.Image | np.ndarray, side: int, count: int) -> list[np.ndarray]:
    """About count squares of side pixels at native resolution, evenly spread; the whole image if it is smaller."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    across = max(1, round((count * width / height) ** 0.5))
    down = max(1, round(count / across))
    tops = np.linspace(0, max(0, height - side), down + 2)[1:-1].astype(int)
    lefts = np.linspace(0, max(0, width - side), across + 2)[1:-1].astype(int)
    return [pixels[top : top + side, left : left + side] for top in tops for left in lefts]
