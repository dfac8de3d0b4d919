"""Group exact and near copies among the survivors, and keep the best of each group.

Exact copies have equal pixels, whatever their bytes. Near copies have pHashes within a radius, of the whole or of the
middle of one of them (crops), and signatures that agree; or, where they were measured, embeddings that do. Groups do
not chain: every member is a near copy of its representative: the most detailed, then largest, then best-scored, then
the one with the smallest id. A pHash whose bits are nearly all alike (blank, sky, a plain logo) tells too little: there
only equal pixels make a group. Images that match a foreign list (a benchmark's) go with their whole group, if asked.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, tables
from native4k.dataset import cosine, firewall, known, near, released, signs, within
from native4k.errors import UserError


@params.params
class Score:
    """A column that says how good an image is, and which end of it is good."""

    column: str
    best: Literal["highest", "lowest"]


@params.params
class Params:
    """How near copies are, what a pHash must hold to be compared, and what stands for a group."""

    radius: Annotated[int, Field(ge=0, le=64)]
    verify: Annotated[int, Field(ge=0, le=256)]
    middles: bool
    min_bits: Annotated[int, Field(ge=0, le=32)]
    score: Score | None
    firewall: dict[str, Literal["reject", "report"]]
    embedding: cosine.Params | None


CLUMP = "clump"
"""The column that says, where it is known, which images alone may be copies of each other: those of equal numbers."""

MATCHES = ("pixels", "whole", "middle", "embedding")
"""By what an image is a copy of its representative."""


def best_first(table: pd.DataFrame, score: Score | None) -> pd.DataFrame:
    """The survivors, the most detailed first, then the largest, the best-scored, the smallest id."""
    alive = table[tables.kept(table)].assign(size_=lambda rows: rows["width"] * rows["height"], score_=0.0)
    if score is not None:
        values = alive[score.column].astype("float64")
        alive["score_"] = values if score.best == "highest" else -values
    if not alive["id"].is_monotonic_increasing:
        alive = alive.sort_values("id")
    return alive.sort_values(["detail", "size_", "score_"], ascending=False).reset_index(drop=True)  # stable


def leaders(alive: pd.DataFrame, compared: np.ndarray, search: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Each row's representative, as a row number; the rows come best first, some compared by more than their pixels."""
    codes, _ = pd.factorize(alive["pixels"])
    leader: np.ndarray = np.flatnonzero(~alive["pixels"].duplicated())[codes]
    leader[compared] = compared[search(compared)]
    return leader


