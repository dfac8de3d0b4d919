import json
import subprocess
import sys
from pathlib import Path

import pytest

from native4k import cli

BROKEN = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"

TEXT = """\
to look at
  3 of 9 candidates are kept (33.3 %): select rejects most, 2 as blurred; change select.presets.demo.blurred

funnel
  metadata                 12
  collect     unsafe       -2
              aspect       -1
  candidates                9
  probe       mislabelled  -1
              truncated    -1
  select      blurred      -2
  dedup       near_copy    -2
  kept                      3

splits
  split  Food  Nature  images
  train     1       1       2
  test      0       1       1
  all       1       2       3

pairs across splits
  search   pairs  radius  within  leaks
  phash        2      10       1      1
  middles      2      10       0      0

the demo's planted defects
  defect   found  planted    share
  blurred      2        2  100.0 %
  crop         1        3   33.3 %

  originals wrongly rejected: 1 of 4 (25.0 %): flat 1
  categories labelled rightly: 3 of 4 (75.0 %)
  goals met: 1 of 2
  not met: crop found 0.3333, wanted 0.9

super-resolution, means over the test images
  sr-classical  scale  parameters  images  PSNR RGB  SSIM RGB
  bicubic_x4        4           0       2     25.50    0.7500
  net_x4            4       1,234       2     26.75    0.7500

  sr-real     scale  parameters  images  PSNR Y
  bicubic_x4      4           0       2   26.50
  net_x4          4       1,234       2   27.75

text-to-image, on the test captions
                      flow
  images                 2
  flow loss         0.8750
  autoencoder PSNR   21.50

report
  data/report/report.html is not there; run 'dvc repro'
"""


def test_the_summary_is_the_funnel_the_splits_the_grades_and_the_metrics(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["summary"]) == 0
    assert capsys.readouterr().out == TEXT


def test_a_report_that_is_there_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "page.html").write_text("", encoding="utf-8")
    assert cli.main(["summary", "metrics/details", "page.html"]) == 0
    assert capsys.readouterr().out.endswith("\nreport\n  page.html\n")


def test_a_dataset_of_ones_own_without_baselines_has_no_grades_and_no_benchmarks(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = json.loads((root / "metrics/details/dataset.json").read_text(encoding="utf-8"))
    del tree["demo"]
    (root / "own").mkdir()
    (root / "own/dataset.json").write_text(json.dumps(tree), encoding="utf-8")
    assert cli.main(["summary", "own"]) == 0
    assert capsys.readouterr().out == TEXT[: TEXT.index("the demo's")] + TEXT[TEXT.index("report\n") :]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "metrics/details/dataset.json: no such file; run 'dvc repro'"),
        ("{}", "metrics/details/dataset.json: 'funnel' is missing; run 'dvc repro'"),
        ("[1]", "metrics/details/dataset.json: expected named metrics, found list; run 'dvc repro'"),
        (
            "{",
            f"metrics/details/dataset.json: not readable as JSON: {BROKEN}; run 'dvc repro'",
        ),
    ],
)
def test_a_missing_or_broken_metrics_file_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], content: str | None, line: str
) -> None:
    path = root / "metrics/details/dataset.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert cli.main(["summary"]) == 1
    assert capsys.readouterr() == ("", f"native4k summary: {line}\n")


def test_metrics_of_no_known_kind_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "metrics/details/odd.json").write_text('{"x": 1}', encoding="utf-8")
    assert cli.main(["summary"]) == 1
    assert capsys.readouterr().err == (
        "native4k summary: metrics/details/odd.json: neither super-resolution nor text-to-image metrics; "
        "remove it or run 'dvc repro'\n"
    )


def test_the_summary_loads_neither_tables_nor_arrays(root: Path) -> None:
    heavy = "{'numpy', 'pandas', 'pyarrow', 'PIL', 'torch', 'scipy'}"
    code = f"import sys; from native4k import cli; cli.main(['summary']); sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, "")
