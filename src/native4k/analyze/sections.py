"""The sections of the report: tables with a column for each collection, and plots; no HTML."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from native4k.analyze.estimates import Estimate
from native4k.analyze.number_format import format_amount, format_number, percent
from native4k.page import plots

Tree = dict[str, Any]
Trees = Mapping[str, Tree]
"""Collection -> its statistics."""


class Table(NamedTuple):
    """A table with its title, and the plot that stands for it on the page, if there is one."""

    about: str
    head: list[str]
    rows: list[list[str]]
    plot: str = ""


class Section(NamedTuple):
    """A part of the report."""

    words: str
    tables: list[Table]
    plots: dict[str, str] = {}  # noqa: RUF012
    """What is drawn -> the SVG."""


def all_sections(trees: Trees) -> dict[str, Section]:
    """All sections that have tables, by heading."""
    made = {
        "Rows": rows(trees),
        "Size": size(trees),
        "Shape": shape(trees),
        "What is large enough": large_enough(trees),
        "What an aspect range costs": aspect_cost(trees),
        "Scores": scores(trees),
        "Captions": captions(trees),
        "Hosts and files": hosts(trees),
        "Fitness": fitness(trees),
        "Download": download(trees),
    }
    return {name: section for name, section in made.items() if section.tables}


def rows(trees: Trees) -> Section:
    """The shares of rows with unknown values."""
    words = "What a source does not say, or what no image can have (a side of 0, -5 or 3.5 pixels, or above a million)."
    return Section(words, [comparison_table("of all rows", select_keys(trees, "unknown"))])


def size(trees: Trees) -> Section:
    """The section on width, height and pixels."""
    summary = summary_table(trees, "sizes", ("width", "height", "megapixels"))
    buckets = comparison_table("both sides within, pixels", select_keys(trees, "sizes", "buckets"))
    words = "As the metadata declare it; the images themselves may differ. Min and max are of the rows looked at."
    made = {
        plot_title(trees, name, "width by height (pixels), rows in percent"): str(
            plots.heat(tree["widths"], tree["heights"], tree["shares"], "declared width and height")
        )
        for name, tree in select_keys(trees, "sizes", "map").items()
        if tree
    }
    made |= size_plots(trees, "long side (pixels)") | size_plots(trees, "megapixels")
    return Section(words, nonempty([summary, buckets]), made)


def size_plots(trees: Trees, what: str) -> dict[str, str]:
    """A histogram of one measure of size for each collection."""
    return histogram_plots(trees, what, "sizes", "histograms", what)


def shape(trees: Trees) -> Section:
    """The section on width over height."""
    aspects = {
        name: {"mean width / height": tree["mean"], "median": tree["percentiles"]["50"]}
        for name, tree in select_keys(trees, "sizes", "aspect").items()
        if tree
    }
    shares = comparison_table("square is 0.9 to 1.1", select_keys(trees, "sizes", "shapes"))
    exactly = comparison_table("exactly, of all rows", select_keys(trees, "sizes", "exactly"))
    tables = nonempty([shares, comparison_table("", aspects, format_amount), exactly])
    return Section("Width over height, as declared.", tables, size_plots(trees, "aspect (width / height)"))


def large_enough(trees: Trees) -> Section:
    """The section on the size rules of params.yaml: the rows that pass each rule."""
    tables = []
    for name, passes in select_keys(trees, "sizes", "passes").items():
        if passes:
            shares = {rule: one["share"] for rule, one in passes.items()}
            cells = [[rule, percent(shares[rule]), format_amount(passes[rule]["images"])] for rule in passes]
            bars = [(rule, shares[rule].value, f"{shown}, {rows} rows") for rule, shown, rows in cells]
            about = plot_title(trees, name, "rows that pass")
            tables.append(Table(about, ["", "of all rows", "rows"], cells, plots.lengths(bars, about)))
    return Section("Each rule is one of analyze.rules.", tables)


def aspect_cost(trees: Trees) -> Section:
    """The section on the rows that are large enough and outside the aspect range of a rule."""
    tables = []
    for name, tree in trees.items():
        for rule, found in (tree["sizes"].get("cost") or {}).items():
            frames = found["frames"].items()
            values = [[frame, percent(one["of the large"]), percent(one["lost"])] for frame, one in frames]
            values.append(["all", percent(Estimate(1.0)), percent(found["lost"])])
            about = plot_title(trees, name, f"{rule} loses {percent(found['lost'])} of what it finds large enough")
            tables.append(Table(about, ["", "of the large", "lost"], values))
    words = "Of the rows that a rule finds large enough, by the shape of the frame, those that its aspect range loses."
    return Section(words, tables)


def scores(trees: Trees) -> Section:
    """The section on the scores by the models of the source."""
    names = dict.fromkeys(name for tree in trees.values() for name, score in tree["scores"].items() if score)
    made: dict[str, str] = {}
    for name in names:
        made |= histogram_plots(trees, name, "scores", name, "histogram")
    return Section(
        "The source's own estimates, to three digits.", nonempty([summary_table(trees, "scores", names)]), made
    )


def captions(trees: Trees) -> Section:
    """The section on captions: lengths, repeats, languages and licences."""
    tables = [
        summary_table(trees, "captions", ["length"], "characters, of those that are not empty"),
        repeats_table(select_keys(trees, "captions"), "captions"),
        comparison_table("language, as declared", select_keys(trees, "languages")),
        comparison_table("language, guessed on the sample", select_keys(trees, "captions", "guessed languages")),
        comparison_table("licence of each row", select_keys(trees, "licenses")),
    ]
    return Section("", nonempty(tables), histogram_plots(trees, "characters of a caption", "captions", "histogram"))


def repeats_table(trees: Trees, what: str) -> Table:
    """A table of how often values repeat; empty for a sample, which cannot say."""
    columns = {
        name: {
            f"different {what}": format_amount(tree["different"]),
            "of the rows share theirs": percent(tree["repeated"]),
        }
        for name, tree in trees.items()
        if tree.get("different") is not None
    }
    return comparison_table(f"{what} that are the same, letter by letter", columns, or_dash)


def hosts(trees: Trees) -> Section:
    """The section on hosts and file endings."""
    found = select_keys(trees, "urls")
    counted = {
        name: {"different hosts": tree["hosts"], "rows of rare hosts that are not named": tree["hosts not named"]}
        for name, tree in found.items()
    }
    elsewhere = {name: {"no web address": tree["not of the web"]} for name, tree in found.items()}
    tables = [
        comparison_table("", counted, format_amount),
        comparison_table("of the rows with a URL", elsewhere),
        comparison_table("served by", select_keys(found, "served by")),
        shares_table("largest hosts", select_keys(found, "top hosts")),
        comparison_table("risks (analyze.risky_hosts)", select_keys(found, "risky")),
        repeats_table(found, "URLs"),
        comparison_table("file's ending", select_keys(trees, "files")),
    ]
    words = "Many images on one host take long to fetch politely, and one refusal loses them all."
    return Section(words, nonempty(tables))


def fitness(trees: Trees) -> Section:
    """The section on fitness: a table of criteria and shares for each purpose."""
    purposes = dict.fromkeys(name for tree in trees.values() for name in tree["fitness"])
    words = "Shares are of the rows whose value is known. 'cannot say': the sample is too small to decide."
    return Section(words, [_purpose(name, select_keys(trees, "fitness", name)) for name in purposes])


def _purpose(purpose: str, found: dict[str, Tree]) -> Table:
    first, trees = next(iter(found.values())), found.values()
    lines = []
    for name, criterion in first["criteria"].items():
        ours = [tree["criteria"][name] for tree in trees]
        cells = [f"{percent(one['share'])}: {one['verdict']}" for one in ours]
        lines.append([f"{name} ({range_text(criterion)})", percent(Estimate(criterion["wanted"])), *cells])
    cells = [f"{format_amount(tree['images'])}: {tree['verdict']}" for tree in trees]
    lines.append(["rows that fail no criterion", format_amount(first["wanted"]), *cells])
    return Table(purpose, ["", "wanted", *found], lines)


def range_text(criterion: Tree) -> str:
    """The range of a criterion in words."""
    bounds = {"at least": criterion["min"], "at most": criterion["max"]}
    limits = " and ".join(f"{word} {format_number(bound)}" for word, bound in bounds.items() if bound is not None)
    return f"{criterion['column'].replace('_', ' ')} {limits}"


def download(trees: Trees) -> Section:
    """The section on the size, time and cost of a download."""
    tables = []
    for name, tree in trees.items():
        if tree["download"]:
            columns = list(next(iter(tree["download"].values())))
            values = [[rule, *(format_amount(one[key]) for key in columns)] for rule, one in tree["download"].items()]
            tables.append(Table(plot_title(trees, name, ""), ["", *columns], values))
    words = (
        "Filter the metadata first: rows that a rule rejects need not be fetched. From the declared sizes and "
        "analyze.download: bits a pixel, images a second, the share of URLs that still answer, prices a terabyte."
    )
    return Section(words, tables)


def or_dash(words: str | None) -> str:
    """The text, or a dash where there is none."""
    return words or "-"


def select_keys(trees: Trees, *keys: str) -> dict[str, Tree]:
    """The subtree of each collection at a path of keys; empty where there is none."""
    found = dict(trees)
    for key in keys:
        found = {name: tree.get(key) or {} for name, tree in found.items()}
    return found


def comparison_table(about: str, trees: Trees, shown: Any = percent, names: Iterable[str] = ()) -> Table:
    """A table with a row for each name that some collection has and a column for each collection."""
    rows = list(names) or list(dict.fromkeys(name for tree in trees.values() for name in tree))
    values = [[name, *(shown(tree.get(name)) for tree in trees.values())] for name in rows]
    return Table(about, ["", *trees], values)


def shares_table(about: str, trees: Trees) -> Table:
    """A table of shares, which is drawn as bars if they are of one collection."""
    made = comparison_table(about, trees)
    if len(trees) > 1 or not made.rows:
        return made
    (found,) = trees.values()
    bars = [(label, found[label].value, shown) for label, shown in made.rows]
    return made._replace(plot=plots.lengths(bars, about))


def summary_table(trees: Trees, part: str, measures: Iterable[str], about: str = "") -> Table:
    """A table of min, percentiles, max and mean, with a column for each measure of each collection."""
    columns = {
        plot_title(trees, name, measure): flatten_summary(tree)
        for measure in measures
        for name, tree in select_keys(trees, part, measure).items()
        if tree
    }
    return comparison_table(about, columns, format_amount)


def plot_title(trees: Trees, name: str, what: str) -> str:
    """The title of a plot or table, with the name of the collection where there are several."""
    return what if len(trees) == 1 else f"{name}: {what}" if what else name


def flatten_summary(tree: Tree) -> Tree:
    """A summary as one level: min, percentiles, max, mean."""
    between = {"median" if key == "50" else f"{key} %": value for key, value in tree["percentiles"].items()}
    return {"min": tree["min"], **between, "max": tree["max"], "mean": tree["mean"]}


def nonempty(tables: Iterable[Table]) -> list[Table]:
    """The tables that have rows."""
    return [table for table in tables if table.rows]


def histogram_plots(trees: Trees, title: str, *keys: str) -> dict[str, str]:
    """Title -> plot of the histogram of each collection at a path of keys."""
    made: dict[str, str] = {}
    for name, tree in select_keys(trees, *keys).items():
        if tree:
            about = plot_title(trees, name, title)
            made[about] = plots.columns(tree["edges"], tree["shares"], about)
    return made
