"""A simulated features table: what measuring a collection would leave, with planted copies, crops and bad images."""

from pathlib import Path

import numpy as np
import pandas as pd

from native4k import tables
from native4k.dataset.near_duplicates.signatures import VIEWS

SEED = 4
CATEGORIES = {"Nature": 0.3, "Urban": 0.2, "People": 0.17, "Food": 0.08, "Artwork": 0.13, "CGI": 0.06, "unknown": 0.06}
SOURCES = {"laion_high_resolution": 0.6, "pd12m": 0.25, "pcb": 0.15}
COPIES = {"exact": 0.03, "reencode": 0.04, "crop": 0.02, "look_alike": 0.01}
"""Share of all rows; the look-alikes are one cluster."""

FLIPS = {"exact": 0, "reencode": 4, "crop": 5, "look_alike": 6}
"""Bits of each 64 that a copy differs in, at most."""

FAILED = {"truncated": 0.01, "mislabelled": 0.03, "aspect": 0.01}
WORDS = ["a", "the", "of", "in", "on", "with", "view", "photo", "old", "new", "mountain", "river", "forest", "street"]
WORDS += ["tower", "portrait", "woman", "man", "family", "bread", "soup", "painting", "render", "sphere"]

ONE = {"mode": "RGB", "subsampling": "4:2:0", "icc": "", "nativeness": "native", "style": "natural", "people": "nobody"}
ONE |= {"shot": "long"}
NUMBERS = ["bit_depth", "pages", "jpeg_quality", "bits_per_pixel", "transparent", "upscaled_by", "laplacian"]
NUMBERS += ["sharpness_p10", "sharpness_p50", "sharpness_p90", "flat_final", "flat_v1", "noise", "blockiness"]
NUMBERS += ["brightness", "contrast", "clipped_dark", "clipped_light", "colourfulness", "style_confidence"]
NUMBERS += [f"border_{side}" for side in ("top", "bottom", "left", "right")]
NUMBERS += [f"{name}_{part}" for name in ("glcm_published", "glcm_entropy") for part in ("mean", "min", "spread")]
NUMBERS += ["compression_ratio_mean", "compression_ratio_min", "compression_ratio_spread", "people_confidence"]
"""What no rule of the demo's preset looks at: columns to be carried along."""

SIGNATURES = ("pixels", "phash", "signature", "view_phash", "view_signature")


