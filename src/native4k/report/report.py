"""Write the report: one self-contained page with the funnel, pictures, baselines, and what it was made from."""

import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from markupsafe import Markup

from native4k import params, tables
from native4k.dataset.takedown import WITHHELD
from native4k.errors import UserError
from native4k.fetch.statuses import STATUSES
from native4k.page import layout, metrics_files, plots
from native4k.page.metrics_files import metric_label, percent
from native4k.report import benchmarks, gallery, leaks, ranking
from native4k.study import study_report

PAGE = "report.html"
REJECTED = (
    "Within a reason the closest calls come first. Left of a copy is its representative. "
    "Rows that collect rejected were never downloaded, so no picture of them is shown."
)
HOSTS = 20
"""Hosts that are shown, those with the most images first."""

COLUMNS = ("id", "reason", "rejected_by", "split", "category", "caption", "width", "height", "representative",
           "distance", "source", "license", "declared_width", "declared_height", "url", WITHHELD)  # fmt: skip
PAIR = ("id", "split", "near_id", "near_split", "search", "distance", "leak")


def headline(dataset: dict[str, Any], sr: dict[str, Any]) -> Markup:
    """The headline numbers."""
    counted = dataset["funnel"]
    numbers = {
        "images kept": f"{counted['kept']:,}",
        "rows of metadata": f"{counted['metadata']:,}",
        "candidates among them": f"{counted['candidates']:,}",
    }
    if "demo" in dataset:
        defects = dataset["demo"]["defects"].values()
        planted, caught = (sum(one[key] for one in defects) for key in ("planted", "found"))
        originals = dataset["demo"]["originals"]
        numbers["of planted defects found"] = f"{100 * caught / planted:.0f} %"
        numbers[f"of {originals['count']} originals wrongly rejected"] = str(originals["wrongly_rejected"])
    psnr = next((at for at in metrics_files.metric_columns(sr) if at[1].startswith("psnr")), None)
    if len(sr) > 1 and psnr and len({tree["scale"] for tree in sr.values()}) == 1:
        convention, metric = psnr
        means = metrics_files.means_by_convention(sr)[convention][metric]
        values = [mean for mean in means if mean is not None]
        numbers[f"dB {metric_label(metric)} won over {next(iter(sr))}"] = f"{max(values) - values[0]:+.2f}"
    return layout.headline(numbers)


def funnel(counted: dict[str, Any]) -> Markup:
    """Two waterfalls, each with a scale of its own: the metadata may be a thousand times the candidates."""
    steps = metrics_files.funnel_steps(counted)
    early = [step for step in steps if step[0] == "collect"]
    late = [step for step in steps if step[0] != "collect"]
    candidates = ("candidates", counted["candidates"])
    return layout.join(
        [
            layout.paragraph("Every row is either kept or rejected for the first reason that applies. None is lost."),
            layout.heading("What the metadata promised", "nothing is downloaded yet"),
            plots.waterfall(("metadata", counted["metadata"]), early, candidates),
            layout.heading("What the images turned out to be", "a scale of its own"),
            plots.waterfall(candidates, late, ("kept", counted["kept"])),
        ]
    )


def fetched(counts: pd.DataFrame) -> Markup:
    """A table by status, and a table by host for images from the web."""
    parts = [layout.table(["status", "images", "MB", "retry", "meaning"], status_rows(counts))]
    web = counts[counts["host"] != ""]
    if len(web):
        note = f"the {HOSTS} with the most images of {web['host'].nunique():,}"
        head = ["host", "images", "fetched", "share", "most frequent reason"]
        parts += [layout.heading("By host", note), layout.table(head, host_rows(web))]
    return layout.join(parts)


def status_rows(counts: pd.DataFrame) -> list[list[Any]]:
    """A row for each status, the most frequent first."""
    sums = counts.groupby("status")[["images", "bytes"]].sum().sort_values("images", ascending=False, kind="stable")
    return [
        [status, int(images), f"{size / 1e6:,.1f}", STATUSES[status].kind.value, STATUSES[status].meaning]
        for status, images, size in sums.itertuples()
    ]


