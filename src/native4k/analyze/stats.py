"""The statistics of a collection from its counts: the tree that stats.json, page and text are written from."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from native4k import params
from native4k.analyze import fitness_criteria, sizes
from native4k.analyze.collection_counts import CollectionCounts
from native4k.analyze.estimates import Distribution, Estimate, Estimator, distribution
from native4k.analyze.value_counts import STEPS, Repeats, ValueCounts
from native4k.geometry import Geometry
from native4k.metadata import urls

SHOWN = 20
"""Values of a list, such as hosts or languages, that are named."""

TOPS = {"the largest host": 1, "the 10 largest": 10, "the 100 largest": 100}
"""Hosts whose share tells how concentrated a collection is."""

LENGTHS = (1, 10, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1000)
"""Characters of a caption, between bars."""

DAY, TERA = 86_400, 1e12


@params.params
class Download:
    """What bringing the images would take."""

    bits_per_pixel: Annotated[float, Field(gt=0)]
    images_per_second: Annotated[float, Field(gt=0)]
    success: Annotated[float, Field(gt=0, le=1)]
    storage_price: float
    traffic_price: float


@params.params
class Params:
    """The numbers of the analysis."""

    seed: Annotated[int, Field(ge=0, lt=2**64)]
    sample: Annotated[int, Field(ge=1)]
    confidence: Annotated[float, Field(gt=0, lt=1)]
    rules: dict[str, Geometry]
    purposes: dict[str, fitness_criteria.Purpose]
    risky_hosts: dict[str, list[str]]
    download: Download


def statistics(
    counted: CollectionCounts, sample: pl.DataFrame, whole: int, numbers: Params, exact: bool
) -> dict[str, Any]:
    """Everything that is known of a collection of whole rows; the counted has all of them, or the sample."""
    estimate = Estimator(None if exact else numbers.confidence)
    sample_estimate = Estimator(None if sample.height == whole else numbers.confidence)
    rows, pairs = counted.rows, counted.sizes.pairs()
    scores, words = ({name: counted.values[name] for name in names} for names in (counted.scores, counted.words))
    with ThreadPoolExecutor(1) as pool:  # sorts hashes, meanwhile
        found = {name: pool.submit(hashes.repeats) for name, hashes in counted.hashes.items()}
        described = sizes.described(sizes.possible(pairs), numbers.rules, rows, whole, estimate)
    repeated = {name: repeats(one.result(), exact) for name, one in found.items()}
    return {
        "rows": whole,
        "looked at": rows,
        "unknown": {
            **sizes.missing(pairs, rows, estimate),
            "no URL": estimate.share(counted.sums["no_url"], rows),
            "no caption": estimate.share(counted.sums["blank"], rows),
            **{f"no {name}": estimate.share(nulls(counts), rows) for name, counts in scores.items()},
        },
        "sizes": described,
        "scores": {name: score(counts, estimate) for name, counts in scores.items()},
        "captions": {
            **lengths(counted.values["caption_length"], estimate),
            **repeated["caption"],
            "guessed languages": guessed(sample, sample_estimate),
        },
        **{f"{name}s": shares(counts, name, rows, estimate) for name, counts in words.items()},
        "urls": {
            **hosts(counted.values["origin"], numbers.risky_hosts, estimate),
            **repeated["url"],
        },
        "files": shares(counted.values["ending"], "ending", rows, estimate),
        "fitness": fitness_criteria.judge_purposes(numbers.purposes, counted.sums, rows, whole, estimate),
        "download": {name: effort(passes, numbers.download) for name, passes in described.get("passes", {}).items()},
    }


def nulls(counts: ValueCounts) -> int:
    """Rows without a value."""
    return int(counts.counted().filter(pl.nth(0).is_null())["rows"].sum())


def score(counts: ValueCounts, estimate: Estimator) -> dict[str, Any] | None:
    """A score's distribution, to three digits; None where no row has one."""
    table = counts.counted()
    values = distribution(table.to_series(0) / STEPS, table["rows"])
    summary = estimate.summary(values)
    return summary and summary | {"histogram": sizes.histogram(values, even(values))}


def even(values: Distribution, bars: int = 24) -> list[float]:
    """Edges in even steps over the bulk of the values."""
    low, high = values.percentile(0.5), values.percentile(99.5)
    step = max((high - low) / bars, 1 / STEPS)
    return [round(low + step * place, 3) for place in range(bars)]


def lengths(counts: ValueCounts, estimate: Estimator) -> dict[str, Any]:
    """The lengths of the captions that are there."""
    nonempty = counts.counted().filter(pl.col("caption_length") > 0)
    values = distribution(nonempty["caption_length"], nonempty["rows"])
    return {"length": estimate.summary(values), "histogram": sizes.histogram(values, LENGTHS) if values.rows else None}


def repeats(found: Repeats, exact: bool) -> dict[str, Any]:
    """How often values repeat; a sample cannot say."""
    if not exact or not found.rows:
        return {"different": None, "repeated": None}
    return {"different": found.distinct, "repeated": Estimate(found.repeated / found.rows)}


