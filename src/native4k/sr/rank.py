"""Measure many networks on the same test images, and say which is ahead: a table, paired tests, costs, crops.

A network is a file of published weights or a trained baseline. What is measured of an image is kept under the hashes of
the network, the image, the degradation and the code: the same command goes on where it ended, and a network that is
added is all that is measured. The report shows the ranking that lies in data/evaluations/ranking.
"""

import argparse
import dataclasses
import hashlib
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

from native4k import degrade, params, provenance, tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.sr import baselines, evaluate, metrics, perceptual, published, ranking, strips, testsets, tiles
from native4k.sr.published import Ready
from native4k.sr.ranking import CROPS, OUT, RANKING, ROWS

OWN = "own"
"""What our own test images are called beside other test sets."""

TEST, SCRATCH = Path("data/native4k/test"), Path("data/scratch/sr/rank")


class Bench(NamedTuple):
    """What every network is measured by: numbers, test sets by name with how each is measured, and the metrics."""

    numbers: evaluate.Params
    methods: dict[str, evaluate.Method]
    models: perceptual.Metrics
    scratch: Path

    @property
    def libraries(self) -> tuple[str, ...]:
        """What measures."""
        return ("torch", "pyiqa") if self.numbers.perceptual else ("torch",)

    def pairs(self, name: str, test: Path, scale: int) -> list[testsets.Pair]:
        """List a test set's images."""
        if name == OWN:
            return testsets.own_pairs(test)
        return testsets.published_pairs(name, self.numbers.test_sets[name], scale)


def measure(name: str, ready: Ready, bench: Bench, test: Path) -> Iterator[dict[str, Any]]:
    """Measure a network on every image of every test set, or recall what was measured of it."""
    code = provenance.definition_of(published.numbers_of(ready), "sr.rank", libraries=bench.libraries)
    home = bench.scratch / f"{ready.digest[:16]}-{code}"
    for test_set, method in bench.methods.items():
        pairs = bench.pairs(test_set, test, ready.scale)
        shown = chosen(pairs, bench.numbers.strips) if test_set == OWN else set()
        crops = {pair.id: _place(home, pair, method, bench.numbers) for pair in pairs}
        todo = [pair for pair in pairs if _is_missing(crops[pair.id], pair.id in shown)]
        if len(todo) < len(pairs):
            print(f"{name} on {test_set}: {len(pairs) - len(todo)} of {len(pairs)} images are measured already")
        for result in evaluate.measure(ready.network, todo, ready.scale, method, bench.models):
            _keep(result, crops[result.row["id"]], bench.numbers, shown)
        for pair in pairs:
            crop = crops[pair.id]
            found = json.loads(crop.with_suffix(".json").read_text(encoding="utf-8"))
            yield found | {"test_set": test_set, "id": pair.id, "crop": crop if pair.id in shown else None}


