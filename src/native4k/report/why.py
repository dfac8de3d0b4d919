"""Say why an image was kept or rejected: each rule's threshold beside its value, what stands for a copy, its split.

NAME is an id or its first digits, a URL, a path below its source's folder, or a file, which is known by its bytes too.
"""

import argparse
import difflib
import re
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import pandas as pd

from native4k import params, tables
from native4k.dataset import balance, dedup, select, vet
from native4k.dataset.takedown import OWNER_STATUSES, WITHHELD, public_names
from native4k.errors import UserError
from native4k.fetch import collect
from native4k.fetch.statuses import STATUSES
from native4k.geometry import Geometry
from native4k.page.metrics_files import number
from native4k.report import gallery
from native4k.report.rule_limits import Limit, collect_limits, geometry_limits, select_limits
from native4k.report.summary import aligned_lines

Typed = TypeVar("Typed")

NEEDED = ("id", "source", "url", "sha256", "reason", "rejected_by", "split", "representative", WITHHELD)
ID = re.compile(r"[0-9a-f]{4,16}")
SHA256 = re.compile(r"[0-9a-f]{64}")

WITHOUT_NAME = "not named: its owner asked to be left out"

MAX_COPIES = 10
"""Copies that are listed of an image that stands for them."""

MAX_TEXT = 80
"""Characters of a text that are shown."""

NAMES = ("url", "caption", "provenance", "key")
"""Columns that tell what a row is about: not shown where the owner asked to be left out."""

NOT_SHOWN = {*NAMES, "id", "source", "sha256", "reason", "rejected_by", "split", "group", "representative", "match",
             "distance", "fine_distance", "failure", "pixels", "phash", "signature", WITHHELD}  # fmt: skip
"""Columns that are no measures, or stand elsewhere."""

MEANINGS = {
    "mislabelled": "the size is not the one that the metadata promise",
    "voted_out": "people voted against it",
    "undecided": "it has no verdict yet, and vet.undecided is 'wait'",
    "taken_down": "a list in data/takedown names it",
    "near_taken_down": "it is a near copy of what a list in data/takedown names",
    "no_category": "no category is found for it: give it a caption, or set balance.keep_unknown to true",
    "category_full": "its category is full: raise balance.max_ratio, or its quota",
    "leak": "its duplicate group, or what stays together with it, would join two splits",
    "exact_copy": "another image has the same pixels",
    "near_copy": "another image shows the same and is the better copy",
    "duplicate_url": "a row of the same URL with a better caption is a candidate",
    "impossible_size": "the metadata say a size that cannot be",
    "no_size": "the metadata say no size, and collect.keep_unsized is false",
    "license": "its licence is not in collect.licenses",
    "language": "its language is not in collect.languages",
    "blocked_host": "its host is in collect.blocked_hosts",
    "opted_out": "a list in data/optout names it",
    "bad_url": "its URL is not valid",
}
"""Reason -> what it means, where no threshold is behind it."""


class Collection:
    """The tables and the numbers that an image is judged by."""

    def __init__(self, folder: Path, numbers: Path, *needed: str) -> None:
        self.path, self.numbers = folder / "images.parquet", numbers
        self.sections: dict[tuple[str, ...], Any] = {}
        self.table = tables.read(self.path, *NEEDED, *needed)

    @cached_property
    def early(self) -> pd.DataFrame:
        """What collect rejected."""
        early = tables.read(self.path.with_name("not_collected.parquet"), "id", "source", "url", "reason")
        return early.assign(**{WITHHELD: early["reason"].isin(OWNER_STATUSES)})

    def load(self, cls: type[Typed], *keys: str) -> Typed:
        """Load a section of the numbers, once."""
        if keys not in self.sections:
            self.sections[keys] = params.load(cls, self.numbers, *keys)
        return cast("Typed", self.sections[keys])

    def name(self, id_: str) -> str:
        """An image's id with its public name."""
        rows = self.table[self.table["id"] == id_]
        return " ".join([id_, *public_names(rows)]).strip()

    def find(self, name: str, sources: Path) -> pd.DataFrame:
        """The rows that a name is about, from the candidates or else from what collect rejected."""
        for table in (self.table, self.early):
            rows = find_rows(table, name, sources)
            if len(rows):
                return rows
        near = nearest(name, pd.concat([public_names(self.table), public_names(self.early)]))
        advice = f"the nearest are: {', '.join(near)}" if near else f"{self.path} lists all that there are"
        raise UserError(f"{name}: no image of that id, URL, path or content; {advice}")


