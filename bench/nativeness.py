"""Whether pictures are what their size says: natives and fakes called right, beside the published detector.

Fakes are enlarged by 1.5, 2, 3 and 4 with four filters; natives and fakes alike are sharpened or not and re-encoded or
not; half of both passed a camera model first. Real pictures (`make real`) are measured beside them, each by weights of
other photographs, and what published networks make of them. `--fit` prints the numbers of params.yaml, fitted on real
pictures and on other generators.
`--learned models/NAME` adds fakes by a trained baseline.
"""

import argparse
import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml
from parts import fakes, fitting, learned, published, rates, scenes
from parts.fakes import Finish
from parts.results import Row, at_least, at_most
from PIL import Image

from native4k import images, params
from native4k.errors import UserError
from native4k.measure import nativeness

COUNT, FITTED, QUICK = 10, 3, 2
"""Drawn pictures a generator: measured on, fitted on, with --quick."""

LEARNED = 3
"""Drawn pictures a generator that a trained baseline enlarges a part of."""

DRAWN_WEIGHT = 5
"""How often a drawing counts among the many real pictures that are fitted on."""

Chance = np.random.Generator
Enlarge = Callable[[np.ndarray, float, str, Chance], np.ndarray]


class Spec(NamedTuple):
    """How a picture is made of a drawn one: its kind, factor (1 for natives), filter, by a camera or not, finish."""

    kind: str
    factor: float
    filter: str
    camera: bool
    finish: Finish


