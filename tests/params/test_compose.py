"""params.yaml composed with overlays: the values, the comments, and nothing written where an overlay is at fault."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from native4k import cli, params
from native4k.errors import UserError
from native4k.params import compose
from tests.project import HERE, PAPER, TINY, Project

BASE = """\
# The demo.

dedup:                # copies
  radius: 10          # bits
  min_bits: 20        # bits set
  score: {column: piqe, best: lowest}  # who stays
  # of lists
  firewall: {}

split:
  val: {size: 6, zone: 0.2}  # images; share
  together: []
# the end
"""


class Whole(dict[Any, Any]):
    """A mapping that stands for all that was there."""


class Loader(yaml.SafeLoader):
    """What reads an overlay as plain data."""


class Dumper(yaml.SafeDumper):
    """What writes such data."""


Loader.add_constructor("!replace", lambda loader, node: Whole(loader.construct_mapping(node, deep=True)))
Dumper.add_representer(Whole, lambda dumper, tree: dumper.represent_mapping("!replace", tree))


def merged(base: Any, overlay: Any) -> Any:
    """What an overlay makes of plain data."""
    if not isinstance(base, dict) or not isinstance(overlay, dict) or isinstance(overlay, Whole) or not overlay:
        return plain(overlay)
    return base | {key: merged(base.get(key), value) for key, value in overlay.items()}


def plain(tree: Any) -> Any:
    return {key: plain(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


@pytest.fixture(name="here")
def a_folder_with_params(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(BASE)
    return tmp_path


def composed(here: Path, overlay: str) -> str:
    """params.yaml after `native4k compose`, which changes nothing when it is run again."""
    (here / "own.yaml").write_text(overlay)
    assert cli.main(["compose", "own.yaml"]) == 0
    text = (here / "params.yaml").read_text()
    assert cli.main(["compose", "own.yaml"]) == 0
    assert (here / "params.yaml").read_text() == text
    return text


def test_values_and_their_comments_take_the_places_of_those_that_were_there(here: Path) -> None:
    overlay = """\
        # Ours.

        shards: !replace 4    # jobs
        dedup:
          radius: 8           # ours
          min_bits: 2000000000
          score: {best: highest}
          # whose lists
          firewall: !replace
            div2k: reject     # theirs
        split: {val: {size: 7}}
        """
    assert (
        composed(here, overlay.replace("        ", ""))
        == """\
# Ours.

dedup:                # copies
  radius: 8           # ours
  min_bits: 2000000000  # bits set
  score: {column: piqe, best: highest}  # who stays
  # whose lists
  firewall:
    div2k: reject     # theirs

split:
  val: {size: 7, zone: 0.2}  # images; share
  together: []
shards: 4             # jobs
# the end
"""
    )


def test_aliases_are_written_out(here: Path) -> None:
    overlay = """\
        dedup:
          firewall: !replace
            first: &first     # a list
              a: &short {x: 1}
              b: [1, 2]       # numbers
            same: *first
            changed:
              <<: *first
              b: [3]
              c: *short
            inside: {<<: *short, y: [*short]}
        """
    assert (
        composed(here, overlay.replace("        ", "")).partition("firewall:\n")[2].partition("\nsplit")[0]
        == """\
    first:            # a list
      a: {x: 1}
      b: [1, 2]       # numbers
    same:
      a: {x: 1}
      b: [1, 2]       # numbers
    changed:
      a: {x: 1}
      b: [3]          # numbers
      c: {x: 1}
    inside:
      x: 1
      y: [{x: 1}]
