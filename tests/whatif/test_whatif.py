"""What other numbers would change, held against the real commands run with them; nothing is written."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from native4k import cli, tables
from native4k.dataset import balance, dedup, select, split, vet
from native4k.errors import UserError
from native4k.params import read
from native4k.whatif import whatif
from native4k.whatif.whatif import ORDER
from tests.dataset.signed import view_texts

NUMBERS = """
vet: {rule: majority, min_votes: 1, undecided: pass}
select:
  preset: own
  takedown: &copy {radius: 4, verify: 20, views: [mirrored, middles, windows], min_bits: 20}
  presets:
    own:
      blurred: {column: detail, min: 2.0, max: null, per: null, missing: reject}
      dull: {column: score, drop: 0.2, end: bottom, per: category, missing: pass}
    all: {}
dedup: {<<: *copy, score: {column: score, best: highest}, firewall: {}, embedding: null,
  enlarged: 1.35, bits_as_jpeg: {JPEG: 1}, marked: 0.3}
balance: {max_ratio: 2.0, quotas: null, best: {column: score, highest: true}, keep_unknown: false}
split:
  val: {size: 3, zone: 0.2}
  test: {size: 3, zone: 0.2}
  strata: equal
  together: []
"""
CHANGES = [
    "vet.rule=veto",
    "vet.undecided=wait",
    "select.preset=all",
    "select.presets.own.blurred.min=1.0",
    "select.presets.own.blurred.min=3.5",
    "select.presets.own.dull.drop=0.6",
    "select.takedown.radius=0",
    "select.takedown.verify=0",
    "dedup.radius=0",
    "dedup.radius=9",
    "dedup.radius=12",
    "dedup.verify=3",
    "dedup.min_bits=31",
    "dedup.views=[mirrored]",
    "dedup.score.best=lowest",
    "balance.max_ratio=1",
    "balance={max_ratio: null, quotas: {Food: 3, CGI: 500}, best: {column: detail, highest: true}, keep_unknown: true}",
    "balance.keep_unknown=true",
    "split.test.size=1",
    "split.val.zone=0",
]

CROPPED = np.uint64(0xFFFF0000FFFF)
"""What cropping does to a pHash."""


def features(count: int, seed: int) -> pd.DataFrame:
    """Images of which half are copies of others, some of them unreadable."""
    dice = np.random.default_rng(seed)
    picture = np.where(dice.random(count) < 0.5, dice.integers(0, max(1, count // 3), count), np.arange(count))
    hashes = dice.integers(0, 2**64, count, dtype=np.uint64)[picture]
    middles = hashes ^ CROPPED
    hashes ^= np.where(dice.random(count) < 0.2, CROPPED, np.uint64(0))
    for _ in range(3):
        hashes ^= np.where(dice.random(count) < 0.7, np.uint64(1) << dice.integers(0, 64, count, dtype=np.uint64), 0)
    broken = dice.random(count) < 0.05
    table = pd.DataFrame({"id": [dice.bytes(8).hex() for _ in range(count)]}, dtype="str")
    return table.assign(
        url=[f"https://host{number % 40}.example.org/{number}.jpg" for number in range(count)],
        sha256=[f"{one if dice.random() < 0.9 else 0:064x}" for one in range(count)],
        phash=["" if bad else f"{value:016x}" for value, bad in zip(hashes, broken, strict=True)],
        pixels=["" if bad else f"{place if dice.random() < 0.9 else 0:032x}" for place, bad in enumerate(broken)],
        signature=["" if bad else f"{2 ** int(dice.integers(24)) - 1:064x}" for bad in broken],
        view_phash=[
            "" if bad else view_texts({"large_middle": value, "small_middle": value}, 16)
            for value, bad in zip(middles.tolist(), broken, strict=True)
        ],
        view_signature=["" if bad else "0" * 320 for bad in broken],
        detail=(detail := np.where(broken, np.nan, dice.integers(0, 10, count) / 2)),
        bits_per_pixel=detail + 1,
        jpeg_quality=90.0,
        format="JPEG",
        nativeness="native",
        upscaled_by=1.0,
        pwatermark=0.1,
        score=dice.integers(0, 20, count).astype(float),
        width=100,
        height=100,
        category=dice.choice(["Food", "CGI", "unknown"], count, p=[0.6, 0.3, 0.1]),
        reason=np.where(broken, "truncated", ""),
        rejected_by=np.where(broken, "probe", ""),
    )


def lay(root: Path, table: pd.DataFrame) -> Path:
    """A data folder and numbers."""
    tables.write(table, root / "data/features/images.parquet")
    for name in ("votes", "takedown", "released"):
        (root / "data" / name).mkdir(parents=True, exist_ok=True)
    voted = list(enumerate(table["id"][:12]))
    cast = [f"{id_},ann,{('keep', 'drop')[place % 2]}" for place, id_ in voted]
    cast += [f"{id_},bob,{('drop', 'keep', 'keep')[place % 3]}" for place, id_ in voted]
    (root / "data/votes/votes.csv").write_text("\n".join(["id,voter,vote", *cast]) + "\n")
    (root / "data/takedown/requests.txt").write_text("\n".join(table["id"][12:15]) + "\nhost3.example.org\n")
    (root / "params.yaml").write_text(NUMBERS)
    return root


def build(root: Path) -> pd.DataFrame:
    """The final table, by the commands that the rules run."""
    made, data = root / "data/scratch/dataset", root / "data"
    guards = ["--foreign", data / "foreign"] if (data / "foreign").exists() else []
    words = {
        "vet": [data / "features/images.parquet", data / "votes", made / "vet.parquet"],
        "select": [made / "vet.parquet", made / "select.parquet", "--takedown", data / "takedown/requests.txt"],
        "dedup": [made / "select.parquet", made / "dedup.parquet", "--released", data / "released", *guards],
        "balance": [made / "dedup.parquet", made / "balance.parquet"],
        "split": [made / "balance.parquet", data / "released", made / "split.parquet"],
    }
    for step, paths in words.items():
        assert cli.main([step, *map(str, paths), "--params", str(root / "params.yaml")]) == 0
    return tables.read(made / "split.parquet")


def tried(root: Path, *changes: str) -> whatif.Outcome:
    tree = read(root / "params.yaml")
    return whatif.what_if(tree, whatif.change_numbers(tree, list(changes))[0], "params.yaml", root / "data")


def set_to(root: Path, *changes: str) -> None:
    tree = read(root / "params.yaml")
    other, _ = whatif.change_numbers(tree, list(changes))
    (root / "params.yaml").write_text(yaml.safe_dump(tree | other))


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Every image has the same fate."""
    names = ["id", "verdict", "reason", "rejected_by", "group", "representative", "distance", "category", "split"]
    pd.testing.assert_frame_equal(one[names].reset_index(drop=True), other[names].reset_index(drop=True))


