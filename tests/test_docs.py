"""What the documentation says is there, and what is there is in the documentation."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

from native4k import params
from native4k.cli import STEPS, module_of, parser

ROOT = Path(__file__).parent.parent
EVERY = [(package, step) for package, steps in STEPS.items() for step in steps]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LOG.md")
}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RULES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk")))
STAGES = {
    name: stage
    for file in ("dvc.yaml", "study/dvc.yaml")
    for name, stage in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"].items()
}
TARGETS = set(re.findall(r"^([a-z0-9]+):", MAKEFILE, re.MULTILINE))
SHARDED = {"analyze", "fetch", "measure", "dataset"}
"""Packages whose steps Snakemake runs."""

BY_HAND = {"compose", "sources", "signatures", "check", "export", "release", "sr upscale", "t2i generate"}
"""Steps for a person, which no pipeline runs."""

MADE = (
    "data/",
    "models/",
    "metrics/",
    ".venv",
    "bench/RESULTS.md",
    "plots/",
    "dvc.lock",
    "IN.jpg",
    "OUT.png",
    ".dvc/config.local",
)
"""What a clone has only after a run."""


def commands(text: str) -> list[str]:
    """Every command shown: in blocks of sh, and in backticks where it begins with a program's name."""
    blocks = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    quoted = re.findall(r"`((?:make|native4k|dvc|snakemake|git|uv|source|\.venv/bin/\S+)(?: [^`]*)?)`", text)
    plain = [line.split("  #")[0].strip() for line in blocks + quoted]
    return [part.strip() for line in plain if line for part in line.split("&&")]


def stage_names() -> set[str]:
    """The stages, those made from a list with each of its names."""
    tree = params.read(ROOT / "params.yaml")
    names = set(STAGES)
    for name, stage in STAGES.items():
        if "foreach" in stage:
            section = tree
            for key in stage["foreach"].strip("${}").split("."):
                section = section[key]
            names |= {f"{name}@{key}" for key in section}
    return names


def pipeline() -> str:
    """All that make, Snakemake and DVC run."""
    stages = [stage.get("do", stage)["cmd"] for stage in STAGES.values()]
    return "\n".join([MAKEFILE, RULES, *stages]).replace("\n", " ")


@pytest.mark.parametrize(("package", "step"), EVERY, ids=lambda name: name)
def test_each_step_has_help_that_says_what_it_does(package: str, step: str) -> None:
    text = parser(package, step).format_help()
    module = importlib.import_module(module_of(package, step))
    assert module.__doc__.splitlines()[0] in text
    assert all(action.help for action in parser(package, step)._actions)


@pytest.mark.parametrize("step", [step for _, step in EVERY])
def test_each_step_is_run_by_the_pipeline_or_is_for_a_person(step: str) -> None:
    runs = re.search(rf"\bnative4k {step}\b", pipeline()) is not None
    assert runs != (step in BY_HAND)


@pytest.mark.parametrize("step", [step for package, step in EVERY if package in SHARDED])
def test_each_step_that_snakemake_runs_has_a_rule_of_its_name(step: str) -> None:
    assert step in {"recall", "signatures"} or re.search(rf"^rule {step}:\n    \"\"\".+\"\"\"$", RULES, re.MULTILINE)


@pytest.mark.parametrize("step", [step for _, step in EVERY])
def test_each_step_has_one_line_in_the_readme(step: str) -> None:
    assert len(re.findall(rf"^\| `native4k {step}` \| .+ \|$", README, re.MULTILINE)) == 1


def test_the_readme_has_the_steps_in_the_order_of_the_pipeline() -> None:
    assert re.findall(r"^\| `native4k ([^`]+)` \|", README, re.MULTILINE) == [step for _, step in EVERY]


@pytest.mark.parametrize(("package", "step"), EVERY, ids=lambda name: name)
def test_each_step_with_numbers_has_a_section_of_its_name(package: str, step: str) -> None:
    module = importlib.import_module(module_of(package, step))
    own = getattr(module, "Params", None)
    if own is None or own.__module__ != module.__name__:
        return
    name = step.rpartition(" ")[2]
    tree = params.read(ROOT / "params.yaml")
    if package in {"sr", "t2i"}:
        tree = tree[package] | {"*": None} | next(iter(tree[package]["baselines"].values()))
    assert name in tree


