"""Make what is missing or stale, with one line a step; what DVC, Snakemake and the steps print goes to a log.

Targets are `images`, stages of DVC, or files of them such as study/dvc.yaml; without any, images and all stages of
dvc.yaml are made. Images are made before any stage, if params, code or lists have changed since.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import yaml

from native4k import params, provenance, tables
from native4k.errors import UserError
from native4k.fetch import freeze
from native4k.runner import plan
from native4k.runner.commands import LOGS, Commands, Failed
from native4k.runner.display import Display
from native4k.runner.watch import HIDDEN, RUNNING, UNCHANGED, Watch, steps_of

PARAMS = Path("params.yaml")
IMAGES = "images"
NOTHING = "everything is up to date"
STORE = Path("data/images")
DEFINITIONS = Path("data/definitions.yaml")
TIMES = LOGS / "times.json"
"""Step -> the seconds from the end of the one before it to its own, the last time."""

STUDY = "study/dvc.yaml"
REPORT, STUDY_REPORT = Path("data/report/report.html"), Path("data/study/report/report.html")
SNAKEMAKE = ("snakemake", "--profile", "profiles/local", "-s", "rules/fetch.smk", "--forcerun")


def check_project() -> None:
    """Stop where neither git nor DVC would find their repository."""
    asked = ["git", "rev-parse", "--git-dir"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    if found.returncode:
        raise UserError(f"{Path.cwd()}: {found.stderr.strip()}; clone the project with git")
    if not Path(".dvc").is_dir():
        raise UserError(f"{Path.cwd()}: not inside of a DVC repository; run from the project's root, or 'dvc init'")


def make(run: Commands, args: argparse.Namespace, tree: dict[str, Any]) -> None:
    """Make the images, then the stages."""
    targets = args.targets
    chosen = [name for name in targets if name != IMAGES]
    known = plan.stages(Path("dvc.yaml"), tree)
    if targets != [IMAGES]:
        run.watch.waiting = plan.shown_steps(chosen or list(known), tree)
    made = make_images(run, args.retry, collect=args.collect)
    if targets == [IMAGES]:
        if not made:
            run.watch.display.say(NOTHING)
        return
    run.run("native4k", "definitions", str(DEFINITIONS))
    whole, printed = run.ask("dvc", "repro", "--dry", *chosen)
    announced = plan.announced(printed, RUNNING)
    names = announced if chosen else plan.to_come(announced, plan.announced(printed, UNCHANGED), known, whole=whole)
    run.watch.waiting = plan.shown_steps(names, tree)
    if whole and set(announced) <= set(HIDDEN) and is_noted():
        run.watch.display.say(NOTHING)
        return
    if "measure" in names:
        run.run("native4k", "recall", "data/features")
    run.run("dvc", "repro", *chosen)


def make_images(run: Commands, retry: str | None, *, collect: bool) -> bool:
    """Run the rules of fetch and hand the store to DVC, unless it is whole and up to date; whether that was done."""
    why = None if retry else "the sources are looked at again" if collect else reason(run)
    if not retry and why is None:
        return False
    run.watch.display.say(f"making {STORE}: {why}" if why else f"fetching again into {STORE}")
    run.watch.stage = "fetch"
    run.watch.waiting = [*steps_of("fetch"), *run.watch.waiting]
    run.run(*SNAKEMAKE, *(("fetch", "--config", f"retry={retry}") if retry else ("collect",)))
    run.run("dvc", "add", "--quiet", str(STORE))
    return True


def reason(run: Commands) -> str | None:
    """Why the images must be made; None if they need not be."""
    try:
        freeze.check(STORE, PARAMS)
    except UserError as error:
        return str(error).removeprefix(f"{STORE}: ").partition(";")[0]
    return None if run.succeeds("dvc", "status", "--quiet", f"{STORE}.dvc") else "not as DVC has noted"


def is_noted() -> bool:
    """Whether dvc.lock has the definitions as they are."""
    lock = Path("dvc.lock")
    noted = provenance.lookup(yaml.safe_load(lock.read_text(encoding="utf-8")), "stages.definitions.outs")
    md5 = hashlib.md5(DEFINITIONS.read_bytes(), usedforsecurity=False).hexdigest()
    return bool(noted) and noted[0]["md5"] == md5


def last_times() -> dict[str, float]:
    """What each step took the last time; nothing if that is not known."""
    try:
        found: dict[str, float] = json.loads(TIMES.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to make."""
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="what to make (default: everything)")
    images = parser.add_mutually_exclusive_group()
    images.add_argument("--collect", action="store_true", help="look at the sources again (a folder)")
    images.add_argument("--retry", choices=("later", "final"), help="fetch again what failed: what may succeed, or all")


def run(args: argparse.Namespace) -> None:
    """Check the numbers, make what must be made; after a whole run print the summary, and the report's address last."""
    if args.params != PARAMS:
        raise UserError(f"{args.params}: DVC and Snakemake read {PARAMS} alone; 'native4k compose' puts numbers there")
    check_project()
    watch = Watch(Display(sys.stdout), last_times())
    failed: Failed | None = None
    with closing(Commands(watch, LOGS / "run.log")) as commands, closing(watch):
        try:
            watch.display.running([], 0, f"checking {PARAMS}")
            commands.run("native4k", "validate")
            make(commands, args, params.read(PARAMS))
        except Failed as failure:
            failed = failure
    tables.write_json(watch.before | watch.times, TIMES)
    print(f"log: {commands.path}", flush=True)
    if failed:
        print(failed.line, file=sys.stderr)
        sys.exit(failed.status)
    if args.targets in ([], [STUDY]):
        show_results([STUDY_REPORT, REPORT] if args.targets else [REPORT])


def show_results(pages: list[Path]) -> None:
    """Print the summary and the addresses of the pages that are there."""
    status = subprocess.run(["native4k", "summary"], check=False).returncode  # noqa: S607 (this package's)
    if status:
        sys.exit(status)
    for page in pages:
        if page.exists():
            print(page.resolve().as_uri())
