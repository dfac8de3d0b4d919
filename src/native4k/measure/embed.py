"""Embed each image by a network for copy detection, such as SSCD: one vector an image, for dedup's embedding.

Optional. The network is a TorchScript file, a transformers encoder (a folder or a hub name), or imagededup's CNN.
"""

import argparse
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from PIL import Image

from native4k import images, params, tables
from native4k.errors import UserError
from native4k.measure import cache

Encoder = Callable[[np.ndarray], np.ndarray]
"""Pixels of a square, height x width x 3, uint8 -> a vector."""


@params.params
class Params:
    """Which network, the pixels of the square it is shown, and by which mean and deviation they are scaled."""

    kind: Literal["none", "torchscript", "transformers", "imagededup"]
    model: str
    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def embed(image: Image.Image, encoder: Encoder, side: int) -> bytes:
    """An image's vector, its length one, in half precision."""
    square = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
    vector = encoder(np.asarray(square)).astype(np.float64).ravel()
    length = np.linalg.norm(vector)
    return (vector / (length or 1.0)).astype("<f2").tobytes()


def load(numbers: Params) -> Encoder:
    """Load the network on the CPU; its weights must be on the machine already."""
    loaders = {"torchscript": load_torchscript, "transformers": load_transformers, "imagededup": load_imagededup}
    if numbers.kind == "none":
        raise UserError("embed.kind is none: nothing to embed with; there are: " + ", ".join(loaders))
    try:
        return loaders[numbers.kind](numbers)
    except (OSError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())[:200]
        raise UserError(f"embed.model {numbers.model!r} cannot be loaded as {numbers.kind}: {why}") from None


def load_torchscript(numbers: Params) -> Encoder:
    """Load a file that torch.jit.save wrote."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch calls its own format old; published encoders have it
        network = torch.jit.load(numbers.model, map_location="cpu").eval()
    return lambda pixels: vector_of(network(scale_pixels(pixels, numbers)))


def load_transformers(numbers: Params) -> Encoder:
    """Load a vision encoder of transformers; only safetensors."""
    from transformers import AutoModel

    network = AutoModel.from_pretrained(numbers.model, use_safetensors=True).eval()
    features = getattr(network, "get_image_features", network)
    return lambda pixels: vector_of(features(pixel_values=scale_pixels(pixels, numbers)))


def load_imagededup(_: Params) -> Encoder:
    """Load imagededup's CNN with its own weights and its own scaling."""
    from imagededup.methods import CNN

    network = CNN(verbose=False)
    return lambda pixels: np.asarray(network.encode_image(image_array=pixels))


def scale_pixels(pixels: np.ndarray, numbers: Params) -> Any:
    """Pixels as the network wants them: one image, its channels first."""
    import torch

    values = (pixels / 255 - numbers.mean) / numbers.std
    return torch.from_numpy(values.astype(np.float32)).permute(2, 0, 1)[None]


def vector_of(output: Any) -> np.ndarray:
    """The vector in what a network returns: its pooled features, or the mean of its tokens."""
    if getattr(output, "pooler_output", None) is not None:
        output = output.pooler_output
    elif getattr(output, "last_hidden_state", None) is not None:
        output = output.last_hidden_state.mean(dim=1)
    return np.asarray(output.detach().numpy())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_arguments(parser)
    cache.add_probed_argument(parser)


def run(args: argparse.Namespace) -> None:
    """Embed a shard of the store's images."""
    numbers = params.load(Params, args.params, "embed")
    _, kept, files = cache.probed_shard(args)
    place = cache.folder(args.cache, "embed", args.params)

    def embed_files(missing: list[str]) -> Iterator[dict[str, Any]]:
        network = load_on_one_thread(numbers)
        for file in missing:
            yield {"embedding": embed(images.decode_file(args.store / file), network, numbers.side)}

    rows = cache.fill(files, embed_files, place, "embed").reindex(columns=["sha256", "embedding"])
    tables.write(kept[["id", "sha256"]].merge(rows, on="sha256").drop(columns="sha256"), args.out)


def load_on_one_thread(numbers: Params) -> Encoder:
    """Load the network on one thread: sums in another order give other last digits, and shards use the cores."""
    import torch

    torch.set_num_threads(1)
    return torch.no_grad()(load(numbers))