def chosen(pairs: list[testsets.Pair], count: int) -> set[str]:
    """Choose the images that crops are shown of: evenly over the set, the same for every network."""
    return {pairs[place * len(pairs) // count].id for place in range(min(count, len(pairs)))} if count else set()


def _place(home: Path, pair: testsets.Pair, method: evaluate.Method, numbers: evaluate.Params) -> Path:
    """Return where an image's crop is kept; its numbers are beside it."""
    files = [provenance.content(path) for path in (pair.high, pair.low) if path is not None]
    given = [numbers.perceptual, numbers.models, numbers.views, numbers.strip_side]
    asked = [pair.id, *files, method, *given, device_name()]
    return home / f"{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}.webp"


def _is_missing(crop: Path, shown: bool) -> bool:
    return not crop.with_suffix(".json").exists() or (shown and not crop.exists())


def _keep(result: evaluate.Result, crop: Path, numbers: evaluate.Params, shown: set[str]) -> None:
    values = {name: value for name, value in result.row.items() if name not in evaluate.KEYS}
    if result.row["id"] in shown:
        with tables.atomic_file(crop) as temporary:
            Image.fromarray(_cut(result, numbers.strip_side)).save(temporary, "WEBP", lossless=True)
    megapixels = result.truth.shape[0] * result.truth.shape[1] / 1e6
    tree = {"metrics": list(values), "values": values, "seconds": result.seconds, "megapixels": megapixels}
    tables.write_json(tree, crop.with_suffix(".json"))


def _cut(result: evaluate.Result, side: int) -> np.ndarray:
    """What the network made of the place with the most texture, and the original of it, one above the other."""
    place = strips.textured_square(result.truth, min(side, *result.truth.shape[:2]))
    return np.concatenate([result.ours[place], result.truth[place]])


def cost(ready: Ready, numbers: tiles.Params, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Seconds a megapixel of the large picture, the memory of a tile and the weights, and the number of weights."""
    device, count = tiles.device(), baselines.count_weights(ready.network)
    pace = statistics.median(one["seconds"] / one["megapixels"] for one in found)
    memory = tiles.per_pixel(ready.network, device) * numbers.tile**2 + 4 * count
    return {"seconds_per_megapixel": round(pace, 4), "memory_mb": round(memory / 1e6, 1), "parameters": count}


def tree_of(
    found: dict[str, list[dict[str, Any]]], about: dict[str, dict[str, Any]], metric: str, bench: Bench
) -> dict[str, Any]:
    """Make the ranking of what was measured: a table for each scale and test set."""
    higher = is_higher_better(metric, bench.models)
    made = []
    for scale in sorted({one["scale"] for one in about.values()}):
        names = [name for name, one in about.items() if one["scale"] == scale]
        for test_set in bench.methods:
            by_name = {name: [row for row in found[name] if row["test_set"] == test_set] for name in names}
            values = pd.DataFrame(
                {name: {row["id"]: row["values"][metric] for row in rows} for name, rows in by_name.items()}
            )
            means = {name: pd.DataFrame([row["values"] for row in rows]).mean() for name, rows in by_name.items()}
            rows = ranking.rank(values, higher=higher, bootstrap=bench.numbers.bootstrap)
            made.append(
                {
                    "scale": scale,
                    "test_set": test_set,
                    "images": len(values),
                    "rows": [row | about[row["name"]] for row in rows],
                    "means": {name: one.round(metrics.DIGITS).to_dict() for name, one in means.items()},
                }
            )
    head = {"metric": metric, "higher_is_better": higher, "degradation": bench.numbers.degradation}
    return head | {"confidence": bench.numbers.bootstrap.confidence, "tables": made}


def is_higher_better(metric: str, models: perceptual.Metrics) -> bool:
    """Whether a higher value of a metric is better; ours all are such, pyiqa's say it."""
    convention, name = metric.split()
    return convention != perceptual.NAME or not getattr(models.models[name], "lower_better", False)


def write(tree: dict[str, Any], crops: dict[str, list[tuple[str, Path]]], out: Path) -> None:
    """Write the ranking as JSON and CSV, with the crops, whole or not at all."""
    with tables.atomic_folder(out) as folder:
        (folder / CROPS).mkdir()
        shown: dict[str, dict[str, str]] = {}
        for image, made in crops.items():
            for name, path in made:
                target = f"{CROPS}/{hashlib.sha256(f'{image} {name}'.encode()).hexdigest()[:16]}.webp"
                (folder / target).write_bytes(path.read_bytes())
                shown.setdefault(image, {})[name] = target
        tables.write_json(tree | {"crops": shown}, folder / RANKING)
        tables.write_text(ranking.table(tree).to_csv(index=False, lineterminator="\n"), folder / ROWS)


def device_name() -> str:
    """What the networks run on."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def names_of(given: list[Path]) -> dict[str, Path]:
    """Name networks by their files or folders."""
    found: dict[str, Path] = {}
    for path in given:
        name = path.stem if published.is_file(path) else published.folder(path).name
        other = found.setdefault(name, path)
        if other != path:
            raise UserError(f"{path}: {other} has the same name; rename one of them")
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, and the metric."""
    parser.add_argument("networks", type=Path, nargs="+", help="files of weights; or baselines: folders, or names")
    parser.add_argument("--test", type=Path, default=TEST, help="the test split (default: %(default)s)")
    parser.add_argument("--by", help="the metric that sorts, such as 'sr-classical psnr_y' (default: the first)")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write (default: %(default)s)")
    parser.add_argument("--scratch", type=Path, default=SCRATCH, help="what was measured (default: %(default)s)")


def run(args: argparse.Namespace) -> None:
    """Measure what is not measured yet, print the ranking and write it."""
    given, numbers, sizes = names_of(args.networks), evaluate.load(args.params), tiles.load(args.params)
    seen = {name: view for name, view in numbers.perceptual.items() if not perceptual.compares_sets(name)}
    numbers = dataclasses.replace(numbers, perceptual=seen)
    use_threads(sizes.threads)
    where = f"{args.params}: sr.evaluate.perceptual"
    with perceptual.load_metrics(seen, numbers.views, numbers.models, where) as models:
        bench = Bench(numbers, methods(numbers, sizes, args.params), models, args.scratch)
        found, about = dict[str, list[dict[str, Any]]](), dict[str, dict[str, Any]]()
        crops = dict[str, list[tuple[str, Path]]]()
        for name, path in given.items():
            ready = published.load(path)
            ready = ready._replace(network=ready.network.to(tiles.device()))
            found[name] = list(measure(name, ready, bench, args.test))
            known = found[name][0]["metrics"]
            if args.by is not None and args.by not in known:
                raise UserError(f"--by {args.by!r}: no such metric; there are: {', '.join(sorted(known))}")
            about[name] = {"scale": ready.scale, "architecture": ready.architecture, "sha256": ready.digest}
            about[name] |= cost(ready, sizes, found[name])
            for row in found[name]:
                if row["crop"] is not None:
                    crops.setdefault(f"x{ready.scale} {row['id']}", []).append((name, row["crop"]))
            del ready
        metric = args.by or known[0]
        tree = tree_of(found, about, metric, bench)
    tree["device"] = device_name()
    write(tree, crops, args.out)
    print(ranking.text(tree))
    print(f"{args.out / RANKING}, {args.out / ROWS}")


def methods(numbers: evaluate.Params, sizes: tiles.Params, path: Path) -> dict[str, evaluate.Method]:
    """How each test set is measured, by its name."""
    made = params.load(degrade.Params, path, "sr", "degrade")
    ways = {OWN: numbers.degradation} | {name: one.degradation for name, one in numbers.test_sets.items()}
    return {
        name: evaluate.Method(
            None if way is None else testsets.Making(way, made),
            sizes,
            numbers.conventions,
            numbers.measures,
            "sr.evaluate",
        )
        for name, way in ways.items()
    }
