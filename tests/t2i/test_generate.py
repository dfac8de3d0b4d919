"""From pictures to a model to pictures, all steps in miniature; and what a user sees when something is missing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from native4k import cli, images, params, tables
from native4k.errors import UserError
from native4k.learning import process_group
from native4k.learning.training import Training
from native4k.t2i import autoencoder, data, generate
from tests.t2i.conftest import TRAINING


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run(*words: object) -> None:
    assert cli.main(["t2i", *map(str, words)]) == 0


@pytest.fixture
def model(tmp_path: Path, split: Path, numbers: Path) -> Path:
    """A baseline that has seen a few pictures."""
    run("encode", "small", split, tmp_path / "latents", "--scratch", tmp_path / "work", "--params", numbers)
    work = ["--scratch", tmp_path / "work", "--curve", tmp_path / "curve.csv", "--params", numbers]
    run("train", "small", tmp_path / "latents", tmp_path / "model", *work)
    assert list((tmp_path / "work").iterdir()) == []
    return tmp_path / "model"


def test_the_same_commands_give_the_same_bytes(tmp_path: Path, split: Path, numbers: Path, model: Path) -> None:
    run("encode", "small", split, tmp_path / "again", "--params", numbers)
    assert contents(tmp_path / "again") == contents(tmp_path / "latents")
    for name in ("one", "two"):
        run("generate", model, split, tmp_path / name, "--params", numbers)
        places = [
            model,
            split,
            tmp_path / f"{name}.json",
            "--figures",
            tmp_path / f"{name}-figures.json",
            "--pictures",
            tmp_path / f"{name}-pairs",
        ]
        run("evaluate", "small", *places, "--params", numbers)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one-pairs") == contents(tmp_path / "two-pairs")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    metrics = json.loads((tmp_path / "one.json").read_text())
    detail = ["compression_ratio", "entropy", "glcm_entropy", "glcm_published", "spectrum_slope"]
    assert {name: sorted(value) if isinstance(value, dict) else type(value) for name, value in metrics.items()} == {
        "autoencoder_psnr": float,
        "flow_loss": float,
        "flow_loss_without_caption": float,
        "generated": detail,
        "n_images": int,
        "patch_kernel_distance": float,
        "spectrum_slope_distance": float,
        "test": detail,
    }
    assert metrics["n_images"] == 4
    assert json.loads((tmp_path / "one-figures.json").read_text()) == {
        name: value for name, value in metrics.items() if isinstance(value, float)
    }
    ids = tables.read(split / "metadata.parquet")["id"]
    pairs = {path.stem: images.header(path)[1:] for path in (tmp_path / "one-pairs").iterdir()}
    assert pairs == dict.fromkeys(ids, (2 * 16, 16)), "the test image beside what its caption generates"


def test_a_picture_does_not_depend_on_the_other_captions(model: Path, tmp_path: Path, numbers: Path) -> None:
    (tmp_path / "many.txt").write_text("a red square\n\na blue sea\n")
    (tmp_path / "few.txt").write_text("\n\na blue sea\n")
    for name in ("many", "few"):
        run("generate", model, tmp_path / f"{name}.txt", tmp_path / name, "--params", numbers)
    assert sorted(contents(tmp_path / "many")) == ["000001.png", "000003.png", "metadata.parquet"]
    assert contents(tmp_path / "few")["000003.png"] == contents(tmp_path / "many")["000003.png"]
    table = tables.read(tmp_path / "many" / "metadata.parquet")
    assert table.to_dict("list") == {
        "id": ["000001", "000003"],
        "caption": ["a red square", "a blue sea"],
        "file_name": ["000001.png", "000003.png"],
        "width": [16, 16],
        "height": [16, 16],
    }


def test_a_trained_autoencoder_can_be_given_as_a_pretrained_one(
    tmp_path: Path, split: Path, section: dict[str, Any], numbers: Path
) -> None:
    run("encode", "small", split, tmp_path / "one", "--params", numbers)
    trained = tmp_path / "one" / "autoencoder"
    section["baselines"]["small"]["encode"] |= {"autoencoder": None, "pretrained": str(trained)}
    numbers.write_text(yaml.safe_dump({"t2i": section}))
    run("encode", "small", split, tmp_path / "two", "--params", numbers)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert {name for name in one if one[name] != two[name]} == {"params.json"}


def test_latents_have_unit_scale_and_come_back_as_pictures() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype(np.uint8)
    changes = {"images": 600, "optimizer": {"lr": 3e-3, "betas": [0.9, 0.999], "weight_decay": 0.0}}
    training = params.validate(Training, TRAINING | changes, "training")
    numbers = autoencoder.Params(widths=(16, 32), latent_channels=16, crop=16, training=training)
    task = autoencoder.Task(pictures, list("abc"), 16)
    network = autoencoder.train(task, numbers, None, process_group.single())
    latents = autoencoder.encode(network, pictures)
    assert latents.square().mean().sqrt().item() == pytest.approx(1, abs=1e-4)
    restored = autoencoder.decode(network, latents)
    error = np.square(restored.astype(float) - pictures).mean()
    assert error < np.square(pictures.astype(float) - pictures.mean()).mean() / 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pretrained": "/nowhere/at/all"}, "give either pretrained or autoencoder, and null for the other"),
        ({"autoencoder": None}, "give either pretrained or autoencoder, and null for the other"),
        ({"side": 4}, "autoencoder.crop: larger than side (8 > 4)"),
        ({"side": "16"}, "side: Input should be a valid integer (got '16')"),
        ({"pretrained": "/nowhere/at/all", "autoencoder": None}, "/nowhere/at/all: no AutoencoderDC there"),
    ],
)
@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks`:UserWarning")
def test_encoding_numbers_that_cannot_be_are_one_line(
    change: dict[str, Any],
    says: str,
    section: dict[str, Any],
    numbers: Path,
    split: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    section["baselines"]["small"]["encode"] |= change
    numbers.write_text(yaml.safe_dump({"t2i": section}))
    words = ["t2i", "encode", "small", str(split), str(split.parent / "latents"), "--params", str(numbers)]
    assert cli.main(words) == 1
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (split.parent / "latents").exists()


def test_pictures_that_are_missing_or_broken_are_named(split: Path) -> None:
    table = data.load_split(split)
    (split / "2.png").write_bytes((split / "2.png").read_bytes()[:200])
    with pytest.raises(UserError, match=r"2\.png: unreadable \(truncated\); publish again"):
        data.load_squares(split, table, 16)
    (split / "1.png").unlink()
    with pytest.raises(UserError, match=r"1\.png: in the split's metadata but not there; publish again"):
        data.load_squares(split, table, 16)


def test_a_split_without_pictures_is_refused_and_one_without_captions_is_not(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": ["b", "a"], "file_name": ["b.png", "a.png"], "caption": ["a sea", None]})
    tables.write(table, tmp_path / "metadata.parquet")
    assert data.load_split(tmp_path)[["id", "caption"]].to_dict("list") == {
        "id": ["a", "b"],
        "caption": ["", "a sea"],
    }
    tables.write(table[:0], tmp_path / "metadata.parquet")
    with pytest.raises(UserError, match="the split has no images"):
        data.load_split(tmp_path)


def test_captions_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt: no such file; give a text file"):
        generate.read_captions(tmp_path / "none.txt")
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(UserError, match=r"empty\.txt: no captions; write one a line"):
        generate.read_captions(tmp_path / "empty.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"binary\.txt: not a UTF-8 text file"):
        generate.read_captions(tmp_path / "binary.txt")


def test_a_model_of_another_baseline_or_none_is_refused(
    model: Path, split: Path, numbers: Path, section: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    section["baselines"]["other"] = section["baselines"]["small"]
    numbers.write_text(yaml.safe_dump({"t2i": section}))
    out = split.parent / "out"
    words = ["t2i", "evaluate", "other", str(model), str(split), str(out)]
    words += ["--figures", str(out), "--pictures", str(out), "--params"]
    assert cli.main([*words, str(numbers)]) == 1
    assert capsys.readouterr().err.endswith(f"{model}: a model of 'small', not of 'other'; name its baseline\n")
    assert cli.main(["t2i", "generate", str(split), str(split), str(out), "--params", str(numbers)]) == 1
    assert "params.json: no such file; run the step that makes" in capsys.readouterr().err


def test_a_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with tables.atomic_folder(folder) as made:
        (made / "old").touch()
    with pytest.raises(ValueError, match="stop"), tables.atomic_folder(folder) as made:  # noqa: PT012
        (made / "new").touch()
        raise ValueError("stop")
    assert contents(tmp_path) == {"out/old": b""}
    with tables.atomic_folder(folder) as made:
        (made / "new").touch()
    assert contents(tmp_path) == {"out/new": b""}
