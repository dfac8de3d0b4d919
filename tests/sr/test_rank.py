"""native4k.sr.rank and ranking: who is ahead, measured once, shown everywhere."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from native4k import cli, images
from native4k.report import ranking as section
from native4k.sr import evaluate, metrics, networks, ranking
from native4k.sr.networks import spandrel

Make = Callable[..., Path]
BOOTSTRAP = metrics.Bootstrap(seed=0, draws=2000, confidence=0.95)


def test_networks_are_sorted_and_each_is_tested_against_the_next_on_the_same_images() -> None:
    random = np.random.default_rng(0)
    base = random.normal(30, 5, 40)
    values = pd.DataFrame({"third": base - 3, "first": base + random.normal(0.2, 0.05, 40), "second": base})
    rows = ranking.rank(values, higher=True, bootstrap=BOOTSTRAP)
    assert [(row["place"], row["name"], row["tells"]) for row in rows] == [
        (1, "first", True),
        (2, "second", True),
        (3, "third", None),
    ]
    ahead = values["first"] - values["second"]
    assert rows[0]["ahead"] == round(ahead.mean(), metrics.DIGITS)
    assert rows[0]["ahead_low"] < ahead.mean() < rows[0]["ahead_high"]
    assert rows[0]["ahead_low"] > 0.17, "paired: a fraction of the images' spread"
    assert (rows[1]["ahead"], rows[2]["p"]) == (3.0, None)
    assert [row["name"] for row in ranking.rank(values, higher=False, bootstrap=BOOTSTRAP)] == [
        "third",
        "second",
        "first",
    ]


def test_networks_that_differ_by_chance_are_not_told_apart() -> None:
    random = np.random.default_rng(1)
    base = random.normal(30, 5, 40)
    values = pd.DataFrame({"a": base + random.normal(0, 1, 40), "b": base})
    assert ranking.rank(values, higher=True, bootstrap=BOOTSTRAP)[0]["tells"] is False


def test_the_sign_test_counts_all_signs_of_few_pairs_and_draws_for_many() -> None:
    assert ranking.sign_test(np.ones(5), BOOTSTRAP) == 2 / 32
    assert ranking.sign_test(np.array([1.0, 2.0, -3.0]), BOOTSTRAP) == 1.0
    random = np.random.default_rng(2)
    shares = [ranking.sign_test(random.normal(0, 1, 20), BOOTSTRAP) <= 0.1 for _ in range(200)]
    assert abs(np.mean(shares) - 0.1) < 0.06
    assert ranking.sign_test(np.full(40, 0.1), BOOTSTRAP) == 1 / 2001


def test_p_values_are_adjusted_by_holm() -> None:
    assert ranking.holm([0.03, 0.01, 0.04]) == pytest.approx([0.06, 0.03, 0.06])
    assert ranking.holm([]) == []


@pytest.fixture
def given(tmp_path: Path) -> list[Path]:
    """Two files of tiny networks, drawn at random, one of them next to nearest enlargement."""
    paths = []
    for name, factor in (("plain", 0.0), ("noisy", 0.3)):
        torch.manual_seed(0)
        network = networks.build(
            spandrel.Params(kind="spandrel", architecture="Compact", options={"num_feat": 8, "num_conv": 1}), 4
        )
        state = {key: value * factor for key, value in network.body.state_dict().items()}
        paths.append(tmp_path / f"{name}.safetensors")
        save_file(state, paths[-1])
    return paths


def words(given: list[Path], test: Path, params: Path, *rest: str) -> list[str]:
    home = params.parent
    places = ["--test", str(test), "--out", str(home / "evaluations/ranking"), "--scratch", str(home / "scratch")]
    return ["sr", "rank", *map(str, given), *places, "--params", str(params), *rest]


def test_files_are_ranked_once_and_again_only_what_is_new(
    given: list[Path], split: Make, numbers: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, draw: Callable[[int, int, int], np.ndarray],
) -> None:  # fmt: skip
    test, foreign = split("test", images=3, size=(64, 80)), split("foreign", images=2, size=(60, 60))
    params = numbers({"evaluate.test_sets": {"Other": {"high": str(foreign), "degradation": "bicubic"}}})
    made: list[int] = []
    enlarge = evaluate.enlarge
    monkeypatch.setattr(evaluate, "enlarge", lambda *args: made.append(1) or enlarge(*args))
    assert cli.main(words(given[:1], test, params)) == 0
    assert len(made) == 5
    assert cli.main(words(given, test, params)) == 0
    assert len(made) == 10, "only the second file's"
    printed = capsys.readouterr().out
    assert "plain on own: 3 of 3 images are measured already" in printed
    assert "x4, own, 3 images, by sr-classical psnr_rgb (90 % intervals)" in printed
    out = tmp_path / "evaluations/ranking"
    tree = json.loads((out / "ranking.json").read_text())
    assert [(one["test_set"], one["images"], [row["name"] for row in one["rows"]]) for one in tree["tables"]] == [
        ("own", 3, ["plain", "noisy"]),
        ("Other", 2, ["plain", "noisy"]),
    ]
    first = tree["tables"][0]["rows"][0]
    assert (first["architecture"], first["parameters"], first["scale"]) == ("Compact", 4_328, 4)
    assert first["seconds_per_megapixel"] > 0
    assert first["memory_mb"] > 0
    table = pd.read_csv(out / "ranking.csv")
    assert table[["test_set", "place", "name"]].to_numpy().tolist() == [
        [name, place, network] for name in ("own", "Other") for place, network in ((1, "plain"), (2, "noisy"))
    ]
    assert "sr-real ssim_y" in table
    assert sorted(tree["crops"]) == ["x4 test0000"]
    crop = images.load(out / tree["crops"]["x4 test0000"]["plain"])
    assert crop.shape == (80, 40, 3), "what was made above the original"
    whole = draw(400, 64, 80)[:40]
    assert any((crop[40:] == whole[:, left : left + 40]).all() for left in (0, 40))
    html = section.sections(tmp_path / "evaluations", 10**6)["Ranking"]
    assert "<td>plain</td>" in html
    assert html.count("<img") == 2
    assert section.sections(tmp_path, 10**6) == {}


def test_an_image_or_degradation_that_changed_is_measured_again(
    given: list[Path], split: Make, numbers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = split("test", images=2, size=(64, 80))
    made: list[int] = []
    enlarge = evaluate.enlarge
    monkeypatch.setattr(evaluate, "enlarge", lambda *args: made.append(1) or enlarge(*args))
    assert cli.main(words(given[:1], test, numbers())) == 0
    (test / "test0001.png").write_bytes((test / "test0000.png").read_bytes())
    assert cli.main(words(given[:1], test, numbers())) == 0
    assert len(made) == 3
    assert cli.main(words(given[:1], test, numbers({"evaluate.degradation": "realesrgan"}))) == 0
    assert len(made) == 5


def test_an_ended_ranking_goes_on(
    given: list[Path], split: Make, numbers: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = split("test", images=3, size=(64, 80))
    enlarge, made = evaluate.enlarge, list[int]()

    def stops(*args: object) -> np.ndarray:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(1)
        return enlarge(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "enlarge", stops)
    assert cli.main(words(given[:1], test, numbers())) == 130
    monkeypatch.setattr(evaluate, "enlarge", lambda *args: made.append(1) or enlarge(*args))
    assert cli.main(words(given[:1], test, numbers())) == 0
    assert len(made) == 3


def test_what_cannot_be_ranked_is_one_line(
    given: list[Path], split: Make, numbers: Make, complaint: Callable[..., str], tmp_path: Path
) -> None:
    test, params = split("test", images=1, size=(64, 80)), numbers()
    assert complaint(*words(given[:1], test, params, "--by", "psnr")).endswith(
        "rank: --by 'psnr': no such metric; there are: sr-classical psnr_rgb, sr-classical psnr_y, "
        "sr-classical ssim_rgb, sr-classical ssim_y, sr-real psnr_y, sr-real ssim_y"
    )
    (tmp_path / "again").mkdir()
    twin = tmp_path / "again/plain.pth"
    twin.write_bytes(b"")
    assert complaint(*words([given[0], twin], test, params)).endswith(
        f"{twin}: {given[0]} has the same name; rename one of them"
    )
    assert complaint(*words([twin], test, params)).endswith(
        "plain.pth: damaged, or holds more than tensors; take a .pth or .safetensors file of weights alone"
    )
    assert complaint(*words([tmp_path / "none.pth"], test, params)).endswith("none.pth: no such file of weights")
    assert not (tmp_path / "evaluations").exists()
