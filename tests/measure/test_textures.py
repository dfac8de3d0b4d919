"""Each texture measure against an independent computation of the same."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.feature import graycomatrix
from skimage.measure import shannon_entropy

from native4k.measure import textures

NUMBERS = textures.Numbers(glcm_patch=16, glcm_levels=64, glcm_distances=(1, 2), jpeg_quality=95)
DISTANCES = (1, 2, 3, 4)
ANGLES = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]


def noise_patch() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 64, (64, 64)).astype(np.uint8)


def smooth_patch() -> np.ndarray:
    rows, columns = np.mgrid[:64, :64]
    return ((np.sin(rows / 9) + np.cos(columns / 5) + 2) * 15).astype(np.uint8)


@pytest.mark.parametrize("patch", [noise_patch(), smooth_patch(), np.zeros((64, 64), np.uint8)])
def test_co_occurrence_is_scikit_images(patch: np.ndarray) -> None:
    theirs = graycomatrix(patch, list(DISTANCES), ANGLES, levels=64, normed=True)
    np.testing.assert_array_equal(textures.glcms(patch, 64, DISTANCES), theirs.transpose(2, 3, 0, 1))


@pytest.mark.parametrize("patch", [noise_patch(), smooth_patch()])
def test_both_glcm_scores_are_what_their_names_say(patch: np.ndarray) -> None:
    theirs = graycomatrix(patch, list(DISTANCES), ANGLES, levels=64, normed=True)
    ours = textures.glcms(patch, 64, DISTANCES)
    assert textures.glcm_published(ours) == pytest.approx(shannon_entropy(theirs), abs=1e-9)
    cells = [theirs[:, :, d, a][theirs[:, :, d, a] > 0] for d in range(4) for a in range(4)]
    assert textures.glcm_entropy(ours) == pytest.approx(np.mean([-(p * np.log2(p)).sum() for p in cells]), abs=1e-9)


def test_a_noise_patch_has_the_figures_known_for_it() -> None:
    matrices = textures.glcms(noise_patch(), 64, DISTANCES)
    assert textures.glcm_published(matrices) == pytest.approx(3.535, abs=0.01)
    assert textures.glcm_entropy(matrices) == pytest.approx(11.14, abs=0.01)


def test_entropy_is_that_of_the_grey_levels() -> None:
    assert textures.entropy(np.repeat(np.arange(256), 4)) == pytest.approx(8.0)
    assert textures.entropy(np.zeros((5, 5))) == 0
    assert textures.entropy(noise_patch()) == textures.entropy(noise_patch().astype(np.int64))
    assert textures.entropy(noise_patch()) == pytest.approx(shannon_entropy(noise_patch()))


def test_compression_ratio_is_of_all_bytes_together() -> None:
    rng = np.random.default_rng(0)
    pictures = np.stack([rng.integers(0, 256, (32, 32, 3)), np.full((32, 32, 3), 90)]).astype(np.uint8)
    size = 0
    for picture in pictures:
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=95)
        size += len(out.getvalue())
    assert textures.compression_ratio(pictures, 95) == 2 * 32 * 32 * 3 / size


def test_tiles_are_the_pictures_own_squares() -> None:
    picture = np.arange(5 * 7 * 3).reshape(5, 7, 3)
    found = textures.tiles(picture, 2)
    expected = [picture[y : y + 2, x : x + 2] for y in (0, 2) for x in (0, 2, 4)]
    np.testing.assert_array_equal(found, np.stack(expected))


def photo() -> np.ndarray:
    """Smooth shapes with some noise, 50 x 40: neither side is a multiple of a patch."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:50, :40]
    smooth = 120 + 80 * np.sin(rows / 7) * np.cos(columns / 5)
    return (smooth[..., None] + rng.normal(0, 5, (50, 40, 3))).clip(0, 255).astype(np.uint8)


def test_the_glcm_of_a_picture_is_the_mean_over_its_whole_patches_as_diffusion_4k_has_it() -> None:
    grey = np.asarray(Image.fromarray(photo()).convert("L")) // 4
    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    patches = [grey[y : y + 16, x : x + 16] for y in (0, 16, 32) for x in (0, 16)]
    theirs = [shannon_entropy(graycomatrix(each, [1, 2], angles, levels=64, normed=True)) for each in patches]
    measure = textures.texture_measures(NUMBERS)["glcm_published"]
    assert measure(photo()) == pytest.approx(np.mean(theirs), abs=1e-9)
    assert np.isnan(measure(photo()[:10]))


def test_entropy_and_compression_ratio_take_pictures_of_any_aspect() -> None:
    measures = textures.texture_measures(NUMBERS)
    for picture in (photo(), photo()[:, :7], photo()[:3]):
        grey = np.asarray(Image.fromarray(picture).convert("L"))
        assert measures["shannon_entropy"](picture) == pytest.approx(shannon_entropy(grey), abs=1e-9)
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "JPEG", quality=95)
        assert measures["compression_ratio"](picture) == picture.nbytes / len(out.getvalue())


def test_a_texture_is_a_column_on_its_view() -> None:
    texture = textures.Texture(measure="shannon_entropy", view="tiles:16")
    column = textures.column("entropy", texture, 4, NUMBERS)
    assert column.columns == ("entropy_mean", "entropy_min", "entropy_spread")
    assert column.load is not None
    row = column.load().rate(Image.fromarray(photo()))
    assert list(row) == list(column.columns)
    assert row["entropy_min"] <= row["entropy_mean"] <= row["entropy_min"] + row["entropy_spread"]


def test_a_texture_depends_on_its_own_numbers_alone() -> None:
    def key(measure: str, tiles: int, **numbers: int) -> str:
        texture = textures.Texture(measure=measure, view="full")
        return textures.column("a", texture, tiles, textures.Numbers(**vars(NUMBERS) | numbers)).key

    assert key("shannon_entropy", 4) == key("shannon_entropy", 5, jpeg_quality=90, glcm_patch=32)
    assert key("compression_ratio", 4) != key("compression_ratio", 4, jpeg_quality=90)
    assert key("glcm_entropy", 4) == key("glcm_entropy", 4, jpeg_quality=90)
    assert key("glcm_entropy", 4) != key("glcm_entropy", 4, glcm_patch=32)
