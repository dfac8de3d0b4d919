"""Pictures to latents and back: diffusers' AutoencoderDC (Sana's kind), small and trained here, or loaded by name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from native4k import tables
from native4k.errors import UserError
from native4k.learning import loop
from native4k.learning.process_group import ProcessGroup
from native4k.learning.recipe import Player, Recipe
from native4k.learning.training import Training, use_threads
from native4k.params import params

if TYPE_CHECKING:
    from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC


@params
class Params:
    """An autoencoder trained from scratch, without attention."""

    widths: tuple[int, ...]  # features at each scale, multiples of latent_channels; each scale but the first is halved
    latent_channels: int
    crop: int  # pixels a side of the squares that it is trained on, cut at random from the pictures
    training: Training


@dataclass(frozen=True)
class Task:
    """Random crops of pictures; each step draws from a generator of its own, of seed and position."""

    memory_hint: ClassVar[str] = "lower encode.autoencoder.crop"

    pictures: np.ndarray
    ids: list[str]
    crop: int

    def read(self, numbers: Training, own: range, whole: range) -> Tensor:
        """Draw crops for the whole batch, and cut those that are asked for."""
        places = self._places(numbers, whole)[own.start - whole.start : own.stop - whole.start]
        side = self.crop
        crops = [self.pictures[at, top : top + side, left : left + side] for at, top, left in places]
        return as_tensors(np.stack(crops))

    def batch(self, content: Tensor, device: torch.device, layout: torch.memory_format) -> Tensor:
        """Bring crops to the device."""
        return content.to(device, non_blocking=True).contiguous(memory_format=layout)

    def names(self, numbers: Training, positions: range) -> set[str]:
        """List the ids of the pictures at the positions of a whole batch."""
        return {self.ids[at] for at, _, _ in self._places(numbers, positions)}

    def validation(self, numbers: Any, group: Any) -> None:
        """Nothing: `t2i evaluate` measures what the autoencoder loses."""

    def _places(self, numbers: Training, whole: range) -> list[tuple[int, int, int]]:
        """Draw a picture and the top left corner of a crop for each position."""
        random = np.random.default_rng((numbers.seed, whole.start // numbers.batch))
        bounds = len(self.pictures), *(size - self.crop + 1 for size in self.pictures.shape[1:3])
        return [(*(int(random.integers(bound)) for bound in bounds),) for _ in whole]  # type: ignore[misc]


def train(task: Task, numbers: Params, home: Path | None, group: ProcessGroup) -> "AutoencoderDC":
    """Train on random crops for the squared error, and set the scale that makes the latents' root mean square 1."""
    use_threads(numbers.training.threads)
    torch.manual_seed(numbers.training.seed)  # of the first weights
    network = build(numbers).to(group.device)
    loop.fit(recipe(network), task, numbers.training, home, group)
    network.cpu().register_to_config(scaling_factor=1 / encode(network, task.pictures).square().mean().sqrt().item())
    return network


def recipe(network: "AutoencoderDC") -> Recipe:
    """One player: the autoencoder, whose pictures are to be those that it was given."""

    def parts(crops: Tensor) -> dict[str, Tensor]:
        return {"squares": (network.decode(network.encode(crops).latent).sample - crops).square().mean()}

    return Recipe(network, (Player("network", list(network.parameters()), 1.0, parts),), {"network": network})


def build(numbers: Params) -> "AutoencoderDC":
    """Random weights, from torch's own generator; scale 1."""
    from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC  # takes seconds; numbers need none of it

    scales = len(numbers.widths)
    return AutoencoderDC(
        latent_channels=numbers.latent_channels,
        encoder_block_out_channels=numbers.widths,
        decoder_block_out_channels=numbers.widths,
        encoder_layers_per_block=(1,) * scales,
        decoder_layers_per_block=(1,) * scales,
        encoder_qkv_multiscales=((),) * scales,
        decoder_qkv_multiscales=((),) * scales,
    )


def load(name: str) -> "AutoencoderDC":
    """From a folder, or from the hub by its name there."""
    from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC

    try:
        return AutoencoderDC.from_pretrained(name).eval()
    except (OSError, ValueError) as error:
        raise UserError(
            f"{name}: no AutoencoderDC there ({' '.join(str(error).split())[:120]}); "
            "give a folder with config.json and safetensors, or go online once so that the hub's is fetched"
        ) from None


def save(network: "AutoencoderDC", folder: Path) -> None:
    """Weights and config, in the layout that load reads; without the path and version that diffusers notes in it."""
    network.save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    named = {name: value for name, value in config.items() if name not in {"_name_or_path", "_diffusers_version"}}
    tables.write_json(named, path)


@torch.no_grad()
def encode(network: "AutoencoderDC", pictures: np.ndarray) -> Tensor:
    """The scaled latents of uint8 pictures, taken one by one."""
    latents = [network.encode(picture[None]).latent for picture in as_tensors(pictures)]
    return torch.cat(latents) * network.config["scaling_factor"]


@torch.no_grad()
def decode(network: "AutoencoderDC", latents: Tensor) -> np.ndarray:
    """The uint8 pictures of scaled latents, taken one by one."""
    decoded = torch.cat([network.decode(latent[None]).sample for latent in latents / network.config["scaling_factor"]])
    return ((decoded + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def as_tensors(pictures: np.ndarray) -> Tensor:
    """B x H x W x 3 of 0 to 255 as B x 3 x H x W of -1 to 1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
