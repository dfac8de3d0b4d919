"""The question's networks on the test images: each image made small once, and enlarged by every network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn
from tqdm import tqdm

from native4k.errors import UserError
from native4k.fetch import journal
from native4k.sr import answer, baselines, cells, metrics, networks, patches, testsets, tiles
from native4k.sr.networks import interpolation


class How(NamedTuple):
    """How it is measured."""

    conventions: tuple[metrics.Name, ...]
    measures: tuple[metrics.Measure, ...]
    making: testsets.Making
    tiles: tiles.Params


class Ready(NamedTuple):
    """A network, its columns in the table, and where what it was measured on is noted, image by image."""

    columns: dict[str, Any]
    network: nn.Module
    notes: Path


def bicubic(scale: int, notes: Path) -> Ready:
    """What every cell is beside."""
    columns = {"scale": scale, "images": 0, "arm": answer.BICUBIC, "seed": 0}
    return Ready(columns, networks.build(interpolation.Params(kind="bicubic"), scale), notes)


def trained(cell: cells.Cell, home: Path, notes: Path) -> Ready:
    """A finished cell."""
    return Ready(cell._asdict(), baselines.restore(home / cells.WEIGHTS)[1].to(tiles.device()), notes)


def measure(ready: list[Ready], pairs: list[testsets.Pair], scale: int, how: How) -> list[dict[str, Any]]:
    """A row for each network and image; what a killed run has noted is not measured again."""
    known = [{row["id"]: row for row in journal.read(one.notes)} for one in ready]
    rows = []
    for pair in tqdm(pairs, f"measuring x{scale}", unit="image", **patches.STEPS):
        missing = [place for place, found in enumerate(known) if pair.id not in found]
        for place, row in _compared(pair, [ready[place] for place in missing], scale, how, missing):
            known[place][pair.id] = row
        rows += [one.columns | known[place][pair.id] | {"category": pair.category} for place, one in enumerate(ready)]
    return rows


def _compared(
    pair: testsets.Pair, ready: list[Ready], scale: int, how: How, places: list[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    if not ready:
        return
    small, truth = testsets.opened(pair, scale, how.making)
    least = metrics.smallest(scale, how.conventions, how.measures)
    if min(truth.shape[:2]) < least:
        raise UserError(
            f"{pair.high}: too small to be measured at scale {scale}, which takes {least} pixels; leave it out of the "
            f"split, or the scale out of sr.question.parts"
        )
    for place, one in zip(places, ready, strict=True):
        ours = tiles.enlarge(one.network, small, scale, how.tiles.tile, how.tiles.overlap)
        found = metrics.compare(ours, truth, scale, how.conventions, how.measures)
        row = {"id": pair.id} | {name.replace(" ", "_").replace("-", "_"): value for name, value in found.items()}
        notes = journal.Journal(one.notes)
        notes.add(row)
        notes.close()
        yield place, row
