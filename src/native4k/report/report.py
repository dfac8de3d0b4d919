"""Write the report: one self-contained page that leads with pictures, and says what it was made from."""

import argparse
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from native4k import params, tables
from native4k.dataset.takedown import WITHHELD
from native4k.errors import UserError
from native4k.page import layout, metrics_files
from native4k.report import (
    benchmarks,
    comparisons,
    curation,
    gallery,
    image_rows,
    leaks,
    native_pictures,
    overview,
    ranking,
    why,
)
from native4k.study import study_report

PAGE = "report.html"
COMPARED, RANKED, STUDIED, GENERATED, NATIVE, KEPT, REJECTED, PAIRS = (
    *(1_200_000, 400_000, 400_000, 300_000, 600_000, 750_000, 750_000, 400_000),
)
"""Bytes of the pictures of each section: all of them, written as base64, with the text, stay under 8 MB."""

CLOSEST = (
    "Within a reason the closest calls come first. Left of a copy is its representative. "
    "Rows that collect rejected were never downloaded, so no picture of them is shown. The section Images has every "
    "rejected row with its file or URL."
)
COLUMNS = ("category", "caption", "width", "height", "format", "distance", "license", "declared_width",
           "declared_height")  # fmt: skip
PAIR = ("id", "split", "near_id", "near_split", "search", "distance", "leak")


