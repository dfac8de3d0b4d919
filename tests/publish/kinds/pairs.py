"""Pairs of pictures as BasicSR reads them."""

from pathlib import Path
from typing import Any

import numpy as np

from native4k import resample
from native4k.sr import networks


def dataset(large: Path, little: Path, **options: Any) -> Any:
    """BasicSR's reader of pairs."""
    module = networks.import_basicsr("data.paired_image_dataset")
    backend = {"type": "lmdb"} if large.suffix == ".lmdb" else {"type": "disk"}
    paths = {"dataroot_gt": str(large), "dataroot_lq": str(little)}
    return module.PairedImageDataset({**paths, "io_backend": backend, "scale": 4, "phase": "val"} | options)


def loaded(pairs: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> pixels of the original and of the small version."""
    return {
        Path(pair["gt_path"]).stem: (resample.to_pixels(pair["gt"]), resample.to_pixels(pair["lq"])) for pair in pairs
    }
