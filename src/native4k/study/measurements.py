"""Measure the study's networks on the test images: each image is made small once, and enlarged by every network."""

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from tqdm import tqdm

from native4k.fetch import progress
from native4k.sr import baselines, evaluate, networks, patches, testsets, tiles
from native4k.sr.networks import bicubic as bicubic_network
from native4k.study import results, runs


class Network(NamedTuple):
    """A network, its columns in the table, and the journal of its measured images."""

    columns: dict[str, Any]
    network: nn.Module
    journal: Path


def bicubic(scale: int, journal_path: Path) -> Network:
    """Bicubic interpolation, which every run is compared with."""
    columns = {"scale": scale, "images": 0, "arm": results.BICUBIC, "seed": 0}
    return Network(columns, networks.build(bicubic_network.Params(kind="bicubic"), scale), journal_path)


def trained(run: runs.Run, home: Path, journal_path: Path) -> Network:
    """The network of a finished run."""
    return Network(run._asdict(), baselines.restore(home / runs.WEIGHTS)[1].to(tiles.device()), journal_path)


def measure(
    every: list[Network], pairs: list[testsets.Pair], scale: int, method: evaluate.Method, workers: int
) -> list[dict[str, Any]]:
    """A row for each network and image; images in a network's journal are not measured again.

    So many workers are networks at a time, a thread each; no result depends on it.
    """
    known = [{row["id"]: row for row in progress.read_journal(one.journal)} for one in every]
    rows = []
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads,)) as pool:
        for pair in tqdm(pairs, f"measuring x{scale}", unit="image", **patches.STEPS):
            missing = [index for index, measured in enumerate(known) if pair.id not in measured]
            if missing:
                pictures = evaluate.open_pictures(pair, scale, method)
                one = functools.partial(_measured, pair.id, pictures, scale, method)
                for index, row in zip(missing, pool.map(one, [every[index] for index in missing]), strict=True):
                    known[index][pair.id] = row
            rows += [
                one.columns | measured[pair.id] | {"category": pair.category}
                for one, measured in zip(every, known, strict=True)
            ]
    return rows


def _measured(
    image: str, pictures: testsets.Pictures, scale: int, method: evaluate.Method, one: Network
) -> dict[str, Any]:
    _, values = evaluate.enlarge_and_compare(one.network, pictures, scale, method)
    row = {"id": image} | {evaluate.column_name(name): value for name, value in values.items()}
    notes = progress.Journal(one.journal)
    notes.add(row)
    notes.close()
    return row
