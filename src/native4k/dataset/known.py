"""What an earlier dedup found, so that a grown collection does not compare its old pairs again.

For this code and these numbers: each survivor's representative, and a digest of all that its place in the order and its
copies depend on. An image that is new, or whose digest has changed, is compared with all: so no result depends on it.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from native4k import params, tables

CODE = ("bands", "cosine", "dedup", "kernels", "known", "near", "signs")
"""The modules whose code decides what is a copy of what."""


def place(root: Path, numbers: Path) -> Path:
    """Where what this code found with these numbers is kept."""
    code = [Path(__file__).with_name(f"{name}.py").read_bytes() for name in CODE]
    section = params.read(numbers).get("dedup", {})
    section = json.dumps({key: value for key, value in section.items() if key != "firewall"}, sort_keys=True)
    name = hashlib.sha256(b"\0".join([section.encode(), *code])).hexdigest()[:16]
    return root / "dedup" / f"{name}.parquet"


def earlier(path: Path | None) -> pd.DataFrame | None:
    """What is known, if anything."""
    return tables.read(path, "id", "representative", "digest") if path and path.exists() else None


def keep(path: Path | None, done: pd.DataFrame, columns: list[str]) -> None:
    """Remember the groups for the next collection."""
    if path is not None:
        grouped = done[done["representative"] != ""]
        tables.write(grouped[["id", "representative"]].assign(digest=digest(grouped, columns)), path)


def digest(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """A number for each row that says whether it has changed."""
    return pd.util.hash_pandas_object(rows[["id", *columns]], index=False).to_numpy()


def places(alive: pd.DataFrame, told: pd.DataFrame | None, columns: list[str]) -> np.ndarray:
    """Each row's representative in the earlier collection, as a row number; -1 where row or representative is new."""
    if told is None:
        return np.full(len(alive), -1)
    both = alive[["id"]].merge(told, on="id", how="left")
    same = both["digest"].to_numpy() == digest(alive, columns)
    rows = pd.Series(np.flatnonzero(same), index=alive["id"].to_numpy()[same])
    return both["representative"].where(same).map(rows).fillna(-1).to_numpy(np.int64)
