"""native4k.study.study: arms differ in their pixels alone, runs are kept, and results are those of the images."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor, nn

from native4k import cli, images, resample, tables
from native4k.learning.recipe import Recipe
from native4k.sr import baselines, metrics, networks, patches, recipes, strips, testsets, tiles
from native4k.sr.recipes import Batch
from native4k.study import origin, runs
from tests.sr.conftest import SECTION

Make = Callable[..., Path]
ARMS = ["native", "half", "half_field", "upscaled"]
SIDE = 32
BASELINE = SECTION["baselines"]["swinir_x4"]
STUDY: dict[str, Any] = {
    "collection": "drawings",
    "network": BASELINE["network"] | {"embed_dim": 4, "depths": [1], "drop_path": 0.0},
    "training": BASELINE["training"] | {"images": 6, "val_patches": 1, "curve_every": 6, "checkpoint_every": 2},
    "conventions": ["sr-real"],
    "measures": ["psnr", "ssim"],
    "bootstrap": {"seed": 0, "draws": 50, "confidence": 0.9},
    "workers": 2,
    "designs": {
        "all": [{"scales": [4], "arms": ARMS, "images": [None], "seeds": [0]}],
        "grown": [
            {"scales": [4], "arms": ["native", "half"], "images": [None], "seeds": [0, 1]},
            {"scales": [2], "arms": ["native", "half"], "images": [2, 3], "seeds": [0]},
        ],
        "unfair": [{"scales": [4], "arms": ["half"], "images": [None], "seeds": [0]}],
        "many": [{"scales": [4], "arms": ["native", "half"], "images": [4], "seeds": [0]}],
        "narrow": [{"scales": [4, 32], "arms": ["native", "half"], "images": [None], "seeds": [0]}],
    },
}
CUT = {"patches.side": SIDE, "patches.margin": SIDE // 2, "patches.per_image": 2}


@pytest.fixture(name="write")
def params_writer(numbers: Make) -> Make:
    """Makes a params file of the study above and of sr's numbers, each but for what is given."""

    def make(study: dict[str, Any] | None = None, **changes: Any) -> Path:
        path = numbers(CUT | changes)
        tree = yaml.safe_load(path.read_text(encoding="utf-8")) | {"study": STUDY | (study or {})}
        path.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return path

    return make


@pytest.fixture(name="file")
def params_file(write: Make) -> Path:
    return write()


@pytest.fixture(name="splits")
def three_splits(split: Make) -> None:
    split("train", images=3), split("val", images=1), split("test", images=2)


def words(folder: Path, file: Path, design: str, out: str = "out", scratch: str = "scratch") -> list[str]:
    paths = [folder / name for name in ("train", "val", "test", f"{out}.json")]
    ends = ["--images", folder / f"{out}.parquet", "--scratch", folder / scratch, "--params", file]
    return ["study", design, *map(str, paths), *map(str, ends)]


def results(folder: Path, out: str = "out") -> list[bytes]:
    return [(folder / f"{out}{ending}").read_bytes() for ending in (".json", ".parquet")]


class Seen(NamedTuple):
    """The first weights of one run, and every batch that it was trained on."""

    first: dict[str, Tensor]
    batches: list[Batch]

    def shown(self) -> np.ndarray:
        """Every large patch in its order, with values 0 to 255."""
        return torch.cat([batch.large for batch in self.batches]).mul(255).round().numpy()


