"""Group exact and near copies among the survivors, and keep the best of each group.

Exact copies have equal pixels, whatever their bytes. Near copies have pHashes within a radius, of the whole, the
mirrored picture, the middle of one (crops) or a central window of both (cuts to another aspect), and signatures that
agree; or, where they were measured, embeddings that do. Groups do not chain: every member is a near copy of its
representative: the one with most pixels, then the least compressed (bits a pixel, as of a JPEG, to half an octave), the
unmarked, the one with more bits, the best-scored, the one with the smallest id. An image whose spectrum shows an
enlargement counts with the pixels before it, but only if a native copy of about that size shows them: outcomes of
copies of one size differ by chance. A pHash whose bits are nearly all alike (blank, sky, a plain logo) is
uninformative: there only equal pixels make a group. Images that match a foreign list (a benchmark's) go with their
whole group, if `firewall` says so.

ASSUME: a variant of an artwork in other colours is a copy where its luma is alike (a tint, some dark variants), and a
picture of its own where it is not (inverted or repainted); embeddings find more of them.
"""

import argparse
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from native4k import params, provenance, tables
from native4k.dataset import released_images
from native4k.dataset.near_duplicates import embedding_search, foreign_lists, groups, signatures
from native4k.errors import UserError

UNGROUPED = {"group": "", "representative": "", "match": "", "distance": -1, "fine_distance": -1, "foreign": ""}
"""The columns that dedup adds, beside the cosine, and what stands there for an image that was not compared."""

RANKED = ("width", "height", "nativeness", "upscaled_by", "format", "bits_per_pixel", "pwatermark")
"""The columns by which copies are ordered, beside the score."""


@params.params
class Score:
    """A column that says how good an image is, and which end of it is good."""

    column: str
    best: Literal["highest", "lowest"]


@params.params
class Params(signatures.Limits):
    """What near copies are, which represents a group, what matches of foreign lists mean, and copies by embedding."""

    enlarged: Annotated[float, Field(ge=1)]
    bits_as_jpeg: dict[str, Annotated[float, Field(gt=0)]]
    marked: Annotated[float, Field(ge=0, le=1)]
    score: Score | None
    firewall: dict[str, Literal["reject", "report"]]
    embedding: embedding_search.Params | None


def best_first(table: pd.DataFrame, numbers: Params, enlarged: "pd.Series[float] | None" = None) -> pd.DataFrame:
    """Order the survivors: most real pixels first, then native, least damaged, unmarked, best-scored, smallest id.

    `enlarged` gives the real pixels of rows that were shown to be enlarged; those of all others are their size.
    """
    alive = table[tables.is_kept(table)]
    if not alive["id"].is_monotonic_increasing:
        alive = alive.sort_values("id")
    real = pd.Series(np.nan, alive.index) if enlarged is None else enlarged.reindex(alive.index)
    bits = jpeg_bits(alive, numbers)
    keys: list[pd.Series[Any]] = [
        real.fillna(alive["width"] * alive["height"]),
        real.isna(),
        np.floor(2 * np.log2(bits)),  # to half an octave
        ~(alive["pwatermark"] > numbers.marked),
        bits,
        score_values(alive, numbers.score),
    ]
    order = np.lexsort([-key.to_numpy(np.float64) for key in reversed(keys)])  # stable, and NaN comes last
    return alive.iloc[order]


def jpeg_bits(alive: pd.DataFrame, numbers: Params) -> "pd.Series[float]":
    """Convert bits a pixel to those of a JPEG with as little damage."""
    weights = alive["format"].map(numbers.bits_as_jpeg).astype("float64")
    if weights.isna().any():
        raise UserError(f"params dedup.bits_as_jpeg: no number for {alive.loc[weights.isna(), 'format'].iloc[0]}")
    return alive["bits_per_pixel"] * weights