def find_rows(table: pd.DataFrame, name: str, sources: Path) -> pd.DataFrame:
    """The rows of an id, a URL, a path below a source's folder, or a file's bytes, whichever fits first."""
    if ID.fullmatch(name):
        rows = table[table["id"].str.startswith(name)]
        if len(rows) > 1:
            raise UserError(f"{name}: begins {len(rows)} ids, such as {' and '.join(rows['id'][:2])}; give more digits")
        if len(rows):
            return rows
    rows = table[(table["url"] == name) | (table["id"] == web_id(name))]
    rows = rows if len(rows) else table[of_path(table, Path(name), sources)]
    if len(rows) or "sha256" not in table:
        return rows
    content = tables.digest(Path(name)) if Path(name).is_file() else name if SHA256.fullmatch(name) else None
    return table[table["sha256"] == content]


def web_id(name: str) -> str:
    """The id of a URL of the web, however it is spelt; empty for other names."""
    if "://" not in name:
        return ""
    from native4k.metadata.urls import identify

    return identify("", name)


def of_path(table: pd.DataFrame, path: Path, sources: Path) -> "pd.Series[bool]":
    """Tell which rows are about a path below a source's folder."""
    root, path = sources.resolve(), path.resolve()
    if not path.is_relative_to(root) or len(path.relative_to(root).parts) < 2:  # noqa: PLR2004
        return pd.Series(data=False, index=table.index)
    source, *rest = path.relative_to(root).parts
    return (table["source"] == source) & (table["url"] == Path(*rest).as_posix())


def nearest(name: str, names: "pd.Series[str]") -> list[str]:
    """The URLs and paths whose whole or last part is most like a name."""
    last = {url.rpartition("/")[2].lower(): url for url in names if url} | {url: url for url in names if url}
    found = difflib.get_close_matches(name, list(last), 3) or difflib.get_close_matches(
        Path(name).name.lower(), list(last), 3
    )
    return list(dict.fromkeys(last[one] for one in found))


def explain(row: dict[str, Any], about: Collection) -> str:
    """All that is known of one image, in paragraphs."""
    limits = row_limits(row, about)
    parts = [heading(row), [f"{key:<9}{text}".rstrip() for key, text in outcome(row, limits, about)]]
    if limits:
        head = ["rule", "measure", "value", "allowed", ""]
        shown = [limit.row() for rules in limits.values() for limit in rules]
        parts.append(aligned_lines([head, *shown], texts=5))
    parts.append(["measured", *(f"  {line}" for line in measures(row))])
    return "\n\n".join("\n".join(lines) for lines in parts if len(lines))


def heading(row: dict[str, Any]) -> list[str]:
    """The id, and the name unless the owner asked to be left out."""
    name = WITHOUT_NAME if row[WITHHELD] else row["url"]
    return [f"{row['id']}  {name}  (source {row['source']})"]


def row_limits(row: dict[str, Any], about: Collection) -> dict[str, list[Limit]]:
    """Reason -> the limits behind it, of the rules that have seen the image."""
    if row["rejected_by"] == "collect":
        behind = collect_limits(row, about.load(collect.Params, "collect"))
        return {reason: limits for reason, limits in behind.items() if reason == row["reason"]}
    if not row.get("width"):
        return {}
    rule = about.load(Geometry, "probe", "geometry")
    sizes = geometry_limits(int(row["width"]), int(row["height"]), rule, "probe.geometry")
    limits = {"too_small": sizes[:3], "aspect": sizes[3:]}
    chosen = select_limits(row, about.table, about.load(select.Params, "select"))
    return limits | {reason: [limit] for reason, limit in chosen.items()}


def outcome(row: dict[str, Any], limits: dict[str, list[Limit]], about: Collection) -> list[tuple[str, str]]:
    """What became of the image, why, what it is a copy of or stands for, and its split."""
    if row["reason"] == "":
        lines = [("outcome", "kept")]
    else:
        lines = [("outcome", f"rejected by {row['rejected_by']} as {row['reason']}"), *because(row, limits, about)]
    lines += copies(row, about)
    return [*lines, ("split", row.get("split") or "none")]


