"""The first hour with one's own pictures: a collection, another threshold, then a baseline and other pictures."""

import re
import subprocess
from pathlib import Path

import pandas as pd
import yaml

from native4k import demo, images, tables
from tests.project import Project, composed, environment, stages, tree

NUMBERS = """\
shards: 1
collect: {geometry: {min_pixels: 57600, min_long_side: 320}}
probe:
  geometry: {min_pixels: 57600, min_long_side: 320}
  measures: {tile: 64, tiles: 8, thumbnail: 64, patch: 60}
score: {metrics: {}, textures: {}}
dedup: {score: {column: detail, best: highest}}
split:
  val: {size: 1}
  test: {size: 1}
sr:
  evaluate: {measures: [psnr], bootstrap: {draws: 100}, strips: 1, strip_side: 64}
"""
"""What makes the pipeline quick on pictures of thumbnail size."""

BLURRED = "select.presets.photos.blurred.min"


class Collection(Project):
    """A project that `native4k start` makes, by the code of a clone."""

    def __init__(self, root: Path, clone: Path) -> None:
        super().__init__(root)
        self.clone_of_code = clone

    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        return environment(self.root) | {"PYTHONPATH": str(self.clone_of_code / "src")}

    def begin(self, *words: str) -> list[str]:
        """What `native4k start` prints, run from the folder that the project shall be in."""
        done = subprocess.run(
            ["native4k", "start", "Ferien in Österreich", "--project", self.root.name, *words],
            cwd=self.root.parent,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Series(" not in done.stdout + done.stderr
        return done.stdout.splitlines()

    def ran(self) -> set[str]:
        """The stages that the last run has run, as its log says."""
        return set(stages((self.root / "data/scratch/logs/run.log").read_text(encoding="utf-8")))

    def status(self) -> str:
        """What git says has changed."""
        return self.run("git", "status", "--porcelain")

    def reasons(self) -> dict[str, str]:
        """Each picture's file, and why it was rejected."""
        table = tables.read(self.root / "data/tables/images.parquet")
        return dict(zip(table["url"], table["reason"], strict=True))

    def measured(self) -> pd.DataFrame:
        """The rows that probe has measured, ever."""
        return pd.concat(map(pd.read_parquet, sorted((self.root / "data/scratch/cache/probe").rglob("*.parquet"))))


def draw(folder: Path, seed: int) -> list[Path]:
    """Two pictures of each category."""
    numbers = demo.Params(seed=seed, originals=2, defects=1, long_side=320)
    rows = demo.truth(numbers)
    paths = []
    for number, row in enumerate(rows[rows["defect"] == ""].itertuples()):
        content = demo.draw(str(row.url), numbers)
        ending = images.FORMATS[images.header(content)[0]]
        paths.append(folder / f"{row.category} über allem {seed} {number}.{ending}")
        paths[-1].parent.mkdir(exist_ok=True)
        paths[-1].write_bytes(content)
    return paths


def test_the_first_hour_with_one_s_own_pictures(tmp_path: Path) -> None:
    clone = tree(tmp_path / "a clone", composed())
    folder, project = tmp_path / "Ferien in Österreich", Collection(tmp_path / "a project", clone.root)
    drawn = draw(folder, 4)
    (tmp_path / "numbers.yaml").write_text(NUMBERS)

    said = project.begin("--overlay", "numbers.yaml")
    report = project.root / "data/report/report.html"
    assert said[-1] == report.as_uri()
    assert "Ferien in Österreich" in report.read_text()
    assert re.match(r"ferien-in-osterreich: 12 of 12 pictures kept, train \d+, val 1, test 1", said[-3]), said[-3]
    assert not [stage for stage in project.ran() if "train" in stage or "evaluate" in stage]
    assert project.reasons() == {path.name: "" for path in drawn}
    card = (project.root / "data/native4k/README.md").read_text()
    assert "# ferien-in-osterreich: Ferien in Österreich\n" in card
    assert "built-in demo collection" not in card
    assert project.status() == ""

    measured = project.times_of("data/scratch/[psl]*/*.parquet")
    detail = tables.read(project.root / "data/tables/images.parquet").set_index("url")["detail"].sort_values()
    project.change(BLURRED, float(detail.iloc[:2].mean()))
    assert set(project.repro()) == {"analyze", "dataset", "publish", "assess", "report"}
    assert project.times_of("data/scratch/[psl]*/*.parquet") == measured
    rejected = {name: reason for name, reason in project.reasons().items() if reason}
    assert rejected == {detail.index[0]: "blurred"}
    project.commit()

    drawn[-1].unlink()
    draw(folder, 5)[0].rename(folder / "new.jpg")
    for path in folder.glob("* 5 *"):
        path.unlink()
    drawn[0].write_bytes(drawn[0].read_bytes() + b"edited")
    changed = yaml.safe_load((project.root / "params.yaml").read_text())
    changed["sr"]["baselines"]["bicubic_x4"] = {"scale": 4, "network": {"kind": "bicubic"}}
    (project.root / "params.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))
    known = set(project.measured()["sha256"])
    project.commit()
    project.begin()
    assert {"measure", "train_sr@bicubic_x4", "evaluate_sr@bicubic_x4", "report"} < project.ran()
    assert project.reasons().keys() == {*(path.name for path in drawn[:-1]), "new.jpg"}
    assert len(set(project.measured()["sha256"]) - known) == 2
    assert "bicubic_x4" in project.run("native4k", "summary")
    assert project.status() == ""
    assert clone.run("git", "status", "--porcelain") == ""
