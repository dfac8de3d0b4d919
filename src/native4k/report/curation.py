"""The sections on the dataset: the funnel, what was fetched, thresholds, splits, and the demo's truth."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from native4k import tables
from native4k.fetch.statuses import STATUSES
from native4k.page import layout, metrics_files, plots
from native4k.page.metrics_files import count, percent
from native4k.report import gallery

HOSTS = 20
"""Hosts that are shown, those with the most images first."""

NO_SPLIT = (
    "In no split: kept images in the zones of val and test that are beyond the sizes of these splits; never trained on."
)


def funnel(counted: dict[str, Any], fetched_counts: pd.DataFrame) -> Markup:
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
            layout.details("what was fetched, by status and by host", fetched(fetched_counts)),
        ]
    )


def fetched(counts: pd.DataFrame) -> Markup:
    """A table by status, and a table by host for images from the web."""
    parts = [layout.table(["status", "images", "MB", "retry", "meaning"], status_rows(counts))]
    web = counts[counts["host"] != ""]
    if len(web):
        hosts = web["host"].nunique()
        note = f"the {HOSTS} with the most images of {hosts:,}" if hosts > HOSTS else count(hosts, "host")
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
            named = f"{rule['column']} of {count(len(values), 'image')}"
            plot = plots.histogram(values.tolist(), rule["min"], rule["max"], named)
            parts.append((reason, f"{rule['column']} {gallery.range_text(rule)}", plot))
    note = "Candidates that passed fetch and probe. A + means that the last bar includes all values above it."
    return layout.join([layout.paragraph(note), layout.plots(parts)])


def composition(dataset: dict[str, Any], table: pd.DataFrame) -> Markup:
    """Images by split and category, and by source and licence."""
    head, rows = metrics_files.split_table(dataset)
    named = [[gallery.split_name(name), *counts] for name, *counts in rows]
    note = layout.paragraph(NO_SPLIT) if named != rows else Markup()
    kept = table[tables.is_kept(table)]
    rights = (kept["source"] + ", " + kept["license"].fillna("").replace("", "not stated")).value_counts()
    sources = [[str(name), int(images)] for name, images in rights.sort_index().items()]
    by_source = layout.table(["source and licence", "images"], sources)
    return layout.join([layout.table(head, named, last="sum"), note, by_source])


def truth(demo: dict[str, Any], goals: dict[str, Any]) -> Markup:
    """One line on the planted defects, the originals and the goals; all tables are folded."""
    defects = demo["defects"].values()
    planted, caught = (sum(one[key] for one in defects) for key in ("planted", "found"))
    originals, missed = demo["originals"], [name for name, one in goals.items() if not one["met"]]
    unmet = f", not: {', '.join(missed)}" if missed else ""
    line = (
        "The demo draws its own pictures, so the truth is known: "
        f"{caught:,} of {count(planted, 'planted defect')} found, "
        f"{originals['wrongly_rejected']:,} of {count(originals['count'], 'original')} wrongly rejected, "
        f"{len(goals) - len(missed)} of {count(len(goals), 'goal')} met{unmet}."
    )
    parts = [demo_results(demo), goal_table(goals)]
    return layout.paragraph(line) + layout.details("by defect, category and goal", layout.join(parts))


def demo_results(demo: dict[str, Any]) -> Markup:
    """How well the curation finds the planted defects."""
    defects = [[kind, one["planted"], one["found"], percent(one["share"])] for kind, one in demo["defects"].items()]
    originals, labels = demo["originals"], demo["labels"]
    wrong = ["wrongly rejected", originals["wrongly_rejected"], originals["count"], percent(originals["share"])]
    right = ["labelled with their category", labels["found"], labels["planted"], percent(labels["share"])]
    reasons = ", ".join(f"{name} {images}" for name, images in originals["reasons"].items())
    return layout.join(
        [
            layout.table(["planted defect", "planted", "found", "share"], defects),
            layout.table(["of the originals", "count", "of", "share"], [wrong, right]),
            layout.paragraph(f"Wrongly rejected, by reason: {reasons}.") if reasons else "",
            layout.heading("Confusion matrix", "originals; a row is a true category"),
            confusion(labels["confusion"]),
        ]
    )


def goal_table(found: dict[str, Any]) -> Markup:
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