def digits(dice: np.random.Generator, count: int, length: int) -> "pd.Series[str]":
    """Random texts of so many hex digits."""
    whole = dice.bytes(count * length // 2).hex()
    return pd.Series([whole[at : at + length] for at in range(0, len(whole), length)], dtype="str")


def captions(dice: np.random.Generator, count: int) -> list[str]:
    """Sentences of five to forty words."""
    words = dice.choice(WORDS, 40 * 4096).tolist()
    places, lengths = dice.integers(0, 39 * 4096, count).tolist(), dice.integers(5, 40, count).tolist()
    return [" ".join(words[at : at + length]) for at, length in zip(places, lengths, strict=True)]


def planted(dice: np.random.Generator, count: int) -> tuple[np.ndarray, "pd.Series[str]"]:
    """Which picture each row is of (its own number, or another's), and what kind of copy it is."""
    kinds = pd.Series(dice.choice(["", *COPIES], count, p=[1 - sum(COPIES.values()), *COPIES.values()]), dtype="str")
    originals = np.flatnonzero(kinds == "")
    picture = np.arange(count)
    picture[kinds != ""] = dice.choice(originals, int((kinds != "").sum()))
    picture[kinds == "look_alike"] = originals[0]
    return picture, kinds


def hashes(dice: np.random.Generator, picture: np.ndarray, kinds: "pd.Series[str]") -> dict[str, "pd.Series[str]"]:
    """The signatures of each row: its picture's, with some bits flipped; a crop has those of its picture's middle."""
    views = 1 + sum(VIEWS.values())
    faces = dice.integers(0, 2**64, (len(picture), views, 5), dtype=np.uint64)[picture]  # pHash, signature
    crops = np.flatnonzero(kinds == "crop")
    faces[crops, 0] = faces[crops, 1 + VIEWS["mirrored"]]
    for kind, most in FLIPS.items():
        rows = np.flatnonzero(kinds == kind)
        for face, word in np.ndindex(views, 5):
            for _ in range(most):
                faces[rows, face, word] ^= np.uint64(1) << dice.integers(0, 64, len(rows), dtype=np.uint64)
    return {
        "phash": texts(faces[:, :1, 0]),
        "signature": texts(faces[:, 0, 1:]),
        "view_phash": texts(faces[:, 1:, 0]),
        "view_signature": texts(faces[:, 1:, 1:]),
    }


def texts(numbers: np.ndarray) -> "pd.Series[str]":
    """The hex digits of each row of 64-bit numbers."""
    whole, length = numbers.astype(">u8").tobytes().hex(), numbers[0].size * 16
    return pd.Series([whole[at : at + length] for at in range(0, len(whole), length)], dtype="str")


def features(count: int) -> pd.DataFrame:
    """So many rows with every column that measuring leaves."""
    dice = np.random.default_rng(SEED)
    picture, kinds = planted(dice, count)
    contents = digits(dice, count, 64)
    names = digits(dice, count, 16)
    width = dice.integers(3840, 8000, count)
    source = pd.Series(dice.choice(list(SOURCES), count, p=list(SOURCES.values())), dtype="str")
    hosts = [f"https://host{number}.example.org" for number in (dice.pareto(1.2, count) * 10).astype(int).tolist()]
    entropy = dice.normal(6.5, 0.8, count).clip(0, 8)
    table = pd.DataFrame(
        {
            "id": digits(dice, count, 16),
            "source": source,
            "url": [f"{host}/photos/{name}/original.jpg" for host, name in zip(hosts, names, strict=True)],
            "declared_width": width,
            "declared_height": (width * 0.7).astype(int),
            "caption": captions(dice, count),
            "license": source.map(dict.fromkeys(SOURCES, "CC0")),
            "provenance": source,
            "language": "en",
            "similarity": dice.normal(0.3, 0.04, count),
            "punsafe": dice.beta(1, 30, count),
            "pwatermark": dice.beta(1, 8, count),
            "aesthetic": dice.normal(5.3, 0.7, count),
            "key": "",
            "declared_split": "",
            "status": "ok",
            "sha256": contents.iloc[np.where(kinds == "exact", picture, np.arange(count))].to_numpy(),
            "bytes": dice.integers(1_000_000, 9_000_000, count),
            "format": "JPEG",
            "width": width,
            "height": (width * 0.7).astype(int),
            "pixels": digits(dice, count, 32).iloc[np.where(kinds == "exact", picture, np.arange(count))].to_numpy(),
            **hashes(dice, picture, kinds),
            "detail": dice.gamma(4, 2, count),
            "fineness": dice.normal(0.8, 0.12, count).clip(0, 2),
            "nativeness_score": dice.normal(4.0, 2.5, count),
            **ONE,
            **{name: dice.normal(1.0, 0.3, count).clip(0.01) for name in NUMBERS},  # no file has no bits a pixel
            "piqe": dice.normal(35, 10, count).clip(0, 100),
            "entropy_mean": entropy,
            "entropy_min": entropy - dice.exponential(0.6, count),
            "entropy_spread": dice.exponential(0.5, count),
            "category": dice.choice(list(CATEGORIES), count, p=list(CATEGORIES.values())),
            "category_confidence": dice.beta(5, 1, count),
        }
    )
    reason = pd.Series(dice.choice(["", *FAILED], count, p=[1 - sum(FAILED.values()), *FAILED.values()]), dtype="str")
    table = table.assign(reason=reason, rejected_by=reason.where(reason == "", "probe"))
    unread = reason == "truncated"
    return table.assign(
        detail=table["detail"].mask(unread), **{name: table[name].mask(unread, "") for name in SIGNATURES}
    )


def votes(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """Two people's votes on a share of the images; one in fifty is against."""
    dice = np.random.default_rng(SEED + 1)
    voted = table["id"].sample(frac=share, random_state=SEED)
    cast = [dice.choice(["keep", "drop"], len(voted), p=[0.98, 0.02]) for _ in range(2)]
    parts = [pd.DataFrame({"id": voted, "voter": name, "vote": said}) for name, said in zip("ab", cast, strict=True)]
    return pd.concat(parts)


def lay(folder: Path, count: int, params: str) -> None:
    """A data folder as the dataset milestone finds it."""
    table = features(count)
    tables.write(table, folder / "data/features/images.parquet")
    for name in ("votes", "takedown", "released", "foreign"):
        (folder / "data" / name).mkdir(parents=True)
    votes(table, 0.05).to_csv(folder / "data/votes/votes.csv", index=False)
    asked = table.sample(20, random_state=SEED)
    lines = [*asked["id"].iloc[:10], *asked["sha256"].iloc[10:15], *asked["url"].iloc[15:]]
    (folder / "data/takedown/requests.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "params.yaml").write_text(params, encoding="utf-8")
