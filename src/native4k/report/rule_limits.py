"""What a rule allows beside what was measured: for each rule of params.yaml, one image's value and its margin."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from native4k.dataset import select
from native4k.fetch import collect
from native4k.geometry import Geometry
from native4k.page.metrics_files import number, percent

LATER = ("", "dedup", "balance", "split")
"""What rejects an image that has passed select; nothing, if it is kept."""


class Limit(NamedTuple):
    """The value of an image beside the range that a rule allows; where params.yaml has the rule."""

    where: str
    measure: str
    value: Any
    low: Any = None
    high: Any = None
    note: str = ""
    texts: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the rule rejects the value, or the value was not measured."""
        if self.texts or pd.isna(self.value):
            return self.value not in self.texts
        return self.margin is not None and self.margin < 0

    @property
    def margin(self) -> float | None:
        """How far the value lies inside the range, negative outside; None where there is nothing to compare."""
        if pd.isna(self.value):
            return None
        ends = [self.value - self.low] if self.low is not None else []
        ends += [self.high - self.value] if self.high is not None else []
        return min(ends, default=None)

    def allowed(self) -> str:
        """Say what the rule allows."""
        ends = [f"at least {number(self.low)}"] if self.low is not None else []
        ends += [f"at most {number(self.high)}"] if self.high is not None else []
        ends += [f"one of {', '.join(self.texts)}"] if self.texts else []
        return " and ".join(ends) + (f" ({self.note})" if self.note else "")

    def verdict(self) -> str:
        """Say by how much the image passes or fails."""
        if pd.isna(self.value):
            return "not measured"
        margin = None if self.texts else self.margin
        by = "" if margin is None else f" by {number(abs(margin))}"
        return f"{'fails' if self.fails else 'passes'}{by}"

    def row(self) -> list[str]:
        """The cells of a line about the rule."""
        value = "-" if pd.isna(self.value) else number(self.value)
        return [self.where, self.measure, value, self.allowed(), self.verdict()]


def geometry_limits(width: int, height: int, rule: Geometry, where: str) -> list[Limit]:
    """The limits of a rule about sizes."""
    aspect = round(width / height, 4) if height else float("nan")
    return [
        Limit(f"{where}.min_pixels", "pixels", width * height, rule.min_pixels),
        Limit(f"{where}.min_long_side", "longer side", max(width, height), rule.min_long_side),
        Limit(f"{where}.min_short_side", "shorter side", min(width, height), rule.min_short_side),
        Limit(f"{where}.min_aspect, max_aspect", "width / height", aspect, rule.min_aspect, rule.max_aspect),
    ]


def collect_limits(row: dict[str, Any], numbers: collect.Params) -> dict[str, list[Limit]]:
    """Reason of collect -> the limits behind it."""
    sizes = geometry_limits(row["declared_width"], row["declared_height"], numbers.geometry, "collect.geometry")
    caption = len(row.get("caption") or "")
    lengths = "collect.min_caption, max_caption"
    return {
        "too_small": sizes[:3],
        "aspect": sizes[3:],
        "unsafe": [Limit("collect.max_punsafe", "punsafe", row.get("punsafe"), None, numbers.max_punsafe)],
        "watermarked": [
            Limit("collect.max_pwatermark", "pwatermark", row.get("pwatermark"), None, numbers.max_pwatermark)
        ],
        "unlike_caption": [
            Limit("collect.min_similarity", "similarity", row.get("similarity"), numbers.min_similarity)
        ],
        "unaesthetic": [Limit("collect.min_aesthetic", "aesthetic", row.get("aesthetic"), numbers.min_aesthetic)],
        "caption": [Limit(lengths, "characters of the caption", caption, numbers.min_caption, numbers.max_caption)],
    }


def select_limits(row: dict[str, Any], table: pd.DataFrame, numbers: select.Params) -> dict[str, Limit]:
    """Reason -> limit, of the rules of the active preset in their order."""
    return dict(_select_limits(row, table, numbers))


def _select_limits(row: dict[str, Any], table: pd.DataFrame, numbers: select.Params) -> Iterator[tuple[str, Limit]]:
    for reason, rule in select.active_rules(numbers).items():
        where, value = f"select.presets.{numbers.preset}.{reason}", row.get(rule.column)
        note = "" if not pd.isna(value) else f"missing: {rule.missing}"
        if isinstance(rule, select.Range):
            yield reason, Limit(where, rule.column, value, *_range_ends(rule, row), note)
        elif isinstance(rule, select.OneOf):
            yield reason, Limit(where, rule.column, value, note=note, texts=tuple(rule.one_of))
        else:
            yield reason, _cut_limit(where, rule, row, table)


def _range_ends(rule: select.Range, row: dict[str, Any]) -> tuple[float | None, float | None]:
    low, high = (
        bound.get(row[str(rule.per)], bound.get(select.OTHER)) if isinstance(bound, dict) else bound
        for bound in (rule.min, rule.max)
    )
    return low, high


def _cut_limit(where: str, rule: select.Cut, row: dict[str, Any], table: pd.DataFrame) -> Limit:
    """A cut as the range of the values that have passed it, in the image's own group."""
    passed = table.loc[table["rejected_by"].isin(LATER), [rule.column, *([rule.per] if rule.per else [])]]
    values = passed.loc[passed[rule.per] == row[rule.per], rule.column] if rule.per else passed[rule.column]
    value, note = row.get(rule.column), f"the {rule.end} {percent(rule.drop)} are dropped"
    if rule.end == "bottom":
        return Limit(where, rule.column, value, values.min() if values.notna().any() else None, None, note)
    return Limit(where, rule.column, value, None, values.max() if values.notna().any() else None, note)