@pytest.fixture(scope="module", name="built")
def one_that_is_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    root = lay(tmp_path_factory.mktemp("built"), features(150, 1))
    return root, build(root)


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_changes_something_and_nothing_now(built: tuple[Path, pd.DataFrame], change: str) -> None:
    root, now = built
    outcome = tried(root, change)
    same(outcome.now, now)
    assert not outcome.then[["reason", "split"]].equals(now[["reason", "split"]])


@pytest.mark.parametrize("since", ORDER)
def test_what_if_equals_the_real_run(built: tuple[Path, pd.DataFrame], tmp_path: Path, since: str) -> None:
    root = Path(shutil.copytree(built[0], tmp_path / "copy"))
    changes = [change for change in CHANGES if change.startswith(since) and not change.endswith(("3.5", "=all", "=0"))]
    outcome = tried(root, *changes)
    set_to(root, *changes)
    same(outcome.then, build(root))


@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), count=st.integers(0, 60), changes=st.lists(st.sampled_from(CHANGES), max_size=4))
def test_what_if_equals_the_real_run_of_any_collection(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, changes: list[str]
) -> None:
    root = lay(tmp_path_factory.mktemp("what"), features(count, seed))
    outcome = tried(root, *changes)
    same(outcome.now, build(root))
    same(tried(root, *changes).then, outcome.then)
    set_to(root, *changes)
    same(outcome.then, build(root))