def plan(number: int, chance: Chance) -> Iterator[Spec]:
    """What is made of one drawn picture; `plain` is what the goals are about."""
    for camera in (False, True):
        yield Spec("plain", 1.0, "", camera, some(chance))
    for place, factor in enumerate(fakes.FACTORS):
        camera = bool((number + place // 2) % 2)
        yield Spec("plain", factor, fakes.FILTERS[(number + place) % 4], camera, some(chance))
    yield Spec("any factor", float(chance.uniform(1.3, 4)), fakes.FILTERS[number // 4 % 4], False, some(chance))
    if number % 2:
        yield Spec("noise after", 1.0, "", bool(number // 2 % 2), some(chance, noise=True))
        factor = fakes.FACTORS[number // 2 % 4]
        yield Spec("noise after", factor, fakes.FILTERS[number // 8 % 4], False, some(chance, noise=True))


def beside(number: int, chance: Chance) -> Iterator[Spec]:
    """What may fool it, of every second picture; nothing is fitted on these."""
    if number % 2:
        return
    for kind in fakes.NATIVES:
        yield Spec(kind, 1.0, "", bool(number % 4), some(chance))
    yield Spec("shrunk after", 2.0, "bicubic", bool(number % 4), some(chance))


def some(chance: Chance, noise: bool = False) -> Finish:
    """Sharpened or not, noise added or not, re-encoded or not."""
    sharpened, coded = chance.random(2) < 0.5  # noqa: PLR2004
    quality = int(chance.integers(75, 96)) if coded else 0
    return Finish(bool(sharpened), float(chance.uniform(1, 4)) if noise else 0.0, quality)


def drawn(draws: dict[str, scenes.Draw], count: int) -> Iterator[tuple[str, int, np.ndarray, Chance]]:
    """The pictures of all generators, with a chance of their own."""
    for name, draw in draws.items():
        for number in range(min(count, scenes.PHOTOGRAPHS) if name == "photographs" else count):
            yield name, number, draw(number), np.random.default_rng([number, *name.encode()])


def made(picture: np.ndarray, seen: np.ndarray, spec: Spec, chance: Chance) -> np.ndarray:
    """The luma of what a spec asks for, of a picture or of what a camera saw of it."""
    source = seen if spec.camera else picture
    if spec.kind in fakes.NATIVES:
        source = fakes.NATIVES[spec.kind](source, chance)
    if spec.factor > 1:
        source = fakes.enlarged(source, spec.factor, spec.filter, chance)
    if spec.kind == "shrunk after":
        source = fakes.shrunk(source)
    return fakes.finished(source, spec.finish, chance)


def by_baseline(picture: np.ndarray, enlarge: Callable[[np.ndarray], np.ndarray], chance: Chance) -> np.ndarray:
    """A part of the picture, enlarged by a trained network."""
    part = fakes.textured(picture, picture.shape[1] // 4, picture.shape[0] // 4, chance)
    return fakes.finished(enlarge(part), Finish(False, 0.0, 0), chance)


def network(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """What a trained baseline of scale 4 makes of a picture."""
    import torch

    from native4k.sr import baselines, tiles

    torch.set_num_threads(1)
    numbers = tiles.load(Path("params.yaml"))
    _, model = baselines.restore(folder)

    return lambda small: tiles.enlarge(model, small, 4, numbers.tile, numbers.overlap)


def measured(count: int, numbers: nativeness.Params, folder: Path | None) -> pd.DataFrame:
    """A row a picture: how it was made, what ours says of it, and the published detector's share."""
    enlarge = network(folder) if folder else None
    rows = []
    for name, number, picture, chance in drawn(scenes.MEASURED, count):
        seen = fakes.camera(picture, chance)
        pictures = [
            (spec, made(picture, seen, spec, chance)) for spec in (*plan(number, chance), *beside(number, chance))
        ]
        if enlarge and number < LEARNED:
            spec = Spec("learned", 4.0, "network", False, Finish(False, 0.0, 0))
            pictures.append((spec, by_baseline(picture, enlarge, chance)))
        rows += [
            {
                "generator": name,
                **spec._asdict(),
                **nativeness.nativeness(luma, numbers),
                "hf_max": published.hf_max(luma),
            }
            for spec, luma in pictures
        ]
        print(f"{name} {number}", end=" ", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    table = pd.DataFrame(rows)
    return table.assign(published=np.where(table["hf_max"] >= published.LEAST, "native", "upscaled"))


def area(native: "pd.Series[float]", fake: "pd.Series[float]") -> float:
    """Of the curve: how often a native scores above a fake; nothing said counts as the middle."""
    ranks = pd.concat([native, fake]).fillna(0).rank()
    return float((ranks[: len(native)].mean() - (len(native) + 1) / 2) / len(fake))


def share(table: pd.DataFrame, outcome: str, who: str = "nativeness") -> float:
    """Of the pictures, those that are called so."""
    return float((table[who] == outcome).mean())


def table_of(table: pd.DataFrame) -> str:
    """Shares of outcomes by kind and factor, ours beside the published detector's."""
    lines = [f"{'kind':<14}{'factor':>9}{'n':>6}  {'native':>7}{'upscaled':>9}{'unknown':>8}  published: native"]
    labels = table["factor"].where(table["kind"] != "any factor", -1)
    for (kind, factor), part in table.groupby([table["kind"], labels], sort=False):
        shares = [share(part, outcome) for outcome in ("native", "upscaled", "unknown")]
        size = "native" if factor == 1 else "1.3 to 4" if factor == -1 else f"{factor:g}"
        told = "".join(f"{value:>{width}.3f}" for value, width in zip(shares, (7, 9, 8), strict=True))
        lines.append(f"{kind:<14}{size:>9}{len(part):>6}  {told}  {share(part, 'native', 'published'):.3f}")
    return "\n".join(lines)


def compare(table: pd.DataFrame) -> list[Row]:
    """The goals, and the published detector beside ours."""
    plain = table[table["kind"] == "plain"]
    native, double = plain[plain["factor"] == 1], plain[plain["factor"] >= 2]  # noqa: PLR2004
    half = plain[plain["factor"] == 1.5]  # noqa: PLR2004
    curves = {
        (name, column): area(native[column], fake[column])
        for name, fake in (("x2 and above", double), ("x1.5", half))
        for column in ("nativeness_score", "hf_max")
    }
    return [
        at_least("natives called native, against the share wanted", share(native, "native"), 0.9, 1),
        at_most("natives called upscaled, against the share allowed", share(native, "upscaled"), 0.03, 1),
        at_least("fakes of x2 and above called upscaled, against the share wanted", share(double, "upscaled"), 0.9, 1),
        at_most("fakes of x2 and above called native, against the share allowed", share(double, "native"), 0.05, 1),
        at_least("area under the curve, x2 and above", curves["x2 and above", "nativeness_score"], 0.98, 1),
        at_least("area under the curve, x1.5", curves["x1.5", "nativeness_score"], 0.95, 1),
        *(
            at_least(f"area under the curve, {name}, against the published detector", curves[name, "nativeness_score"],
                     curves[name, "hf_max"], 1)
            for name in ("x2 and above", "x1.5")
        ),
        at_least("natives called native, against the published detector", share(native, "native"),
                 share(native, "native", "published"), 1),
        at_most("fakes of x2 and above called native, against the published detector", share(double, "native"),
                share(double, "native", "published"), 1),
    ]  # fmt: skip


def cost(numbers: nativeness.Params, times: int) -> Row:
    """The seconds of one 4K JPEG, beside those of its decode to luma."""
    large = np.tile(scenes.FITTED["hair"](0), (3, 3, 1))[:2160, :3840]
    out = io.BytesIO()
    Image.fromarray(large).save(out, "JPEG", quality=93)
    spent: dict[str, list[float]] = {"decode": [], "ours": []}
    for _ in range(times):
        began = time.perf_counter()
        luma = np.asarray(images.decode(out.getvalue()).convert("L"))
        middle = time.perf_counter()
        nativeness.nativeness(luma, numbers)
        spent["decode"].append(middle - began)
        spent["ours"].append(time.perf_counter() - middle)
    ours, decode = statistics.median(spent["ours"]), statistics.median(spent["decode"])
    return at_most("one 4K JPEG (s), against its decode", ours, decode, 1)


def drawn_traits(count: int, numbers: nativeness.Params) -> pd.DataFrame:
    """A row with traits for each drawing of the generators to fit on."""
    rows = []
    for name, number, picture, chance in drawn(scenes.FITTED, count):
        seen = fakes.camera(picture, chance)
        for spec in plan(number, chance):
            found = nativeness.traits(made(picture, seen, spec, chance), numbers)
            rows.append({"family": f"{name} {number}", "factor": spec.factor, "condition": "", **(found or {})})
        print(f"{name} {number}", end=" ", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return pd.concat([pd.DataFrame(rows).dropna()] * DRAWN_WEIGHT)


def on_photographs(args: argparse.Namespace, numbers: nativeness.Params) -> list[Row]:
    """What is rejected and found of real pictures by weights of other families; prints the numbers too with --fit."""
    count = QUICK * 10 if args.quick else None
    table = rates.with_odds(pd.concat([rates.load(numbers, count), by_networks(numbers, count)]), args.drawn)
    by_filter = table[table["network"] == ""]
    print(rates.report(by_filter))
    if args.fit:
        found = fitting.fitted(pd.concat([by_filter, args.drawn])) | {"native_odds": rates.quantiles(by_filter)}
        print(yaml.safe_dump(found | {"native_share": list(rates.SHARES)}, sort_keys=False))
    by_network = table[table["network"] != ""]
    if len(by_network):
        print(f"\nfakes by learned upscalers\n{learned.report(by_network)}")
    return [*rates.compare(by_filter, numbers.upscaled_below), *learned.compare(by_network)]


def by_networks(numbers: nativeness.Params, count: int | None) -> pd.DataFrame:
    """Traits of fakes by learned upscalers; no row, and a line that says why, where they cannot be run."""
    try:
        return learned.load(numbers, count)
    except UserError as error:
        print(f"no rows of learned upscalers: {error}")
        return pd.DataFrame()


def main() -> None:
    """Measure all, print shares, errors of the factor and areas, compare; or fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} drawn pictures a generator")
    parser.add_argument("--fit", action="store_true", help="fit the numbers of params.yaml and print them")
    parser.add_argument("--learned", type=Path, help="a trained baseline of scale 4 (models/NAME) to make fakes with")
    parser.add_argument("--rows", type=Path, help="also write the table of all pictures, as CSV")
    args = parser.parse_args()
    numbers = params.load(nativeness.Params, Path("params.yaml"), "probe", "nativeness")
    args.drawn = drawn_traits(QUICK if args.quick else FITTED, numbers)
    try:
        rows = on_photographs(args, numbers)
    except UserError as error:
        print(f"no rows of real pictures: {error}")
        rows = []
    if args.fit:
        return
    table = measured(QUICK if args.quick else COUNT, numbers, args.learned)
    if args.rows:
        table.to_csv(args.rows, index=False)
    print(table_of(table))
    told = table[(table["factor"] > 1) & (table["nativeness"] == "upscaled") & (table["kind"] != "shrunk after")]
    off = (told["upscaled_by"] / told["factor"] - 1).abs()
    shares = ", ".join(f"{(off < limit).mean():.2f} within {limit:.0%}" for limit in (0.02, 0.2))
    print(f"factor of fakes called upscaled: {shares}")
    print(json.dumps({"comparisons": [*rows, *compare(table), cost(numbers, 3 if args.quick else 9)]}))


if __name__ == "__main__":
    main()
