"""native4k.study.origin: results are current as long as their images, numbers and code are."""

import shutil
from pathlib import Path

import pytest

from native4k import provenance
from native4k.study import origin

NUMBERS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(name="splits")
def some_splits(tmp_path: Path) -> tuple[Path, ...]:
    places = tuple(tmp_path / name for name in ("train", "val", "test"))
    for place in places:
        place.mkdir()
        (place / "SHA256SUMS").write_text(f"{place.name}\n")
    return places


def test_results_are_current_until_an_image_a_number_or_the_code_changes(
    splits: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = tmp_path / "params.yaml"
    shutil.copy(NUMBERS, numbers)
    tree = {"study": "x4", "made_of": origin.made_of(numbers, "x4", splits)}
    assert origin.is_current(tree, numbers)
    numbers.write_text(NUMBERS.read_text() + "# a comment\n")
    assert origin.is_current(tree, numbers)
    numbers.write_text(NUMBERS.read_text().replace("  workers: 2 ", "  workers: 3 "))  # no result depends on it
    assert origin.is_current(tree, numbers)
    numbers.write_text(NUMBERS.read_text().replace("measures: [psnr, ssim]", "measures: [psnr]"))
    assert not origin.is_current(tree, numbers)
    shutil.copy(NUMBERS, numbers)
    (splits[2] / "SHA256SUMS").write_text("other\n")
    assert not origin.is_current(tree, numbers)
    (splits[2] / "SHA256SUMS").write_text("test\n")
    assert origin.is_current(tree, numbers)
    monkeypatch.setattr(provenance, "code", lambda *_, **__: "other")
    assert not origin.is_current(tree, numbers)


def test_an_overlay_counts_by_what_it_changes_wherever_the_images_are(
    splits: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("study: {measures: [psnr]}\n")
    tree = {"study": "x4", "made_of": origin.made_of(NUMBERS, "x4", splits, (overlay,))}
    (splits[2] / "SHA256SUMS").unlink()
    assert [origin.is_current(tree, NUMBERS), origin.has_current_code(tree, NUMBERS)] == [False, True]
    overlay.write_text("# a comment\nstudy:\n  measures: [psnr]\n")
    assert origin.has_current_code(tree, NUMBERS)
    overlay.write_text("study: {measures: [ssim]}\n")
    assert not origin.has_current_code(tree, NUMBERS)
    overlay.write_text("study: {measures: [psnr]}\n")
    monkeypatch.setattr(provenance, "code", lambda *_, **__: "other")
    assert not origin.has_current_code(tree, NUMBERS)


def test_one_design_does_not_depend_on_another(splits: tuple[Path, ...], tmp_path: Path) -> None:
    numbers = tmp_path / "params.yaml"
    before = [origin.made_of(NUMBERS, design, splits) for design in ("x4", "full")]
    numbers.write_text(NUMBERS.read_text().replace("seeds: [0, 1]}", "seeds: [0, 1, 2]}"))
    after = [origin.made_of(numbers, design, splits) for design in ("x4", "full")]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]
