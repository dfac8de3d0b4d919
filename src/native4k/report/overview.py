"""The beginning of the page: the result in a sentence, and six numbers."""

from typing import Any

from markupsafe import Markup

from native4k.page import layout, metrics_files
from native4k.page.metrics_files import count, metric_label, signed

NUMBERS = 6
"""Headline numbers, at most."""

NOT_NATIVE = ("upscaled", "blurred")
"""Reasons by which an image holds less detail than its pixels."""

OTHER = {
    "half": "the same at half the size",
    "half_field": "the same views at half the size",
    "upscaled": "upscaled fakes",
}
"""Arm of the study -> what its network is trained on."""


def beginning(dataset: dict[str, Any], sr: dict[str, Any], studies: dict[str, Any]) -> Markup:
    """A sentence, and the first numbers of those that there are."""
    numbers = dict(list(headline(dataset, sr, studies).items())[:NUMBERS])
    return layout.join([layout.paragraph(sentence(dataset, sr, studies)), layout.headline(numbers)])


def sentence(dataset: dict[str, Any], sr: dict[str, Any], studies: dict[str, Any]) -> str:
    """What became of the candidates, what a network reaches, and what native pixels gain."""
    counted = dataset["funnel"]
    rejected = not_native(counted)
    kept = f"Of {count(counted['candidates'], 'candidate')} {counted['kept']:,} {be(counted['kept'])} kept, and "
    pixels = f"{'its' if rejected == 1 else 'their'} pixels hold less detail than the size promises"
    parts = [f"{kept}{rejected:,} {be(rejected)} rejected because {pixels}"]
    if found := psnr_gain(sr):
        best, first, metric, gain = found
        parts.append(f"{best} gains {signed(gain, 2)} dB {metric} over {first}")
    for arm, estimate in study_gains(studies).items():
        low, high = estimate["low"], estimate["high"]
        interval = "" if low is None else f", between {signed(low, 3)} and {signed(high, 3)}"
        other = OTHER.get(arm, arm)
        parts.append(f"training on native pixels and not on {other} gains {signed(estimate['mean'], 3)} dB{interval}")
    return "; ".join(parts) + "."


def headline(dataset: dict[str, Any], sr: dict[str, Any], studies: dict[str, Any]) -> dict[str, str]:
    """The headline numbers: name -> number."""
    counted, splits = dataset["funnel"], dataset["splits"]
    kept, rejected = counted["kept"], not_native(counted)
    numbers = {
        f"image{'' if kept == 1 else 's'} kept": f"{kept:,}",
        f"candidate{'' if counted['candidates'] == 1 else 's'}": f"{counted['candidates']:,}",
        "rejected as upscaled or blurred": f"{rejected:,}",
    }
    if "demo" in dataset:
        defects = dataset["demo"]["defects"].values()
        planted, caught = (sum(one[key] for one in defects) for key in ("planted", "found"))
        numbers["of planted defects found"] = f"{100 * caught / planted:.0f} %"
    if found := psnr_gain(sr):
        _, first, metric, gain = found
        numbers[f"dB {metric} over {first}"] = signed(gain, 2)
    for arm, estimate in study_gains(studies).items():
        numbers[f"dB, native and not {OTHER.get(arm, arm)}"] = signed(estimate["mean"], 3)
    numbers["rows of metadata"] = f"{counted['metadata']:,}"
    return numbers | {
        f"{name} images": f"{splits[name]['images']:,}" for name in ("train", "val", "test") if name in splits
    }


def not_native(counted: dict[str, Any]) -> int:
    """Images that were rejected because they hold less detail than their pixels."""
    return sum(reasons.get(reason, 0) for reasons in counted["rejected"].values() for reason in NOT_NATIVE)


def psnr_gain(sr: dict[str, Any]) -> tuple[str, str, str, float] | None:
    """The best baseline, the smallest, the measure and the gain in dB; None if the baselines cannot be compared."""
    psnr = next((at for at in metrics_files.metric_columns(sr) if at[1].startswith("psnr")), None)
    if len(sr) < 2 or psnr is None or len({tree["scale"] for tree in sr.values()}) > 1:  # noqa: PLR2004
        return None
    convention, metric = psnr
    means = metrics_files.means_by_convention(sr)[convention][metric]
    values = {name: mean for name, mean in zip(sr, means, strict=True) if mean is not None}
    first, best = next(iter(sr)), max(values, key=lambda name: values[name])
    if first not in values or first == best:
        return None
    return best, first, metric_label(metric), values[best] - values[first]


def study_gains(studies: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Arm -> what native pixels gain over it by the first measure, of the first study's first scale; PSNR only."""
    tree = next(iter(studies.values()), None)
    if tree is None or "psnr" not in tree["measure"]:
        return {}
    by_images = next(iter(tree["differences"].values()))
    return {arm: by_measure[tree["measure"]] for arm, by_measure in by_images[max(by_images, key=int)].items()}


def be(number: int) -> str:
    """The verb that goes with a number."""
    return "is" if number == 1 else "are"
