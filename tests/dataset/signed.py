"""Tables of pictures whose signatures are made by hand."""

from typing import Any

import pandas as pd

FINE = 0x123456789ABCDEF00FEDCBA9876543210F1E2D3C4B5A69788796A5B4C3D2E1F0
"""A signature."""


def signed(phashes: list[int], **columns: Any) -> pd.DataFrame:
    """Pictures with these pHashes and all that dedup looks at: no two have the same pixels, all the same signature.

    Their middles are as far from everything as middles can be: nearly blank, so that they tell nothing.
    """
    count = len(phashes)
    made = pd.DataFrame(
        {
            "id": [f"{row:016x}" for row in range(1, count + 1)],
            "phash": [f"{value:016x}" for value in phashes],
            "pixels": [f"{row:032x}" for row in range(1, count + 1)],
            "signature": [f"{FINE:064x}"] * count,
            "inset_phash": ["0" * 32] * count,
            "inset_signature": ["0" * 128] * count,
        },
        dtype="str",
    )
    blank = {"detail": 1.0, "width": 100, "height": 50, "reason": "", "rejected_by": ""}
    return made.assign(**(blank | columns))
