"""Tables of pictures whose signatures are made by hand."""

from typing import Any

import pandas as pd

FINE = 0x123456789ABCDEF00FEDCBA9876543210F1E2D3C4B5A69788796A5B4C3D2E1F0
"""A signature."""

EQUAL = {
    "width": 100,
    "height": 50,
    "nativeness": "native",
    "upscaled_by": 1.0,
    "format": "JPEG",
    "bits_per_pixel": 1.0,
    "pwatermark": 0.1,
}
"""All that makes one copy better than another, and is the same of all pictures."""

DEDUP: dict[str, Any] = {
    "radius": 10,
    "min_bits": 20,
    "enlarged": 1.35,
    "bits_as_jpeg": {"JPEG": 1.0, "WEBP": 1.4, "AVIF": 2.0, "GIF": 0.1, "PNG": 100.0, "TIFF": 100.0},
    "marked": 0.3,
    "score": None,
    "firewall": {},
    "embedding": None,
}
"""Numbers of dedup, but for which hashes it compares."""

PLACES = {"mirrored": 0, "large_middle": 1, "small_middle": 2, "wide": 3, "tall": 4}
"""Views, by their place in the texts."""


def view_texts(views: dict[str, int], digits: int) -> str:
    """The hashes of a picture's views one after another; those that are not given are blank."""
    given = {PLACES[name]: value for name, value in views.items()}
    return "".join(f"{given.get(place, 0):0{digits}x}" for place in range(5))


def signed(phashes: list[int], **columns: Any) -> pd.DataFrame:
    """Pictures with these pHashes and all that dedup looks at: no two have the same pixels, all the same signature.

    Their views are blank, so that they tell nothing and the whole takes their place.
    """
    count = len(phashes)
    made = pd.DataFrame(
        {
            "id": [f"{row:016x}" for row in range(1, count + 1)],
            "phash": [f"{value:016x}" for value in phashes],
            "pixels": [f"{row:032x}" for row in range(1, count + 1)],
            "signature": [f"{FINE:064x}"] * count,
            "view_phash": [view_texts({}, 16)] * count,
            "view_signature": [view_texts({}, 64)] * count,
        },
        dtype="str",
    )
    return made.assign(**(EQUAL | {"reason": "", "rejected_by": ""} | columns))
