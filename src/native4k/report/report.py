"""Write the report: one self-contained page with the funnel, the pictures, the baselines, and what it was made from."""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from native4k import params, tables
from native4k.errors import UserError
from native4k.report import benchmarks, fetched, found, gallery, leaks, page, plots
from native4k.study import study_report

PAGE = "report.html"
PAIR = ("id", "split", "near_id", "near_split", "search", "distance", "leak")


def headline(dataset: dict[str, Any], sr: dict[str, Any]) -> str:
    """The numbers that come first."""
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
    columns, rows = found.comparison(sr)
    place = next((place for place, (_, metric) in enumerate(columns) if metric.startswith("psnr")), None)
    if len(rows) > 1 and place is not None and len({row[1] for row in rows}) == 1:
        values = [row[4 + place] for row in rows if row[4 + place] is not None]
        label = found.plain(columns[place][1])
        numbers[f"dB {label} won over {rows[0][0]}"] = f"{max(values) - values[0]:+.2f}"
    return page.heads(numbers)


def funnel(counted: dict[str, Any]) -> str:
    """Two waterfalls, each with a scale of its own: the metadata may be a thousand times the candidates."""
    steps = found.steps(counted)
    early = [step for step in steps if step[0] == "collect"]
    late = [step for step in steps if step[0] != "collect"]
    candidates = ("candidates", counted["candidates"])
    return "\n".join(
        [
            page.paragraph("Every row ends up kept or with the first reason that spoke against it. None is lost."),
            page.heading("What the metadata promised", "nothing is downloaded yet"),
            plots.waterfall(("metadata", counted["metadata"]), early, candidates),
            page.heading("What the images turned out to be", "a scale of its own"),
            plots.waterfall(candidates, late, ("kept", counted["kept"])),
        ]
    )


def ranges(tree: dict[str, Any]) -> dict[str, Any]:
    """Reason -> rule: those of the active preset that are one range for all images."""
    section = tree.get("select", {"preset": "", "presets": {}})
    rules = section["presets"].get(section["preset"], {})
    return {name: rule for name, rule in rules.items() if "min" in rule and rule["per"] is None}


def thresholds(table: pd.DataFrame, rules: dict[str, Any]) -> str:
    """Where the measured values lie, and where each threshold cuts."""
    parts = []
    for reason, rule in rules.items():
        if rule["column"] not in table:
            continue
        values = table.loc[~table["rejected_by"].isin(["fetch", "probe"]), rule["column"]].dropna()
        if len(values):
            named = f"{rule['column']} of {len(values):,} images"
            plot = plots.histogram(values.tolist(), rule["min"], rule["max"], named)
            cut = page.heading(reason, f"{rule['column']} {gallery.allowed(rule)}")
            parts.append(f"<div>{cut}{plot}</div>")
    note = "Candidates that fetch and probe let through. A + stands where the last bar holds all that is above it, too."
    return page.paragraph(note) + f'<div class="plots">{"".join(parts)}</div>'


def makeup(dataset: dict[str, Any], table: pd.DataFrame) -> str:
    """Splits by categories, sources by licences."""
    head, rows = found.splits(dataset)
    kept = table[tables.kept(table)]
    rights = (kept["source"] + ", " + kept["license"].fillna("").replace("", "not stated")).value_counts()
    sources = [[str(name), int(count)] for name, count in rights.sort_index().items()]
    return page.table(head, rows, last="sum") + page.table(["source and licence", "images"], sources)


def grades(demo: dict[str, Any]) -> str:
    """How well the curation finds what was planted."""
    rows = [[kind, one["planted"], one["found"], percent(one["share"])] for kind, one in demo["defects"].items()]
    originals, labels = demo["originals"], demo["labels"]
    reasons = ", ".join(f"{name} {count}" for name, count in originals["reasons"].items())
    return "\n".join(
        [
            page.paragraph("The demo draws its own pictures and plants defects among them, so the truth is known."),
            page.table(["planted defect", "planted", "found", "share"], rows),
            page.table(
                ["of the originals", "count", "of", "share"],
                [
                    [
                        "wrongly rejected",
                        originals["wrongly_rejected"],
                        originals["count"],
                        percent(originals["share"]),
                    ],
                    ["labelled with their category", labels["found"], labels["planted"], percent(labels["share"])],
                ],
            ),
            page.paragraph(f"Wrongly rejected, by reason: {reasons}.") if reasons else "",
            page.heading("What each category was taken for", "originals; a row is a true category"),
            confusion(labels["confusion"]),
        ]
    )


def goals(told: dict[str, Any]) -> str:
    """What the demo is to show, and whether it does."""
    rows = [[name, one["wanted"], one["shown"], "yes" if one["met"] else "no"] for name, one in told.items()]
    return page.heading("What the demo is to show", "assess in params.yaml") + page.table(
        ["goal", "wanted", "shown", "met"], rows
    )


def confusion(counts: dict[str, dict[str, int]]) -> str:
    """A row a true category: how many of its images got which label, and the share that got the right one."""
    names = [*counts, *sorted({name for row in counts.values() for name in row} - set(counts))]
    rows = [
        [true, *(row.get(name, 0) for name in names), percent(row.get(true, 0) / sum(row.values()))]
        for true, row in counts.items()
    ]
    return page.table(["category", *names, "right"], rows)


def percent(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f} %"