def test_the_funnel_now_and_then_is_printed_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = lay(tmp_path, features(150, 1))
    build(root)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    capsys.readouterr()
    words = ["whatif", "select.presets.own.blurred.min=3.5", "balance.max_ratio=1"]
    assert cli.main([*words, "--params", str(root / "params.yaml"), "--data", str(root / "data")]) == 0
    lines = capsys.readouterr().out.splitlines()
    outcome = tried(root, *words[1:])
    found = [re.fullmatch(r"(.{32}) *([-\d,]+) +([-\d,]+)(?: +([-+\d,]+))?", line) for line in lines]
    shown = {row[1].strip(): [int((cell or "0").replace(",", "")) for cell in row.groups()[1:]] for row in found if row}
    for name, table in (("now", outcome.now), ("then", outcome.then)):
        column = ["now", "then"].index(name)
        for row in tables.funnel(table).itertuples():
            key = f"{row.rejected_by}: {row.reason}" if row.reason else "kept"
            assert abs(shown[key][column]) == row.rows
        assert shown["candidates"][column] == len(table)
    assert shown["kept"][2] == shown["kept"][1] - shown["kept"][0]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files


def test_near_copies_of_a_listed_phash_are_taken_down_by_other_limits(
    built: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(built[0], tmp_path / "copy"))
    with (root / "data/takedown/requests.txt").open("a") as file:
        file.write(f"phash:{built[1]['phash'].iloc[40]}\n")
    build(root)
    change = "select.takedown.radius=2"
    outcome = tried(root, change)
    set_to(root, change)
    same(outcome.then, build(root))


def test_foreign_lists_guard_what_joins(built: tuple[Path, pd.DataFrame], tmp_path: Path) -> None:
    root = Path(shutil.copytree(built[0], tmp_path / "copy"))
    (root / "data/foreign").mkdir()
    theirs = tables.read(root / "data/features/images.parquet")
    theirs = theirs[(theirs["phash"] != "") & (theirs["detail"] < 2.0)]
    tables.write(theirs[["id", "pixels", "phash", "signature", "view_phash", "view_signature"]],
                 root / "data/foreign/benchmark.parquet")  # fmt: skip
    numbers = (root / "params.yaml").read_text().replace("firewall: {}", "firewall: {benchmark: reject}")
    (root / "params.yaml").write_text(numbers)
    build(root)
    change = "select.presets.own.blurred.min=0.5"
    outcome = tried(root, change)
    assert (outcome.then["reason"] == "foreign_benchmark").sum() > (outcome.now["reason"] == "foreign_benchmark").sum()
    set_to(root, change)
    same(outcome.then, build(root))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("balance.max_ratio", r"'balance\.max_ratio': expected KEY=VALUE, such as balance\.max_ratio=2"),
        ("max_ratio=2", r"'max_ratio=2': no such number; is it 'balance\.max_ratio'\?"),
        ("balance.max_ratoi=2", r"no such number; is it 'balance\.max_ratio'\?"),
        ("demo.seed=2", r"no such number"),
        ("vet.rule.majority=2", r"no such number"),
        ("balance.max_ratio=[", r"not readable as YAML: '\['"),
    ],
)
def test_a_change_of_no_number_is_one_line(change: str, line: str) -> None:
    with pytest.raises(UserError, match=line):
        whatif.change_numbers(yaml.safe_load(NUMBERS), [change])


def test_a_preset_that_is_not_there_is_one_line(built: tuple[Path, pd.DataFrame]) -> None:
    with pytest.raises(UserError, match="^params select.preset: no 'onw'; there are: own, all; is it 'own'"):
        tried(built[0], "select.preset=onw")


