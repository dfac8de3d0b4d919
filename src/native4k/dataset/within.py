"""Groups of copies among pictures whose clumps are known: each is compared only with those of its own clump."""

import numpy as np

from native4k.dataset import near
from native4k.dataset.signs import Signs

FEW = 64
"""Pictures in a clump up to which all such clumps are walked at once; larger ones are searched one after another."""


def leaders(relation: Signs, clump: np.ndarray, threads: int) -> np.ndarray:
    """Each row's representative, as near.leaders says; the rows come best first."""
    leader = np.arange(len(relation))
    order = np.argsort(clump, kind="stable")
    sizes = np.bincount(clump)[clump[order]] if len(clump) else order
    for number in np.unique(clump[order[sizes > FEW]]):
        rows = np.flatnonzero(clump == number)
        leader[rows] = rows[near.leaders(relation.part(rows), threads)]
    left = order[(sizes > 1) & (sizes <= FEW)]
    while len(left):
        begins = np.diff(clump[left], prepend=-1) != 0
        first = left[begins][np.cumsum(begins) - 1]
        joins = relation.copies(first, left)
        leader[left[joins]] = first[joins]
        left = left[~joins]
    return leader
