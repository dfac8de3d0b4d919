"""What is said of one picture: native, upscaled, too small or cannot tell, its true size, and why."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from native4k import params
from native4k.errors import UserError
from native4k.geometry import Geometry, geometry_reasons
from native4k.measure import measurements, nativeness

PRESET = "photos"
"""Of select.presets: the one for anybody's pictures."""

NATIVE, UPSCALED, CANNOT_TELL, TOO_SMALL = "native", "upscaled", "cannot tell", "too small"
NOT_JUDGED = "not judged"

FAILURES = {
    "truncated": "the file ends too early",
    "broken": "the file is damaged",
    "not_an_image": "the file is of no image format",
    "unsupported": "a format, or a kind of pixels, that cannot be read here",
    "bomb": "the header promises more pixels or text than anyone shall unpack",
    "animation": "an animation",
    "too_heavy": "decoding it would take more memory than probe.measures.memory allows",
    "out_of_memory": "decoding it took more memory than probe.measures.memory allows",
    "timeout": "decoding it took longer than probe.seconds allows",
    "crashed": "its decoder crashed, twice",
}
"""Why a file has no measurements -> the same in words."""

Row = dict[str, Any]


@params.params
class Range:
    """A rule of the preset: a column's allowed range, both ends inside."""

    column: str
    min: float | None
    max: float | None
    per: None
    missing: Literal["reject", "pass"]


class Numbers(NamedTuple):
    """What a picture is measured and judged by."""

    measured: measurements.Numbers
    geometry: Geometry
    rules: dict[str, Range]
    false_alarms: float
    """The share of certain natives below which a picture is called upscaled."""


class Judgement(NamedTuple):
    """What the pixels are, the outcome, the estimated true size where there is an estimate, and why."""

    looks: str
    outcome: str
    size: tuple[int, int] | None
    why: str


@lru_cache(maxsize=1)
def load(path: Path, false_alarms: float | None) -> Numbers:
    """The numbers of a params file; the threshold is the preset's unless another false-alarm rate is asked for."""
    rules = params.load(dict[str, Range], path, "select", "presets", PRESET)
    rate = rules["upscaled"].min if "upscaled" in rules else None
    if (false_alarms or rate) is None:
        raise UserError(f"{path}: select.presets.{PRESET}.upscaled.min is missing; give --false-alarms")
    measured = measurements.Numbers(
        params.load(measurements.Measures, path, "probe", "measures"),
        params.load(nativeness.Params, path, "probe", "nativeness"),
    )
    there = measurements.empty_row(measured.measures)
    for reason, rule in rules.items():
        if rule.column not in there:
            where = f"{path}: select.presets.{PRESET}.{reason}.column"
            raise UserError(f"{where}: probe measures no {rule.column!r}; {params.suggestion(rule.column, there)}")
    geometry = params.load(Geometry, path, "probe", "geometry")
    return Numbers(measured, geometry, rules, float(false_alarms or rate or 0))


def failed(failure: str, numbers: Numbers, why: str = "") -> Row:
    """The row of a file that cannot be measured."""
    features = measurements.empty_row(numbers.measured.measures) | {"failure": failure}
    return _row(features, Judgement(NOT_JUDGED, NOT_JUDGED, None, why or FAILURES[failure]))


def judge(features: Row, luma: np.ndarray, numbers: Numbers) -> Row:
    """The row of a picture: the judgement, then all that probe measures of it."""
    return _row(features, judgement(features, luma, numbers))


def _row(features: Row, said: Judgement) -> Row:
    width, height = said.size or (None, None)
    return {
        "outcome": said.outcome,
        "looks": said.looks,
        "false_alarm_rate": features["nativeness_score"],
        "true_width": width,
        "true_height": height,
        "why": said.why,
        **{name: value for name, value in features.items() if name != "thumbnail"},
    }


