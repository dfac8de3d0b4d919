"""What the documentation says is there, and what is there is in the documentation."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from native4k import params, sources
from native4k.cli import STEPS, module_of, parser
from native4k.publish import export
from native4k.study import origin, results

ROOT = Path(__file__).parent.parent
EVERY = [(package, step) for package, steps in STEPS.items() for step in steps]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
}
"""Pages about what is there. CHANGELOG.md and LOG.md are about what was."""

HISTORY = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "LOG.md")}
README, COMMANDS, GLOSSARY = (PAGES[name] for name in ("README.md", "docs/commands.md", "docs/glossary.md"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
RUNNER = "\n".join(
    f"native4k {step}"
    for step in re.findall(r'"native4k", "(\w+)"', (ROOT / "src/native4k/runner/run.py").read_text(encoding="utf-8"))
)
RULES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk")))
STAGES = {
    name: stage
    for file in ("dvc.yaml", "study/dvc.yaml")
    for name, stage in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["stages"].items()
}
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
SHARDED = {"fetch", "measure", "dataset"}
"""Packages whose steps Snakemake runs."""

BY_HAND = {
    "start",
    "compose",
    "sources",
    "signatures",
    "judge",
    "whatif",
    "check",
    "export",
    "release",
    "sr upscale",
    "sr rank",
    "t2i generate",
    "why",
}
"""Steps for a person, which no pipeline runs."""

PROGRAMS = {"cd", "cp", "dvc", "git", "make", "mkdir", "native4k", "pip", "python", "snakemake", "source", "torchrun"}
"""What the lines of a block of sh begin with."""

TERMS = (
    "arm",
    "baseline",
    "candidate",
    "definition",
    "design",
    "duplicate group",
    "foreign list",
    "funnel",
    "identity",
    "image",
    "index",
    "labeler prediction",
    "leak",
    "metrics",
    "micro-batch",
    "milestone",
    "nativeness",
    "near duplicate",
    "opt-out",
    "overlay",
    "part (of a Parquet collection)",
    "preset",
    "reason",
    "representative",
    "reserve",
    "row",
    "run (of the study)",
    "shard",
    "signature",
    "step",
    "store",
    "table",
    "takedown",
    "threshold",
    "transient failure",
    "verdict",
    "vote",
    "zone",
)
"""What the glossary explains, at least."""

MADE = (
    "data/",
    "models/",
    "metrics/",
    ".venv",
    ".native4k/",
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
    return "\n".join([MAKEFILE, RUNNER, RULES, *stages]).replace("\n", " ")


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


def test_the_steps_are_listed_in_the_order_of_the_pipeline_as_help_says_them() -> None:
    listed = re.findall(r"^\| `native4k ([^`]+)` \| (.+) \|$", COMMANDS, re.MULTILINE)
    assert listed == [(step, does) for steps in STEPS.values() for step, does in steps.items()]


def test_the_sections_of_params_are_listed_in_their_order() -> None:
    table = COMMANDS.split("## Sections of params.yaml")[1]
    assert re.findall(r"^\| `(\w+)` \| .+ \|$", table, re.MULTILINE) == list(params.read(ROOT / "params.yaml"))


def test_the_sources_are_listed() -> None:
    listed = re.findall(r"^\| `(\w+)` \| .+ \|$", PAGES["docs/metadata.md"], re.MULTILINE)
    assert sorted(listed) == list(sources.NAMES)


def test_the_kinds_of_export_are_shown() -> None:
    shown = re.findall(r"^native4k export (\w+) ", PAGES["docs/curating.md"], re.MULTILINE)
    assert sorted(shown) == sorted(export.KINDS)


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


def test_the_targets_of_the_makefile_are_listed() -> None:
    listed = set(re.findall(r"^([a-z0-9-]+):.*##", MAKEFILE, re.MULTILINE))
    shown = set(re.findall(r"^\| `make ?([a-z0-9-]*)` \|", COMMANDS, re.MULTILINE))
    assert shown == listed - {"all"} | {""}


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
    for dotted in re.findall(r"(?:--set-param |whatif |`)([a-z0-9_]+(?:\.[a-z0-9_]+)+)(?:=|: |`)", PAGES[page]):
        section = tree
        if dotted.split(".")[0] not in params.SECTIONS:
            continue
        for key in dotted.split("."):
            assert key in section, dotted
            section = section[key]


@pytest.mark.parametrize("page", PAGES)
def test_each_line_of_a_block_of_sh_begins_with_a_program(page: str) -> None:
    lines = commands("\n".join(re.findall(r"```sh\n.*?```", PAGES[page], re.DOTALL)))
    assert {line.split()[0] for line in lines} <= PROGRAMS


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_a_command_runs_exists(page: str) -> None:
    files = re.findall(r"(?:python|snakemake -s) ([\w/]+\.(?:py|smk))", " ".join(commands(PAGES[page])))
    assert [name for name in files if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES | HISTORY)
def test_each_link_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (PAGES | HISTORY)[page])
    assert [name for name in links if not (folder / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_path_that_a_page_names_exists(page: str) -> None:
    text = re.sub(r"```(?:sh|mermaid)\n.*?```", "", PAGES[page], flags=re.DOTALL)
    quoted = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:ya?ml|py|md|lock|smk))`", text)
    gone = [
        name
        for name in set(quoted)
        if not name.startswith(MADE) and not re.search(r"[A-Z]{4}", Path(name).stem + str(Path(name).parent))
        if not (ROOT / name).exists() and not list(ROOT.glob(f"src/native4k/**/{name}"))
    ]
    assert gone == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_readme_leads_to_every_page() -> None:
    assert {name for name in PAGES if name.startswith("docs/") and f"({name})" not in README} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/") and "glossary" not in page])
def test_each_page_begins_with_a_command(page: str) -> None:
    assert re.match(r"# .+\n\n```sh\n", PAGES[page])


@pytest.mark.parametrize("page", ["README.md", "docs/study.md"])
def test_the_study_on_photographs_is_quoted_as_it_is_in_git(page: str) -> None:
    tree = origin.read(ROOT / "metrics/details/study_photographs.json")
    by_images = tree["differences"]["x4"].values()
    estimates = {arm: found[tree["measure"]] for arms in by_images for arm, found in arms.items()}
    assert sorted(estimates) == ["half", "upscaled"]
    text = PAGES[page].replace("\n", " ")
    for arm, whole in estimates.items():
        for one in (whole, whole["by_category"]["photograph"]):
            mean, low, high = (results.signed(one[key]) for key in ("mean", "low", "high"))
            assert f"{mean} ({low} to {high})" in text, arm
    assert f"{tree['test_images']} test" in text


def test_the_pictures_are_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    assert sum((ROOT / name).stat().st_size for name in pictures) < 300_000


def test_the_glossary_has_each_term_once_in_order() -> None:
    terms = re.findall(r"^\| (.+?) \| .+ \|$", GLOSSARY, re.MULTILINE)[1:]
    assert terms == sorted(set(terms))
    assert set(TERMS) <= set(terms)


def test_the_graphs_have_every_stage_and_every_rule() -> None:
    no_node = r'\[".*?"\]|\[\(.*?\)\]|-\. .*? \.->|subgraph .*|flowchart LR|end\n'
    graphs = re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL)
    stages, rules = (set(re.findall(r"[a-z]\w+", re.sub(no_node, "", graph))) for graph in graphs)
    assert stages - {"images"} == set(STAGES) - {"definitions", "study", "study_report"}
    assert rules == set(re.findall(r"^rule (\w+):", RULES, re.MULTILINE))


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


def test_every_folder_is_in_the_tree() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    tree = README.split("## The tree")[1].split("```")[1]
    assert {name for name in folders - {"build", "dvc_plots"} if f"{name}/" not in tree} == set()


def test_every_package_is_in_the_tree() -> None:
    packages = {path.parent.name for path in (ROOT / "src/native4k").glob("*/__init__.py")}
    assert {name for name in packages if f"{name}/" not in README} == set()


def test_every_file_that_the_makefile_runs_exists() -> None:
    assert [name for name in re.findall(r"python (\S+\.py)", MAKEFILE) if not (ROOT / name).exists()] == []


def test_every_direct_dependency_has_its_licence_on_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["pipeline"], *extras["train"]]
    names = {re.split(r"[^a-z0-9-]", name)[0] for name in wanted}
    licences = PAGES["docs/licences.md"].lower()
    assert {name for name in names if name not in licences} == set()
