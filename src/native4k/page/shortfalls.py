"""Say that a dataset keeps nothing, keeps less than half or has an empty split: which rule did it, what to change."""

from typing import Any

from native4k.page.metrics_files import percent

HALF = 0.5
"""Share of the candidates; when fewer are kept, the rule that rejects most is named."""

NUMBERS = {
    "collect.too_small": "collect.geometry",
    "collect.aspect": "collect.geometry",
    "collect.no_size": "collect.keep_unsized",
    "collect.unsafe": "collect.max_punsafe",
    "collect.watermarked": "collect.max_pwatermark",
    "collect.unlike_caption": "collect.min_similarity",
    "collect.unaesthetic": "collect.min_aesthetic",
    "collect.license": "collect.licenses",
    "collect.language": "collect.languages",
    "collect.caption": "collect.min_caption or collect.max_caption",
    "collect.blocked_host": "collect.blocked_hosts",
    "fetch.too_small": "probe.geometry",
    "fetch.aspect": "probe.geometry",
    "fetch.too_large": "fetch.max_bytes",
    "probe.too_small": "probe.geometry",
    "probe.aspect": "probe.geometry",
    "probe.too_heavy": "probe.measures.memory",
    "probe.timeout": "probe.seconds",
    "vet.voted_out": "vet.rule",
    "vet.undecided": "vet.undecided",
    "dedup.near_copy": "dedup.radius or dedup.verify",
    "balance.no_category": "balance.keep_unknown",
    "balance.category_full": "balance.max_ratio or balance.quotas",
}
"""Step and reason -> the numbers of params.yaml behind it; rules of select stand in its preset."""


def shortfalls(funnel: dict[str, Any], images: dict[str, int], numbers: dict[str, Any]) -> list[str]:
    """A line for each shortfall, from the funnel's counts, the images of each split, and all of params.yaml."""
    kept, candidates = funnel["kept"], funnel["candidates"]
    if not candidates:
        return [f"there are no candidates: {_most(funnel['rejected'], numbers)}"]
    later = {step: reasons for step, reasons in funnel["rejected"].items() if step != "collect"}
    if not kept:
        return [f"nothing is kept of {candidates:,} candidates: {_most(later, numbers)}"]
    empty = [_empty(name, kept) for name in ("train", "val", "test") if _wanted(name, numbers) and not images.get(name)]
    if kept >= HALF * candidates:
        return empty
    share = f"{kept:,} of {candidates:,} candidates are kept ({percent(kept / candidates)})"
    return [f"{share}: {_most(later, numbers)}", *empty]


def _most(rejected: dict[str, dict[str, int]], numbers: dict[str, Any]) -> str:
    """Name the rule that rejects most, and the number behind it."""
    counts = {(step, reason): rows for step, reasons in rejected.items() for reason, rows in reasons.items()}
    if not counts:
        return "the sources have no rows"
    step, reason = max(counts, key=lambda rule: (counts[rule], rule))
    advice = (
        f"change {number}" if (number := number_behind(step, reason, numbers)) else "'native4k why ID' explains a row"
    )
    return f"{step} rejects most, {counts[step, reason]:,} as {reason}; {advice}"


def number_behind(step: str, reason: str, numbers: dict[str, Any]) -> str:
    """The key of params.yaml behind a reason; empty if there is none."""
    preset = numbers.get("select", {}).get("preset", "")
    if step == "select" and reason in numbers.get("select", {}).get("presets", {}).get(preset, {}):
        return f"select.presets.{preset}.{reason}"
    if step == "dedup" and reason.startswith("foreign_"):
        return f"dedup.firewall.{reason.removeprefix('foreign_')}"
    return NUMBERS.get(f"{step}.{reason}", "")


def _wanted(split: str, numbers: dict[str, Any]) -> bool:
    """Whether a split shall have images."""
    return split == "train" or numbers.get("split", {}).get(split, {}).get("size", 0) > 0


def _empty(split: str, kept: int) -> str:
    zones = "lower split.val.zone and split.test.zone" if split == "train" else f"raise split.{split}.zone"
    return f"{split} is empty: none of the {kept:,} kept images is in its zone; {zones}, or bring more images"
