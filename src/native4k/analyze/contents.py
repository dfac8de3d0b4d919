"""What the report says, section by section: tables with a column a collection, and plots; no word of HTML."""

from typing import NamedTuple

from native4k.analyze.figures import Figure
from native4k.analyze.laid import (
    Table,
    Tree,
    Trees,
    amount,
    beside,
    compared,
    drawn,
    filled,
    percent,
    short,
    summaries,
    titled,
    written,
)
from native4k.report import plots


class Section(NamedTuple):
    """A part of the report."""

    words: str
    tables: list[Table]
    plots: dict[str, str] = {}  # noqa: RUF012
    """What is drawn -> the SVG."""


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
    words = (
        "As the metadata declare it; the images themselves may differ. Least and greatest are of the rows looked at."
    )
    return Section(
        words, filled([summary, buckets]), of_sizes(trees, "long side (pixels)") | of_sizes(trees, "megapixels")
    )


def of_sizes(trees: Trees, what: str) -> dict[str, str]:
    """A histogram of the sizes."""
    return drawn(trees, what, "sizes", "histograms", what)


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
    return Section("Width over height, as declared.", tables, of_sizes(trees, "aspect (width / height)"))


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
    lengths = {
        titled(trees, name, "rows that pass"): plots.lengths(
            [(rule, share.value) for rule, share in tree.items()], "rows that pass each rule"
        )
        for name, tree in shares.items()
        if tree
    }
    return Section("Each rule is one of analyze.rules.", filled([compared("", columns, written)]), lengths)


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
    made: dict[str, str] = {}
    for name in names:
        made |= drawn(trees, name, "scores", name, "histogram")
    return Section("The source's own estimates, to three digits.", filled([summaries(trees, "scores", names)]), made)


def captions(trees: Trees) -> Section:
    """Lengths, repeats, languages, licences."""
    tables = [
        summaries(trees, "captions", ["length"], "characters, of those that are not empty"),
        twice(beside(trees, "captions"), "captions"),
        compared("language, as declared", beside(trees, "languages")),
        compared("language, guessed on the sample", beside(trees, "captions", "guessed languages")),
        compared("licence of each row", beside(trees, "licenses")),
    ]
    return Section("", filled(tables), drawn(trees, "characters of a caption", "captions", "histogram"))


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