def find_enlarged(alive: pd.DataFrame, leader: np.ndarray, tolerance: float) -> "pd.Series[float]":
    """Find leaders that are enlarged: their spectrum shows it, and a native copy has about the size before it.

    Each row is given with the pixels of that copy.
    """
    first = alive.iloc[leader].set_axis(alive.index)
    witness = (alive["nativeness"] == "native") & (first["nativeness"] == "upscaled")
    for side in ("width", "height"):  # both, for a cut is no smaller copy
        times = alive[side] * first["upscaled_by"] / first[side]
        witness &= (alive[side] < first[side]) & times.between(1 / tolerance, tolerance)
    pixels = (alive["width"] * alive["height"])[witness]
    return pixels.groupby(alive.index[leader[witness.to_numpy()]]).max().astype("float64")


def score_values(alive: pd.DataFrame, score: Score | None) -> "pd.Series[float]":
    """Read the score so that more is better; 0 where there is none."""
    if score is None:
        return pd.Series(0.0, index=alive.index)
    values = alive[score.column].astype("float64")
    return values if score.best == "highest" else -values


def dedup(
    table: pd.DataFrame, numbers: Params, threads: int = 1, foreign: dict[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """The table with `group`, `representative`, how each is a copy of it, and a reason on all but representatives."""
    table = table.reset_index(drop=True)
    everything = signatures.read_signatures(table, numbers)
    ranked = table[[name for name in ("id", "reason", "pixels", "embedding", *ranks(numbers)) if name in table]]
    alive = best_first(ranked, numbers)
    pictures, embeddings, leader = find_leaders(alive, everything, numbers, threads)
    enlarged = find_enlarged(alive, leader, numbers.enlarged)
    if len(enlarged):
        alive = best_first(ranked, numbers, enlarged)
        pictures, embeddings, leader = find_leaders(alive, everything, numbers, threads)
    grouped = describe_copies(alive, leader, pictures)
    if embeddings is not None:
        grouped["cosine"] = embeddings.cosines(np.arange(len(alive)), leader)
    grouped["foreign"] = foreign_lists.match_lists(alive, pictures, foreign or {}, threads)["foreign"]
    joined = table.join(grouped).fillna(UNGROUPED).astype({"distance": "int64", "fine_distance": "int64"})
    return reject_copies(joined, numbers)


def find_leaders(
    alive: pd.DataFrame, everything: signatures.Signatures, numbers: Params, threads: int
) -> tuple[signatures.Signatures, embedding_search.Embeddings | None, np.ndarray]:
    """Find each image's representative, best first, and return what the images were compared by."""
    pictures = everything.part(alive.index.to_numpy())
    embeddings = embedding_search.read_embeddings(alive, numbers.embedding)
    relation = pictures if embeddings is None else embedding_search.SignaturesOrEmbeddings(pictures, embeddings)
    leader = first_of_equal_pixels(alive)
    compared = np.flatnonzero(pictures.informative())
    leader[compared] = compared[groups.leaders(relation.part(compared), threads)]
    return pictures, embeddings, leader


def first_of_equal_pixels(alive: pd.DataFrame) -> np.ndarray:
    """Find for each row the first that has the same pixels."""
    codes, _ = pd.factorize(alive["pixels"])
    first: np.ndarray = np.flatnonzero(~alive["pixels"].duplicated())[codes]
    return first


def ranks(numbers: Params) -> list[str]:
    """Name the columns that say which copy is the best."""
    return [*RANKED, *([] if numbers.score is None else [numbers.score.column])]


def describe_copies(alive: pd.DataFrame, leader: np.ndarray, pictures: signatures.Signatures) -> pd.DataFrame:
    """Name each image's representative, how it is a copy of it, and the bits of pHash and signature between them.

    An image whose pixels are those of a better one in its group is an exact copy, whatever represents both.
    """
    ids, rows = alive["id"].to_numpy(), np.arange(len(alive))
    apart, fine, found = pictures.distances(rows, leader)
    kinds = np.array([*pictures.limits.pair_kinds(), "embedding"])  # -1, not found, is the last
    again = first_of_equal_pixels(alive) != rows
    match = np.select([rows == leader, again], ["", "pixels"], kinds[found])
    named = {"group": ids[leader], "representative": ids[leader]}
    return pd.DataFrame(named | {"match": match, "distance": apart, "fine_distance": fine}, alive.index)


def reject_copies(joined: pd.DataFrame, numbers: Params) -> pd.DataFrame:
    """Reject each group that matches a foreign list which rejects, and each copy."""
    lists = foreign_lists.list_names(joined["foreign"]) if numbers.firewall else joined["foreign"]
    for name in sorted(name for name, action in numbers.firewall.items() if action == "reject"):
        matched = set(joined.loc[(lists == name) & tables.is_kept(joined), "group"])
        joined = tables.reject(joined, joined["group"].isin(matched), f"foreign_{name}", "dedup")
    joined = tables.reject(joined, joined["match"] == "pixels", "exact_copy", "dedup")
    return tables.reject(joined, joined["match"] != "", "near_copy", "dedup")


def files_read(released: Path | None, foreign: Path | None, embeddings: Path | None) -> list[Path]:
    """List the files beside the table on which groups depend."""
    found = [*(released.glob("*.csv") if released else ()), *(foreign.glob("*.parquet") if foreign else ())]
    return [*sorted(found), *([embeddings] if embeddings else [])]


def forecast(table: pd.DataFrame, numbers: Params) -> str:
    """Say how many images are compared, and how many of their pairs would be taken for copies by chance."""
    alive = table[tables.is_kept(table)]
    count = int(signatures.informative(signatures.numbers_of(alive["phash"], 1)[0], numbers.min_bits).sum())
    views = len(numbers.view_pairs())
    pairs, verified = (expected * views for expected in signatures.chance_pairs(count, numbers))
    return (
        f"dedup: {count} of {len(alive)} images are compared by pHash, {views} pairs of views each; by chance alone"
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
    parser.add_argument("--threads", type=int, default=1, help="to search with, no result depends on it (default: 1)")


def run(args: argparse.Namespace) -> None:
    """Group the selected images, say what chance alone would group, and what matches foreign lists."""
    if args.threads < 1:
        raise UserError(f"--threads {args.threads}: expected at least 1")
    numbers = params.load(Params, args.params, "dedup")
    table = tables.read(args.selected, "id", "reason", *signatures.COLUMNS, *ranks(numbers))
    if numbers.embedding is not None:
        table = join_embeddings(table, args.embeddings)
    foreign = foreign_lists.read_foreign_lists(args.foreign, numbers.firewall)
    print(forecast(table, numbers))
    lists = released_images.read_lists(args.released) if args.released else released_images.EMPTY
    done = released_images.group_around(table, lists, lambda rows: dedup(rows, numbers, args.threads, foreign), "dedup")
    for line in foreign_lists.report(done, foreign, numbers.firewall):
        print(line)
    made = provenance.made_from(
        "dedup", params.read(args.params), args.selected, files_read(args.released, args.foreign, args.embeddings)
    )
    tables.write(done.drop(columns="embedding", errors="ignore"), args.out, made)


def join_embeddings(table: pd.DataFrame, path: Path | None) -> pd.DataFrame:
    """Join the survivors' embeddings to the table."""
    if path is None:
        raise UserError("dedup.embedding is given: name the table of embeddings with --embeddings, or make it null")
    joined = table.merge(tables.read(path, columns=["id", "embedding"]), on="id", how="left", validate="one_to_one")
    without = joined.loc[tables.is_kept(joined) & joined["embedding"].isna(), "id"]
    if len(without):
        raise UserError(
            f"{path}: {len(without)} of {len(table)} images have no embedding ({without.iloc[0]}); run embed again"
        )
    return joined
