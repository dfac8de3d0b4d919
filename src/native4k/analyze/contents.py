"""What the report says, section by section: tables with a column a collection, and plots; no word of HTML."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from native4k.analyze.figures import Figure
from native4k.report import plots

Tree = dict[str, Any]
Trees = Mapping[str, Tree]
"""Collection -> its figures."""


class Table(NamedTuple):
    """A table with what it is about."""

    about: str
    head: list[str]
    rows: list[list[str]]


class Section(NamedTuple):
    """A part of the report."""

    words: str
    tables: list[Table]
    plots: dict[str, str] = {}  # noqa: RUF012
    """What is drawn -> the SVG."""


def percent(figure: Figure | None) -> str:
    """A share, and the interval it lies in."""
    if figure is None:
        return "-"
    digits = 1 if figure.value >= 0.1 else 2  # noqa: PLR2004
    return _between(figure, lambda value: _percent(value, digits), " %")


def _percent(share: float, digits: int) -> str:
    shown = f"{100 * share:.{digits}f}"
    if share in {0, 1}:
        return f"{100 * share:.0f}"
    return (
        f"under {10**-digits:g}" if not float(shown) else f"over {100 - 10**-digits:g}" if shown == "100.0" else shown
    )


def amount(figure: Figure | float | None) -> str:
    """A number, and the interval it lies in."""
    if figure is None:
        return "-"
    return _between(figure if isinstance(figure, Figure) else Figure(figure), short)


def short(value: float) -> str:
    """Three digits, or a whole number with its thousands."""
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else "under 0.001"  # noqa: PLR2004


def _between(figure: Figure, shown: Any, unit: str = "") -> str:
    interval = "" if figure.interval is None else f" ({' to '.join(map(shown, figure.interval))})"
    return f"{shown(figure.value)}{unit}{interval}"


def written(words: str | None) -> str:
    """What is written already, or a dash."""
    return words or "-"


def beside(trees: Trees, *keys: str) -> dict[str, Tree]:
    """What each collection has at some keys; nothing where it has nothing."""
    found = dict(trees)
    for key in keys:
        found = {name: tree.get(key) or {} for name, tree in found.items()}
    return found


def compared(about: str, trees: Trees, shown: Any = percent, names: Iterable[str] = ()) -> Table:
    """A row for each name that some collection has, a column for each collection."""
    rows = list(names) or list(dict.fromkeys(name for tree in trees.values() for name in tree))
    values = [[name, *(shown(tree.get(name)) for tree in trees.values())] for name in rows]
    return Table(about, ["", *trees], values)


def sections(trees: Trees) -> dict[str, Section]:
    """The whole report."""
    made = {
        "Rows": rows(trees),
        "Size": size(trees),
        "Shape": shape(trees),
        "What is large enough": enough(trees),
        "What an aspect range costs": cost(trees),
        "Scores": scores(trees),
        "Captions": captions(trees),
        "Hosts and files": hosts(trees),
        "Fitness": fitness(trees),
        "Download": download(trees),
    }
    return {name: section for name, section in made.items() if section.tables}


def rows(trees: Trees) -> Section:
    """How many, and what is unknown of them."""
    counts = compared("", trees, amount, ("rows", "looked at"))
    words = "What a source does not say, or what no image can have (a side of 0, -5 or 3.5 pixels, or above a million)."
    return Section(words, [counts, compared("of all rows", beside(trees, "unknown"))])


def size(trees: Trees) -> Section:
    """Width, height, pixels."""
    summary = summaries(trees, "sizes", ("width", "height", "megapixels"))
    buckets = compared("both sides within, pixels", beside(trees, "sizes", "buckets"))
    drawn = histograms(trees, "sizes", "long side (pixels)") | histograms(trees, "sizes", "megapixels")
    words = (
        "As the metadata declare it; the images themselves may differ. Least and greatest are of the rows looked at."
    )
    return Section(words, filled([summary, buckets]), drawn)


def summaries(trees: Trees, part: str, measures: Iterable[str], about: str = "") -> Table:
    """Least to greatest, and the mean; a column for each measure of each collection."""
    columns = {
        titled(trees, name, measure): flat(tree)
        for measure in measures
        for name, tree in beside(trees, part, measure).items()
        if tree
    }
    return compared(about, columns, amount)


def titled(trees: Trees, name: str, what: str) -> str:
    """What is shown, and of which collection where there are several."""
    return what if len(trees) == 1 else f"{name}: {what}" if what else name


def flat(tree: Tree) -> Tree:
    """A summary with its percentiles in their place."""
    between = {"median" if key == "50" else f"{key} %": value for key, value in tree["percentiles"].items()}
    return {"least": tree["min"], **between, "greatest": tree["max"], "mean": tree["mean"]}


def filled(tables: Iterable[Table]) -> list[Table]:
    """The tables that say something."""
    return [table for table in tables if table.rows]


def histograms(trees: Trees, part: str, measure: str) -> dict[str, str]:
    """One plot a collection."""
    drawn = {}
    for name, tree in beside(trees, part, "histograms", measure).items():
        if tree:
            title = titled(trees, name, measure)
            drawn[title] = plots.columns(tree["edges"], tree["shares"], title)
    return drawn


def shape(trees: Trees) -> Section:
    """Width over height."""
    aspects = {
        name: {"mean width / height": tree["mean"], "median": tree["percentiles"]["50"]}
        for name, tree in beside(trees, "sizes", "aspect").items()
        if tree
    }
    shares = compared("square is 0.9 to 1.1", beside(trees, "sizes", "shapes"))
    exactly = compared("exactly, of all rows", beside(trees, "sizes", "exactly"))
    tables = filled([shares, compared("", aspects, amount), exactly])
    return Section("Width over height, as declared.", tables, histograms(trees, "sizes", "aspect (width / height)"))


def enough(trees: Trees) -> Section:
    """The rules of params.yaml, and what passes them."""
    passes = beside(trees, "sizes", "passes")
    shares = {name: {rule: one["share"] for rule, one in tree.items()} for name, tree in passes.items()}
    columns = {
        titled(trees, name, what): {rule: shown(one[key]) for rule, one in tree.items()}
        for name, tree in passes.items()
        for what, key, shown in (("of all rows", "share", percent), ("rows", "images", amount))
        if tree
    }
    drawn = {
        titled(trees, name, "rows that pass"): plots.lengths(
            [(rule, share.value) for rule, share in tree.items()], "rows that pass each rule"
        )
        for name, tree in shares.items()
        if tree
    }
    return Section("Each rule is one of analyze.rules.", filled([compared("", columns, written)]), drawn)


def cost(trees: Trees) -> Section:
    """What a range of width / height leaves out of what is large enough."""
    tables = []
    for name, tree in trees.items():
        for rule, found in (tree["sizes"].get("cost") or {}).items():
            frames = found["frames"].items()
            values = [[frame, percent(one["of the large"]), percent(one["lost"])] for frame, one in frames]
            values.append(["all", percent(Figure(1.0)), percent(found["lost"])])
            about = titled(trees, name, f"{rule} loses {percent(found['lost'])} of what it finds large enough")
            tables.append(Table(about, ["", "of the large", "lost"], values))
    words = "Of the rows that a rule finds large enough, by the shape of the frame, those that its aspect range loses."
    return Section(words, tables)


def scores(trees: Trees) -> Section:
    """What the source's own models said."""
    names = dict.fromkeys(name for tree in trees.values() for name, score in tree["scores"].items() if score)
    drawn = {}
    for score in names:
        for name, tree in beside(trees, "scores", score).items():
            if tree:
                title = titled(trees, name, score)
                drawn[title] = plots.columns(tree["histogram"]["edges"], tree["histogram"]["shares"], title)
    return Section("The source's own estimates, to three digits.", filled([summaries(trees, "scores", names)]), drawn)