def because(row: dict[str, Any], limits: dict[str, list[Limit]], about: Collection) -> list[tuple[str, str]]:
    """The reason in words: the limits that the image fails, or what the reason means."""
    failed = [limit for limit in limits.get(row["reason"], []) if limit.fails]
    if failed:
        return [("why", f"{one.measure} {one.row()[2]}, {one.allowed()}: {one.verdict()}") for one in failed]
    if row["reason"] in limits:
        return [("why", f"{row['reason']}: the numbers of today let it pass; run 'dvc repro'")]
    return [("why", text) for text in [meaning(row, about)] if text]


def meaning(row: dict[str, Any], about: Collection) -> str:
    """What a reason without a threshold means."""
    reason = row["reason"]
    if row["rejected_by"] == "fetch":
        return STATUSES[reason].meaning
    if reason == "mislabelled":
        sizes = [f"{row[f'{kind}width']} x {row[f'{kind}height']}" for kind in ("declared_", "")]
        return f"the metadata promise {sizes[0]} pixels, the file has {sizes[1]}"
    if reason == "voted_out":
        return f"{row['votes']} votes, and vet.rule is {about.load(vet.Params, 'vet').rule}"
    if reason == "category_full":
        return f"{MEANINGS[reason]}; {worst_kept(row, about)}"
    if row["rejected_by"] == "probe":
        return f"the file is {reason.replace('_', ' ')}: docs/measuring.md says how that is found"
    if row["rejected_by"] == "select" and reason not in MEANINGS:
        return f"the preset of today has no rule {reason!r}; run 'dvc repro dataset'"
    return MEANINGS.get(reason, "")


def worst_kept(row: dict[str, Any], about: Collection) -> str:
    """The value by which the images of a category are ranked, beside that of the last one which is kept."""
    best = about.load(balance.Params, "balance").best
    rows = about.table[tables.is_kept(about.table) & (about.table["category"] == row["category"])]
    worst = rows[best.column].min() if best.highest else rows[best.column].max()
    return f"{best.column} {number(row[best.column])}, and the last kept of {row['category']} has {number(worst)}"


def copies(row: dict[str, Any], about: Collection) -> list[tuple[str, str]]:
    """What stands for the image, or what it stands for."""
    leader = row.get("representative") or ""
    if leader not in ("", row["id"]):
        return [("copy of", about.name(leader)), ("", distance(row, about))]
    group = about.table[(about.table["representative"] == row["id"]) & (about.table["id"] != row["id"])]
    if leader == "" or group.empty:
        return []
    shown = [("", f"{about.name(id_)}: {reason}") for id_, reason in group[["id", "reason"]].to_numpy()[:MAX_COPIES]]
    return [("copies", f"it stands for {len(group)}"), *shown]


def distance(row: dict[str, Any], about: Collection) -> str:
    """How far a copy is from what stands for it, beside what dedup allows."""
    if row["match"] == "pixels":
        return "the same pixels"
    numbers = about.load(dedup.Params, "dedup")
    cosine = f"; cosine {row['cosine']:.3f}" if not pd.isna(row.get("cosine")) else ""
    return (
        f"found by {row['match']}: {row['distance']} bits of the pHash (at most {numbers.radius}),"
        f" {row['fine_distance']} of the signature (at most {numbers.verify}){cosine}"
    )


def measures(row: dict[str, Any]) -> list[str]:
    """Every other column with its value."""
    shown = {name: value for name, value in row.items() if name not in NOT_SHOWN and not name.startswith("view_")}
    if not row[WITHHELD]:
        shown = {name: row[name] for name in NAMES[1:] if name in row} | shown
    cells = [[name, cell(value)] for name, value in shown.items()]
    return aligned_lines([pair for pair in cells if pair[1]], texts=2)


def cell(value: Any) -> str:
    """A value in a few characters; empty for bytes, lists and what is not known."""
    if not isinstance(value, (str, int, float)) or pd.isna(value):
        return ""
    text = (
        " ".join(value.split()) if isinstance(value, str) else str(value) if isinstance(value, bool) else number(value)
    )
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 3]}..."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("name", metavar="NAME", help="an id or its first digits, a URL, a path or a file")
    parser.add_argument(
        "--tables", type=Path, default=Path("data/tables"), help="the folder of final tables (default: %(default)s)"
    )
    parser.add_argument(
        "--sources", type=Path, default=Path("data/sources"), help="the sources' folders (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> None:
    """Print what is known of each image of that name."""
    about = Collection(args.tables, args.params)
    rows = about.find(args.name, args.sources)
    print("\n\n".join(explain(row, about) for row in gallery.records(rows)))
