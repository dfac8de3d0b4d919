import math
import re
from itertools import pairwise

import pytest

from native4k.page import plots


def bars(text: str, kind: str) -> list[tuple[float, float]]:
    found = re.findall(
        rf'<rect x="([\d.]+)%" y="[\d.]+" width="([\d.]+)%" height="[\d.]+" rx="1.5" class="{kind}"', text
    )
    return [(float(x), float(x) + float(width)) for x, width in found]


def test_what_is_lost_begins_where_the_loss_after_it_ends() -> None:
    text = plots.waterfall(("in", 100), [("one", [("a", 30), ("b", 20)]), ("two", [("c", 10)])], ("out", 40))
    lost, (whole, left) = bars(text, "lost"), bars(text, "kept")
    assert [begin for begin, _ in lost] == pytest.approx([end for _, end in lost[1:]] + [left[1]], abs=0.01)
    assert lost[0][1] == pytest.approx(whole[1], abs=0.01)
    assert whole[0] == left[0]


def test_a_funnel_that_does_not_add_up_is_not_drawn() -> None:
    with pytest.raises(AssertionError, match="39 rows are left, not 40"):
        plots.waterfall(("in", 100), [("one", [("a", 61)])], ("out", 40))


def test_every_value_is_in_one_bar_and_those_outside_the_range_are_lost() -> None:
    text = plots.histogram([0.5, 1.0, 2.0, 2.5, 3.0, 9.0, math.nan], 1.0, 4.0, "x")
    counted = re.findall(r'class="(kept|lost)"><title>.*?: (\d+)</title>', text)
    total = {kind: sum(int(count) for name, count in counted if name == kind) for kind in ("kept", "lost")}
    assert total == {"kept": 4, "lost": 2}


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [-1.0, 1e9]])
def test_values_without_a_spread_are_drawn_too(values: list[float]) -> None:
    for text in (
        plots.histogram(values, None, None, "x"),
        plots.dots([("a", values[0], [("#a", "t", v) for v in values])], "dB"),
    ):
        assert "nan" not in text
        assert "inf" not in text


@pytest.mark.parametrize(("low", "high"), [(0, 1), (26.1, 26.47), (-3, 2e6), (0.001, 0.0011), (5, 5.5)])
def test_nice_numbers_span_the_range_in_a_few_even_steps(low: float, high: float) -> None:
    scale = plots.nice(low, high)
    steps = [after - before for before, after in pairwise(scale)]
    assert scale[0] <= low + 1e-9 * abs(low)
    assert scale[-1] >= high - 1e-9 * abs(high)
    assert 2 <= len(scale) <= 7
    assert steps == pytest.approx([steps[0]] * len(steps))


def test_names_in_a_plot_are_escaped() -> None:
    text = plots.dots([("<b>", 1.5, [("#a", "a & b", 1.0), ("#c", "c", 2.0)])], "<dB>")
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "a &amp; b: 1.00 &lt;dB&gt;" in text


@pytest.mark.parametrize(
    "values", [(26.1, 26.2, 26.3), (1000.25, 1000.5, 1000.75), (0.0, 0.00001, 0.00002), (5.0, 5.0)]
)
def test_ticks_of_different_values_differ_and_say_what_they_are(values: tuple[float, ...]) -> None:
    words = plots.ticks(values)
    assert len(set(words)) == len(set(values))
    assert [float(word.replace(",", "")) for word in words] == pytest.approx(values, rel=1e-3, abs=1e-9)


def test_no_bar_or_line_is_drawn_over_the_name_of_a_reason() -> None:
    text = plots.waterfall(("in", 100), [("one", [("unlike_caption", 30)])], ("out", 70))
    assert text.index(">unlike_caption</text>") > max(
        place.start() for place in re.finditer('class="(lost|rest)"', text)
    )


def test_a_heat_map_has_a_cell_for_each_share_the_darkest_for_the_largest() -> None:
    text = plots.heat([0, 10], [0, 20], [[0.25, 0.0], [0.6875, 0.0625]], "x")
    cells = re.findall(r'class="(heat|none)"(?: fill-opacity="(.*?)")?><title>(.*?)</title>', text)
    assert cells == [
        ("heat", "0.603", "width under 10, height under 20: 25.00 %"),
        ("none", "", "width 10 and more, height under 20: 0.00 %"),
        ("heat", "1.000", "width under 10, height 20 and more: 68.75 %"),
        ("heat", "0.302", "width 10 and more, height 20 and more: 6.25 %"),
    ]
