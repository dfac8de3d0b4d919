"""Ask what native 4K pixels are worth: the same network, trained on other views of the same images, tested on the same.

A part of sr.question.parts names grids of cells: scales, arms, numbers of training images, seeds. Cells differ in the
view that patches are cut in and in nothing else: places, order, turns, degradation, schedule and first weights are
shared. Finished cells and measured images are kept in the scratch folder; the same command goes on where it was killed.
"""

import argparse
from pathlib import Path
from typing import Annotated, NamedTuple

import pandas as pd
from annotated_types import Gt, MinLen

from native4k import params, tables
from native4k.errors import UserError
from native4k.learning.training import use_threads
from native4k.sr import (
    answer,
    baselines,
    cells,
    degrade,
    metrics,
    networks,
    origin,
    patches,
    testsets,
    tiles,
    train,
    trials,
)
from native4k.sr.metrics import statistics

THREADS = 2  # that cut patches; no result depends on it


@params.params
class Params:
    """What every cell shares, and the parts of the question; units and sources are in params.yaml."""

    network: networks.Network
    training: baselines.Training
    conventions: Annotated[tuple[metrics.Name, ...], MinLen(1)]
    measures: Annotated[tuple[metrics.Measure, ...], MinLen(1)]
    bootstrap: statistics.Bootstrap
    workers: Annotated[int, Gt(0)]
    parts: dict[str, Annotated[tuple[cells.Grid, ...], MinLen(1)]]


class Folders(NamedTuple):
    """Where the pictures are, and what is kept between runs."""

    train: Path
    val: Path
    test: Path
    scratch: Path


def load(path: Path, part: str) -> tuple[Params, tuple[cells.Grid, ...]]:
    """The question's numbers and the grids of one of its parts, checked as far as they can be without pictures."""
    numbers = params.load(Params, path, "sr", "question")
    where = f"{path}: sr.question"
    if part not in numbers.parts:
        raise UserError(f"{where}.parts: there is no part {part!r}; there are: {', '.join(numbers.parts)}")
    for place, grid in enumerate(numbers.parts[part]):
        if answer.NATIVE not in grid.arms:
            raise UserError(f"{where}.parts.{part}.{place}.arms: add native, which the others are compared with")
        for scale in grid.scales:
            baselines.build(baselines.Params(scale=scale, network=numbers.network), f"{where}.network")
    return numbers, numbers.parts[part]


def cutting(path: Path, grids: tuple[cells.Grid, ...]) -> patches.Params:
    """How patches are cut, the same for all cells, checked against every scale."""
    for grid in grids:
        for scale in grid.scales:
            numbers = patches.load(path, scale)
            if "half_field" in grid.arms and numbers.side % (2 * scale):
                raise UserError(
                    f"{path}: sr.patches.side: {numbers.side} is not a multiple of {2 * scale}, which half_field takes "
                    f"at scale {scale}"
                )
    return numbers


def ask(asked: dict[cells.Cell, baselines.Saved], how: trials.How, folders: Folders, where: str) -> pd.DataFrame:
    """Train what is not trained, measure what is not measured; a row for each cell, and for bicubic, and test image."""
    kept = folders.scratch / "question"
    homes = {cell: kept / train.identity(saved, folders.train, folders.val) for cell, saved in asked.items()}
    waiting = {cell: saved for cell, saved in asked.items() if not cells.finished(homes[cell])}
    if waiting:
        views, cut = dict.fromkeys(cell.arm for cell in waiting), next(iter(waiting.values())).patches
        assert cut is not None
        stores = patches.stores(folders.train, cut, folders.scratch / "patches", THREADS, *views)
        checked = patches.store(folders.val, cut, folders.scratch / "patches", THREADS)
    for number, (cell, saved) in enumerate(waiting.items(), 1):
        print(f"training cell {number} of {len(waiting)}: {cell}", flush=True)
        cells.learn(saved, cells.few(stores[cell.arm], cell.images), checked, homes[cell], where)
    pairs = testsets.ours(folders.test)
    key = patches.fingerprint(
        folders.test, patches.pictures(folders.test), how._replace(workers=1), origin.code(origin.MEASURING)
    )
    rows = []
    for scale in sorted({cell.scale for cell in asked}):
        ready = [trials.bicubic(scale, kept / f"bicubic_x{scale}" / key)]
        ready += [trials.trained(cell, home, home / key) for cell, home in homes.items() if cell.scale == scale]
        rows += trials.measure(ready, pairs, scale, how)
    return pd.DataFrame(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("part", help="the part's name in params.yaml (sr.question.parts)")
    parser.add_argument("train", type=Path, help="the training split (data/native4k/train)")
    parser.add_argument("val", type=Path, help="the validation split (data/native4k/val)")
    parser.add_argument("test", type=Path, help="the test split (data/native4k/test)")
    parser.add_argument("out", type=Path, help="the answers to write (metrics/question_x4.json)")
    parser.add_argument("--images", type=Path, required=True, help="the table of every cell's and image's numbers")
    parser.add_argument("--scratch", type=Path, required=True, help="the folder for patches, weights and checkpoints")


def run(args: argparse.Namespace) -> None:
    """Write the answers and the table that they come from, and say what they are."""
    numbers, grids = load(args.params, args.part)
    made = params.load(degrade.Params, args.params, "sr", "degrade")
    making = testsets.Making(numbers.training.degradation, made)
    how = trials.How(numbers.conventions, numbers.measures, making, tiles.load(args.params), numbers.workers)
    folders = Folders(args.train, args.val, args.test, args.scratch)
    where = f"{args.params}: sr.question.parts.{args.part}"
    store = cutting(args.params, grids)
    asked = {
        cell: cells.saved(cell, numbers.network, numbers.training, store, made)
        for cell in cells.cells(grids, len(patches.pictures(args.train)), where)
    }
    use_threads(numbers.training.threads)
    rows = ask(asked, how, folders, f"{args.params}: sr.question")
    tree = {"question": args.part, "degradation": numbers.training.degradation, "cells": len(asked)}
    tree |= answer.answer(rows, numbers.bootstrap)
    tree |= {"made_of": origin.made_of(args.params, args.part, (args.train, args.val, args.test))}
    tables.write(rows, args.images)
    tables.write_json(tree, args.out)
    print("\n".join(tree["says"]))
