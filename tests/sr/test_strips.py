"""native4k.sr.strips: the worst and the best, and where they are cut."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from native4k import images, resample
from native4k.sr import strips


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=20), count=st.integers(0, 3))
def test_the_worst_and_the_best_are_those_of_all(values: list[int], count: int) -> None:
    extremes = strips.Extremes(count)
    for place, value in enumerate(values):
        if extremes.wants(value):
            extremes.add(strips.Shown(value, f"{place:02}", np.zeros(0)))
    assert [shown.value for shown in extremes.worst] == sorted(values)[:count]
    assert [shown.value for shown in extremes.best] == sorted(values, reverse=True)[:count]


def test_files_say_how_good_a_picture_is_and_none_is_there_twice(tmp_path: Path) -> None:
    extremes = strips.Extremes(2)
    for image, value in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        extremes.add(strips.Shown(value, image, np.full((4, 12, 3), 7, np.uint8)))
    extremes.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-1-a.webp", "worst-1-b.webp", "worst-2-c.webp"]
    assert images.load(tmp_path / "best-1-a.webp").shape == (4, 12, 3)


def test_a_strip_shows_bicubic_ours_and_the_original_where_the_texture_is() -> None:
    truth = np.full((96, 96, 3), 128, np.uint8)
    truth[48:, :48] = np.random.default_rng(0).integers(0, 256, (48, 48, 3))
    small = resample.to_pixels(resample.downscale(resample.to_tensor(truth), 4))
    shown = strips.comparison(small, truth, truth, 48)
    assert shown.shape == (48, 144, 3)
    assert np.array_equal(shown[:, 48:96], truth[48:, :48])
    assert np.array_equal(shown[:, 96:], truth[48:, :48])
    assert shown[:, :48].std() < truth[48:, :48].std() / 2
