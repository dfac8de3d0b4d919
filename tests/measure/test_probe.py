"""One decode of each image: what it tells, and the reasons it gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from native4k import images, params, tables
from native4k.geometry import Geometry
from native4k.measure import cache, probe
from native4k.measure.nativeness import Params as Nativeness

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

NUMBERS = probe.Params(
    geometry=Geometry(min_pixels=2000, min_long_side=60, min_short_side=0, min_aspect=0.4, max_aspect=2.5),
    tile=16,
    tiles=4,
    thumbnail=20,
    nativeness=params.load(Nativeness, Path("params.yaml"), "probe", "nativeness"),
)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_one_decode_tells_everything(picture: Any) -> None:
    row = probe.probe(picture(80, 60), NUMBERS)
    assert list(row) == [*probe.FAILED, "failure"]
    decoded = images.decode(picture(80, 60))
    assert {name: row[name] for name in ("format", "width", "height", "phash", "failure")} == {
        "format": "PNG",
        "width": 80,
        "height": 60,
        "phash": images.phash(decoded),
        "failure": "",
    }
    assert images.header(row["thumbnail"]) == ("WEBP", 20, 15)


@pytest.mark.parametrize(("cut", "failure"), [(9000, "truncated"), (5, "not_an_image"), (0, "not_an_image")])
def test_a_file_that_cannot_be_used_tells_only_why(picture: Any, cut: int, failure: str) -> None:
    row = probe.probe(picture()[:cut], NUMBERS)
    np.testing.assert_equal(row, probe.FAILED | {"failure": failure})


def test_enlarged_and_blurred_pictures_have_less_of_the_finest_detail() -> None:
    sharp = noise(256, 256)
    enlarged = noise(128, 128).resize((256, 256), Image.Resampling.BICUBIC)
    blurred = sharp.filter(ImageFilter.GaussianBlur(3))
    fineness, detail = ({name: probe.detail(picture, 64, 9)[column] for name, picture in
                         {"sharp": sharp, "enlarged": enlarged, "blurred": blurred}.items()}
                        for column in ("fineness", "detail"))  # fmt: skip
    assert fineness["sharp"] > 1.5 * fineness["enlarged"]
    assert detail["sharp"] > 5 * detail["blurred"]


def test_a_flat_picture_has_no_detail() -> None:
    assert probe.detail(Image.new("RGB", (64, 64), (9, 99, 199)), 16, 4) == {"detail": 0.0, "fineness": 0.0}


def test_a_shallow_depth_of_field_does_not_count_against_a_picture() -> None:
    sharp = noise(256, 256)
    shallow = sharp.filter(ImageFilter.GaussianBlur(8))
    shallow.paste(sharp.crop((0, 0, 128, 256)), (0, 0))
    whole, half = (probe.detail(picture, 32, 16)["detail"] for picture in (sharp, shallow))
    assert half == pytest.approx(whole, rel=0.05)


@given(seed=st.integers(0, 99), height=st.integers(4, 20), width=st.integers(4, 20))
def test_haar_bands_are_the_variance_within_blocks_of_two_and_between_them(seed: int, height: int, width: int) -> None:
    tile = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.float64)
    even = tile[: height // 2 * 2, : width // 2 * 2]
    blocks = even.reshape(height // 2, 2, width // 2, 2).swapaxes(1, 2).reshape(-1, 4)
    finest, _ = probe.haar_energies(tile)
    assert finest == pytest.approx(blocks.var(axis=1).mean(), abs=1e-6)


def test_every_image_of_a_shard_gets_its_reason(store: Any, mixed: dict[str, str]) -> None:
    probe.run(store.args("probe.parquet"))
    table = tables.read(store.root / "probe.parquet")
    assert dict(zip(table["id"], table["reason"], strict=True)) == mixed
    by_reason = {"truncated": "probe", "not_an_image": "fetch", "mislabelled": "probe", "too_small": "probe"}
    expected = [by_reason.get(reason, "probe") if reason else "" for reason in table["reason"]]
    assert table["rejected_by"].tolist() == expected


def test_a_second_run_measures_nothing_and_gives_the_same_bytes(
    store: Any, mixed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mixed
    probe.run(store.args("one.parquet"))
    monkeypatch.setattr(probe, "probe", None)
    probe.run(store.args("two.parquet"))
    assert (store.root / "one.parquet").read_bytes() == (store.root / "two.parquet").read_bytes()


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_together_are_the_whole_with_the_same_types(store: Any, mixed: dict[str, str], shards: int) -> None:
    assert mixed
    probe.run(store.args("whole.parquet"))
    whole = tables.read(store.root / "whole.parquet")
    parts = []
    for number in range(shards):
        probe.run(store.args(f"{number}.parquet", f"{number}/{shards}"))
        parts.append(tables.read(store.root / f"{number}.parquet"))
    filled = [part for part in parts if len(part)]
    assert all(part.dtypes.equals(whole.dtypes) for part in filled)
    rows = [row for part in parts for row in part.fillna(-1.0).to_numpy().tolist()]
    assert sorted(rows) == whole.fillna(-1.0).to_numpy().tolist()


def test_a_shard_of_which_nothing_could_be_fetched_is_still_a_table(store: Any) -> None:
    store.add("gone", b"")
    store.freeze()
    probe.run(store.args("probe.parquet"))
    table = tables.read(store.root / "probe.parquet")
    assert table["reason"].tolist() == ["not_an_image"]
    assert table[["width", "height"]].dtypes.astype(str).tolist() == ["int64", "int64"]
    assert not cache.folder(store.cache, "probe", store.params).exists()
