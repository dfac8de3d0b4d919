"""native4k.sr.train: it learns, it goes on after any death, and it says what is wrong."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from native4k import cli, params, processor, resample
from native4k.sr import baselines, patches, train
from native4k.sr.task import Task, Validation
from tests.sr.conftest import SECTION

Make = Callable[..., Path]
TRAINING = "baselines.swinir_x4.training"
ALONE = os.environ | {"OMP_NUM_THREADS": "1"}


def _words(folder: Path, *, numbers: Path, out: str = "out", work: str = "work", name: str = "swinir_x4") -> list[str]:
    paths = [folder / "train", folder / "val", folder / out]
    ends = ["--scratch", folder / work, "--curve", folder / f"{out}.csv", "--params", numbers]
    return ["sr", "train", name, *map(str, paths), *map(str, ends)]


def _result(folder: Path, out: str = "out") -> dict[str, bytes]:
    files = [*sorted((folder / out).iterdir()), folder / f"{out}.csv"]
    return {path.name.replace(out, "curve"): path.read_bytes() for path in files}


def test_a_run_that_is_killed_at_any_moment_ends_as_if_it_had_not_been(
    split: Make, numbers: Make, tmp_path: Path
) -> None:
    split("train"), split("val")
    file = numbers({f"{TRAINING}.images": 400, f"{TRAINING}.curve_every": 40, f"{TRAINING}.checkpoint_every": 7})
    assert cli.main(_words(tmp_path, numbers=file, out="undisturbed", work="other")) == 0

    killed = _words(tmp_path, numbers=file)
    reached = []
    for wanted in (1, 60):  # images that the checkpoint must have seen before the blow falls
        process = subprocess.Popen(
            [sys.executable, "-m", "native4k.cli", *killed], env=ALONE, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and _seen(tmp_path / "work") < wanted:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (tmp_path / "out").exists()
        reached.append(_seen(tmp_path / "work"))
    assert 0 < reached[0] < reached[1] < 400

    assert cli.main(killed) == 0
    assert _result(tmp_path) == _result(tmp_path, "undisturbed")


def _seen(work: Path) -> int:
    return max([int(path.name) for path in work.glob("swinir_x4/*/[0-9]*")], default=0)


def test_the_result_holds_the_weights_the_resolved_params_and_the_curve(
    split: Make, numbers: Make, tmp_path: Path
) -> None:
    split("train"), split("val")
    assert cli.main(_words(tmp_path, numbers=numbers())) == 0
    assert sorted(_result(tmp_path)) == ["curve.csv", "params.json", "weights.safetensors"]
    saved, network = baselines.restore(tmp_path / "out")
    assert saved == baselines.Saved(
        name="swinir_x4",
        baseline=baselines.load(tmp_path / "params.yaml", "swinir_x4"),
        patches=patches.load(tmp_path / "params.yaml", 4),
        degrade=None,
    )
    assert all(torch.isfinite(weight).all() for weight in network.parameters())
    curve = pd.read_csv(tmp_path / "out.csv")
    assert list(curve["images_seen"]) == [0, 4, 8, 12, 15]
    assert list(curve["loss"].isna()) == [True, False, False, False, False]
    assert curve["val_psnr"].between(10, 40).all()


def test_a_finished_run_is_not_run_again(split: Make, numbers: Make, tmp_path: Path) -> None:
    split("train"), split("val")
    words = _words(tmp_path, numbers=numbers())
    assert cli.main(words) == 0
    first = _result(tmp_path)
    (checkpoint,) = (tmp_path / "work/swinir_x4").glob("*/*")
    before = checkpoint.stat().st_mtime_ns
    assert cli.main(words) == 0
    assert checkpoint.stat().st_mtime_ns == before
    assert _result(tmp_path) == first


def test_a_changed_number_or_image_is_never_resumed(split: Make, numbers: Make) -> None:
    folders = split("train"), split("val")
    changes: list[dict[str, Any]] = [
        {},
        {f"{TRAINING}.optimizer.lr": 0.001},
        {"patches.seed": 1},
        {f"{TRAINING}.threads": 2},
    ]
    found = []
    for change in changes:
        file = numbers(change)
        saved = baselines.Saved(
            name="swinir_x4", baseline=baselines.load(file, "swinir_x4"), patches=patches.load(file, 4), degrade=None
        )
        found.append(train.identity(saved, *folders))
    with (folders[0] / "train0000.png").open("ab") as image:
        image.write(b"\0")
    found.append(train.identity(saved, *folders))
    assert len(set(found)) == 5


def test_bicubic_has_nothing_to_learn(numbers: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(_words(tmp_path, numbers=numbers(), name="bicubic_x4")) == 0
    assert capsys.readouterr().out == "bicubic has nothing to learn\n"
    assert _result(tmp_path)["curve.csv"] == b"images_seen,loss,val_psnr\n"
    assert json.loads(_result(tmp_path)["params.json"]) == {
        "name": "bicubic_x4",
        "baseline": {"scale": 4, "side": None, "network": {"kind": "bicubic"}, "start": None, "training": None},
        "patches": None,
        "degrade": None,
    }


def test_it_learns_one_picture_far_better_than_bicubic(
    draw: Callable[[int, int, int], np.ndarray], tmp_path: Path
) -> None:
    shape = {"embed_dim": 32, "depths": [2], "num_heads": [2], "window_size": 8, "mlp_ratio": 2.0, "drop_path": 0.0}
    rest = {"kind": "swinir", "upsampler": "pixelshuffledirect", "residual": True}
    changes = {"batch": 1, "images": 600, "curve_every": 600, "val_patches": 1, "checkpoint_every": 600}
    changes |= {"optimizer": {"lr": 0.005, "betas": [0.9, 0.999], "weight_decay": 0.0}}
    changes |= {"schedule": {"kind": "multistep", "warmup": 0, "milestones": [350, 500], "gamma": 0.3}}
    training = SECTION["baselines"]["swinir_x4"]["training"] | changes
    baseline = params.validate(baselines.Params, {"scale": 4, "network": shape | rest, "training": training}, "test")
    one = patches.Store(draw(0, 96, 96)[None, :48, :48], ["one"])
    task = Task(one, one, 4, None, {})
    _, curve = train.train(baseline, task, tmp_path / "checkpoints", "test")
    bicubic, ours = curve["val_psnr"]
    assert ours > bicubic + 1.5


def test_a_loss_that_is_no_number_names_the_baseline(
    split: Make, numbers: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complaint: Callable[..., str]
) -> None:
    split("train"), split("val")
    monkeypatch.setattr(resample, "downscale", lambda image, scale: image[..., :16, :16] * math.nan)
    monkeypatch.setattr(Validation, "__call__", lambda *_: {"val_psnr": 20.0})
    said = complaint(*_words(tmp_path, numbers=numbers()))
    assert re.search(r"swinir_x4: the loss is not finite after 0 images .*look at the images train000[01]", said)
    assert not (tmp_path / "out").exists()


def test_torchrun_trains_as_one_process_does(split: Make, numbers: Make, tmp_path: Path) -> None:
    split("train"), split("val")
    file = numbers({"baselines.swinir_x4.network.drop_path": 0.5, f"{TRAINING}.images": 14})
    assert cli.main(_words(tmp_path, numbers=file, out="one", work="work1")) == 0
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "native4k.cli"]
    words = _words(tmp_path, numbers=file, out="two", work="work2")
    done = subprocess.run([sys.executable, *torchrun, *words], env=ALONE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("training: 100%") == 1, "the first process alone tells and writes"
    one, two = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("one", "two"))
    assert np.allclose(one, two, atol=1.1e-4, equal_nan=True)  # the fourth decimal may be rounded otherwise
    (ours, _), (theirs, _) = (baselines.restore(tmp_path / name) for name in ("one", "two"))
    assert ours == theirs


def test_weights_are_the_same_bytes_whatever_instructions_the_environment_asks_for(
    split: Make, numbers: Make, tmp_path: Path
) -> None:
    split("train"), split("val")
    file = numbers({})
    plain = {name: value for name, value in ALONE.items() if name not in processor.LEVEL}
    for place, asked in enumerate(({}, {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"})):
        words = _words(tmp_path, numbers=file, out=f"out{place}", work=f"work{place}")
        subprocess.run([sys.executable, "-m", "native4k.cli", *words], env=plain | asked, check=True)
    assert _result(tmp_path, "out0") == _result(tmp_path, "out1")


def test_a_baseline_begins_with_another_ones_weights(
    split: Make, numbers: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    split("train"), split("val")
    assert cli.main(_words(tmp_path, numbers=numbers())) == 0
    weights = (tmp_path / "out/weights.safetensors").read_bytes()
    begun = {name: value for name, value in SECTION["baselines"]["swinir_x4"].items() if name != "training"}
    begun["start"] = {"path": str(tmp_path / "out")}
    file = numbers({"pretrained.same_x4": begun})
    capsys.readouterr()
    assert cli.main(_words(tmp_path, numbers=file, out="same", name="same_x4")) == 0
    assert (
        f"out/weights.safetensors: {len(load_file(tmp_path / 'out/weights.safetensors'))} tensors"
        in capsys.readouterr().out
    )
    assert (tmp_path / "same/weights.safetensors").read_bytes() == weights
    assert (tmp_path / "same.csv").read_text() == "images_seen,loss,val_psnr\n"
    file = numbers({"pretrained.finer_x4": SECTION["baselines"]["swinir_x4"] | {"start": begun["start"]}})
    assert cli.main(_words(tmp_path, numbers=file, out="finer", name="finer_x4")) == 0
    first, last = (pd.read_csv(tmp_path / f"{name}.csv")["val_psnr"] for name in ("out", "finer"))
    assert last[0] == first.iloc[-1]
    assert (tmp_path / "finer/weights.safetensors").read_bytes() != weights


GAME = {
    "kind": "gan",
    "pixel": {"kind": "l1", "weight": 1.0},
    "perceptual": {"weight": 1.0, "layers": {"conv1_2": 1.0}, "file": "vgg19.pth"},
    "adversarial": {"kind": "vanilla", "weight": 0.1},
    "discriminator": {"num_feat": 4, "lr": 1.0, "start": {"path": "critic.pth"}},
}


@pytest.mark.parametrize("changed", ["start.pth", "vgg19.pth", "critic.pth"])
def test_other_weights_to_begin_with_or_to_ask_are_another_run(
    changed: str, split: Make, numbers: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = split("train"), split("val")
    entry = SECTION["baselines"]["swinir_x4"] | {"start": {"path": "start.pth"}}
    entry["training"] = entry["training"] | {"recipe": GAME}
    file = numbers({"pretrained.gan_x4": entry})
    saved = baselines.Saved(
        name="gan_x4", baseline=baselines.load(file, "gan_x4"), patches=patches.load(file, 4), degrade=None
    )
    for name in ("start.pth", "vgg19.pth", "critic.pth"):
        Path(name).write_bytes(b"one")
    before = train.identity(saved, *folders)
    assert train.identity(saved, *folders) == before
    Path(changed).write_bytes(b"other")
    assert train.identity(saved, *folders) != before


def test_workers_read_what_one_process_would(split: Make, numbers: Make, tmp_path: Path) -> None:
    split("train"), split("val")
    for workers in (0, 2):
        file = numbers(
            {f"{TRAINING}.workers": workers, f"{TRAINING}.degradation": "realesrgan", f"{TRAINING}.images": 6}
        )
        assert cli.main(_words(tmp_path, numbers=file, out=f"out{workers}", work=f"work{workers}")) == 0
    curves = [(tmp_path / f"out{workers}.csv").read_bytes() for workers in (0, 2)]
    weights = [(tmp_path / f"out{workers}/weights.safetensors").read_bytes() for workers in (0, 2)]
    assert (curves[0], weights[0]) == (curves[1], weights[1])
    assert json.loads((tmp_path / "out0/params.json").read_text())["degrade"] == SECTION["degrade"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {f"{TRAINING}.average": None},
            "sr.baselines.swinir_x4.training.average: missing key; every number must be given",
        ),
        ({f"{TRAINING}.batch": 0}, "sr.baselines.swinir_x4.training.batch: Input should be greater than 0 (got 0)"),
        ({f"{TRAINING}.momentum": 0.9}, "training.momentum: unknown key; remove it or correct its spelling"),
        (
            {f"{TRAINING}.schedule.milestones": [9, 6]},
            "swinir_x4.training.schedule.milestones: must be in ascending order",
        ),
        ({TRAINING: None}, "sr.baselines.swinir_x4.training: missing; swinir has to be trained"),
        (
            {"baselines.swinir_x4.network.kind": "unet"},
            "kind: there is no such kind; there are: bicubic, edsr, hitsr, lanczos, osediff, rrdb, spandrel, ",
        ),
        ({"baselines.swinir_x4.scale": 1}, "sr.baselines.swinir_x4.scale: Input should be greater than 1 (got 1)"),
        (
            {"baselines.swinir_x4.scale": 5, "baselines.swinir_x4.network.upsampler": "pixelshuffle"},
            "swinir: upsampler pixelshuffle cannot do scale 5; it can do 2, 3, 4, 8, 16",
        ),
        ({"baselines.swinir_x4.network.num_heads": [3]}, "embed_dim 8 cannot be shared by 3 heads; take a multiple"),
        ({"baselines.swinir_x4.network.depths": [2, 2]}, "depths [2, 2] and num_heads [2] differ in length"),
        ({"patches.side": 66}, "sr.patches.side: 66 is not a multiple of the scale 4"),
        ({"baselines.swinir_x4.side": 66}, "the baseline's side: 66 is not a multiple of the scale 4"),
    ],
)
def test_wrong_numbers_are_one_line_that_names_the_key(
    changes: dict[str, Any], expected: str, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    assert expected in complaint(*_words(tmp_path, numbers=numbers(changes)))


def test_an_unknown_baseline_lists_the_known(numbers: Make, tmp_path: Path, complaint: Callable[..., str]) -> None:
    said = complaint(*_words(tmp_path, numbers=numbers(), name="swinir_x3"))
    assert said.endswith(
        "there is no baseline 'swinir_x3' in sr.baselines or sr.pretrained; there are: bicubic_x4, swinir_x4; "
        "is it 'swinir_x4'?"
    )


@pytest.mark.parametrize(
    ("section", "start", "said"),
    [
        (
            "baselines",
            {"path": "a.pth"},
            "sr.baselines.more_x4.start: move the baseline to sr.pretrained, where DVC sees",
        ),
        (
            "pretrained",
            None,
            "sr.pretrained.more_x4.start: missing; without starting weights, a baseline belongs in sr.",
        ),
        ("pretrained", {"key": "params"}, "sr.pretrained.more_x4.start.path: missing key; every number must be given"),
        ("pretrained", {"path": "no.pth", "key": "params"}, "sr.pretrained.more_x4.start: no.pth: no such file"),
        (
            "pretrained",
            {"path": "models/no"},
            "models/no/weights.safetensors: no such file; get it with 'dvc pull mode",
        ),
    ],
)
def test_starting_weights_stand_where_dvc_sees_them(
    section: str, start: Any, said: str, split: Make, numbers: Make, tmp_path: Path, complaint: Callable[..., str]
) -> None:
    split("train"), split("val")
    entry = SECTION["baselines"]["swinir_x4"] | ({} if start is None else {"start": start})
    file = numbers({f"{section}.more_x4": entry})
    assert said in complaint(*_words(tmp_path, numbers=file, name="more_x4"))


def test_a_name_in_both_sections_is_one_line(numbers: Make, tmp_path: Path, complaint: Callable[..., str]) -> None:
    file = numbers({"pretrained.swinir_x4": SECTION["baselines"]["swinir_x4"]})
    said = complaint(*_words(tmp_path, numbers=file))
    assert said.endswith("swinir_x4 is in sr.baselines and in sr.pretrained; rename one of them")


def test_bicubic_refuses_training_numbers(numbers: Make, tmp_path: Path, complaint: Callable[..., str]) -> None:
    file = numbers({"baselines.bicubic_x4.training": SECTION["baselines"]["swinir_x4"]["training"]})
    said = complaint(*_words(tmp_path, numbers=file, name="bicubic_x4"))
    assert said.endswith("sr.baselines.bicubic_x4.training: remove it; bicubic has nothing to learn")
