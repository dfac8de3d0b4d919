"""Frames and letterboxes: lines of one colour along the edges."""

import numpy as np

EMPTY = {"border_top": 0, "border_bottom": 0, "border_left": 0, "border_right": 0}
"""Pixels; a letterbox has the upper two."""

APART = 8
"""ASSUME: grey levels within a line, and from the outermost line, that JPEG puts into one colour."""

STRIP = 64
"""Lines looked at together."""

RINGING = 8
"""Lines on either side of a border's end that JPEG may mix."""


def borders(luma: np.ndarray) -> dict[str, int]:
    """How many lines of one and the same grey lie along each edge; the sides between upper and lower border."""
    top, bottom = uniform(luma), uniform(luma[::-1])
    if top == len(luma):
        return {"border_top": top, "border_bottom": 0, "border_left": 0, "border_right": 0}
    between = luma[top : len(luma) - bottom].T
    return {
        "border_top": top,
        "border_bottom": bottom,
        "border_left": uniform(between),
        "border_right": uniform(between[::-1]),
    }


def uniform(lines: np.ndarray) -> int:
    """How many lines from the first on are of its one grey, if they end in a step: a clear sky does not."""
    count = _alike(lines)
    if count in {0, len(lines)}:
        return count
    before, after = lines[max(0, count - RINGING)], lines[min(count + RINGING, len(lines) - 1)]
    return count if np.abs(before.astype(int) - after).mean() > APART else 0


def _alike(lines: np.ndarray) -> int:
    level = int(lines[0].min())
    for start in range(0, len(lines), STRIP):
        strip = lines[start : start + STRIP]
        low, high = strip.min(axis=1).astype(int), strip.max(axis=1).astype(int)
        other = (high - low > APART) | (abs(low - level) > APART)
        if other.any():
            return start + int(other.argmax())
    return len(lines)
