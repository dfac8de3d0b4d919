"""The question's networks on the test images: each image made small once, and enlarged by every network."""

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from tqdm import tqdm

from native4k.errors import UserError
from native4k.fetch import journal
from native4k.sr import answer, baselines, cells, metrics, networks, patches, testsets, tiles
from native4k.sr.networks import bicubic as interpolation


class How(NamedTuple):
    """How it is measured."""

    conventions: tuple[metrics.Name, ...]
    measures: tuple[metrics.Measure, ...]
    making: testsets.Making
    tiles: tiles.Params
    workers: int
    """Networks at a time, a thread each; no result depends on it."""


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
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(how.workers, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
        for pair in tqdm(pairs, f"measuring x{scale}", unit="image", **patches.STEPS):
            missing = [place for place, found in enumerate(known) if pair.id not in found]
            if missing:
                one = functools.partial(_noted, pair.id, _opened(pair, scale, how), scale, how)
                made = pool.map(one, [ready[place] for place in missing])
                for place, row in zip(missing, made, strict=True):
                    known[place][pair.id] = row
            measured = zip(ready, known, strict=True)
            rows += [one.columns | found[pair.id] | {"category": pair.category} for one, found in measured]
    return rows


def _opened(pair: testsets.Pair, scale: int, how: How) -> testsets.Pictures:
    least, found = metrics.smallest(scale, how.conventions, how.measures), testsets.opened(pair, scale, how.making)
    if min(found.truth.shape[:2]) < least:
        raise UserError(
            f"{pair.high}: too small to be measured at scale {scale}, which takes {least} pixels; leave it out of the "
            f"split, or the scale out of sr.question.parts"
        )
    return found


def _noted(image: str, pictures: testsets.Pictures, scale: int, how: How, one: Ready) -> dict[str, Any]:
    ours = tiles.enlarge(one.network, pictures.small, scale, how.tiles.tile, how.tiles.overlap)
    found = metrics.compare(ours, pictures.truth, scale, how.conventions, how.measures)
    row = {"id": image} | {name.replace(" ", "_").replace("-", "_"): value for name, value in found.items()}
    notes = journal.Journal(one.notes)
    notes.add(row)
    notes.close()
    return row
