"""Write a published dataset in the layout that a library or a training repository reads.

Kinds: webdataset (tars), imagefolder (for `datasets`), subimages (folders for BasicSR and KAIR), lmdb (for BasicSR),
osediff, lowres (small versions of whole pictures at each scale).

The same dataset and numbers give the same bytes. An export is written whole or not at all: an interrupted one leaves
nothing in its place, and the same command writes it again.
"""

import argparse
import importlib
import shutil
from pathlib import Path
from typing import Any

from native4k import params, tables
from native4k.errors import UserError
from native4k.page.metrics_files import file_size
from native4k.publish.kinds import Small, Source, Squares, Tars, find_splits

KINDS = ("webdataset", "imagefolder", "subimages", "lmdb", "osediff", "lowres")
NOTE = "export.json"
"""What was exported, in the folder itself; a folder that has it may be replaced."""

LARGE = 10**9
"""Bytes from which on an export says how large it will be."""


@params.params
class Params:
    """The numbers of each kind that has some."""

    webdataset: Tars
    subimages: Squares
    lmdb: Squares
    osediff: Squares
    lowres: Small


def note(kind: str, numbers: Any, found: Source) -> dict[str, Any]:
    """What an export was made from."""
    return {"kind": kind, "numbers": numbers, "splits": found.lists()}


def refuse(dataset: Path, out: Path) -> None:
    """Stop before anything of the user's would be replaced."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: a file; name a new or empty folder")
    if out.resolve().is_relative_to(dataset.resolve()) or dataset.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{out}: inside or around the published dataset; name a folder beside it")
    if out.exists() and any(out.iterdir()) and not (out / NOTE).is_file():
        raise UserError(f"{out}: holds files that are not of an export; name a new or empty folder")


def announce(kind: str, found: Source, size: int) -> None:
    """Say how large the export will be, if it is large; stop if the disk has no room for it."""
    place = next(folder for folder in (found.out.resolve(), *found.out.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    about = f"{found.out}: {kind} of {', '.join(found.splits)} takes about {file_size(size)}"
    if size > free:
        raise UserError(f"{about}, and the disk has {file_size(free)} free; make room, or name fewer --splits")
    if size > LARGE:
        print(f"{about}; the disk has {file_size(free)} free", flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Kind, paths, and the splits."""
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("dataset", type=Path, help="a published dataset (data/native4k)")
    parser.add_argument("out", type=Path, help="the folder to write; an export that is there is replaced")
    parser.add_argument("--splits", nargs="+", metavar="SPLIT", help="only these (default: train val test)")


def run(args: argparse.Namespace) -> None:
    """Write the export beside its place, then put it there."""
    if args.kind not in KINDS:
        raise UserError(f"no kind {args.kind!r}; there are: {', '.join(KINDS)}")
    numbers = params.load(Params, args.params, "export")
    refuse(args.dataset, args.out)
    found = find_splits(args.dataset, args.splits, args.out)
    module = importlib.import_module(f"native4k.publish.kinds.{args.kind}")
    tree = params.read(args.params)
    section = tree["export"].get(args.kind)
    announce(args.kind, found, module.size(found, getattr(numbers, args.kind, None)))
    with tables.atomic_folder(args.out) as folder:
        if args.kind == "lowres":
            from native4k import degrade

            module.export(found, folder, numbers.lowres, params.load(degrade.Params, args.params, "sr", "degrade"))
            section |= {"degrade": tree["sr"]["degrade"]}
        else:
            module.export(found, folder, getattr(numbers, args.kind, None))
        tables.write_json(note(args.kind, section, found), folder / NOTE)
    print(f"{args.out}: {args.kind} of {', '.join(found.splits)}")
