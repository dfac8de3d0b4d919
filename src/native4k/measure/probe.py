"""Decode each image once, in processes with limits: encoding, size, hash, sharpness, tones, borders, a thumbnail."""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from native4k import params, tables
from native4k.geometry import Geometry, geometry_reasons
from native4k.measure import cache, measurements, nativeness, workers

MIN_CRASHES = 4
"""Images that crash, and no other, at which the fault is ours."""


@params.params
class Params:
    """The geometry that true sizes must have, what a worker may take, and what is measured where."""

    geometry: Geometry
    workers: int
    seconds: float
    measures: measurements.Measures
    nativeness: nativeness.Params


def probe(files: list[str], store: Path, numbers: Params) -> Iterator[dict[str, Any]]:
    """A row for each file of the store, in their order."""
    limits = workers.Limits(numbers.workers, numbers.seconds, numbers.measures.memory)
    crashed = 0
    work = partial(measurements.measure_file, store, measurements.Numbers(numbers.measures, numbers.nativeness))
    for answer in workers.each(files, work, limits):
        if isinstance(answer, workers.Lost):
            crashed += answer.reason == "crashed"
            yield measurements.empty_row(numbers.measures) | {"failure": answer.reason}
        else:
            yield answer
    if crashed == len(files) >= MIN_CRASHES:
        raise RuntimeError(f"each of {crashed} images crashed its worker: this is not the images' fault")


def join(table: pd.DataFrame, rows: pd.DataFrame, numbers: measurements.Measures) -> pd.DataFrame:
    """The candidates with what was measured of their bytes, in the same types whoever failed."""
    unmeasured = measurements.empty_row(numbers) | {"failure": ""}
    joined = table.merge(rows.reindex(columns=["sha256", *unmeasured]), on="sha256", how="left")
    for name, value in unmeasured.items():
        joined[name] = joined[name].where(joined[name].notna(), value)
    types = {name: object if isinstance(value, bytes) else type(value) for name, value in unmeasured.items()}
    return joined.astype(types)


def decide(table: pd.DataFrame, rule: Geometry) -> pd.DataFrame:
    """A reason for each image that could not be fetched or read, or whose true geometry fails."""
    table = table.assign(reason="", rejected_by="")
    for status in sorted(set(table["status"]) - {"ok"}):
        table = tables.reject(table, table["status"] == status, status, "fetch")
    for failure in sorted(set(table["failure"]) - {""}):
        table = tables.reject(table, table["failure"] == failure, failure, "probe")
    declared = geometry_reasons(table["declared_width"], table["declared_height"], rule)
    promised = ~np.logical_or.reduce(list(declared.values()))
    for reason, mask in geometry_reasons(table["width"], table["height"], rule).items():
        table = tables.reject(table, mask & promised, "mislabelled", "probe")
        table = tables.reject(table, mask, reason, "probe")
    return table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Probe a shard of the store's images."""
    numbers = params.load(Params, args.params, "probe")
    table, files = cache.shard(args)
    place = cache.folder(args.cache, "probe", args.params)
    rows = cache.fill(files, lambda todo: probe(todo, args.store, numbers), place, "probe")
    tables.write(decide(join(table, rows, numbers.measures), numbers.geometry).drop(columns="failure"), args.out)
