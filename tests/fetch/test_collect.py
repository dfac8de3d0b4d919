"""Candidates from metadata: every rejected row has its reason, the counts add up, and nothing depends on order."""

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from native4k import params, sources, tables
from native4k.errors import UserError
from native4k.fetch import collect, external_sort, permissions
from native4k.fetch.permissions import OptOut
from native4k.metadata import locations, read, urls
from native4k.metadata import parallel as crew
from native4k.metadata.columns import COLUMNS
from native4k.sources.source import Source

SOURCE = Source(title="a web", page="its page", rows=None, license="unknown", provenance="the web")
NOBODY = OptOut(set(), set())
SECTION: dict[str, Any] = {
    "sources": {"web": None},
    "geometry": {"min_pixels": 1000, "min_long_side": 40, "min_short_side": 9, "min_aspect": 0.4, "max_aspect": 2.5},
    "keep_unsized": True,
    "max_punsafe": 0.5,
    "max_pwatermark": 0.8,
    "min_similarity": None,
    "min_aesthetic": None,
    "licenses": None,
    "languages": None,
    "min_caption": 0,
    "max_caption": 1000,
    "blocked_hosts": [],
    "keep_rejected": True,
}
USUAL = {"declared_width": 60, "declared_height": 40, "caption": "a", "license": "CC0-1.0", "provenance": "a camera"}
STRICT = {
    "keep_unsized": False,
    "min_similarity": 0.25,
    "min_aesthetic": 5.0,
    "licenses": ["CC0-1.0"],
    "languages": ["en"],
    "min_caption": 1,
    "max_caption": 5,
    "blocked_hosts": ["Blocked.example"],
}


def numbers(**changes: Any) -> collect.Params:
    return params.validate(collect.Params, SECTION | changes, "collect")


def rows_of(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"url": f"https://example.org/{place}.jpg"} | USUAL | change for place, change in enumerate(changes)]


def write(rows: list[dict[str, Any]], path: Path) -> Path:
    """Rows in our columns as a file of the kind that its ending says."""
    frame = pl.DataFrame(rows, schema=COLUMNS)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_ndjson(path)
    return path


def web(rows: list[dict[str, Any]], folder: Path, name: str = "web.parquet") -> read.Collection:
    return read.Collection("web", SOURCE, locations.find_parts(str(write(rows, folder / name))))


def collected(
    found: list[read.Collection], folder: Path, chosen: collect.Params, out: OptOut = NOBODY, shards: int = 1
) -> tuple[Counter[tuple[str, str]], pl.DataFrame]:
    """The counts and all rows, which shards in order give in the order of ids."""
    counts, made = collect.collect(found, chosen, out, shards, folder / "sorted")
    frames = []
    for shard, frame in made:
        ids = frame["id"].to_pandas()
        assert (tables.shard_of(ids, shards) == shard).all()
        frames.append(frame)
    whole = pl.concat(frames)
    assert whole["id"].is_sorted()
    assert (whole["rejected_by"] == "collect").to_list() == (whole["reason"] != "").to_list()
    return counts, whole


def reasons(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("url", "reason").iter_rows())


