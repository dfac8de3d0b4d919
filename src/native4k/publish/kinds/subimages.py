"""Folders of sub-images for BasicSR and KAIR: HR and LR_xSCALE with the same names, and meta_info.txt."""

from pathlib import Path

from native4k.publish.kinds import squares
from native4k.publish.kinds.numbers import Squares
from native4k.publish.kinds.source import Source


def export(source: Source, folder: Path, numbers: Squares) -> None:
    """Write HR, each LR_xSCALE and the list of names and shapes, a folder a split."""
    for split in source.splits:
        places = {scale: folder / split / f"LR_x{scale}" for scale in numbers.scales}
        for place in (folder / split / "HR", *places.values()):
            place.mkdir(parents=True)
        with (folder / split / "meta_info.txt").open("w", encoding="utf-8") as lines:
            for square in squares.packed(source, split, numbers):
                name = f"{square.name}.png"
                (folder / split / "HR" / name).write_bytes(square.content)
                for scale, content in square.small.items():
                    (places[scale] / name).write_bytes(content)
                lines.write(f"{name} {square.shape}\n")
