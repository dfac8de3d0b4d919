"""Pictures of one pixel, narrow, wide and clear ones: each becomes a square like any other."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from safetensors.numpy import load_file

from native4k import cli, tables

PICTURES = {
    "pixel": Image.new("RGB", (1, 1), (9, 99, 199)),
    "narrow": Image.new("RGB", (16, 4000), (9, 99, 199)),
    "line": Image.new("RGB", (1, 4000), (9, 99, 199)),
    "wide": Image.new("RGB", (20_000, 16), (9, 99, 199)),
    "clear": Image.new("RGBA", (120, 96), (255, 0, 0, 0)),
}


def test_each_is_encoded(split: Path, numbers: Path, tmp_path: Path) -> None:
    for name, picture in PICTURES.items():
        picture.save(split / f"{name}.png")
    rows = {"id": list(PICTURES), "file_name": [f"{name}.png" for name in PICTURES], "caption": ""}
    both = pd.concat([tables.read(split / "metadata.parquet"), pd.DataFrame(rows)], ignore_index=True)
    tables.write(both, split / "metadata.parquet")
    words = ["t2i", "encode", "small", split, tmp_path / "latents", "--params", numbers]
    assert cli.main([str(word) for word in words]) == 0
    latents = load_file(tmp_path / "latents" / "latents.safetensors")["latents"]
    assert len(latents) == 4 + len(PICTURES)
    assert np.isfinite(latents).all()
