"""Say of pictures whether they are really 4K: native, upscaled, too small, or that it cannot be told, and why.

Takes files, and folders with all that is below them; needs no project. Each picture is decoded once, in a process with
limits of memory and time, and measured exactly as `native4k probe` measures it. The numbers come with the package.
Exit status: 0 where a picture was judged, 1 where none was or something that is named is missing, 2 for wrong options.
"""

import argparse
import os
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from native4k.errors import UserError
from native4k.judge import judged_table, picture_files
from native4k.judge.picture_files import printable
from native4k.measure import workers

Row = dict[str, Any]

NUMBERS = Path(__file__).with_name("params.yaml")
"""The repository's params.yaml, as it was when the package was built."""

MAX_WORKERS = 4
"""Processes that decode at the same time, unless more are asked for: each may take probe.measures.memory."""


def judge_file(numbers: Path, false_alarms: float | None, evidence: bool, file: str) -> Row:
    """The row of a file, with its evidence as a picture if that is wanted: a worker's task."""
    from native4k import images
    from native4k.judge import judgement
    from native4k.measure import measurements

    given = judgement.load(numbers, false_alarms)
    try:
        if not stat.S_ISREG(Path(file).stat().st_mode):
            return {"file": file} | judgement.failed("unreadable", given, "neither a file nor a folder")
        with Path(file).open("rb"):  # or why not
            image = measurements.decode_file(Path(file), given.measured)
    except images.Unreadable as reason:
        return {"file": file} | judgement.failed(str(reason), given)
    except OSError as error:
        return {"file": file} | judgement.failed("unreadable", given, os.strerror(error.errno or 0).lower())
    row = {"file": file} | judgement.judge(measurements.measure_decoded(image, given.measured), image.luma, given)
    if not evidence:
        return row
    from native4k.judge.evidence import draw

    return row | {"evidence": draw(file, row, image, given.measured.nativeness)}


def judge(found: picture_files.Found, args: argparse.Namespace) -> Iterator[Row]:
    """The row of each file in their order, then those of folders that cannot be listed."""
    from native4k import params

    if args.params != NUMBERS:  # the package's own are tested
        from native4k.judge import judgement

        judgement.load(args.params, args.false_alarms)
    seconds = params.load(float, args.params, "probe", "seconds")
    memory = params.load(int, args.params, "probe", "measures", "memory")
    limits = workers.Limits(min(args.workers, len(found.files)), seconds, memory)
    work = partial(judge_file, args.params, args.false_alarms, args.evidence is not None)
    for file, answer in zip(found.files, workers.each(found.files, work, limits), strict=True):
        yield _failed(file, answer.reason, args) if isinstance(answer, workers.Lost) else answer
    for folder, why in found.unlisted.items():
        yield _failed(folder, "unreadable", args, f"the folder: {why}")


def _failed(file: str, failure: str, args: argparse.Namespace, why: str = "") -> Row:
    """The row of what no worker could judge."""
    from native4k.judge import judgement  # half a second of imports, which this process seldom needs

    return {"file": file} | judgement.failed(failure, judgement.load(args.params, args.false_alarms), why)


def write_evidence(rows: Iterable[Row], folder: Path) -> Iterator[Row]:
    """Write each row's picture into the folder and put its path into the row."""
    from native4k import tables

    used = set[str]()
    for row in rows:
        picture = row.get("evidence")
        path = folder / evidence_name(row["file"], used) if picture else None
        if picture and path:
            with tables.atomic_file(path) as temporary:
                temporary.write_bytes(picture)
        yield row | {"evidence": str(path or "")}


def evidence_name(file: str, used: set[str]) -> str:
    """A file name made of a path; of two that become the same the later one has a number."""
    parts = [part for part in Path(file).parts if part not in {"/", ".."}]
    name = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in "_".join(parts)
    )
    name, number = name[-120:].lstrip("."), 1
    while (unique := f"{name}.png" if number == 1 else f"{name}-{number}.png") in used:
        number += 1
    used.add(unique)
    return unique


def rate(text: str) -> float:
    """A share between 0 and 1, from the command line."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no share between 0 and 1, such as 0.01 for 1 %")
    return value


def count(text: str) -> int:
    """A number of 1 and more, from the command line."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, folders, and how the answer is given."""
    parser.add_argument("pictures", metavar="FILE|FOLDER", nargs="+", help="pictures, and folders of pictures")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a list of objects with all that was measured")
    form.add_argument("--csv", action="store_true", help="print a line a picture with all that was measured")
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR", help="draw what each judgement rests on, a file a picture"
    )
    parser.add_argument(
        "--false-alarms",
        type=rate,
        metavar="SHARE",
        help="call upscaled what looks less native than all but this share of certain natives"
        " (default: select.presets.photos.upscaled, 0.01)",
    )
    cores = min(MAX_WORKERS, len(os.sched_getaffinity(0)))
    parser.add_argument("--workers", type=count, default=cores, metavar="N", help="processes (default: %(default)s)")
    parser.set_defaults(params=NUMBERS)


def run(args: argparse.Namespace) -> None:
    """Judge every picture, and name those that could not be judged."""
    workers.start_server()
    if args.evidence is not None and args.evidence.exists() and not args.evidence.is_dir():
        raise UserError(f"{printable(str(args.evidence))}: not a folder; name another one with --evidence")
    found = picture_files.find(args.pictures, args.evidence)
    rows = judge(found, args)
    if args.evidence is not None:
        rows = write_evidence(rows, args.evidence)
    outcomes, failed = Counter[str](), dict[str, str]()
    encoding = sys.stdout.encoding or "utf-8"
    for line in _lines(_counted(rows, outcomes, failed), args, encoding):
        print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    _conclude(found, outcomes, failed)


def _lines(rows: Iterator[Row], args: argparse.Namespace, encoding: str) -> Iterator[str]:
    if args.json:
        return judged_table.as_json(rows)
    if args.csv:
        return judged_table.as_csv(rows)
    terminal = sys.stdout.isatty()
    look = judged_table.Look(
        width=shutil.get_terminal_size().columns if terminal else None,
        colours=terminal and "NO_COLOR" not in os.environ,
        blocks="█".encode(encoding, "ignore") != b"",
    )
    return judged_table.as_table(rows, look)


def _counted(rows: Iterator[Row], outcomes: Counter[str], failed: dict[str, str]) -> Iterator[Row]:
    """The same rows, counted by outcome; of those that could not be judged, why."""
    for row in rows:
        outcomes[row["outcome"]] += 1
        if row["failure"]:
            failed[row["file"]] = row["why"]
        yield row


def _conclude(found: picture_files.Found, outcomes: Counter[str], failed: dict[str, str]) -> None:
    """Say on stderr how many are what, and which could not be judged."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    others = f"; {found.others} other files in folders are no pictures" if found.others else ""
    repeated = f"; {found.repeated} further names are of the same files" if found.repeated else ""
    print(f"{outcomes.total()} pictures: {counts}{repeated}{others}", file=sys.stderr)
    for file, why in failed.items():
        print(f"not judged: {printable(file)}: {why}", file=sys.stderr)
    if len(failed) == outcomes.total():
        raise UserError("no picture could be judged")
