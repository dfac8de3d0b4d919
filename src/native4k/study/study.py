"""Compare training on native 4K pixels with training on other views of the same images, tested on the same 4K images.

A design of study.designs is a list of grids of runs: scales, arms, numbers of training images, seeds. Arms differ in
the view that patches are cut in and in nothing else: places, order, turns, degradation, schedule and first weights are
shared. Finished runs and measured images are kept in the scratch folder; to resume, run the same command again.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import pandas as pd
from annotated_types import Gt, MinLen

from native4k import degrade, params, provenance, tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.page import figures
from native4k.params import compose
from native4k.sr import baselines, evaluate, metrics, networks, patches, testsets, tiles, train
from native4k.study import origin, pictures, results, runs

THREADS = 2  # that cut patches; no result depends on it


@params.params
class Params:
    """What all runs share, and the designs; units and sources are in params.yaml."""

    collection: str
    network: networks.Network
    training: baselines.Training
    conventions: Annotated[tuple[metrics.Name, ...], MinLen(1)]
    measures: Annotated[tuple[metrics.Measure, ...], MinLen(1)]
    bootstrap: metrics.Bootstrap
    workers: Annotated[int, Gt(0)]
    designs: dict[str, Annotated[tuple[runs.Grid, ...], MinLen(1)]]


class Folders(NamedTuple):
    """The three splits, and the folder that is kept between runs of the command."""

    train: Path
    val: Path
    test: Path
    scratch: Path


def load(path: Path, design: str) -> tuple[Params, tuple[runs.Grid, ...]]:
    """The study's numbers and the grids of a design, checked as far as they can be without pictures."""
    numbers = params.load(Params, path, "study")
    where = f"{path}: study"
    if design not in numbers.designs:
        raise UserError(f"{where}.designs: there is no design {design!r}; there are: {', '.join(numbers.designs)}")
    for index, grid in enumerate(numbers.designs[design]):
        if results.NATIVE not in grid.arms:
            raise UserError(f"{where}.designs.{design}.{index}.arms: add native, which the others are compared with")
        for scale in grid.scales:
            baselines.build(baselines.Params(scale=scale, network=numbers.network), f"{where}.network")
    return numbers, numbers.designs[design]


def load_patches(path: Path, grids: tuple[runs.Grid, ...]) -> patches.Params:
    """How patches are cut, the same for all runs, checked against every scale."""
    for grid in grids:
        for scale in grid.scales:
            numbers = patches.load(path, scale)
            if "half_field" in grid.arms and numbers.side % (2 * scale):
                raise UserError(
                    f"{path}: sr.patches.side: {numbers.side} is not a multiple of {2 * scale}, which half_field takes "
                    f"at scale {scale}"
                )
    return numbers


def train_all(planned: dict[runs.Run, baselines.Saved], folders: Folders, where: str) -> dict[runs.Run, Path]:
    """Train the runs that are not finished; the folder of each."""
    home = folders.scratch / "study"
    homes = {run: home / train.identity(saved, folders.train, folders.val) for run, saved in planned.items()}
    waiting = {run: saved for run, saved in planned.items() if not runs.is_finished(homes[run])}
    if waiting:
        arms, numbers = dict.fromkeys(run.arm for run in waiting), next(iter(waiting.values())).patches
        assert numbers is not None
        stores = patches.stores(folders.train, numbers, folders.scratch / "patches", THREADS, *arms)
        val_patches = patches.store(folders.val, numbers, folders.scratch / "patches", THREADS)
    for number, (run, saved) in enumerate(waiting.items(), 1):
        print(f"training run {number} of {len(waiting)}: {run}", flush=True)
        runs.train_run(saved, runs.subset(stores[run.arm], run.images), val_patches, homes[run], where)
    return homes


def measure_all(homes: dict[runs.Run, Path], folders: Folders, method: evaluate.Method, workers: int) -> pd.DataFrame:
    """A row for each run, and for bicubic, and test image; what is measured already is read from journals."""
    pairs = testsets.own_pairs(folders.test)
    code = provenance.code("native4k.study.runs", words=("bicubic",))  # a trained network's is in its home
    key = patches.fingerprint(folders.test, patches.pictures(folders.test), method, code)
    rows = []
    for scale in sorted({run.scale for run in homes}):
        every = [runs.bicubic(scale, folders.scratch / "study" / f"bicubic_x{scale}" / key)]
        every += [runs.trained(run, home, home / key) for run, home in homes.items() if run.scale == scale]
        rows += runs.measure(every, pairs, scale, method, workers)
    return pd.DataFrame(rows)


def composed(path: Path, overlays: Sequence[Path], whole: Path) -> Path:
    """The params file; with overlays a file that holds it and what they change."""
    if not overlays:
        return path
    tables.write_text(compose.compose(path, overlays), whole)
    return whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("design", help="the design's name in params.yaml (study.designs)")
    parser.add_argument("train", type=Path, help="the training split (data/native4k/train)")
    parser.add_argument("val", type=Path, help="the validation split (data/native4k/val)")
    parser.add_argument("test", type=Path, help="the test split (data/native4k/test)")
    parser.add_argument("out", type=Path, help="the results to write (metrics/details/study_x4.json)")
    figures.add_argument(parser, required=False)
    parser.add_argument(
        "--overlays", type=Path, nargs="+", default=[], help="what differs from the params, as in compose"
    )
    parser.add_argument("--images", type=Path, required=True, help="the table of every run's and image's numbers")
    parser.add_argument("--pictures", type=Path, help="the folder of pictures of both arms to write")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder for patches, weights and checkpoints")


def run(args: argparse.Namespace) -> None:
    """Write the results, their figures and the table that they are computed from, and print the findings."""
    path = composed(args.params, args.overlays, args.scratch / "study" / "params.yaml")
    numbers, grids = load(path, args.design)
    degradation = params.load(degrade.Params, path, "sr", "degrade")
    making = testsets.Making(numbers.training.degradation, degradation)
    method = evaluate.Method(making, tiles.load(path), numbers.conventions, numbers.measures, "study")
    folders, where = Folders(args.train, args.val, args.test, args.scratch), f"{path}: study"
    patch_numbers = load_patches(path, grids)
    available = len(patches.pictures(args.train))
    planned = {
        one: runs.resolved(one, numbers.network, numbers.training, patch_numbers, degradation)
        for one in runs.plan_runs(grids, available, f"{where}.designs.{args.design}")
    }
    use_threads(numbers.training.threads)
    homes = train_all(planned, folders, where)
    rows = metrics.rounded(measure_all(homes, folders, method, numbers.workers))
    tree = {"study": args.design, "collection": numbers.collection, "runs": len(planned)}
    tree |= {"degradation": numbers.training.degradation, "patches_seen": numbers.training.images}
    tree |= results.summarize(rows, numbers.bootstrap)
    tree |= {"made_of": origin.made_of(args.params, args.design, (args.train, args.val, args.test), args.overlays)}
    if args.pictures:
        pictures.write(args.pictures, rows, homes, args.test, method)
    tables.write(rows, args.images)
    tables.write_json(tree, args.out)
    if args.figures:
        figures.write(results.select_figures(tree), args.figures)
    print("\n".join(tree["findings"]))
