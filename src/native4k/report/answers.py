"""Write the page of the whole question: native 4K pixels' worth by scale, arm, category and training images."""

import argparse
from pathlib import Path
from typing import Any

from native4k import tables
from native4k.errors import UserError
from native4k.page import layout as page
from native4k.page import metrics_files as found
from native4k.report import whiskers
from native4k.sr import origin

PAGE = "question.html"

Told = tuple[str, int, str, dict[str, Any]]
"""Scale, number of training images, arm, and what every measure says."""

ASKED = (
    "The same network, from the same first weights, is trained on as many patches, in the same order, with the same "
    "degradation: of native 4K pixels, or of another view of the same images, each patch around the same centre. All "
    "are tested on the same 4K images. Differences are native less the other arm, image by image and seed by seed; "
    "above zero native is better. Intervals are of images and seeds drawn anew together (bootstrap), d is Cohen's."
)

ARMS = {
    "half": "half: images at 2K, the same pixels a side",
    "half_field": "half_field: images at 2K, the same field of view",
    "upscaled": "upscaled: fakes, brought to 2K and up again",
}


def section(tree: dict[str, Any]) -> str:
    """All answers: in words, as plots and as tables."""
    name, most = tree["measure"], largest(tree)
    parts: list[str] = [page.paragraph(ASKED), *(page.paragraph(said) for said in tree["says"])]
    rows = [_row(f"{scale}, {ARMS.get(arm, arm)}", told[name]) for scale, _, arm, told in most]
    parts += [page.heading(f"Native less the other arm, {plain(name)}", "a small dot is a seed")]
    parts += [whiskers.across(rows, unit(name)), _differences(each(tree))]
    parts += [page.heading("By category", f"{plain(name)}, native less the other arm"), _categories(most, name)]
    grown = [
        f"<div>{page.heading(f'{scale}: native less {arm}', f'{plain(name)}, by training images')}"
        f"{whiskers.upward(rows, unit(name))}</div>"
        for (scale, arm), rows in growth(tree, name).items()
    ]
    parts += [f'<div class="plots">{"".join(grown)}</div>'] if grown else []
    return "\n".join([*parts, page.heading("What each arm reaches", "means of images and seeds"), _reached(tree)])


def each(tree: dict[str, Any]) -> list[Told]:
    """Every difference, in order of scales and of numbers of images."""
    return [
        (scale, int(images), arm, told)
        for scale, sizes in in_order(tree["differences"])
        for images, arms in in_order(sizes)
        for arm, told in arms.items()
    ]


def largest(tree: dict[str, Any]) -> list[Told]:
    """Of every scale, the differences with the most training images."""
    most = {scale: images for scale, images, _, _ in each(tree)}
    return [row for row in each(tree) if row[1] == most[row[0]]]


def growth(tree: dict[str, Any], name: str) -> dict[tuple[str, str], list[whiskers.Difference]]:
    """Scale and arm -> its differences by number of training images, if there is more than one."""
    found: dict[tuple[str, str], list[whiskers.Difference]] = {}
    for scale, images, arm, told in each(tree):
        found.setdefault((scale, arm), []).append(_row(f"{images:,} images", told[name]))
    return {place: rows for place, rows in found.items() if len(rows) > 1}


def in_order(named: dict[str, Any]) -> list[tuple[str, Any]]:
    """Items by the number in their names, such as x4 and x16."""
    return sorted(named.items(), key=lambda item: int(item[0].lstrip("x")))


def plain(name: str) -> str:
    """A measure and its convention, as people write them."""
    convention, measure = ("-".join(name.split("_")[:2]), "_".join(name.split("_")[2:]))
    return f"{found.metric_label(measure)} ({convention})"


def unit(name: str) -> str:
    """What its differences are counted in."""
    return "dB" if "psnr" in name else "of 1"


def _row(label: str, told: dict[str, Any]) -> whiskers.Difference:
    return whiskers.Difference(label, told["mean"], told["low"], told["high"], tuple(told["seeds"].values()))


def _differences(rows: list[Told]) -> str:
    head = ["native less", "scale", "training images", "measure", "mean", "interval", "d", "single seeds"]
    body = [
        [
            *(arm, scale, images, plain(name), said(one["mean"]), between(one["low"], one["high"])),
            None if one["effect"] is None else said(one["effect"], 2),
            between(min(one["seeds"].values()), max(one["seeds"].values())),
        ]
        for scale, images, arm, told in rows
        for name, one in told.items()
    ]
    return page.table(head, body)


def _categories(rows: list[Told], name: str) -> str:
    names = sorted({category for *_, told in rows for category in told[name]["by_category"]})
    counts = {category: rows[0][3][name]["by_category"].get(category, {}).get("images", 0) for category in names}
    head = ["native less", "scale", *(f"{category} ({count})" for category, count in counts.items())]
    body = [
        [arm, scale, *(within(told[name]["by_category"].get(category)) for category in names)]
        for scale, _, arm, told in rows
    ]
    return page.table(head, body)


def _reached(tree: dict[str, Any]) -> str:
    rows = [
        (scale, int(images), arm, told)
        for scale, sizes in in_order(tree["means"])
        for images, arms in in_order(sizes)
        for arm, told in arms.items()
    ]
    names = list(rows[0][3])
    head = [
        "trained on",
        "scale",
        "training images",
        *(word for name in names for word in (plain(name), "seeds' spread")),
    ]
    body = [
        [arm, scale, "-" if arm == "bicubic" else images]
        + [told[name][key] for name in names for key in ("mean", "seed_spread")]
        for scale, images, arm, told in rows
    ]
    return f"<details><summary>means of every arm, and bicubic</summary>{page.table(head, body)}</details>"


def within(told: dict[str, Any] | None) -> str | None:
    """A category's difference, with its interval where it has one."""
    if told is None:
        return None
    bounds = between(told["low"], told["high"])
    return f"{said(told['mean'])}{f', {bounds}' if bounds else ''}"


def between(low: float | None, high: float | None) -> str | None:
    """Two bounds, if there are any."""
    return None if low is None or high is None else f"{said(low)} to {said(high)}"


def said(value: float, digits: int = 4) -> str:
    """A difference with its sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("answers", type=Path, help="the answers (data/question/answers.json)")
    parser.add_argument("out", type=Path, help="the folder to write (data/question/page)")


def run(args: argparse.Namespace) -> None:
    """Write the page, unless the answers are of other code, numbers or images than those at hand."""
    tree = found.read(args.answers, *found.ANSWERED)
    if not origin.holds(tree, args.params):
        raise UserError(f"{args.answers}: made of other code, numbers or images; run 'make question'")
    made = page.paragraph(
        f"{args.answers.name}: SHA-256 {tables.digest(args.answers)[:16]}, made of {tree['made_of']['hash']}."
    )
    sections = {"The question": section(tree), "How it was made": made}
    with tables.whole_folder(args.out) as folder:
        tables.write_text(page.document("What native 4K is worth", "a controlled comparison", sections), folder / PAGE)
    print(args.out / PAGE)
