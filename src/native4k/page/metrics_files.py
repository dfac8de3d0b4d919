"""The metrics files and the numbers in them, read without tables or arrays, so that `summary` starts at once."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from native4k import params
from native4k.errors import UserError

DATASET = "dataset.json"
TEST_SETS = "test_sets"
RESULT_KEYS = (
    "study",
    "collection",
    "runs",
    "patches_seen",
    "measure",
    "test_images",
    "means",
    "differences",
    "findings",
    "made_of",
)
"""What a file of a study's results holds; `study` is the design's name."""
SPLITS = ("train", "val", "test", "reserve")

Steps = list[tuple[str, list[tuple[str, int]]]]
"""Step -> its reasons with their rows, in the order of the pipeline, the most frequent reason first."""


def read(path: Path, *needed: str, command: str = "dvc repro") -> dict[str, Any]:
    """Read a metrics file, which must have some keys; a UserError says what is wrong, and which command makes it."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run '{command}'") from None
    except ValueError as error:
        raise UserError(f"{path}: not readable as JSON: {' '.join(str(error).split())}; run '{command}'") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: expected named metrics, found {type(tree).__name__}; run '{command}'")
    for key in needed:
        if key not in tree:
            raise UserError(f"{path}: {key!r} is missing; run '{command}'")
    return tree


def dataset_metrics(metrics: Path) -> dict[str, Any]:
    """The metrics of the dataset itself."""
    return read(metrics / DATASET, "funnel", "splits", "leaks")


def baseline_metrics(metrics: Path, stale: Collection[Path] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metrics of every super-resolution baseline, by scale and parameters, and of every text-to-image baseline."""
    trees = {path.stem: read(path) for path in current_files(metrics, stale) if path.name != DATASET}
    sr = {name: tree for name, tree in trees.items() if "scale" in tree}
    t2i = {name: tree for name, tree in trees.items() if "generated" in tree}
    for name, tree in trees.items():
        if name not in sr and name not in t2i and "study" not in tree:
            path = metrics / f"{name}.json"
            raise UserError(f"{path}: neither super-resolution nor text-to-image metrics; remove it or run 'dvc repro'")
    order = sorted(sr, key=lambda name: (sr[name]["scale"], sr[name].get("parameters", 0), name))
    return {name: sr[name] for name in order}, t2i


def studies(metrics: Path, stale: Collection[Path] = ()) -> dict[str, Any]:
    """The results of studies that are kept in git, by name, but for stale files."""
    paths = [path for path in current_files(metrics, stale) if "study" in read(path)]
    return {path.stem: read(path, *RESULT_KEYS) for path in paths}


def current_files(metrics: Path, stale: Collection[Path]) -> list[Path]:
    """The metrics files, in order, but for stale ones."""
    return [path for path in sorted(metrics.glob("*.json")) if path not in stale]


def funnel_steps(funnel: dict[str, Any]) -> Steps:
    """The funnel's rejections in the order of the pipeline."""
    order = {step: place for place, step in enumerate(params.SECTIONS)}
    steps = sorted(funnel["rejected"].items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    return [(step, sorted(counts.items(), key=lambda item: (-item[1], item[0]))) for step, counts in steps]


def split_table(metrics: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """The table of splits by categories: its head, its rows, and a last row with the sums."""
    found = metrics["splits"]
    names = sorted(found, key=lambda name: (SPLITS.index(name) if name in SPLITS else len(SPLITS), name))
    categories = sorted({category for counts in found.values() for category in counts} - {"images"})
    rows = [[name, *(found[name].get(category, 0) for category in [*categories, "images"])] for name in names]
    sums = [sum(row[place] for row in rows) for place in range(1, len(categories) + 2)]
    return ["split", *categories, "images"], [*rows, ["all", *sums]]


def conventions(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics of a super-resolution baseline on our test images, by convention."""
    return {name: value for name, value in tree.items() if isinstance(value, dict) and name != TEST_SETS}


def foreign_test_sets(sr: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Foreign test set -> the metrics on it of every baseline that was measured on it."""
    names = dict.fromkeys(name for tree in sr.values() for name in tree.get(TEST_SETS, {}))
    return {
        name: {
            baseline: {"scale": tree["scale"], "parameters": tree.get("parameters", 0)} | tree[TEST_SETS][name]
            for baseline, tree in sr.items()
            if name in tree.get(TEST_SETS, {})
        }
        for name in names
    }


def mean_of(measured: dict[str, Any]) -> float | None:
    """The mean over the images, or the number of the whole set for a metric that has no mean."""
    return measured.get("mean", measured.get("whole"))


def metric_columns(sr: dict[str, Any]) -> list[tuple[str, str]]:
    """The (convention, metric) that some baseline has, those of super-resolution and PSNR first."""
    found = {
        (name, metric) for tree in sr.values() for name, measured in conventions(tree).items() for metric in measured
    }
    return sorted(found, key=lambda at: (not at[0].startswith("sr-"), at[0], not at[1].startswith("psnr"), at[1]))


def means_by_convention(sr: dict[str, Any]) -> dict[str, dict[str, list[float | None]]]:
    """Convention -> metric -> the mean of each baseline; None where it has none."""
    means: dict[str, dict[str, list[float | None]]] = {}
    for convention, metric in metric_columns(sr):
        values = [mean_of(tree.get(convention, {}).get(metric, {})) for tree in sr.values()]
        means.setdefault(convention, {})[metric] = values
    return means


def metric_label(name: str) -> str:
    """The name of a metric as people write it."""
    words = {"psnr": "PSNR", "ssim": "SSIM", "ms": "MS", "rgb": "RGB", "y": "Y", "glcm": "GLCM", "val": "validation"}
    return " ".join(words.get(word, word) for word in name.split("_"))


def scalar_metrics(tree: dict[str, Any]) -> dict[str, float]:
    """The metrics of a text-to-image baseline that are one number."""
    return {name: value for name, value in tree.items() if isinstance(value, int | float) and name != "n_images"}


def number(value: Any) -> str:
    """A number as it is printed: counts with thousands, measures with four digits."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if abs(value) >= 10 else f"{value:.4f}"  # noqa: PLR2004


def count(number_: int, thing: str) -> str:
    """A number of things, in the singular or the plural."""
    return f"{number_:,} {thing}{'' if number_ == 1 else 's'}"


def signed(value: float, digits: int = 4) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f} %"


def file_size(size: float) -> str:
    """A number of bytes with a unit."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{size:g} bytes"
        size /= 1000
    return f"{size:.3g} TB"