def test_each_row_gets_the_reason_that_its_metadata_deserve(tmp_path: Path) -> None:
    expected = [
        ("", {}),
        ("", {"punsafe": 0.5, "pwatermark": 0.8, "similarity": 0.25, "aesthetic": 5.0}),
        ("", {"language": "en", "caption": "äöüßé"}),
        ("impossible_size", {"declared_width": 0}),
        ("impossible_size", {"declared_height": -5}),
        ("impossible_size", {"declared_height": 1_000_001}),
        ("impossible_size", {"declared_width": None, "declared_height": 0}),
        ("no_size", {"declared_width": None}),
        ("no_size", {"declared_width": None, "declared_height": None}),
        ("too_small", {"declared_width": 39, "declared_height": 39}),
        ("too_small", {"declared_width": 40, "declared_height": 24}),
        ("too_small", {"declared_width": 2000, "declared_height": 8}),
        ("", {"declared_width": 40, "declared_height": 25}),
        ("aspect", {"declared_width": 101, "declared_height": 40}),
        ("aspect", {"declared_width": 40, "declared_height": 101}),
        ("unsafe", {"punsafe": 0.51}),
        ("watermarked", {"pwatermark": 0.81}),
        ("unlike_caption", {"similarity": 0.24}),
        ("unaesthetic", {"aesthetic": 4.9}),
        ("bad_url", {"url": "ftp://example.org/a.jpg"}),
        ("bad_url", {"url": "example.org/a.jpg"}),
        ("bad_url", {"url": None}),
        ("license", {"license": "CC-BY-4.0"}),
        ("license", {"license": None}),
        ("language", {"language": "de"}),
        ("caption", {"caption": ""}),
        ("caption", {"caption": None}),
        ("caption", {"caption": "äöüßéà"}),
        ("blocked_host", {"url": "https://blocked.example/a.jpg"}),
        ("blocked_host", {"url": "HTTPS://img.cdn.BLOCKED.example:8080/a.jpg"}),
        ("", {"url": "https://notblocked.example/a.jpg"}),
        ("", {"url": "https://blocked.example.org/a.jpg"}),
        ("opted_out", {"url": "https://out.example/a.jpg"}),
        ("opted_out", {"url": "https://www.out.example/a.jpg"}),
        ("", {"url": "https://about.example/a.jpg"}),
        ("opted_out", {"url": "http://Example.org/mine.jpg?utm_source=x"}),
        ("opted_out", {"url": "https://example.org/by_id.jpg"}),
    ]
    rows = rows_of(*(change for _, change in expected))
    (tmp_path / "out.txt").write_text(
        f"out.example\nhttps://example.org/mine.jpg\n{urls.identify('web', 'https://example.org/by_id.jpg')}\n"
    )
    out = permissions.read_opt_out([tmp_path / "out.txt"])
    counts, frame = collected([web(rows, tmp_path)], tmp_path, numbers(**STRICT), out)
    wanted = zip(rows, expected, strict=True)
    assert reasons(frame) == {row["url"] or "": reason for row, (reason, _) in wanted}
    assert counts == Counter(("web", reason) for reason, _ in expected)


def test_the_first_reason_stands(tmp_path: Path) -> None:
    faults: list[tuple[str, dict[str, Any]]] = [
        ("impossible_size", {"declared_width": 0}),
        ("no_size", {"declared_width": None}),
        ("too_small", {"declared_width": 39, "declared_height": 1}),
        ("aspect", {"declared_width": 400}),
        ("unsafe", {"punsafe": 1.0}),
        ("watermarked", {"pwatermark": 1.0}),
        ("unlike_caption", {"similarity": 0.0}),
        ("unaesthetic", {"aesthetic": 0.0}),
        ("license", {"license": "no"}),
        ("language", {"language": "de"}),
        ("caption", {"caption": ""}),
        ("blocked_host", {"url": "https://blocked.example"}),
        ("opted_out", {}),
    ]
    changes = []
    for place in range(len(faults)):
        change: dict[str, Any] = {}
        for _, fault in reversed(faults[place:]):
            change |= fault
        changes.append(change | {"url": f"{change.get('url', 'https://example.org')}/{place}.jpg"})
    out = OptOut(set(), {"blocked.example", "example.org"})
    _, frame = collected([web(rows_of(*changes), tmp_path)], tmp_path, numbers(**STRICT), out)
    assert sorted(frame["reason"]) == sorted(reason for reason, _ in faults)
    wanted = zip(changes, faults, strict=True)
    assert reasons(frame) == {change["url"]: reason for change, (reason, _) in wanted}


