"""Captions as numbers, with no weights: words and pairs of neighbouring words, hashed into a vector of fixed width."""

import hashlib
import itertools
import re

import numpy as np


def features(captions: list[str], width: int) -> np.ndarray:
    """Return one unit vector a caption: captions x width, float32; a caption without words is all zeros."""
    return np.stack([_bag(caption, width) for caption in captions])


def _bag(caption: str, width: int) -> np.ndarray:
    """Each word and pair adds +1 or -1 in a place that its hash chooses (feature hashing, Weinberger et al. 2009)."""
    bag = np.zeros(width, np.float32)
    for token in tokens(caption):
        number = int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "big")
        bag[(number >> 1) % width] += 1 if number & 1 else -1
    length = np.sqrt((bag**2).sum())
    return bag / length if length else bag


def tokens(caption: str) -> list[str]:
    """Split into lower-case words, then each word with its neighbour."""
    words = re.findall(r"\w+", caption.casefold())
    return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]
