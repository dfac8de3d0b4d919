"""From a url of the demo to the bytes of its file: draw, spoil where a defect is planted, encode."""

import io

import numpy as np
from PIL import Image

from native4k.demo import defects
from native4k.demo.canvas import blank, finish
from native4k.demo.catalogue import (
    GENERATORS,
    Form,
    Params,
    Picture,
    Size,
    plan,
)
from native4k.demo.noise import Dice
from native4k.errors import UserError


def draw(url: str, params: Params) -> bytes:
    """The file behind a url, the same bytes on every machine."""
    pictures = plan(params)
    if url not in pictures:
        raise UserError(f"{url}: not in the demo collection; draw the catalogue again with the same demo params")
    picture = pictures[url]
    if not picture.of:
        return _first(picture, params)
    content = _first(pictures[picture.of], params)
    return content if picture.defect == "copy" else _again(picture, content, params)


def _first(picture: Picture, params: Params) -> bytes:
    dice = Dice(params.seed, "spoil", picture.url)
    if picture.defect == "flat":
        image = merged(defects.empty(picture.size, dice))
    elif picture.defect == "upscaled":
        image = defects.enlarge(merged(scene(picture, defects.origin(dice, picture.size), params)), dice, picture.size)
    else:
        image = merged(scene(picture, picture.size, params))
    if picture.defect == "blurred":
        image = defects.blur(image, dice)
    content = encode(image, picture.form)
    return defects.cut(content, dice) if picture.defect == "truncated" else content


def _again(picture: Picture, content: bytes, params: Params) -> bytes:
    dice = Dice(params.seed, "spoil", picture.url)
    with Image.open(io.BytesIO(content)) as file:
        image = file.convert("RGB")
    if picture.defect == "resize":
        image = image.resize(picture.size, Image.Resampling.LANCZOS)
    if picture.defect == "crop":
        image = defects.crop(image, dice, picture.size)
    if picture.defect == "brightened":
        image = defects.brighten(image)
    if picture.defect == "marked":
        image = defects.label(image)
    if picture.defect == "mirrored":
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return encode(image, picture.form)


def scene(picture: Picture, size: Size, params: Params) -> np.ndarray:
    """The drawn picture at a size: 3 x height x width, uint8."""
    canvas, dice = blank(*size), Dice(params.seed, picture.category, picture.scene)
    kinds = GENERATORS[picture.category].KINDS
    kinds[picture.scene % len(kinds)](canvas, dice)
    if picture.defect == "watermarked":
        defects.stamp(canvas, dice)
    return finish(canvas, dice)


def merged(canvas: np.ndarray) -> Image.Image:
    """A canvas as a picture."""
    return Image.merge("RGB", [Image.fromarray(plane) for plane in canvas])


def encode(image: Image.Image, form: Form) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    if form.format == "JPEG":
        chroma = "4:2:0" if form.halved else "4:4:4"
        image.save(out, "JPEG", quality=form.quality, subsampling=chroma, progressive=form.progressive)
    elif form.format == "PNG":
        image.save(out, "PNG", compress_level=1)
    else:
        image.save(out, "WEBP", quality=form.quality, method=0)
    return out.getvalue()
