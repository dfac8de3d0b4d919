"""The preset `photos` keeps real photographs and rejects what is blank, blurred or enlarged for certain."""

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image, ImageFilter

from native4k import params
from native4k.dataset import balance, select, takedown
from native4k.measure import measurements, probe
from tests.project import HERE, composed

PHOTOS = HERE / "params/photos.yaml"
REAL = {
    "skimage": [f"data/{name}" for name in ("chelsea.png", "retina.jpg", "rocket.jpg")],
    "sklearn": [f"datasets/images/{name}" for name in ("china.jpg", "flower.jpg")],
}
"""Photographs of packages, noisy, dark and framed ones among them; `cell` and `moon` hold less than their size."""


@pytest.fixture(name="numbers", scope="module")
def _numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "params.yaml"
    path.write_text(composed(PHOTOS), encoding="utf-8")
    return path


def real(package: str, name: str) -> Path:
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / name


def reasons(files: list[Path], numbers: Path) -> list[str]:
    """The reason of each picture, of the preset's rules alone."""
    probed = params.load(probe.Params, numbers, "probe")
    rows = [measurements.measure(path, measurements.Numbers(probed.measures, probed.nativeness)) for path in files]
    table = pd.DataFrame(rows).assign(id=range(len(rows)), reason="", rejected_by="")
    chosen = params.load(select.Params, numbers, "select")
    return select.select(table, takedown.NO_REQUESTS, chosen)["reason"].tolist()


def test_real_photographs_are_kept(numbers: Path) -> None:
    files = [real(package, name) for package, names in REAL.items() for name in names]
    assert reasons(files, numbers) == [""] * len(files)


def test_what_is_blank_blurred_or_enlarged_for_certain_is_rejected(numbers: Path, tmp_path: Path) -> None:
    china = Image.open(real("sklearn", "datasets/images/china.jpg")).resize((1280, 854), Image.Resampling.LANCZOS)
    pictures = {
        "flat": Image.new("RGB", (400, 300), (90, 120, 90)),
        "blurred": china.filter(ImageFilter.GaussianBlur(60)),
        "upscaled": china.resize((320, 214), Image.Resampling.LANCZOS).resize((1280, 854), Image.Resampling.BICUBIC),
    }
    files = [tmp_path / f"{reason}.png" for reason in pictures]
    for path, picture in zip(files, pictures.values(), strict=True):
        picture.save(path)
    assert reasons(files, numbers) == list(pictures)


def test_no_picture_is_rejected_for_its_category(numbers: Path) -> None:
    table = pd.DataFrame({"id": list("abcd"), "category": ["unknown", "", "Food", "Food"], "detail": 1.0, "reason": ""})
    chosen = params.load(balance.Params, numbers, "balance")
    assert balance.balance(table.assign(rejected_by=""), chosen)["reason"].tolist() == [""] * 4