def test_a_candidate_has_our_columns_and_unknown_numbers_reject_nothing(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "url": [" https://Example.org/a.jpg "],
            "declared_width": [None],
            "declared_height": [None],
            "surplus": ["dropped"],
        }
    ).write_parquet(tmp_path / "web.parquet")
    found = read.Collection("web", SOURCE, locations.find_parts(str(tmp_path / "web.parquet")))
    chosen = numbers(min_similarity=0.9, min_aesthetic=9.0, max_punsafe=0.0, max_pwatermark=0.0, languages=["en"])
    _, frame = collected([found], tmp_path, chosen)
    assert frame.rows(named=True) == [
        {
            "id": urls.identify("web", "https://example.org/a.jpg"),
            "source": "web",
            "url": "https://Example.org/a.jpg",
            "declared_width": 0,
            "declared_height": 0,
            "caption": "",
            "license": "unknown",
            "provenance": "the web",
            "language": "",
            "similarity": None,
            "punsafe": None,
            "pwatermark": None,
            "aesthetic": None,
            "key": "",
            "declared_split": "",
            "reason": "",
            "rejected_by": "",
        }
    ]
    assert collect.candidates_of(frame).column_names == list(collect.CANDIDATE)


def test_of_one_image_at_several_urls_the_row_with_the_best_caption_stays(tmp_path: Path) -> None:
    same = [
        "https://example.org/{}.jpg",
        "http://example.org/{}.jpg",
        "HTTPS://EXAMPLE.ORG:443/{}.jpg#top",
        "https://example.org/{}.jpg?utm_medium=mail",
    ]
    cases: dict[str, list[dict[str, Any]]] = {
        "there": [{"caption": "", "similarity": 1.0}, {"caption": "b", "similarity": None}],
        "like": [{"caption": "a long one", "similarity": 0.2}, {"caption": "c", "similarity": 0.3}],
        "known": [{"caption": "a long one", "similarity": None}, {"caption": "c", "similarity": 0.3}],
        "long": [{"caption": "short", "similarity": 0.3}, {"caption": "longer", "similarity": 0.3}],
        "rejected": [{"caption": "far better", "similarity": 1.0, "punsafe": 0.9}, {"caption": "d"}],
        "twice": [{"license": "b"}, {"license": "a"}],
        "four": [{"caption": "1"}, {"caption": "22"}, {"caption": "333"}, {"caption": "4444"}],
    }
    changes = [
        change | {"url": url.format(case)}
        for case, those in cases.items()
        for url, change in zip(same if case != "twice" else same[:1] * 2, those, strict=False)
    ]
    counts, frame = collected([web(rows_of(*changes), tmp_path)], tmp_path, numbers())
    names = frame["url"].str.extract(r"(\w+)\.jpg").to_list()
    told = sorted(zip(names, frame["caption"], frame["license"], frame["reason"], strict=True))
    assert told == [
        ("four", "1", "CC0-1.0", "duplicate_url"),
        ("four", "22", "CC0-1.0", "duplicate_url"),
        ("four", "333", "CC0-1.0", "duplicate_url"),
        ("four", "4444", "CC0-1.0", ""),
        ("known", "a long one", "CC0-1.0", "duplicate_url"),
        ("known", "c", "CC0-1.0", ""),
        ("like", "a long one", "CC0-1.0", "duplicate_url"),
        ("like", "c", "CC0-1.0", ""),
        ("long", "longer", "CC0-1.0", ""),
        ("long", "short", "CC0-1.0", "duplicate_url"),
        ("rejected", "d", "CC0-1.0", ""),
        ("rejected", "far better", "CC0-1.0", "unsafe"),
        ("there", "", "CC0-1.0", "duplicate_url"),
        ("there", "b", "CC0-1.0", ""),
        ("twice", "a", "a", ""),
        ("twice", "a", "b", "duplicate_url"),
    ]
    assert counts == {("web", ""): 7, ("web", "duplicate_url"): 8, ("web", "unsafe"): 1}