def searched(relation: near.Relation, threads: int, before: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """The representatives of the compared rows, among them, by what is known of an earlier search."""
    place = np.full(len(before) + 1, -1)
    place[compared] = np.arange(len(compared))
    return near.leaders(relation.part(compared), threads, place[before[compared]])


def dedup(
    table: pd.DataFrame,
    numbers: Params,
    threads: int = 1,
    foreign: dict[str, pd.DataFrame] | None = None,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The table with `group`, `representative`, how each is a copy of it, and a reason on all but representatives."""
    alive = best_first(table, numbers.score)
    pictures = signs.of(alive, numbers.radius, numbers.verify, middles=numbers.middles, min_bits=numbers.min_bits)
    compared = np.flatnonzero(signs.telling(pictures.shorts[0], numbers.min_bits))
    vectors = cosine.of(alive, numbers.embedding)
    if CLUMP in alive and vectors is None:
        clump = alive[CLUMP].to_numpy()
        leader = leaders(alive, compared, lambda rows: within.leaders(pictures.part(rows), clump[rows], threads))
    else:
        relation = pictures if vectors is None else cosine.Either(pictures, vectors)
        before = known.places(alive, earlier, decisive(numbers))
        leader = leaders(alive, compared, partial(searched, relation, threads, before))
    grouped = described(alive, leader, pictures)
    if vectors is not None:
        grouped["cosine"] = vectors.cosines(np.arange(len(alive)), leader)
    grouped["foreign"] = firewall.guard(alive, pictures, numbers.min_bits, foreign or {}, threads)["foreign"]
    joined = table.merge(grouped, on="id", how="left", validate="one_to_one")
    blank = {"group": "", "representative": "", "match": "", "distance": -1, "fine_distance": -1, "foreign": ""}
    joined = joined.fillna(blank).astype({"distance": "int64", "fine_distance": "int64"})  # -1: was not compared
    return rejected(joined, numbers)


def decisive(numbers: Params) -> list[str]:
    """The columns that say what is a copy of what, and which is the best."""
    score = [] if numbers.score is None else [numbers.score.column]
    return [*signs.COLUMNS, "detail", "width", "height", *score, *(["embedding"] if numbers.embedding else [])]


def described(alive: pd.DataFrame, leader: np.ndarray, pictures: signs.Signs) -> pd.DataFrame:
    """Each image's representative, by what it is a copy of it, and the bits of hash and of signature between them."""
    ids, rows = alive["id"].to_numpy(), np.arange(len(alive))
    apart, fine, found = pictures.distances(rows, leader)
    match = np.select(
        [rows == leader, (alive["pixels"] == alive["pixels"].to_numpy()[leader]).to_numpy(), found == 0, found > 0],
        ["", "pixels", "whole", "middle"],
        "embedding",
    )
    named = {"id": ids, "group": ids[leader], "representative": ids[leader]}
    return pd.DataFrame(named | {"match": match, "distance": apart, "fine_distance": fine})


def rejected(joined: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """A reason for each group that matches a foreign list which rejects, and for each copy."""
    lists = firewall.list_names(joined["foreign"]) if numbers.firewall else joined["foreign"]
    for name in sorted(name for name, action in numbers.firewall.items() if action == "reject"):
        matched = set(joined.loc[(lists == name) & tables.kept(joined), "group"])
        joined = tables.reject(joined, joined["group"].isin(matched), f"foreign_{name}", "dedup")
    joined = tables.reject(joined, joined["match"] == "pixels", "exact_copy", "dedup")
    return tables.reject(joined, joined["match"] != "", "near_copy", "dedup")


def forecast(table: pd.DataFrame, numbers: Params) -> str:
    """How many images are compared, and how many of their pairs would be taken for copies by chance."""
    alive = table[tables.kept(table)]
    count = int(signs.telling(signs.numbers_of(alive["phash"], 1)[0], numbers.min_bits).sum())
    views = 2 * signs.middles_of(alive) * numbers.middles + 1
    pairs = near.chance_pairs(count, numbers.radius) * views
    verified = signs.chance_copies(count, numbers.radius, numbers.verify) * views
    return (
        f"dedup: {count} of {len(alive)} images are compared by pHash, {views} views a pair; by chance alone"
        f" {pairs:.2g} pairs of uniform hashes would be within {numbers.radius} bits, and {verified:.2g} would also"
        f" agree in all but {numbers.verify} bits of the signature"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step, and the threads it may use."""
    parser.add_argument("selected", type=Path, help="the table from select")
    parser.add_argument("out", type=Path, help="the table to write")
    parser.add_argument("--released", type=Path, help="the folder with the lists of released images (data/released)")
    parser.add_argument("--foreign", type=Path, help="a folder of signature lists, NAME.parquet (data/foreign)")
    parser.add_argument("--embeddings", type=Path, help="the table from embed, where dedup.embedding is given")
    parser.add_argument("--cache", type=Path, help="what is known of an earlier collection; no result depends on it")
    parser.add_argument("--threads", type=int, default=1, help="to search with, no result depends on it (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Group the selected images, say what chance alone would group, and what matches foreign lists."""
    if args.threads < 1:
        raise UserError(f"--threads {args.threads}: expected at least 1")
    numbers = params.load(Params, args.params, "dedup")
    columns = decisive(numbers)
    table = tables.read(args.selected, "id", "reason", *(name for name in columns if name != "embedding"))
    if numbers.embedding is not None:
        table = embedded(table, args.embeddings)
    foreign = firewall.lists(args.foreign, numbers.firewall)
    print(forecast(table, numbers))
    place = known.place(args.cache, args.params) if args.cache else None
    lists, earlier = released.read(args.released) if args.released else released.NONE, known.earlier(place)
    done = released.apart(table, lists, lambda rows: dedup(rows, numbers, args.threads, foreign, earlier), "dedup")
    for line in firewall.report(done, foreign, numbers.firewall):
        print(line)
    known.keep(place, done, columns)
    tables.write(done.drop(columns="embedding", errors="ignore"), args.out)


def embedded(table: pd.DataFrame, path: Path | None) -> pd.DataFrame:
    """The table with the survivors' embeddings."""
    if path is None:
        raise UserError("dedup.embedding is given: name the table of embeddings with --embeddings, or make it null")
    joined = table.merge(tables.read(path, columns=["id", "embedding"]), on="id", how="left", validate="one_to_one")
    without = joined.loc[tables.kept(joined) & joined["embedding"].isna(), "id"]
    if len(without):
        raise UserError(
            f"{path}: {len(without)} of {len(table)} images have no embedding ({without.iloc[0]}); run embed again"
        )
    return joined