def test_a_value_of_the_wrong_kind_names_its_key(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^whatif: balance\.max_ratio\.?.*: .*greater than or equal to 1.*\(got 0\)"):
        tried(lay(tmp_path, features(10, 1)), "balance.max_ratio=0")


def test_a_measured_column_is_read_only_where_a_step_or_a_number_names_it() -> None:
    tree = {"select": {"presets": {"own": {"free": {"column": "license", "one_of": ["CC0"]}}}}}
    measured = ["id", "url", "caption", "license", "format", "detail"]
    assert whatif.columns_needed(measured, ORDER, tree) == ["id", "url", "license", "format"]
    assert whatif.columns_needed(measured, ("balance", "split"), tree) == ["id", "url"]


def test_who_was_voted_out_is_taken_down_where_votes_do_not_count(tmp_path: Path) -> None:
    root = lay(tmp_path / "one", features(60, 3))
    table = tables.read(root / "data/features/images.parquet")
    listed = table["id"][table["reason"] == ""].iloc[:4].tolist()
    cast = [f"{id_},{voter},drop" for id_ in listed for voter in ("ann", "bob")]
    (root / "data/votes/votes.csv").write_text("\n".join(["id,voter,vote", *cast]) + "\n")
    (root / "data/takedown/requests.txt").write_text("\n".join(listed) + "\n")
    assert set(build(root).set_index("id").loc[listed, "reason"]) == {"voted_out"}
    outcome = tried(root, "vet.min_votes=9")
    assert set(outcome.then.set_index("id").loc[listed, "reason"]) == {"taken_down"}
    set_to(root, "vet.min_votes=9")
    same(outcome.then, build(root))


@pytest.mark.parametrize(
    ("change", "run"),
    [
        ("split.test.size=1", ["split", "split"]),
        ("balance.max_ratio=1", ["split", "balance", "split"]),
        ("dedup.radius=0", ["split", "dedup", "balance", "split"]),
        ("select.presets.own.blurred.min=1.0", ["split", "select", "dedup", "balance", "split"]),
        ("select.takedown.min_bits=19", ["split", "select", "balance", "split"]),  # the same images are grouped
        ("vet.rule=veto", ["split", "vet", "select", "dedup", "balance", "split"]),
    ],
)
def test_only_what_no_table_of_the_last_run_says_is_run(
    built: tuple[Path, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, run: list[str]
) -> None:
    root, done = Path(shutil.copytree(built[0], tmp_path / "copy")), list[str]()
    for module in (vet, select, dedup, balance, split):
        step = module.__name__.rpartition(".")[2]
        real = getattr(module, step)
        monkeypatch.setattr(
            module, step, lambda *given, _=(step, real), **more: done.append(_[0]) or _[1](*given, **more)
        )
    outcome = tried(root, change)
    assert done == run
    shutil.rmtree(root / "data/scratch")
    anew = tried(root, change)
    assert done[len(run) :] == [*ORDER, *run[1:]]
    same(outcome.now, anew.now)
    same(outcome.then, anew.then)


@pytest.mark.parametrize("file", ["features/images.parquet", "votes/votes.csv", "released/v1.csv", "scratch"])
def test_tables_of_a_run_on_something_else_are_not_taken(
    built: tuple[Path, pd.DataFrame], tmp_path: Path, file: str
) -> None:
    root = Path(shutil.copytree(built[0], tmp_path / "copy"))
    if file == "scratch":
        set_to(root, "dedup.radius=9")
    elif file.startswith("features"):
        table = tables.read(root / "data" / file)
        signature = table["signature"].where(table["signature"] == "", "0" * 64)
        tables.write(table.assign(signature=signature), root / "data" / file)
    elif file.startswith("votes"):
        (root / "data" / file).write_text("id,voter,vote\n")
    else:
        kept = built[1][built[1]["reason"] == ""].iloc[0]
        (root / "data" / file).write_text(
            f"id,zone,representative,sha256\n{kept['id']},train,{kept['id']},{kept['sha256']}\n"
        )
    same(tried(root, "balance.max_ratio=1").now, build(root))


def test_select_has_no_what_if_any_more(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["select", "in.parquet", "out.parquet", "--what-if", "balance.max_ratio=2"])
    assert "unrecognized arguments: --what-if" in capsys.readouterr().err
