"""bench/parts: what the benchmarks of super-resolution and of real pictures count and say, in small, without a GPU."""

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from native4k.dataset import dedup
from native4k.dataset.select import Cut, Range
from native4k.errors import UserError
from native4k.sr import tiles

CPU = torch.device("cpu")


@pytest.fixture
def parts() -> Iterator[Any]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
    from parts import accelerated, certain, duel, features, learned, real, roofline, tile_counts

    yield {
        module.__name__.removeprefix("parts."): module
        for module in (accelerated, certain, duel, features, learned, real, roofline, tile_counts)
    }
    sys.path.pop(0)


def _tiny(duel: Any) -> Any:
    baseline = duel.published(2)
    shape = dataclasses.replace(baseline.network, embed_dim=12, depths=(2,), num_heads=(2,))
    return dataclasses.replace(baseline, network=shape)


def test_every_simulated_picture_has_bits_a_pixel_and_is_ranked_without_a_warning(parts: Any) -> None:
    table = parts["features"].features(4000)
    bits = {"JPEG": 1.0}
    copies = dedup.Params(radius=0, verify=0, views=[], min_bits=0, enlarged=1, bits_as_jpeg=bits, marked=0.3,
                          score=None, firewall={}, embedding=None)  # fmt: skip
    assert len(dedup.best_first(table, copies)) == (table["reason"] == "").sum()
    assert (table["bits_per_pixel"] > 0).all()


def test_operations_are_counted_as_worked_out_by_hand(parts: Any) -> None:
    one, other = torch.ones(8, 16), torch.ones(16, 4)
    assert parts["roofline"].counted(lambda: one @ other) == 2 * 8 * 16 * 4
    layer = nn.Conv2d(3, 5, 3, padding=1)
    assert parts["roofline"].counted(lambda: layer(torch.ones(1, 3, 10, 20))) == 2 * 3 * 5 * 9 * 10 * 20


def test_products_and_what_only_moves_memory_are_told_apart(parts: Any) -> None:
    one = torch.rand(400, 400)
    products = parts["roofline"].spent(lambda: [one @ one for _ in range(20)], CPU)
    moves = parts["roofline"].spent(lambda: [one + one for _ in range(200)], CPU)
    assert products.products > 0.5 > products.others
    assert moves.others > moves.products
    assert sum(products) == pytest.approx(1)
    assert products.limit() == "multiplying matrices"
    assert parts["roofline"].peak(CPU, torch.float32, 64) > 0


def test_both_loops_learn_the_same_from_the_same_batches(parts: Any, tmp_path: Path) -> None:
    taken = parts["duel"].duel(_tiny(parts["duel"]), 32, 4, tmp_path, CPU)
    assert (len(taken.our_losses), len(taken.their_losses)) == (4, 4)
    assert taken.apart() < 1e-3  # Adam's first steps go by the sign of gradients, however small
    assert len(set(taken.our_losses)) == 4
    assert min(taken.medians(1)) > 0


def test_what_limits_training_and_upscaling_is_said(parts: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ours = parts["accelerated"]
    said = ours.learning(_tiny(parts["duel"]), 32, CPU, 1e12, 0.5)
    assert said.startswith("training: 4.00 patches/s, memory not watched, 0.0% of the peak (products ")
    network, numbers = (
        nn.Upsample(scale_factor=2),
        tiles.Params(tile=8, overlap=2, threads=1, largest=16, memory_share=0.5),
    )
    said = ours.enlarging(network, np.zeros((20, 30, 3), np.uint8), 2, numbers, CPU, 1e12)
    assert "of the peak (products 0%" in said
    assert "tiles of 16" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("natives", "fakes", "said"),
    [
        (["native"] * 10, ["upscaled"] * 10, []),
        (["native"] * 8 + ["upscaled"] * 2, ["upscaled"] * 10, ["0.200 of natives are called upscaled, more than 0.1"]),
        (["unknown"] * 10, ["upscaled", "unknown"] * 5, ["0.500 of fakes are called upscaled, less than 0.85"]),
    ],
)
def test_rates_that_are_clearly_off_are_named(
    parts: Any, natives: list[str], fakes: list[str], said: list[str]
) -> None:
    table = pd.DataFrame({"factor": [1] * 10 + [2] * 10, "outcome": natives + fakes})
    assert parts["certain"].problems(table) == said


def test_real_pictures_of_python_packages_are_at_hand_without_debian(parts: Any, tmp_path: Path) -> None:
    families = parts["real"].at_hand(500, tmp_path)
    assert {family.package for family in families} == {"skimage", "matplotlib"}
    assert len(families) == 9
    assert parts["real"].native(families[0]).shape == (436, 500, 3)
    with pytest.raises(UserError, match=r"no real pictures of kphotoalbum; run `make real`"):
        parts["real"].families(folder=tmp_path)


def test_a_package_that_cannot_be_had_is_one_line_and_leaves_nothing(
    parts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    parts["certain"].fetch()
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in said] == [
        [f"without {name}", "apt-get"] for name in parts["certain"].DEBIAN
    ]
    assert list(tmp_path.iterdir()) == []


def test_verdicts_that_change_with_more_tiles_are_counted_by_kind(parts: Any) -> None:
    few = pd.DataFrame({"kind": ["real", "real", "drawn", "drawn"], "entropy_mean": [4.0, 5.0, 4.0, 5.0]})
    many = few.assign(entropy_mean=[5.0, 5.0, 4.5, 5.0])
    flat = Range(column="entropy_mean", min=4.6, max=None, per=None, missing="reject")
    low = Cut(column="entropy_mean", drop=0.5, end="bottom", per=None, missing="reject")
    other = Range(column="contrast", min=2.0, max=None, per=None, missing="reject")
    told = list(parts["tile_counts"].changes(few, many, {"demo": {"flat": flat, "low": low, "grey": other}}))
    half = "real: 1 rejected, 1 of 2 change (0.500); drawn: 1 rejected, 0 of 2 change (0.000)"
    assert [" ".join(line.split()) for line in told] == [
        f"demo flat entropy_mean {half}",
        f"demo low entropy_mean {half}",
        "demo grey contrast not of tiles: none changes",
    ]


def test_networks_that_cannot_run_are_said_in_one_line(
    parts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = parts["learned"]
    monkeypatch.setattr(learned, "FOLDER", tmp_path)
    family = learned.real.at_hand(500, tmp_path)[2]
    with pytest.raises(UserError, match="learned upscalers do not run on this machine: .*No module named"):
        learned.pictures(family, 1)
    assert list((tmp_path / "pictures").iterdir()) == []