def pictures(
    table: pd.DataFrame, features: Path, dataset: dict[str, Any], rules: dict[str, Any], pairs: pd.DataFrame
) -> dict[str, str]:
    """What shows pictures; the reasons in the order of the funnel."""
    good, bad = gallery.kept(table), gallery.rejected(table, rules)
    near = leaks.shown(pairs)
    wanted = {*good["id"], *bad["id"], *bad["representative"], *near["id"], *near["near_id"]} - {""}
    shown = gallery.thumbnails(features / "thumbnails.parquet", wanted)
    whole = {str(name): int(count) for name, count in table[tables.kept(table)]["category"].value_counts().items()}
    counts = late(found.steps(dataset["funnel"]))
    return {
        "Leaks": leaks.section(dataset["leaks"], table, pairs, shown),
        "Kept": gallery.kept_gallery(good, shown, whole),
        "Rejected": page.paragraph(
            "Within a reason the closest calls come first. Left of a copy is the picture that stands for it. "
            "What the metadata gave away was never downloaded, so there is nothing to show of it."
        )
        + gallery.rejected_gallery(bad, shown, counts, rules),
    }


def late(steps: found.Steps) -> dict[str, int]:
    """Candidates rejected for each reason, by whichever step."""
    counts: dict[str, int] = {}
    for reason, rows in (pair for step, reasons in steps if step != "collect" for pair in reasons):
        counts[reason] = counts.get(reason, 0) + rows
    return counts


def agree(dataset: dict[str, Any], table: pd.DataFrame, where: Path) -> None:
    """The metrics were counted on this table, not on an older one."""
    counted = late(found.steps(dataset["funnel"])) | {"": dataset["funnel"]["kept"]}
    there = {str(reason): int(rows) for reason, rows in table["reason"].value_counts().items()}
    if {reason: rows for reason, rows in counted.items() if rows} != there:
        raise UserError(f"{where}: its funnel was not counted on the tables at hand; run 'dvc repro'")


def origins(tree: dict[str, Any], paths: list[Path]) -> str:
    """Hashes of everything that the page was made from, and the numbers themselves."""
    text = yaml.safe_dump(json.loads(json.dumps(tree)), sort_keys=False, allow_unicode=True, width=100)
    rows = [
        ["params", digest(text.encode())],
        *([f"{path.parent.name}/{path.name}", digest(path.read_bytes())] for path in paths),
    ]
    cells = "".join(f"<tr><td>{page.safe(name)}</td><td><code>{code}</code></td></tr>" for name, code in rows)
    return "\n".join(
        [
            page.paragraph(
                "The page is a pure function of these files: the same ones give the same bytes. SHA-256, 16 digits."
            ),
            f'<div class="wide"><table><tbody>{cells}</tbody></table></div>',
            page.folded("all params", text),
        ]
    )


def digest(content: bytes) -> str:
    """The first digits of a hash."""
    return hashlib.sha256(content).hexdigest()[:16]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("tables", type=Path, help="the folder of final tables (data/tables)")
    parser.add_argument("features", type=Path, help="the folder with the thumbnails (data/features)")
    parser.add_argument("evaluations", type=Path, help="the folder of the evaluations' pictures (data/evaluations)")
    parser.add_argument("models", type=Path, help="the folder with the training curves (models)")
    parser.add_argument("metrics", type=Path, help="the folder of metrics (metrics)")
    parser.add_argument("out", type=Path, help="the folder to write (data/report)")


def run(args: argparse.Namespace) -> None:
    """Write the page."""
    tree = params.read(args.params)
    rules = ranges(tree)
    dataset = found.dataset(args.metrics)
    sr, t2i = found.baselines(args.metrics)
    needed = ("id", "reason", "rejected_by", "split", "category", "caption", "width", "height", "representative")
    table = tables.read(
        args.tables / "images.parquet", *needed, "distance", "source", "license", "declared_width", "declared_height"
    )
    agree(dataset, table, args.metrics / found.DATASET)
    limit = benchmarks.BUDGET // max(1, sum(len(benchmarks.pictures(name, args.evaluations)) for name in (*sr, *t2i)))
    sections = {
        "": headline(dataset, sr),
        "Funnel": funnel(dataset["funnel"]),
        "Fetched": fetched.fetched(tables.read(args.tables / "fetched.parquet", "host", "status")),
        "Thresholds": thresholds(table, rules),
        "Splits": makeup(dataset, table),
        **pictures(table, args.features, dataset, rules, tables.read(args.tables / "leaks.parquet", *PAIR)),
    }
    if "demo" in dataset:
        sections["Truth"] = grades(dataset["demo"]) + goals(dataset["goals"])
    if sr:
        sections["Super-resolution"] = benchmarks.super_resolution(sr, args.evaluations, args.models, limit)
    studies = found.studies(args.metrics)
    if studies:
        sections["The study"] = "\n".join(study_report.section(tree) for tree in studies.values())
    if t2i:
        sections["Text-to-image"] = benchmarks.text_to_image(t2i, args.evaluations, args.models, limit)
    used = [args.tables / f"{name}.parquet" for name in ("images", "leaks", "fetched")]
    used += [args.features / "thumbnails.parquet"]
    used += [args.metrics / f"{name}.json" for name in ("dataset", *sr, *studies, *t2i)]
    used += [args.evaluations / f"{name}.parquet" for name in sr]
    used += [args.models / f"{name}.csv" for name in (*sr, *t2i)]
    used += [path for name in (*sr, *t2i) for path in benchmarks.pictures(name, args.evaluations)]
    sections["How it was made"] = origins(tree, used)
    named = tree.get("publish", {})
    title, lead = named.get("name", "native4k"), named.get("title", "")
    with tables.whole_folder(args.out) as folder:
        tables.write_text(page.document(title, lead, sections), folder / PAGE)
    print(f"{args.out / PAGE}")