def host_rows(web: pd.DataFrame) -> list[list[Any]]:
    """A row for each host, the one with the most images first."""
    counts = web.pivot_table(index="host", columns="status", values="images", aggfunc="sum", fill_value=0)
    lost = counts.drop(columns="ok", errors="ignore")
    summary = pd.DataFrame({"images": counts.sum(axis=1), "lost": lost.sum(axis=1)})
    largest = summary.sort_values("images", ascending=False, kind="stable").head(HOSTS)
    return [
        [host, images, images - failed, percent((images - failed) / images), lost.loc[host].idxmax() if failed else ""]
        for host, images, failed in largest.itertuples()
    ]


def range_rules(tree: dict[str, Any]) -> dict[str, Any]:
    """Reason -> rule, of the rules of the active preset that are one range for all images."""
    section = tree.get("select", {"preset": "", "presets": {}})
    rules = section["presets"].get(section["preset"], {})
    return {name: rule for name, rule in rules.items() if "min" in rule and rule["per"] is None}


def thresholds(table: pd.DataFrame, rules: dict[str, Any]) -> Markup:
    """A histogram for each rule, with its thresholds."""
    parts = []
    for reason, rule in rules.items():
        if rule["column"] not in table:
            continue
        values = table.loc[~table["rejected_by"].isin(["fetch", "probe"]), rule["column"]].dropna()
        if len(values):
            named = f"{rule['column']} of {len(values):,} images"
            plot = plots.histogram(values.tolist(), rule["min"], rule["max"], named)
            parts.append((reason, f"{rule['column']} {gallery.range_text(rule)}", plot))
    note = "Candidates that passed fetch and probe. A + means that the last bar includes all values above it."
    return layout.join([layout.paragraph(note), layout.plots(parts)])


def composition(dataset: dict[str, Any], table: pd.DataFrame) -> Markup:
    """Images by split and category, and by source and licence."""
    head, rows = metrics_files.split_table(dataset)
    kept = table[tables.is_kept(table)]
    rights = (kept["source"] + ", " + kept["license"].fillna("").replace("", "not stated")).value_counts()
    sources = [[str(name), int(count)] for name, count in rights.sort_index().items()]
    return layout.join([layout.table(head, rows, last="sum"), layout.table(["source and licence", "images"], sources)])


def demo_results(demo: dict[str, Any]) -> Markup:
    """How well the curation finds the planted defects."""
    defects = [[kind, one["planted"], one["found"], percent(one["share"])] for kind, one in demo["defects"].items()]
    originals, labels = demo["originals"], demo["labels"]
    wrong = ["wrongly rejected", originals["wrongly_rejected"], originals["count"], percent(originals["share"])]
    right = ["labelled with their category", labels["found"], labels["planted"], percent(labels["share"])]
    reasons = ", ".join(f"{name} {count}" for name, count in originals["reasons"].items())
    return layout.join(
        [
            layout.paragraph("The demo draws its own pictures and plants defects among them, so the truth is known."),
            layout.table(["planted defect", "planted", "found", "share"], defects),
            layout.table(["of the originals", "count", "of", "share"], [wrong, right]),
            layout.paragraph(f"Wrongly rejected, by reason: {reasons}.") if reasons else "",
            layout.heading("Confusion matrix", "originals; a row is a true category"),
            confusion(labels["confusion"]),
        ]
    )


def goals(found: dict[str, Any]) -> Markup:
    """The goals of the demo, and whether they are met."""
    rows = [[name, one["wanted"], one["shown"], "yes" if one["met"] else "no"] for name, one in found.items()]
    table = layout.table(["goal", "wanted", "measured", "met"], rows)
    return layout.join([layout.heading("Goals of the demo", "assess in params.yaml"), table])


def confusion(counts: dict[str, dict[str, int]]) -> Markup:
    """A confusion matrix: a row for each true category, with the share of its images that are labelled right."""
    names = [*counts, *sorted({name for row in counts.values() for name in row} - set(counts))]
    rows = [
        [true, *(row.get(name, 0) for name in names), percent(row.get(true, 0) / sum(row.values()))]
        for true, row in counts.items()
    ]
    return layout.table(["category", *names, "right"], rows)