@pytest.fixture(name="seen")
def recorded_runs(monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    """Record every run that is trained from now on, in the order of the runs."""
    found: list[Seen] = []
    real = recipes.build

    def build(numbers: Any, network: nn.Module, device: torch.device) -> Recipe:
        recipe = real(numbers, network, device)
        player, own = recipe.players[0], Seen({k: v.clone() for k, v in network.state_dict().items()}, [])
        found.append(own)

        def losses(batch: Batch) -> dict[str, Tensor]:
            own.batches.append(batch)
            return player.losses(batch)

        return recipe._replace(players=(player._replace(losses=losses),))

    monkeypatch.setattr(recipes, "build", build)
    return found


def ramps(folder: Path) -> None:
    """Make the training pictures say of every pixel where it is and in which picture: red across, green down, blue."""
    y, x = np.mgrid[:120, :160] * 1.5
    for number, path in enumerate(sorted(folder.glob("*.png"))):
        Image.fromarray(np.stack([x, y, np.full_like(x, 60 * number)], axis=2).astype(np.uint8)).save(path)


def whereabouts(patch: np.ndarray) -> tuple[int, tuple[float, ...], tuple[bool, ...]]:
    """The picture, the centre and the turn of a patch (3, side, side) of the ramps."""
    red, green, blue = patch
    right, down = red[:, -1].mean() - red[:, 0].mean(), red[-1].mean() - red[0].mean()
    flipped = green[:, -1].mean() - green[:, 0].mean(), green[-1].mean() - green[0].mean()
    return round(float(blue.mean())), (red.mean(), green.mean()), tuple(step > 1 for step in (right, down, *flipped))


def test_arms_differ_in_their_pixels_and_in_nothing_else(
    splits: None, file: Path, seen: list[Seen], tmp_path: Path
) -> None:
    ramps(tmp_path / "train")
    assert cli.main(words(tmp_path, file, "all")) == 0
    arms = dict(zip(sorted(ARMS), seen, strict=True))
    native = [whereabouts(patch) for patch in arms["native"].shown()]
    assert len(native) == 6
    assert len({(picture, centre) for picture, centre, _ in native}) == 6, "every patch of the ramps once"
    for arm in arms.values():
        found = [whereabouts(patch) for patch in arm.shown()]
        assert [(picture, turn) for picture, _, turn in found] == [(picture, turn) for picture, _, turn in native]
        centres = np.array([[centre for _, centre, _ in side] for side in (found, native)])
        assert np.abs(centres[0] - centres[1]).max() < 0.4, "half a pixel would be 0.75"
        assert all(torch.equal(arm.first[name], value) for name, value in arms["native"].first.items())
        for batch in arm.batches:
            assert torch.equal(batch.small, resample.downscale(batch.large, 4)), "the same degradation"
    assert [len(batch.large) for arm in arms.values() for batch in arm.batches] == [2, 2, 2] * 4
    saved = [json.loads(path.read_text()) for path in (tmp_path / "scratch/study").glob("*/weights/params.json")]
    assert sorted(one.pop("name") for one in saved) == [f"x4 {arm} 3 images seed 0" for arm in sorted(ARMS)]
    assert saved == [saved[0]] * 4, "the same network, budget, schedule and patches"


def test_the_pixels_of_an_arm_are_those_of_its_view(splits: None, file: Path, seen: list[Seen], tmp_path: Path) -> None:
    ramps(tmp_path / "train")
    assert cli.main(words(tmp_path, file, "all")) == 0
    found = {}
    for arm, run in zip(sorted(ARMS), seen, strict=True):
        red = run.shown()[0][0]
        found[arm] = len(red), max(round(2 * float(np.abs(np.diff(red, axis=axis)).mean())) / 2 for axis in (0, 1))
    assert found == {"native": (32, 1.5), "half": (32, 3.0), "half_field": (16, 3.0), "upscaled": (32, 1.5)}


def test_the_table_holds_what_each_network_and_bicubic_give_on_each_test_image(
    splits: None, file: Path, tmp_path: Path
) -> None:
    assert cli.main([*words(tmp_path, file, "grown"), "--pictures", str(tmp_path / "pictures")]) == 0
    table = tables.read(tmp_path / "out.parquet")
    counted = table.groupby(["scale", "images", "arm"]).size().to_dict()
    assert counted == {
        (2, 0, "bicubic"): 2,
        (2, 2, "half"): 2,
        (2, 2, "native"): 2,
        (2, 3, "half"): 2,
        (2, 3, "native"): 2,
        (4, 0, "bicubic"): 2,
        (4, 3, "half"): 4,
        (4, 3, "native"): 4,
    }
    pair = testsets.own_pairs(tmp_path / "test")[0]
    truth = images.load_or_fail(pair.high)
    small = resample.to_pixels(resample.downscale(resample.to_tensor(truth), 4))
    for folder in (tmp_path / "scratch/study").glob("*/weights"):
        saved, network = baselines.restore(folder)
        scale, arm, count, _, _, seed = saved.name.split()
        if scale != "x4":
            continue
        wanted = metrics.compare(tiles.enlarge(network, small, 4, 32, 8), truth, 4, ("sr-real",), ("psnr", "ssim"))
        row = table.query(
            f"scale == 4 and arm == '{arm}' and images == {count} and seed == {seed} and id == '{pair.id}'"
        )
        found = row[["sr_real_psnr_y", "sr_real_ssim_y"]].to_numpy().tolist()
        assert found == [[round(value, metrics.DIGITS) for value in wanted.values()]]
        if (arm, seed) == ("native", "0"):
            (strip,) = (tmp_path / "pictures").glob(f"x4-half-*-{pair.id}.webp")
            side = truth.shape[0] // 4 * 4
            place = strips.textured_square(truth, side)
            half, native, original = np.split(images.load_or_fail(strip).astype(int), 3, axis=1)
            assert np.array_equal(original, truth[place])
            assert np.abs(native - tiles.enlarge(network, small, 4, 32, 8)[place]).mean() < 0.1, "tiles begin elsewhere"
            assert not np.array_equal(half, native)
    shown = sorted(path.name.rpartition("-")[0] for path in (tmp_path / "pictures").iterdir())
    assert shown == ["x2-half-least", "x2-half-most", "x4-half-least", "x4-half-most"]
    tree = json.loads((tmp_path / "out.json").read_text())
    assert list(tree["differences"]["x2"]) == ["2", "3"]
    assert tree["differences"]["x4"]["3"]["half"]["sr_real_psnr_y"]["seeds"].keys() == {"0", "1"}
    assert (tree["study"], tree["runs"], tree["test_images"]) == ("grown", 8, 2)


def test_a_run_that_is_killed_ends_as_if_it_had_not_been_and_trains_no_network_twice(
    splits: None, file: Path, seen: list[Seen], tmp_path: Path
) -> None:
    assert cli.main(words(tmp_path, file, "grown", "whole", "other")) == 0
    command = [sys.executable, "-m", "native4k.cli", *words(tmp_path, file, "grown")]
    process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list((tmp_path / "scratch/study").glob("*/weights")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = len(list((tmp_path / "scratch/study").glob("*/weights")))
    seen.clear()
    assert cli.main(words(tmp_path, file, "grown")) == 0
    assert len(seen) == 8 - finished < 8
    assert results(tmp_path) == results(tmp_path, "whole")


def test_a_second_run_trains_and_measures_nothing_and_mends_a_torn_note(
    splits: None, file: Path, seen: list[Seen], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(words(tmp_path, file, "all", "first")) == 0
    seen.clear()
    notes = next((tmp_path / "scratch/study/bicubic_x4").iterdir())
    *whole, last = notes.read_text().splitlines()
    notes.write_text("\n".join([*whole, last[:10]]))
    measured: list[Any] = []
    real = tiles.enlarge
    monkeypatch.setattr(tiles, "enlarge", lambda network, *rest: measured.append(network) or real(network, *rest))
    assert cli.main(words(tmp_path, file, "all")) == 0
    assert seen == []
    assert [type(network) for network in measured] == [networks.bicubic.Interpolation]
    assert results(tmp_path) == results(tmp_path, "first")


def test_an_overlay_is_put_in_before_the_study_runs_and_stands_in_the_results(
    splits: None, file: Path, seen: list[Seen], tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "study:\n  measures: [psnr]\n  designs: !replace\n"
        "    one: [{scales: [4], arms: [native], images: [2], seeds: [3]}]\n"
    )
    before = file.read_bytes()
    assert cli.main([*words(tmp_path, file, "one"), "--overlays", str(overlay)]) == 0
    tree = json.loads((tmp_path / "out.json").read_text())
    assert [len(seen), tree["collection"], tree["runs"], tree["patches_seen"]] == [1, "drawings", 1, 6]
    assert list(tree["means"]["x4"]["2"]["native"]) == ["sr_real_psnr_y"]
    assert tree["made_of"]["overlays"] == [overlay.as_posix()]
    assert origin.is_current(tree, file)
    assert file.read_bytes() == before


def test_fewer_training_images_are_among_more() -> None:
    names = [f"{number:04}" for number in range(40)]
    store = patches.Store(np.arange(80).reshape(80, 1, 1, 1), [name for name in names for _ in range(2)])
    found = [runs.subset(store, count) for count in (10, 20, 40)]
    assert [len(set(one.ids)) for one in found] == [10, 20, 40]
    assert set(found[0].ids) < set(found[1].ids)
    assert found[2] is store
    for one in found[:2]:
        assert [one.ids[at] for at in range(len(one.ids))] == [
            store.ids[int(one.pixels[at].item())] for at in range(len(one.ids))
        ]
        assert len(one.pixels) == len(one.ids)


def test_results_are_current_only_for_the_numbers_and_images_that_they_were_made_of(
    splits: None, write: Make, file: Path, tmp_path: Path
) -> None:
    assert cli.main(words(tmp_path, file, "all")) == 0
    tree = json.loads((tmp_path / "out.json").read_text())
    assert origin.is_current(tree, file)
    write({"measures": ["psnr"]})
    assert not origin.is_current(tree, file)
    write({"designs": STUDY["designs"] | {"many": STUDY["designs"]["all"]}})
    assert origin.is_current(tree, file), "another design is another study"
    path = tmp_path / "train/metadata.parquet"
    tables.write(tables.read(path).iloc[1:], path)
    assert not origin.is_current(tree, file)


@pytest.mark.parametrize(
    ("design", "changes", "line"),
    [
        ("none", {}, "study.designs: there is no design 'none'; there are: all, grown, many, narrow, unfair"),
        ("unfair", {}, "study.designs.unfair.0.arms: add native, which the others are compared with"),
        ("many", {}, "study.designs.many: 4 training images are wanted, there are 3; write null for all"),
        ("narrow", {}, "study.network: swinir: upsampler pixelshuffledirect cannot do scale 32"),
        ("all", {"patches.margin": 0}, "sr.patches.margin: must be 16, half of the side, or more for the view half"),
        ("all", {"patches.side": 36}, "sr.patches.side: 36 is not a multiple of 8, which half_field takes at scale 4"),
    ],
)
def test_a_study_that_cannot_be_run_is_one_line(
    design: str, changes: dict[str, Any], line: str, splits: None, write: Make, complaint: Any, tmp_path: Path
) -> None:
    file = write(**changes)
    assert line in complaint(*words(tmp_path, file, design))


def test_a_test_image_too_small_to_be_measured_is_named(
    split: Make, file: Path, complaint: Any, tmp_path: Path
) -> None:
    split("train", images=1), split("val", images=1), split("test", images=1, size=(10, 50))
    line = complaint(*words(tmp_path, file, "all"))
    assert "test0000.png: too small to be measured at scale 4, which takes 11 pixels; leave it out" in line
    assert line.endswith("or measures out of study.measures (psnr, ssim)")