def test_one_image_in_two_sources_is_one_candidate_and_one_path_in_two_folders_is_two(tmp_path: Path) -> None:
    first = web(rows_of({"caption": "first"}), tmp_path, "first.parquet")
    second = web(rows_of({"caption": "the second"}), tmp_path, "second.parquet")._replace(name="web2")
    counts, frame = collected([first, second], tmp_path, numbers(), shards=2)
    assert counts == {("web", "duplicate_url"): 1, ("web2", ""): 1}
    assert frame["id"].n_unique() == 1
    local = Source(title="l", page="p", rows=None, license="l", provenance="p", content=lambda *_: b"")
    files = web(rows_of({"url": "a.png"}, {"url": ""}), tmp_path, "files.parquet")
    here = [files._replace(name=name, source=local) for name in ("here", "there")]
    counts, frame = collected(here, tmp_path, numbers(), shards=2)
    assert counts == {(name, reason): 1 for name in ("here", "there") for reason in ("", "bad_url")}
    assert frame["id"].n_unique() == 4


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "url": st.sampled_from([f"{scheme}://{host}/{name}.jpg" for scheme in ("http", "https", "ftp")
                                    for host in ("a.org", "b.org", "out.org") for name in range(6)]),
            "declared_width": st.sampled_from([None, 0, 30, 60, 90, 600]),
            "declared_height": st.sampled_from([None, 40, 90]),
            "caption": st.sampled_from(["", "a", "bb"]),
            "license": st.sampled_from([None, "CC0-1.0", "other"]),
            "punsafe": st.sampled_from([None, 0.1, 0.9]),
            "similarity": st.sampled_from([None, 0.2, 0.3]),
            "key": st.sampled_from([None, "1", "2"]),
        }
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(
    rows=ROWS,
    shards=st.integers(1, 5),
    spill=st.integers(1, 30),
    threads=st.integers(1, 4),
    keep=st.booleans(),
    seed=st.integers(0, 99),
)
def test_no_row_is_lost_and_neither_order_nor_shards_nor_memory_nor_threads_decide_anything(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    shards: int,
    spill: int,
    threads: int,
    keep: bool,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    out = OptOut(set(), {"out.org"})
    chosen = numbers(licenses=["CC0-1.0", "unknown"], min_caption=1, min_similarity=0.25)
    counts, whole = collected([web(rows, folder)], folder, chosen, out)
    assert counts == Counter(whole.select("source", "reason").iter_rows())
    assert counts.total() == whole.height == len(rows)
    candidates = whole.filter(pl.col("reason") == "")
    assert candidates["id"].is_unique().all()
    shuffled = random.Random(seed).sample(rows, len(rows))
    others = numbers(licenses=["CC0-1.0", "unknown"], min_caption=1, min_similarity=0.25, keep_rejected=keep)
    halves = [web(half, folder, f"{place}.parquet") for place, half in enumerate((shuffled[::2], shuffled[1::2]))]
    found = read.Collection("web", SOURCE, [part for half in halves for part in half.parts])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(external_sort, "SPILL", spill)
        patch.setattr(crew, "THREADS", threads)
        again, frame = collected([found], folder, others, out, shards)
    assert again == counts
    assert frame.filter(pl.col("reason") == "").equals(candidates)
    if keep:
        assert frame.equals(whole)


@settings(deadline=None, max_examples=20)
@given(rows=ROWS, more=ROWS, shards=st.integers(1, 5))
def test_an_image_keeps_its_shard_when_the_collection_grows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], more: list[dict[str, Any]], shards: int
) -> None:
    folder = tmp_path_factory.mktemp("grow")

    def places(those: list[dict[str, Any]]) -> dict[str, int]:
        _, made = collect.collect([web(those, folder)], numbers(), NOBODY, shards, folder / "sorted")
        return {id_: shard for shard, frame in made for id_ in frame.filter(pl.col("reason") == "")["id"]}

    before, after = places(rows), places(rows + more)
    assert {id_: after[id_] for id_ in before} == before


def test_a_part_of_which_other_rows_pass_than_were_counted_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = web(rows_of({}), tmp_path)
    monkeypatch.setattr(read, "counts", lambda *_: {"": 2, "too_small": 5})
    with pytest.raises(UserError, match=r"web\.parquet: changed while it was being read; run again when it is at rest"):
        collected([found], tmp_path, numbers(keep_rejected=False))