def dataset_sections(
    about: why.Collection, args: argparse.Namespace, dataset: dict[str, Any], rules: dict[str, Any]
) -> dict[str, Markup]:
    """The sections with pictures of the collection; the reasons are in the order of the funnel."""
    table = about.table
    sets = native_pictures.examples(table)
    good, bad = gallery.kept_sample(table), gallery.rejected_sample(table, rules)
    near = leaks.nearest_pairs(tables.read(args.tables / "leaks.parquet", *PAIR))
    wanted = {*good["id"], *bad["id"], *bad["representative"], *near["id"], *near["near_id"]} - {""}
    wanted -= set(table.loc[table[WITHHELD], "id"])
    shown = gallery.thumbnails(args.features / "thumbnails.parquet", wanted)
    kept, counts = table.loc[tables.is_kept(table), "category"].value_counts(), candidate_rejections(dataset["funnel"])
    rejected = gallery.rejected_gallery(table, bad, shown, counts, rules, REJECTED // max(1, len(bad)))
    fetched = tables.read(args.tables / "fetched.parquet", "host", "status")
    return {
        "Native, upscaled, blurred": native_pictures.section(sets, args.images, rules, NATIVE),
        "Kept": gallery.kept_gallery(good, shown, kept, KEPT // max(1, len(good))),
        "Rejected": layout.paragraph(CLOSEST) + rejected,
        "Funnel": curation.funnel(dataset["funnel"], fetched),
        "Thresholds": curation.thresholds(table, rules),
        "Splits": curation.composition(dataset, table),
        "Leaks": leaks.section(dataset["leaks"], table, near, shown, PAIRS // max(1, len(near))),
    }


def candidate_rejections(counted: dict[str, Any]) -> dict[str, int]:
    """Reason -> the number of candidates that any step rejected for it."""
    counts: Counter[str] = Counter()
    for step, reasons in metrics_files.funnel_steps(counted):
        if step != "collect":
            counts.update(dict(reasons))
    return counts


def check_counts(counted: dict[str, Any], table: pd.DataFrame, where: Path) -> None:
    """Raise a UserError unless the metrics were counted on this table."""
    expected = Counter(candidate_rejections(counted) | {"": counted["kept"]})
    if expected != Counter(table["reason"]):
        raise UserError(f"{where}: its funnel was counted on other tables; run 'dvc repro'")


def inputs(tree: dict[str, Any], paths: list[Path]) -> Markup:
    """Hashes of all files that the page was made from, and the params."""
    text = yaml.safe_dump(json.loads(json.dumps(tree)), sort_keys=False, allow_unicode=True, width=100)
    hashes = {"params": hashlib.sha256(text.encode()).hexdigest()}
    hashes |= {f"{path.parent.name}/{path.name}": tables.digest(path) for path in paths}
    note = "The page is a pure function of these files: the same ones give the same bytes. SHA-256, 16 digits."
    rows = [[name, layout.code(digest[:16])] for name, digest in hashes.items()]
    table = layout.details(metrics_files.count(len(rows), "input"), layout.table([], rows))
    return layout.join([layout.paragraph(note), table, layout.preformatted("all params", text)])


def mentioned(page: str, table: pd.DataFrame) -> set[str]:
    """The ids of the table that a link of the page leads to."""
    return set(re.findall('href="#row-(.*?)"', page)) & set(table["id"])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("features", type=Path, help="the folder with the thumbnails (data/features)")
    parser.add_argument("images", type=Path, help="the image store (data/images)")
    parser.add_argument("evaluations", type=Path, help="the folder of the evaluations' pictures (data/evaluations)")
    parser.add_argument("curves", type=Path, help="the folder of the training curves (data/curves)")
    parser.add_argument("metrics", type=Path, help="the folder of metrics (metrics/details)")
    parser.add_argument("out", type=Path, help="the folder to write (data/report)")


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    tree = params.read(args.params)
    rules = curation.range_rules(tree)
    dataset = metrics_files.dataset_metrics(args.metrics)
    sr, t2i = metrics_files.baseline_metrics(args.metrics)
    studies = metrics_files.studies(args.metrics)
    about = why.Collection(args.tables, args.params, *COLUMNS)
    check_counts(dataset["funnel"], about.table, args.metrics / metrics_files.DATASET)
    compared = comparisons.compared(sr, args.evaluations)
    strips = [strip.path for of_image in compared.values() for strip in of_image.values()]
    own = {name: found for name, found in studies.items() if not found["made_of"]["overlays"]}  # others: other images
    strips += [one.path for name in own for one in comparisons.find_strips(name, args.evaluations)]
    strips += [path for name in t2i for path in benchmarks.pairs(name, args.evaluations)]
    sections: dict[str, str] = {"": overview.beginning(dataset, sr, own)}
    titles = gallery.titles(about.table)
    if sr:
        pictures = comparisons.super_resolution(sr, args.evaluations, compared, titles, COMPARED)
        sections["Super-resolution"] = pictures + benchmarks.super_resolution(sr, args.evaluations, args.curves)
    sections |= ranking.sections(args.evaluations, RANKED)
    sections |= dataset_sections(about, args, dataset, rules)
    if "demo" in dataset:
        sections["Truth"] = curation.truth(dataset["demo"], dataset["goals"])
    if studies:
        shown = {name: comparisons.of_study(name, args.evaluations, STUDIED // len(own)) for name in own}
        sections["The study"] = layout.join(
            shown.get(name, Markup()) + Markup(study_report.section(found))  # noqa: S704
            for name, found in studies.items()
        )
    if t2i:
        sections["Text-to-image"] = benchmarks.text_to_image(t2i, args.evaluations, args.curves, titles, GENERATED)
    ids = mentioned("".join(sections.values()), about.table)
    sections["Images"] = image_rows.section(ids, about)
    used = [args.tables / f"{name}.parquet" for name in ("images", "leaks", "fetched")]
    used += [args.features / "thumbnails.parquet"]
    used += [args.metrics / f"{name}.json" for name in ("dataset", *sr, *studies, *t2i)]
    used += [args.evaluations / f"{name}.parquet" for name in sr]
    used += [args.curves / f"{name}.csv" for name in (*sr, *t2i)]
    used += ranking.files(args.evaluations)
    sections["How it was made"] = inputs(tree, [*used, *strips])
    named = tree.get("publish", {})
    page = layout.document(named.get("name", "native4k"), named.get("title", ""), sections, layout.COMPARE)
    with tables.atomic_folder(args.out) as folder:
        tables.write_text(page, folder / PAGE)
    print(f"{args.out / PAGE}")
