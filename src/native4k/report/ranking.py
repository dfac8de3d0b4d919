"""The section on the ranking of networks: tables with paired tests and costs, and crops of all beside each other."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from native4k.page import layout, metrics_files, pictures
from native4k.sr import ranking

COMMAND = "native4k sr rank"

NOTE = (
    "Sorted by the mean. A network is told apart from the next by a paired test with random signs on the same images, "
    "adjusted for all such tests. Seconds are those of one large megapixel, MB those of a tile and the weights."
)

HEAD = [
    "place",
    "network",
    "architecture",
    "mean",
    "interval",
    "ahead of the next by",
    "s a megapixel",
    "MB",
    "weights",
]


def sections(evaluations: Path, share: int) -> dict[str, Markup]:
    """The section, if networks were ranked, with so many bytes of crops."""
    found = files(evaluations)
    if not found:
        return {}
    tree = metrics_files.read(found[0], "tables", "crops", command=COMMAND)
    return {"Ranking": section(tree, found[0].parent, share)}


def files(evaluations: Path) -> list[Path]:
    """The files that the section is made of."""
    path = evaluations / ranking.OUT.name / ranking.RANKING
    return [path] if path.exists() else []


def section(tree: dict[str, Any], folder: Path, share: int) -> Markup:
    """The tables and the crops."""
    parts = [layout.paragraph(f"{NOTE} Measured on: {tree['device']}; degradation: {tree['degradation']}.")]
    for one in tree["tables"]:
        rows = [ranking.cells(row) for row in one["rows"]]
        parts += [layout.heading(ranking.title(one, tree)), layout.table(HEAD, rows)]
    return layout.join([*parts, *crops(tree, folder, share)])


def crops(tree: dict[str, Any], folder: Path, share: int) -> list[Markup]:
    """What each network made of the place with the most texture, above the original of it."""
    limit = share // max(1, sum(map(len, tree["crops"].values())))
    order = {row["name"]: row["place"] for one in tree["tables"] for row in one["rows"]}
    parts = []
    for image, made in tree["crops"].items():
        names = sorted(made, key=lambda name: (order[name], name))
        shown = [pictures.fitted((folder / made[name]).read_bytes(), limit) for name in names]
        panels = [
            (name, "", pictures.picture(content, f"{name} of {image}, above the original"))
            for name, content in zip(names, shown, strict=True)
        ]
        parts += [layout.heading(image, "each above the original"), layout.plots(panels)]
    return parts
