"""A folder of pictures of all outcomes, and numbers that take small ones for 4K."""

from pathlib import Path

import pytest

from tests.judge.samples import ROOT, fake, flat, photograph

REAL, SMALL = "min_pixels: 8294400, min_long_side: 3840", "min_pixels: 100000, min_long_side: 500"


@pytest.fixture(name="pictures", scope="module")
def folder_of_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a native picture, a fake, a flat one, a small one and one that is cut, below each other."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "deep" / "deeper").mkdir(parents=True)
    photograph().save(folder / "native.png")
    fake().save(folder / "deep" / "fake.png")
    flat().save(folder / "deep" / "flat.webp", lossless=True)
    photograph().crop((0, 0, 300, 300)).save(folder / "deep" / "deeper" / "small.tif")
    photograph().save(folder / "cut.jpg")
    (folder / "cut.jpg").write_bytes((folder / "cut.jpg").read_bytes()[:9000])
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture(name="numbers", scope="module")
def numbers_for_small_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's numbers, but for what counts as 4K."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert REAL in text
    path = tmp_path_factory.mktemp("numbers") / "params.yaml"
    path.write_text(text.replace(REAL, SMALL))
    return path