def captions(trees: Trees) -> Section:
    """Lengths, repeats, languages, licences."""
    drawn = {}
    for name, tree in beside(trees, "captions", "histogram").items():
        if tree:
            title = titled(trees, name, "characters of a caption")
            drawn[title] = plots.columns(tree["edges"], tree["shares"], title)
    tables = [
        summaries(trees, "captions", ["length"], "characters, of those that are not empty"),
        twice(beside(trees, "captions"), "captions"),
        compared("language, as declared", beside(trees, "languages")),
        compared("language, guessed on the sample", beside(trees, "captions", "guessed languages")),
        compared("licence of each row", beside(trees, "licenses")),
    ]
    return Section("", filled(tables), drawn)


def twice(trees: Trees, what: str) -> Table:
    """How often the same comes again; a sample cannot say."""
    known = {name: tree for name, tree in trees.items() if tree.get("different") is not None}
    named = {
        name: {f"different {what}": amount(tree["different"]), "of the rows share theirs": percent(tree["repeated"])}
        for name, tree in known.items()
    }
    return compared(f"{what} that are the same, letter by letter", named, written)


def hosts(trees: Trees) -> Section:
    """Who serves the images, and as what."""
    found = beside(trees, "urls")
    counted = {
        name: {"different hosts": tree["hosts"], "rows of hosts too many to name": tree["hosts not named"]}
        for name, tree in found.items()
    }
    elsewhere = {name: {"no address of the web": tree["not of the web"]} for name, tree in found.items()}
    tables = [
        compared("", counted, amount),
        compared("of the rows with a URL", elsewhere),
        compared("served by", beside(found, "served by")),
        compared("largest hosts", beside(found, "top hosts")),
        compared("risks (analyze.risky_hosts)", beside(found, "risky")),
        twice(found, "URLs"),
        compared("file's ending", beside(trees, "files")),
    ]
    words = "One host that serves much is slow to fetch from politely, and one refusal away from being gone."
    return Section(words, filled(tables))