"""
    )


def test_of_several_overlays_the_last_counts(here: Path) -> None:
    (here / "a.yaml").write_text("dedup: {radius: 1, min_bits: 1}")
    (here / "b.yaml").write_text("dedup: {radius: 2}")
    assert cli.main(["compose", "a.yaml", "b.yaml"]) == 0
    found = params.read(here / "params.yaml")["dedup"]
    assert (found["radius"], found["min_bits"]) == (2, 1)


@pytest.mark.parametrize(
    ("overlay", "said"),
    [
        ("dedup: {radus: 8}", "own.yaml: dedup.radus: unknown key; is it 'radius'?"),
        ("dedupe: {radius: 8}", "own.yaml: dedupe: unknown key; is it 'dedup'?"),
        (
            "split: {test: {size: 8}}",
            "own.yaml: split.test: unknown key; mark its value !replace to add it; there are: val, together",
        ),
        (
            "dedup: {firewall: {a: b}}",
            "own.yaml: dedup.firewall.a: unknown key; mark its value !replace to add it; there are: none",
        ),
        ("dedup: !only {radius: 8}", "own.yaml: unknown tag !only; !replace is the only one"),
        ("dedup: {radius: 8, radius: 9}", "own.yaml: dedup.radius: stands there twice"),
        ("dedup: {[1]: 9}", "own.yaml: dedup: a key is no name"),
        ("[dedup]", "own.yaml: expected sections such as 'collect:', found no mapping"),
        ("", "own.yaml: expected sections such as 'collect:', found no mapping"),
        ("dedup: {radius: *x}", "own.yaml: not readable as YAML: found undefined alias 'x'"),
    ],
)
def test_an_overlay_at_fault_is_one_line_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], overlay: str, said: str
) -> None:
    (here / "own.yaml").write_text(overlay + "\n")
    (here / "good.yaml").write_text("dedup: {radius: 1}\n")
    assert cli.main(["compose", "good.yaml", "own.yaml"]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"native4k compose: {said}")
    assert line.count("\n") == 1
    assert (here / "params.yaml").read_text() == BASE


def test_a_file_that_is_not_there_is_named(here: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.yaml: no such file; name an overlay such as params/paper\.yaml"):
        compose.compose(here / "params.yaml", [here / "nowhere.yaml"])


@pytest.mark.parametrize("overlay", [PAPER, TINY], ids=lambda path: path.parent.name)
def test_each_overlay_can_be_composed_twice_and_leaves_no_alias(overlay: Path, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    shutil.copy(HERE / "params.yaml", path)
    for _ in range(2):
        assert cli.main(["compose", str(overlay), "--params", str(path)]) == 0
        text = path.read_text(encoding="utf-8")
        assert text == compose.compose(HERE / "params.yaml", [overlay])
    assert params.read(path) == merged(params.read(HERE / "params.yaml"), yaml.load(overlay.read_text(), Loader))
    assert not any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text))


def repeated(base: Any, overlay: Any, keys: tuple[str, ...] = ()) -> list[str]:
    """The keys of an overlay that say nothing new."""
    if isinstance(base, dict) and isinstance(overlay, dict) and not isinstance(overlay, Whole) and overlay:
        return [key for name in overlay for key in repeated(base.get(name), overlay[name], (*keys, name))]
    same = plain(overlay) == base
    needless = isinstance(base, dict) and isinstance(overlay, Whole) and base.keys() == overlay.keys()
    return [".".join(keys)] if same or needless else []


@pytest.mark.parametrize("overlay", [PAPER, TINY], ids=lambda path: path.parent.name)
def test_an_overlay_says_only_what_differs(overlay: Path) -> None:
    assert repeated(params.read(HERE / "params.yaml"), yaml.load(overlay.read_text(), Loader)) == []


STAGE = """\
stages:
  balance: {cmd: cp params.yaml seen.yaml, params: [balance.max_ratio, dedup.radius], outs: [seen.yaml]}
"""


def test_a_hand_edit_and_an_experiment_on_a_composed_paper_project_reach_the_stage(tmp_path: Path) -> None:
    project, path = Project(tmp_path / "paper"), tmp_path / "paper/params.yaml"
    project.root.mkdir()
    shutil.copy(HERE / "params.yaml", path)
    assert cli.main(["compose", str(PAPER), "--params", str(path)]) == 0
    (project.root / "dvc.yaml").write_text(STAGE)
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.run("dvc", "init", "--quiet")
    project.commit()
    numbers = params.read(path)
    radius = numbers["dedup"]["radius"]
    path.write_text(path.read_text().replace(f"\n  radius: {radius} ", f"\n  radius: {radius - 1} ", 1))
    project.run("dvc", "exp", "run", "-S", "balance.max_ratio=2.5")
    numbers["dedup"]["radius"], numbers["balance"]["max_ratio"] = radius - 1, 2.5
    assert params.read(path) == params.read(project.root / "seen.yaml") == numbers
    locked = yaml.safe_load((project.root / "dvc.lock").read_text())["stages"]["balance"]["params"]["params.yaml"]
    assert locked == {"balance.max_ratio": 2.5, "dedup.radius": radius - 1}


names = st.sampled_from(["a", "b", "long name", "4k"])
scalars = st.none() | st.booleans() | st.integers() | st.sampled_from([0.5, "x", "two words", "a: b", "# c", "", "1"])
trees = st.recursive(scalars | st.lists(scalars, max_size=3), lambda each: st.dictionaries(names, each, max_size=4))


@given(
    base=st.dictionaries(names, trees, min_size=1),
    overlay=st.dictionaries(names, trees, min_size=1),
    styles=st.tuples(*[st.sampled_from([None, False])] * 2),
    width=st.sampled_from([20, 80]),
)
def test_what_is_composed_is_what_plain_data_would_be(
    base: dict[str, Any], overlay: dict[str, Any], styles: tuple[Any, Any], width: int
) -> None:
    overlay = marked(base, overlay)
    texts = [
        yaml.dump({"demo": tree}, Dumper=Dumper, default_flow_style=style, sort_keys=False, width=width)
        for tree, style in zip((base, overlay), styles, strict=True)
    ]
    first = text_of(*texts)
    assert yaml.safe_load(first) == {"demo": merged(base, overlay)}
    assert text_of(first, texts[1]) == first


def marked(base: Any, overlay: Any) -> Any:
    """An overlay whose new keys have marked mappings; other new keys are left out."""
    if not isinstance(base, dict) or not isinstance(overlay, dict):
        return overlay
    known = {key: marked(base[key], value) for key, value in overlay.items() if key in base}
    return known | {key: Whole(value) for key, value in overlay.items() if key not in base and isinstance(value, dict)}


def text_of(base: str, overlay: str) -> str:
    """A base composed with an overlay."""
    read = [compose.parse(text, Path("own.yaml")) for text in (base, overlay)]
    compose.merge(*read, Path("own.yaml"))
    return read[0].write()