class Step:
    """The command in a folder of its own; the source 'web' has our own columns."""

    def __init__(self, root: Path) -> None:
        self.root, self.params = root, root / "params.yaml"
        self.paths = {name: root / "out" / name for name in ("candidates", "counts", "rejected")}

    def run(self, shards: int = 2, out: list[Path] | None = None, **changes: Any) -> None:
        self.params.write_text(yaml.safe_dump({"shards": shards, "collect": SECTION | changes}))
        collect.run(argparse.Namespace(sources=self.root, params=self.params, opt_out=out or [], **self.paths))

    def files(self) -> dict[str, bytes]:
        """Everything written."""
        top = self.root / "out"
        return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}

    def column(self, name: str, column: str = "url") -> list[Any]:
        return list(tables.read(self.paths["candidates"].parent / name)[column])


@pytest.fixture(name="step")
def a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    real = sources.find
    monkeypatch.setattr(sources, "find", lambda name: SOURCE if name == "web" else real(name))
    return Step(tmp_path)


MIXED = rows_of(
    {},
    {"punsafe": 0.25, "pwatermark": 0.125, "similarity": 0.5, "aesthetic": 5.5, "key": "7", "declared_split": "train"},
    {"caption": 'with "quotes", a comma\nand a line', "language": "en"},
    {"declared_width": None, "declared_height": None},
    {"declared_width": 10},
    {"declared_width": 0},
    {"punsafe": 0.75},
    {"url": "nowhere"},
    {"url": "http://example.org/0.jpg", "caption": "better"},
    *({} for _ in range(40)),
)


@pytest.mark.parametrize("keep", [True, False])
def test_the_step_writes_candidates_counts_and_if_asked_the_rejected(step: Step, keep: bool) -> None:
    write(MIXED, step.root / "web.parquet")
    step.run(sources={"web": str(step.root / "web.parquet")}, keep_rejected=keep)
    assert sorted(step.files()) == ["candidates/0-of-2.parquet", "candidates/1-of-2.parquet", "counts", "rejected"]
    shards = [tables.read(step.paths["candidates"] / f"{shard}-of-2.parquet") for shard in range(2)]
    assert [shard.columns.tolist() for shard in shards] == [list(collect.CANDIDATE)] * 2
    assert [*shards[0]["id"], *shards[1]["id"]] == sorted([*shards[0]["id"], *shards[1]["id"]])
    urls = [*step.column("candidates/0-of-2.parquet"), *step.column("candidates/1-of-2.parquet")]
    assert sorted(urls) == sorted(row["url"] for row in [*MIXED[1:4], *MIXED[8:]])
    assert tables.read(step.paths["counts"]).to_numpy().tolist() == [
        ["web", "", 44],
        ["web", "bad_url", 1],
        ["web", "duplicate_url", 1],
        ["web", "impossible_size", 1],
        ["web", "too_small", 1],
        ["web", "unsafe", 1],
    ]
    rejected = tables.read(step.paths["rejected"])
    assert rejected.columns.tolist() == [*collect.CANDIDATE, "reason", "rejected_by"]
    assert rejected["id"].is_monotonic_increasing
    assert dict(zip(rejected["url"], rejected["reason"], strict=True)) == (
        {
            "https://example.org/0.jpg": "duplicate_url",
            "https://example.org/4.jpg": "too_small",
            "https://example.org/5.jpg": "impossible_size",
            "https://example.org/6.jpg": "unsafe",
            "nowhere": "bad_url",
        }
        if keep
        else {}
    )


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_same_rows_give_the_same_bytes_whatever_file_they_are_in(step: Step, ending: str, keep: bool) -> None:
    made = []
    for name in ("web.parquet", f"web.{ending}"):
        write(MIXED, step.root / name)
        step.run(sources={"web": str(step.root / name)}, keep_rejected=keep)
        made.append(step.files())
    assert made[0] == made[1]


