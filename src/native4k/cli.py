"""The native4k command: one subcommand a step, in the order of the pipeline."""

import argparse
import errno
import importlib
import os
import sys
import traceback
from types import TracebackType

from native4k import arguments, events, processor
from native4k.errors import UserError

STEPS = {
    "start": {
        "start": "make a collection of a folder of pictures, a project of its own, up to the dataset and its report",
    },
    "params": {
        "compose": "put the numbers of params/paper.yaml, or of other overlays, into params.yaml",
    },
    "runner": {
        "run": "make what is missing or stale, one line a step: images, stages of DVC, or everything",
        "validate": "check every number of params.yaml, as the steps that read it will",
    },
    "metadata": {
        "sources": "list the sources: rows, licence, what can be filtered by, where they are",
    },
    "analyze": {
        "analyze": "say what collections of metadata hold and what they are fit for, as a page with plots",
    },
    "fetch": {
        "collect": "choose candidates from the sources' metadata, with a count for every reason",
        "fetch": "bring the candidates' original bytes into the image store, never encoded again",
        "freeze": "close the store: candidates, index, and what both were made from",
    },
    "measure": {
        "probe": "decode each image once: encoding, hashes, nativeness, sharpness, tones, borders, thumbnail",
        "score": "rate each image: metrics of pyiqa, textures, multimodal models, each a column of its own",
        "embed": "embed each image with a copy-detection network, such as SSCD (optional)",
        "label": "label each image: category, style, shot, people, by words, CLIP or a multimodal model",
        "features": "join what was measured into one table",
        "recall": "refill the cache of measured rows from a features table",
        "signatures": "list the signatures of a folder's pictures, such as a benchmark's, for dedup's firewall",
    },
    "judge": {
        "judge": "say of any pictures whether they are really 4K, and why; without a project",
    },
    "dataset": {
        "vet": "merge people's votes into verdicts",
        "select": "take down what was requested, apply the rules of a preset",
        "dedup": "group re-encoded, cropped and mirrored copies, keep the best, keep listed foreign pictures out",
        "balance": "cap the largest categories",
        "split": "put groups into train, val, test and reserve, for ever",
        "leaks": "find the nearest images across splits, by each signature",
        "tables": "put the final tables into one folder",
    },
    "whatif": {
        "whatif": "say what other numbers would change: the funnel, who joins and who leaves; write nothing",
    },
    "provenance": {
        "definitions": "hash the code and the numbers behind each of DVC's stages, for dvc.yaml",
    },
    "publish": {
        "publish": "link the kept images into a dataset version with tables, card, Croissant and checksums",
        "check": "verify a published dataset, whole or what of it was pulled: bytes, tables, numbers, no leak",
        "export": "write a published dataset in another layout: tars, folders, sub-images, LMDB, small versions",
        "assess": "count the funnel, and measure the curation against the demo's truth",
        "release": "record which images a version has released, so that they keep their split for ever",
    },
    "sr": {
        "sr train": "train a super-resolution baseline; the same command again resumes",
        "sr upscale": "make pictures of any size larger with a trained baseline, or with a file of published weights",
        "sr evaluate": "measure a baseline on the test images and on other test sets, in both usual conventions",
        "sr rank": "measure many networks on the same images: who is ahead, how sure that is, and what each costs",
    },
    "t2i": {
        "t2i encode": "train the autoencoder, or load one, and encode the training images",
        "t2i train": "train a text-to-image baseline on the latents",
        "t2i generate": "make pictures from captions",
        "t2i evaluate": "measure a baseline's pictures against the test images",
    },
    "study": {
        "study": "compare training on native 4K pixels with training on other views of the same images",
        "study_report": "write the report of the full study",
    },
    "report": {
        "report": "write the report page",
        "summary": "print the funnel, the metrics, and where the report is",
        "why": "say why an image was kept or rejected, by which rule and how much, and what it is a copy of",
    },
}
"""Package -> step -> what it does. The step `sr train` is the module native4k.sr.train."""

ADVICE = {
    errno.ENOSPC: "make room and run again",
    errno.EDQUOT: "make room and run again",
    errno.EFBIG: "raise the limit (ulimit -f) and run again",
    errno.EROFS: "choose another folder or make it writable",
    errno.EACCES: "choose another folder or allow it",
}
"""What a person can do where the machine says no."""


def module_of(package: str, step: str) -> str:
    """The module a step lives in."""
    return f"native4k.{package}.{step.rpartition(' ')[2]}"


def _help() -> str:
    rows = [f"  {step:<14}{does}" for steps in STEPS.values() for step, does in steps.items()]
    return "\n".join([
        "usage: native4k STEP ... [--params FILE]",
        "",
        "Images that are really 4K, from metadata to benchmark numbers. Steps, in the order of the pipeline:",
        "",
        *rows,
        "",
        "native4k STEP --help says all of a step. Numbers live in params.yaml; paths go on the command line.",
    ])  # fmt: skip


def find(words: list[str]) -> tuple[str, str] | None:
    """The package and step that the command line begins with."""
    for package, steps in STEPS.items():
        for step in steps:
            if words[: len(step.split())] == step.split():
                return package, step
    return None


def parser(package: str, step: str) -> argparse.ArgumentParser:
    """A step's own parser."""
    return arguments.parser(module_of(package, step), step)


def main(words: list[str] | None = None) -> int:
    """Run one step; a user's mistake is one line on stderr and exit status 1."""
    sys.excepthook = _print_traceback
    processor.fix_level()
    try:
        status = _run(sys.argv[1:] if words is None else words)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away, as in `native4k summary | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(words: list[str]) -> int:
    if not words or words[0] in {"-h", "--help", "help"}:
        print(_help())
        return 0
    found = find(words)
    if found is None:
        steps = ", ".join(step for steps in STEPS.values() for step in steps)
        print(f"native4k: no step {' '.join(words[:2])!r}; there are: {steps}", file=sys.stderr)
        return 2
    package, step = found
    rest = words[len(step.split()) :]
    try:
        made = parser(package, step)
        if {"-h", "--help"} & set(rest):
            made.print_help()
            return 0
        args = made.parse_intermixed_args(rest)  # so that options may stand among paths
        events.tell(begins=step, does=STEPS[package][step])
        importlib.import_module(module_of(package, step)).run(args)
        events.tell(ended=0)
    except UserError as error:
        return _complain(step, str(error))
    except OSError as error:
        if error.errno is None or (error.filename is None and error.errno not in ADVICE):
            raise
        why = os.strerror(error.errno).lower()
        advice = f"; {ADVICE[error.errno]}" if error.errno in ADVICE else ""
        return _complain(step, f"{error.filename or 'writing'}: {why}{advice}")
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("native4k"):
            raise
        return _complain(step, f"{error.name} is not installed; run 'make', or pip install '.[pipeline,train]'")
    except KeyboardInterrupt:
        _complain(step, "interrupted; the same command goes on from here")
        return 130
    return 0


def _complain(step: str, line: str) -> int:
    from native4k.redaction import redact  # only what fails needs it

    said = redact(f"native4k {step}: {line}")
    print(said, file=sys.stderr)
    events.tell(ended=1, line=said)
    return 1


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print what Python prints of an error that nobody expected, without secrets."""
    from native4k.redaction import redact

    *lines, last = redact("".join(traceback.format_exception(kind, error, trace))).splitlines()
    print(*lines, last, sep="\n", file=sys.stderr)
    events.tell(ended=1, line=f"native4k: an error of the code, which nobody expected: {last}")


if __name__ == "__main__":
    sys.exit(main())
