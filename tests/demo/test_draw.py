"""The demo's files: each defect is what it says, originals are far apart, and every machine has the same bytes."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from native4k.demo import CATEGORIES, DEFECTS, Params, draw
from native4k.demo.canvas import blank, finish
from native4k.demo.catalogue import GENERATORS, Picture, plan
from native4k.demo.noise import Dice
from native4k.errors import UserError
from native4k.images import Unreadable, decode, header
from native4k.measure.image_signatures import phash

PARAMS = Params(seed=4, originals=2, defects=2, long_side=320)
NEAR = 12  # bits of 64 within which a copy lies, and beyond which other originals lie


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {url: draw(url, PARAMS) for url in plan(PARAMS)}


def of_kind(defect: str) -> Iterator[Picture]:
    yield from (picture for picture in plan(PARAMS).values() if picture.defect == defect)


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(decode(content).convert("L")).astype(np.int32)


def detail(content: bytes) -> float:
    """Mean difference between neighbours, grey levels."""
    return float(np.abs(np.diff(pixels(content), axis=1)).mean())


def apart(first: bytes, second: bytes) -> int:
    return (int(phash(decode(first)), 16) ^ int(phash(decode(second)), 16)).bit_count()


def test_all_files_but_truncated_ones_decode_to_the_size_that_is_planned(files: dict[str, bytes]) -> None:
    for picture in plan(PARAMS).values():
        form, width, height = header(files[picture.url])
        assert (form, (width, height)) == (picture.form.format, picture.size)
        if picture.defect != "truncated":
            assert decode(files[picture.url]).size == picture.size


def test_a_truncated_file_has_a_header_and_no_end(files: dict[str, bytes]) -> None:
    for picture in of_kind("truncated"):
        with pytest.raises(Unreadable, match="truncated"):
            decode(files[picture.url])


def test_reencodes_and_resizes_are_near_their_originals_and_not_the_same_bytes(files: dict[str, bytes]) -> None:
    for picture in (*of_kind("reencode"), *of_kind("resize")):
        assert files[picture.url] != files[picture.of]
        assert apart(files[picture.url], files[picture.of]) <= 4


def test_a_resize_is_smaller_and_has_the_same_shape() -> None:
    for picture in of_kind("resize"):
        whole = plan(PARAMS)[picture.of].size
        assert picture.size[0] < whole[0]
        assert abs(picture.size[0] / picture.size[1] - whole[0] / whole[1]) < 0.02


def test_a_crop_is_a_part_of_its_original_with_at_most_5_percent_less_on_a_side(files: dict[str, bytes]) -> None:
    for picture in of_kind("crop"):
        part, whole = pixels(files[picture.url]), pixels(files[picture.of])
        rows, columns = (np.subtract(whole.shape, part.shape)) + 1
        places = itertools.product(range(rows), range(columns))
        best, top, left = min(
            (float(np.abs(whole[y : y + part.shape[0], x : x + part.shape[1]] - part).mean()), y, x) for y, x in places
        )
        assert best < 6
        assert max(top, whole.shape[0] - part.shape[0] - top) <= 0.05 * whole.shape[0]
        assert max(left, whole.shape[1] - part.shape[1] - left) <= 0.05 * whole.shape[1]


def test_blurred_and_flat_pictures_have_no_detail_and_originals_have(files: dict[str, bytes]) -> None:
    originals = [detail(files[picture.url]) for picture in of_kind("")]
    for defect in ("blurred", "flat"):
        assert all(detail(files[picture.url]) < min(originals) for picture in of_kind(defect))


def test_a_flat_picture_is_even_within_a_few_grey_levels(files: dict[str, bytes]) -> None:
    for picture in of_kind("flat"):
        assert detail(files[picture.url]) < 1.5


def test_an_upscaled_picture_has_less_detail_than_the_same_scene_drawn_at_its_size() -> None:
    big = Params(seed=4, originals=2, defects=2, long_side=640)
    for picture in (p for p in plan(big).values() if p.defect == "upscaled"):
        canvas = blank(*picture.size)
        dice, kinds = Dice(big.seed, picture.category, picture.scene), GENERATORS[picture.category].KINDS
        kinds[picture.scene % len(kinds)](canvas, dice)
        native = float(np.abs(np.diff(finish(canvas, dice).astype(np.int32), axis=2)).mean())
        assert detail(draw(picture.url, big)) < 0.8 * native


def test_a_mislabelled_picture_has_about_half_the_declared_sides() -> None:
    for picture in of_kind("mislabelled"):
        assert max(picture.size) < 0.6 * PARAMS.long_side


def test_the_same_url_gives_the_same_bytes_again(files: dict[str, bytes]) -> None:
    for url in list(files)[:6]:
        assert draw(url, PARAMS) == files[url]


def test_an_unknown_url_is_named() -> None:
    with pytest.raises(UserError, match="demo:0123: not in the demo collection"):
        draw("demo:0123", PARAMS)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("size", [(320, 180), (200, 320), (320, 320), (640, 160)])
def test_every_kind_of_scene_is_drawn_at_any_shape(category: str, size: tuple[int, int]) -> None:
    for number, kind in enumerate(GENERATORS[category].KINDS):
        canvas = blank(*size)
        kind(canvas, Dice(number, category))
        finish(canvas, Dice(number))
        assert canvas.shape == (3, size[1], size[0])
        assert canvas.max() - canvas.min() > 60


def test_originals_are_far_apart_in_the_eyes_of_the_perceptual_hash() -> None:
    params = Params(seed=4, originals=15, defects=1, long_side=640)
    hashes = [int(phash(decode(draw(p.url, params))), 16) for p in plan(params).values() if not p.defect]
    assert len(hashes) == 90
    assert min((a ^ b).bit_count() for a, b in itertools.combinations(hashes, 2)) > NEAR


DIGESTS = """
import hashlib, json
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
from native4k.demo import Params, draw
from native4k.demo.catalogue import plan
params = Params(seed=4, originals=6, defects=1, long_side=320)
digests = {url: hashlib.sha256(draw(url, params)).hexdigest() for url in plan(params)}
print(json.dumps([[name for name in __cpu_dispatch__ if __cpu_features__.get(name)], digests]))
"""


def drawn(**environment: str) -> tuple[list[str], dict[str, str]]:
    """The extras that NumPy uses, and every file's sha256, in a fresh process."""
    command = [sys.executable, "-c", DIGESTS]
    done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)
    extras, digests = json.loads(done.stdout)
    return extras, digests


def test_the_bytes_do_not_depend_on_what_the_processor_can_do() -> None:
    extras, digests = drawn()
    none, plain = drawn(
        NPY_DISABLE_CPU_FEATURES=" ".join(extras),
        JSIMD_FORCENONE="1",  # libjpeg-turbo without vector instructions
        GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F",  # a C library that picks its oldest functions
    )
    assert none == []
    assert len(plain) == 6 * 6 + len(DEFECTS)
    assert plain == digests
