"""What a published dataset cannot promise, and what its rule of sizes left out."""

from typing import Any

from native4k.geometry import Geometry, geometry_reasons

ALWAYS = """\
- **Native resolution is measured, not known.** Thresholds on detail and fineness find pictures that were enlarged, not
  those sharpened, grained or re-noised after it; an honest but soft photograph may be missing.
- **Near copies are found up to a distance.** Crops, flips and overlays beyond it can still be in two splits.
- **Categories, captions, licences and safety scores are what the sources say or what is derived from it.** None of them
  was verified image by image, unless people voted (`votes`, `verdict`).
- **A licence is a claim of the source.** Whoever publishes models or images has to check it at the image's `url`.
- **People may be recognisable, and may ask to be removed.** Opt-out requests are honoured by the next version.
- **Web collections over-represent** what is published in English and photographed often; the balance is one of
  categories, not of places, people or styles."""

SHAPES = ((3840, 2160), (2160, 3840), (4096, 2160), (3840, 2880), (3840, 2560), (4000, 4000), (6000, 2500))
"""Usual sizes in pixels: UHD both ways up, DCI 4K, 4:3, 3:2, square, panorama."""


def limits(rule: Geometry, said: dict[str, Any]) -> str:
    """What the rule of sizes lets in and what it cost, and what holds of any version."""
    passing = {shape: not any(geometry_reasons(*shape, rule).values()) for shape in SHAPES}
    words = [", ".join(f"{w} x {h}" for (w, h), fits in passing.items() if fits == wanted) for wanted in (True, False)]
    lost = {
        name: sum(reasons.get(name, 0) for reasons in said["rejected"].values()) for name in ("aspect", "too_small")
    }
    return (
        f"- **Only some shapes are in.** Width / height from {rule.min_aspect:g} to {rule.max_aspect:g}, at least "
        f"{rule.min_pixels:,} pixels,\n  a longer side of {rule.min_long_side:,} and a shorter one of "
        f"{rule.min_short_side:,}. Of usual sizes these pass: {words[0] or 'none'}; these do not: "
        f"{words[1] or 'none'}.\n  The shape cost {lost['aspect']:,} rows, the size {lost['too_small']:,}.\n"
        f"{ALWAYS}"
    )