def judgement(features: Row, luma: np.ndarray, numbers: Numbers) -> Judgement:
    """Judge the pixels, then whether there are enough of them inside of the borders."""
    pixels, factor, why = judge_pixels(features, luma, numbers)
    inside, border = without_borders(features, numbers.rules)
    size = None if factor is None else (max(1, round(inside[0] / factor)), max(1, round(inside[1] / factor)))
    if geometry_reasons(*inside, numbers.geometry)["too_small"]:
        said = {NATIVE: ", though its pixels look native", UPSCALED: ", and upscaled", CANNOT_TELL: ""}[pixels]
        return Judgement(pixels, TOO_SMALL, size, f"less than 4K{border}{said}: {why}")
    large = size is not None and not geometry_reasons(*size, numbers.geometry)["too_small"]
    still = ", so its true size is 4K still" if pixels == UPSCALED and large else ""
    return Judgement(pixels, pixels, size, (f"4K{border}; {why}" if border else why) + still)


def judge_pixels(features: Row, luma: np.ndarray, numbers: Numbers) -> tuple[str, float | None, str]:
    """Native, upscaled or cannot tell, whatever the size; the factor of the enlargement (1: none); why."""
    score, given = features["nativeness_score"], numbers.measured.nativeness
    if np.isnan(score):
        return CANNOT_TELL, None, _nothing_to_judge_by(features, luma, numbers)
    found = nativeness.traits(luma, given)
    assert found is not None, "there is a score"
    rank = f"{percent(score)} of certain natives look less native"
    reach = f"detail reaches {percent(2 ** found['reach'])} of the finest that its pixels can hold"
    if score < numbers.false_alarms:
        factor = nativeness.enlargement(found, given)
        rough = 2 ** max(0.0, nativeness.weighted_sum(found, given.factor))
        by = (
            f"as if enlarged by about {rough:.2g}"
            if factor == rough
            else f"and a trace tells of enlarging by {factor:.3g}"
        )
        return UPSCALED, factor, f"{rank}; {reach}, {by}"
    if weak := _limits(features, numbers.rules):
        return CANNOT_TELL, None, "; ".join(weak)
    native_above = max(given.native_above, numbers.false_alarms)
    if score < native_above:
        bounds = f"upscaled is below {100 * numbers.false_alarms:g} %, native from {100 * native_above:g} % on"
        return CANNOT_TELL, None, f"{rank}: {bounds}; {reach}"
    return NATIVE, 1.0, f"{rank}; {reach}"


def _nothing_to_judge_by(features: Row, luma: np.ndarray, numbers: Numbers) -> str:
    """Why a picture has no score: it is tiny, flat, blurred, or has too few textured places."""
    given = numbers.measured.nativeness
    cells = nativeness.select_cells(luma, given.cells)
    if cells is None:
        return f"a side is shorter than the {nativeness.CELL} pixels that are looked at together"
    textured = int(nativeness.is_textured(nativeness.power_spectra(cells.pixels), given).sum())
    few = f"texture in {textured} of the {len(cells.pixels)} places looked at, and {given.fewest} are needed"
    return "; ".join([*_limits(features, numbers.rules), few])


def _limits(features: Row, rules: dict[str, Range]) -> list[str]:
    """What the preset's rules for flat and for blurred pictures find wrong."""
    return [
        f"{reason}: {rule.column} is {features[rule.column]:.2g}, at least {rule.min:g} is needed"
        for reason, rule in rules.items()
        if reason in {"flat", "blurred"} and rule.min is not None and features[rule.column] < rule.min
    ]


def without_borders(features: Row, rules: dict[str, Range]) -> tuple[tuple[int, int], str]:
    """The size inside of the borders, where a rule of the preset calls them too wide, and a clause about them."""
    wide = {reason for reason in ("letterboxed", "pillarboxed") if _is_above(rules.get(reason), features)}
    across = features["border_left"] + features["border_right"] if "pillarboxed" in wide else 0
    down = features["border_top"] + features["border_bottom"] if "letterboxed" in wide else 0
    size = features["width"] - across, features["height"] - down
    if not wide or min(size) < 1:  # a picture of one colour is no border
        return (features["width"], features["height"]), ""
    return size, f" inside of borders of one colour ({size[0]} x {size[1]})"


def _is_above(rule: Range | None, features: Row) -> bool:
    return rule is not None and rule.max is not None and bool(features[rule.column] > rule.max)


def percent(share: float) -> str:
    """A share, with digits after the point where it is small."""
    return f"{100 * share:.2f} %" if share < 0.1 else f"{100 * share:.0f} %"  # noqa: PLR2004
