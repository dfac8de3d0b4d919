"""Traits of real natives and fakes, kept in a folder; their odds by weights of other families; what thresholds cost."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from native4k.measure import nativeness
from parts import conditions, fitting, real
from parts.results import Row, at_least, at_most

FOLDS = 8
ALARMS = (0.005, 0.01, 0.02, 0.03)
"""Shares of natives that thresholds reject."""

SHARES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Of natives, at which log odds are tabled."""

FAKES_EACH = 4
"""Of one photograph at one factor: kernels and conditions take turns."""

LOW_QUALITY = ("jpeg 60 4:2:0", "jpeg 60 4:4:4")
BOOTSTRAPS = 1000


def load(numbers: nativeness.Params, count: int | None = None) -> pd.DataFrame:
    """A row for each native and fake of each photograph, with traits; made once for the same code."""
    sources = [real.__file__, conditions.__file__, nativeness.__file__]
    text = b"".join(Path(str(source)).read_bytes() for source in sources) + repr(_selection(numbers)).encode()
    folder = real.FOLDER / "traits" / hashlib.sha256(text).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for turn, one in enumerate(real.ordered()[:count]):
        path = folder / f"{one.number}.parquet"
        if not path.exists():
            pd.DataFrame(_rows(one.family, turn, numbers)).to_parquet(path)
            print(turn, end=" ", file=sys.stderr, flush=True)
        tables.append(pd.read_parquet(path).assign(family=one.photograph, network="", fold=one.place % FOLDS))
    return pd.concat(tables, ignore_index=True)


def _selection(numbers: nativeness.Params) -> tuple[float, ...]:
    return (numbers.cells, numbers.structure, numbers.over_fine, numbers.fewest, numbers.sharpest, numbers.reach)


def _rows(family: real.Family, place: int, numbers: nativeness.Params) -> list[dict[str, Any]]:
    picture, chance = real.native(family), np.random.default_rng([place, 7])
    about = {"family": family.name, "package": family.package, "kind": family.kind}
    made = [(1.0, "", name, change(picture, chance)) for name, change in conditions.NATIVES.items()]
    names = list(conditions.FAKES)
    for number, factor in enumerate(conditions.FACTORS):
        for turn in range(FAKES_EACH):
            name = names[(place * 20 + number * FAKES_EACH + turn + place // 12) % len(names)]
            kernel = conditions.KERNELS[(place + number + turn * 2) % len(conditions.KERNELS)]
            fake = conditions.enlarged(picture, factor, kernel, chance)
            made.append((factor, kernel, name, conditions.FAKES[name](fake, chance)))
    return [
        about
        | {"factor": factor, "kernel": kernel, "condition": name}
        | (nativeness.traits(conditions.luma(pixels), numbers) or {})
        for factor, kernel, name, pixels in made
    ]


def with_odds(table: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something, with log odds of weights and a score of a table that know nothing of their fold.

    Weights are fitted on what is drawn and on rows without a network: fakes by networks are judged and not learned.
    """
    table = table.dropna(subset=fitting.TRAITS).reset_index(drop=True)
    odds = pd.Series(np.nan, table.index)
    for fold in range(FOLDS):
        others = pd.concat([table[(table["fold"] != fold) & (table["network"] == "")], drawn])
        weights = fitting.weights_of(others)
        odds[table["fold"] == fold] = (
            table.loc[table["fold"] == fold, fitting.TRAITS].to_numpy() @ weights[1:] + weights[0]
        )
    table = table.assign(odds=odds, score=np.nan)
    for fold in range(FOLDS):
        known = quantiles(table[table["fold"] != fold])
        table.loc[table["fold"] == fold, "score"] = np.interp(table.loc[table["fold"] == fold, "odds"], known, SHARES)
    return table


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """The natives that a false alarm is counted of: at quality 75 and above."""
    return table[(table["factor"] == 1) & ~table["condition"].isin(LOW_QUALITY)]


def quantiles(table: pd.DataFrame) -> list[float]:
    """The log odds below which each of SHARES of the natives lie."""
    return [round(float(value), 2) for value in np.quantile(counted(table)["odds"], SHARES)]


def interval(table: pd.DataFrame, threshold: float) -> str:
    """The share rejected at a threshold, with the 95 % interval of resampled families."""
    by = (table["score"] < threshold).groupby(table["family"]).agg(["sum", "count"]).to_numpy()
    dice = np.random.default_rng(0).integers(0, len(by), (BOOTSTRAPS, len(by)))
    shares = by[dice].sum(axis=1)
    low, high = np.quantile(shares[:, 0] / shares[:, 1], [0.025, 0.975])
    return f"{by[:, 0].sum() / by[:, 1].sum():.3f} ({low:.3f} to {high:.3f}; {len(by)})"


def report(table: pd.DataFrame) -> str:
    """Natives rejected and fakes found at each false-alarm rate, by condition, factor, kernel, kind, package."""
    natives, fakes = table[table["factor"] == 1], table[table["factor"] > 1]
    large = fakes[fakes["factor"] >= 2]  # noqa: PLR2004
    parts = {"natives, quality 75 and above": counted(table)}
    parts |= {f"native, {name}": part for name, part in natives.groupby("condition", sort=False)}
    parts |= {f"native {name}": part for name, part in natives.groupby("kind")}
    parts |= {"fakes, x2 and above": large}
    parts |= {f"fake x{name:g}": part for name, part in fakes.groupby("factor")}
    parts |= {f"fake x2 and above, {name}": part for name, part in large.groupby("condition", sort=False)}
    parts |= {f"fake x2 and above, {name}": part for name, part in large.groupby("kernel")}
    parts |= {f"fake x2 and above, {name}": part for name, part in large.groupby("kind")}
    return shares(parts)


def shares(parts: dict[str, pd.DataFrame]) -> str:
    """The share of each part that is called upscaled at each false-alarm rate."""
    head = "".join(f"{f'called upscaled at {alarm:g}':>32}" for alarm in ALARMS)
    lines = [
        f"{name:<40}" + "".join(f"{interval(part, alarm):>32}" for alarm in ALARMS) for name, part in parts.items()
    ]
    return "\n".join([f"{'(95 % interval; families)':<40}{head}", *lines])


def compare(table: pd.DataFrame, threshold: float) -> list[Row]:
    """The goals on real pictures, at a threshold."""
    rejected = table.assign(rejected=table["score"] < threshold)
    natives, fakes = rejected[rejected["factor"] == 1], rejected[rejected["factor"] > 1]
    large = fakes[fakes["factor"] >= 2]  # noqa: PLR2004
    each = natives.groupby("condition")["rejected"].mean()
    written = large["condition"].isin(conditions.WRITTEN)
    plain = large.loc[large["condition"] == "none", "rejected"].mean()
    name = "real pictures:"
    return [
        at_most(f"{name} natives rejected, against the share allowed", counted(rejected)["rejected"].mean(), 0.03, 1),
        at_most(f"{name} in the worst condition", each.drop(list(LOW_QUALITY)).max(), 0.06, 1),
        at_most(f"{name} at quality 60", each[list(LOW_QUALITY)].max(), 0.1, 1),
        at_least(f"{name} fakes of x2 and above found", large["rejected"].mean(), 0.93, 1),
        at_least(f"{name} fakes of x1.5 found", fakes.loc[fakes["factor"] < 2, "rejected"].mean(), 0.8, 1),  # noqa: PLR2004
        at_least(f"{name} with text, logo or border, against 5 points less than without",
                 large.loc[written, "rejected"].mean(), plain - 0.05, 1),
    ]  # fmt: skip