def test_a_second_run_gives_the_same_bytes_and_takes_the_place_of_the_first(step: Step) -> None:
    write(MIXED, step.root / "web.parquet")
    step.run(shards=1, sources={"web": str(step.root / "web.parquet")})
    first = step.files()
    step.run(shards=3, sources={"web": str(step.root / "web.parquet")})
    assert sorted(step.files())[:3] == [f"candidates/{shard}-of-3.parquet" for shard in range(3)]
    step.run(shards=1, sources={"web": str(step.root / "web.parquet")})
    assert step.files() == first


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_empty_collection_gives_empty_tables_of_the_same_types_and_a_line(
    step: Step, ending: str, keep: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, rows in (("full.parquet", MIXED), (f"empty.{ending}", [])):
        write(rows, step.root / name)
        step.run(sources={"web": str(step.root / name)}, keep_rejected=keep)
        types = {
            file: tables.read(step.root / "out" / file).dtypes.astype(str).to_dict() for file in sorted(step.files())
        }
        if name == "full.parquet":
            expected = types
    assert types == expected
    said = [line for line in capsys.readouterr().err.splitlines() if line.endswith(": no rows")]
    assert said == [f"{step.root}/empty.{ending}: no rows"]
    assert [step.column(file, next(iter(types[file]))) for file in types] == [[], [], [], []]


def test_lists_of_those_who_opted_out_are_heeded(step: Step) -> None:
    write(MIXED, step.root / "web.parquet")
    (step.root / "one.txt").write_text("https://example.org/9.jpg\n")
    (step.root / "two.txt").write_text(f"{urls.identify('web', 'https://example.org/10.jpg')}\n")
    lists = [step.root / "one.txt", step.root / "two.txt"]
    step.run(shards=1, out=lists, sources={"web": str(step.root / "web.parquet")})
    rejected = tables.read(step.paths["rejected"])
    assert sorted(rejected.loc[rejected["reason"] == "opted_out", "url"]) == [
        "https://example.org/10.jpg",
        "https://example.org/9.jpg",
    ]


@pytest.mark.parametrize("name", ["damaged.jsonl", "damaged.parquet"])
def test_an_error_leaves_what_was_there_and_nothing_half_written(step: Step, name: str) -> None:
    write(MIXED, step.root / "web.parquet")
    step.run(sources={"web": str(step.root / "web.parquet")})
    before = step.files()
    path = write(rows_of(*({} for _ in range(1000))), step.root / name)
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    with pytest.raises(UserError, match=name):
        step.run(sources={"web": str(path)})
    assert step.files() == before
    assert sorted(path.name for path in (step.root / "out").iterdir()) == ["candidates", "counts", "rejected"]


def test_an_error_while_the_shards_are_written_leaves_the_old_candidates(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(MIXED, step.root / "web.parquet")
    step.run(sources={"web": str(step.root / "web.parquet")})
    before = step.files()
    real = collect.deduplicate

    def full(rows: pl.DataFrame) -> pl.DataFrame:
        if (rows["id"] >= "8").all():
            raise OSError(28, "full")
        return real(rows)

    monkeypatch.setattr(collect, "deduplicate", full)
    with pytest.raises(OSError, match="full"):
        step.run(sources={"web": str(step.root / "web.parquet")}, max_punsafe=0.9)
    assert step.files() == before


def test_a_folder_of_pictures_is_collected_beside_the_web(step: Step) -> None:
    (step.root / "folder").mkdir()
    Image.new("RGB", (60, 40)).save(step.root / "folder" / "good.png")
    Image.new("RGB", (20, 20)).save(step.root / "folder" / "small.png")
    (step.root / "folder" / "broken.png").write_bytes(b"")
    write(rows_of({}), step.root / "web.parquet")
    places = {"folder": None, "web": str(step.root / "web.parquet")}
    step.run(shards=1, sources=places, keep_unsized=False)
    assert sorted(step.column("candidates/0-of-1.parquet")) == ["good.png", "https://example.org/0.jpg"]
    assert tables.read(step.paths["counts"]).to_numpy().tolist() == [
        ["folder", "", 1],
        ["folder", "no_size", 1],
        ["folder", "too_small", 1],
        ["web", "", 1],
    ]