def guessed(sample: pl.DataFrame, estimate: Estimator) -> dict[str, Estimate | None]:
    """Shares of the languages that the sample's captions seem to be in."""
    texts = [text for text in sample["caption"].drop_nulls() if text.strip()]
    counted = Counter(map(guess_language, texts))
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return {name: estimate.share(count, len(texts)) for name, count in ordered[:SHOWN]}


def shares(counts: ValueCounts, name: str, rows: int, estimate: Estimator) -> dict[str, Estimate | None]:
    """Shares of the most frequent values; the others together."""
    stated = pl.when(pl.col(name) != "").then(name).otherwise(pl.lit("not stated"))
    table = counts.counted().group_by(stated.alias(name)).agg(pl.col("rows").sum()).sort(-pl.col("rows"), name)
    named = dict(table.head(SHOWN).rows())
    if rest := rows - sum(named.values()):
        named["all others"] = rest
    return {value: estimate.share(count, rows) for value, count in named.items()}


def hosts(counts: ValueCounts, risky: dict[str, list[str]], estimate: Estimator) -> dict[str, Any]:
    """Who serves the images, how few serve how many (a sample cannot say), and which are known to refuse or forget."""
    origin, exact = pl.col("origin"), estimate.confidence is None
    host = pl.when(urls.fetchable(origin)).then(urls.host(origin)).alias("host")
    found = counts.counted().group_by(host).agg(pl.col("rows").sum()).sort(-pl.col("rows"), "host")
    table = found.drop_nulls("host")
    served, total = int(table["rows"].sum()) + counts.unnamed, int(found["rows"].sum()) + counts.unnamed
    domains = {kind: pl.Series([name.lower() for name in names], dtype=pl.String) for kind, names in risky.items()}
    below = {kind: table.filter(urls.below(pl.col("host"), names))["rows"].sum() for kind, names in domains.items()}
    tops = {name: estimate.share(int(table["rows"].head(top).sum()), served) for name, top in TOPS.items()}
    return {
        "not of the web": estimate.share(total - served, total),
        "hosts": table.height if exact else None,
        "hosts not named": counts.unnamed,
        "top hosts": {host: estimate.share(count, served) for host, count in table.head(SHOWN).rows()},
        "served by": tops if exact else None,
        "risky": {kind: estimate.share(int(rows), served) for kind, rows in below.items()},
    }


def effort(passes: dict[str, Any], numbers: Download) -> dict[str, Any]:
    """What bringing the rows that pass a rule would take, as far as the declared sizes hold."""
    images, size = passes["images"], passes["pixels"].times(numbers.bits_per_pixel / 8 / TERA)
    return {
        "images": images,
        "terabytes": size,
        "days": images.times(1 / numbers.images_per_second / DAY),
        "images that come": images.times(numbers.success),
        "storage a month": size.times(numbers.storage_price),
        "traffic": size.times(numbers.traffic_price),
    }


SCRIPTS = {
    "Japanese": r"[\u3040-\u30ff]",
    "Korean": r"[\uac00-\ud7af]",
    "Chinese": r"[\u4e00-\u9fff]",
    "Russian and other Cyrillic": r"[\u0400-\u04ff]",
    "Arabic script": r"[\u0600-\u06ff]",
    "Hebrew": r"[\u0590-\u05ff]",
    "Greek": r"[\u0370-\u03ff]",
    "Thai": r"[\u0e00-\u0e7f]",
    "Devanagari script": r"[\u0900-\u097f]",
}
"""Language -> a letter that only it uses here, in the order of asking: Japanese uses Chinese signs, too."""

COMMON = {
    "English": "the of and with for a an in on is at by to from this your",
    "German": "der die das und mit für ein eine im am ist auf von den dem zum zur",
    "French": "le la les et avec pour un une dans est du des sur au aux de en",
    "Spanish": "el la los las y con para un una en es del por al de",
    "Italian": "il lo gli e con per un una nel della di del dei alla da che",
    "Portuguese": "o os as e com para um uma no na do da dos das em de",
    "Dutch": "de het een en met voor van in op is bij te naar aan",
    "Polish": "i w z na do dla się jest od po ze oraz",
    "Swedish": "och med för en ett i på av till är den det som från",
    "Turkish": "ve ile için bir bu da de en çok olarak",
}
_OF = {
    word: [language for language, words in COMMON.items() if word in words.split()]
    for word in " ".join(COMMON.values()).split()
}
_SCRIPTS = {language: re.compile(letters) for language, letters in SCRIPTS.items()}
_WORD = re.compile(r"[^\W\d_]+")

UNSURE, WORDLESS = "Latin script, not known which", "no letters"


def guess_language(caption: str) -> str:
    """The language whose letters a caption has, or whose common words it has most of."""
    words = _WORD.findall(caption.lower())
    if not words:
        return WORDLESS
    letters = "".join(words)
    for language, script in () if letters.isascii() else _SCRIPTS.items():
        if len(script.findall(letters)) > len(letters) / 4:
            return language
    found = Counter(language for word in words for language in _OF.get(word, ()))
    best = found.most_common(2)
    return best[0][0] if len({count for _, count in best}) == len(best) > 0 else UNSURE