def pictures(
    table: pd.DataFrame, features: Path, dataset: dict[str, Any], rules: dict[str, Any], pairs: pd.DataFrame
) -> dict[str, Markup]:
    """The sections with pictures; the reasons are in the order of the funnel."""
    good, bad = gallery.kept_sample(table), gallery.rejected_sample(table, rules)
    near = leaks.nearest_pairs(pairs)
    wanted = {*good["id"], *bad["id"], *bad["representative"], *near["id"], *near["near_id"]} - {""}
    wanted -= set(table.loc[table[WITHHELD], "id"])
    shown = gallery.thumbnails(features / "thumbnails.parquet", wanted)
    counts = candidate_rejections(dataset["funnel"])
    return {
        "Leaks": leaks.section(dataset["leaks"], table, near, shown),
        "Kept": gallery.kept_gallery(good, shown, table.loc[tables.is_kept(table), "category"].value_counts()),
        "Rejected": layout.join(
            [
                layout.paragraph(REJECTED),
                gallery.rejected_gallery(bad, shown, counts, rules),
                gallery.rejected_names(table),
            ]
        ),
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
    return layout.join([layout.paragraph(note), layout.table([], rows), layout.preformatted("all params", text)])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("features", type=Path, help="the folder with the thumbnails (data/features)")
    parser.add_argument("evaluations", type=Path, help="the folder of the evaluations' pictures (data/evaluations)")
    parser.add_argument("curves", type=Path, help="the folder of the training curves (data/curves)")
    parser.add_argument("metrics", type=Path, help="the folder of metrics (metrics/details)")
    parser.add_argument("out", type=Path, help="the folder to write (data/report)")


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    tree = params.read(args.params)
    rules = range_rules(tree)
    dataset = metrics_files.dataset_metrics(args.metrics)
    sr, t2i = metrics_files.baseline_metrics(args.metrics)
    studies = metrics_files.studies(args.metrics)
    table = tables.read(args.tables / "images.parquet", *COLUMNS)
    check_counts(dataset["funnel"], table, args.metrics / metrics_files.DATASET)
    strips = [path for name in (*sr, *t2i) for path in benchmarks.pictures(name, args.evaluations)]
    limit = benchmarks.PICTURE_BYTES // max(1, len(strips))
    sections: dict[str, str] = {
        "": headline(dataset, sr),
        "Funnel": funnel(dataset["funnel"]),
        "Fetched": fetched(tables.read(args.tables / "fetched.parquet", "host", "status")),
        "Thresholds": thresholds(table, rules),
        "Splits": composition(dataset, table),
        **pictures(table, args.features, dataset, rules, tables.read(args.tables / "leaks.parquet", *PAIR)),
    }
    if "demo" in dataset:
        sections["Truth"] = layout.join([demo_results(dataset["demo"]), goals(dataset["goals"])])
    if sr:
        sections["Super-resolution"] = benchmarks.super_resolution(sr, args.evaluations, args.curves, limit)
    sections |= ranking.sections(args.evaluations)
    if studies:
        sections["The study"] = "\n".join(study_report.section(tree) for tree in studies.values())
    if t2i:
        sections["Text-to-image"] = benchmarks.text_to_image(t2i, args.evaluations, args.curves, limit)
    used = [args.tables / f"{name}.parquet" for name in ("images", "leaks", "fetched")]
    used += [args.features / "thumbnails.parquet"]
    used += [args.metrics / f"{name}.json" for name in ("dataset", *sr, *studies, *t2i)]
    used += [args.evaluations / f"{name}.parquet" for name in sr]
    used += [args.curves / f"{name}.csv" for name in (*sr, *t2i)]
    used += ranking.files(args.evaluations)
    sections["How it was made"] = inputs(tree, [*used, *strips])
    named = tree.get("publish", {})
    page = layout.document(named.get("name", "native4k"), named.get("title", ""), sections)
    with tables.atomic_folder(args.out) as folder:
        tables.write_text(page, folder / PAGE)
    print(f"{args.out / PAGE}")