def fitness(trees: Trees) -> Section:
    """Each purpose's criteria with what they find."""
    purposes = dict.fromkeys(name for tree in trees.values() for name in tree["fitness"])
    words = "Shares are of the rows whose value is known. What a sample leaves open is 'cannot say'."
    return Section(words, [_purpose(name, beside(trees, "fitness", name)) for name in purposes])


def _purpose(purpose: str, found: dict[str, Tree]) -> Table:
    first = next(iter(found.values()))
    lines = []
    for name, criterion in first["criteria"].items():
        ours = [tree["criteria"][name] for tree in found.values()]
        cells = [judgement(one, percent(one["share"])) for one in ours]
        lines.append([f"{name} ({asked(criterion)})", percent(Figure(criterion["wanted"])), *cells])
    cells = [judgement(tree, amount(tree["images"])) for tree in found.values()]
    lines.append(["rows that nothing speaks against", amount(first["wanted"]), *cells])
    return Table(purpose, ["", "wanted", *found], lines)


def judgement(tree: Tree, shown: str) -> str:
    """A figure with what follows from it."""
    return f"{shown}: {tree['verdict']}"


def asked(criterion: Tree) -> str:
    """A criterion's range."""
    bounds = {"at least": criterion["min"], "at most": criterion["max"]}
    limits = " and ".join(f"{word} {short(bound)}" for word, bound in bounds.items() if bound is not None)
    return f"{criterion['column'].replace('_', ' ')} {limits}"


def download(trees: Trees) -> Section:
    """Size, time and cost."""
    tables = []
    for name, tree in trees.items():
        if tree["download"]:
            columns = list(next(iter(tree["download"].values())))
            values = [[rule, *(amount(one[key]) for key in columns)] for rule, one in tree["download"].items()]
            tables.append(Table(titled(trees, name, ""), ["", *columns], values))
    words = (
        "Filter the metadata first: what a rule leaves out need not be fetched. From the declared sizes and "
        "analyze.download: bits a pixel, images a second, the share of URLs that still answer, prices a terabyte."
    )
    return Section(words, tables)