def test_the_readme_has_every_target_of_the_makefile() -> None:
    told = set(re.findall(r"^([a-z0-9]+):.*##", MAKEFILE, re.MULTILINE))
    shown = set(re.findall(r"^\| `make ?([a-z0-9]*)` \|", README, re.MULTILINE))
    assert shown == told - {"all"} | {""}


@pytest.mark.parametrize("page", PAGES)
def test_each_make_target_that_a_page_shows_exists(page: str) -> None:
    words = {word for line in commands(PAGES[page]) if line.startswith("make") for word in line.split()[1:]}
    shown = {word for word in words if "=" not in word}
    assert shown <= TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_each_native4k_command_that_a_page_shows_can_be_parsed(page: str) -> None:
    steps = dict(map(reversed, EVERY))
    for line in commands(PAGES[page]):
        words = line.split()
        if words[0] != "native4k" or words[1:2] in ([], ["STEP"], ["--help"]):
            continue
        step = next((name for name in steps if words[1 : 1 + len(name.split())] == name.split()), None)
        assert step, line
        given = words[1 + len(step.split()) :]
        if given and given != ["--help"]:
            parser(steps[step], step).parse_intermixed_args(given)


@pytest.mark.parametrize("page", PAGES)
def test_each_stage_that_a_page_shows_exists(page: str) -> None:
    for line in commands(PAGES[page]):
        if line.startswith("dvc repro"):
            named = {word for word in line.split()[2:] if not word.startswith("-")}
            assert {word.replace("@NAME", "") for word in named} <= stage_names(), line


@pytest.mark.parametrize("page", PAGES)
def test_each_number_that_a_page_sets_exists(page: str) -> None:
    tree = params.read(ROOT / "params.yaml")
    for dotted in re.findall(r"(?:--set-param |`)([a-z0-9_]+(?:\.[a-z0-9_]+)+)(?:=|: |`)", PAGES[page]):
        section = tree
        if dotted.split(".")[0] not in params.SECTIONS:
            continue
        for key in dotted.split("."):
            assert key in section, dotted
            section = section[key]


@pytest.mark.parametrize("page", PAGES)
def test_each_path_that_a_page_names_exists(page: str) -> None:
    text = re.sub(r"```(?:sh|mermaid)\n.*?```", "", PAGES[page], flags=re.DOTALL)
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    quoted = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:ya?ml|py|md|lock|smk))`", text)
    gone = [
        name
        for name in {*linked, *quoted}
        if not name.startswith(MADE) and not re.search(r"[A-Z]{4}", Path(name).stem + str(Path(name).parent))
        if not (ROOT / name).exists() and not list(ROOT.glob(f"src/native4k/**/{name}"))
    ]
    assert gone == []


def test_the_tree_in_the_readme_is_the_tree() -> None:
    block = README.split("## The tree")[1].split("```")[1]
    names = re.findall(
        r"(?:^|(?<=  )|(?<=; ))([\w./-]+(?:/|\.py|\.ya?ml|\.lock)|Snakefile)(?=[ \n;])", block, re.MULTILINE
    )
    below = ["", "src/native4k", "tests", "data"]
    gone = [
        name for name in names if not name.startswith(MADE) and not any((ROOT / top / name).exists() for top in below)
    ]
    made = {"analysis/", "images/", "features/", "tables/", "native4k/", "scratch/"}
    assert set(gone) <= made
    assert len(names) > 20


def test_every_package_is_in_the_tree() -> None:
    packages = {path.parent.name for path in (ROOT / "src/native4k").glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in README} == set()


def test_every_file_that_the_makefile_runs_exists() -> None:
    assert [name for name in re.findall(r"python (\S+\.py)", MAKEFILE) if not (ROOT / name).exists()] == []


def test_every_direct_dependency_has_its_licence_in_the_readme() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("dependencies = [")[1].split("\n]")[0]
    names = set(re.findall(r'^ +"([a-z]+)', project, re.MULTILINE))
    licences = README.split("## Licences")[1].lower()
    assert {name for name in names if name not in licences} == set()
