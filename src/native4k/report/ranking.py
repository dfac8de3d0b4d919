"""The section on the ranking of networks: tables with paired tests and costs, and crops of all beside each other."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from native4k.page import layout, metrics_files, pictures
from native4k.sr import ranking
from native4k.sr.rank import OUT, RANKING

COMMAND = "native4k sr rank"

CROP_BYTES = 1_200_000
"""Bytes of all crops together; those above their share are encoded again."""

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


def sections(evaluations: Path) -> dict[str, Markup]:
    """The section, if networks were ranked."""
    found = [
        section(metrics_files.read(path, "tables", "crops", command=COMMAND), path.parent)
        for path in files(evaluations)
    ]
    return dict(zip(["Ranking"], found, strict=False))


def files(evaluations: Path) -> list[Path]:
    """The files that the section is made of."""
    path = evaluations / OUT.name / RANKING
    return [path] if path.exists() else []


def section(tree: dict[str, Any], folder: Path) -> Markup:
    """The tables and the crops."""
    parts = [layout.paragraph(f"{NOTE} Measured on: {tree['device']}; degradation: {tree['degradation']}.")]
    for one in tree["tables"]:
        rows = [ranking.cells(row) for row in one["rows"]]
        parts += [layout.heading(ranking.title(one, tree)), layout.table(HEAD, rows)]
    return layout.join([*parts, *crops(tree, folder)])


def crops(tree: dict[str, Any], folder: Path) -> list[Markup]:
    """What each network made of the place with the most texture, above the original of it."""
    limit = CROP_BYTES // max(1, sum(map(len, tree["crops"].values())))
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
