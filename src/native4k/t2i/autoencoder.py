"""Pictures to latents and back: diffusers' AutoencoderDC (Sana's kind), small and trained here, or loaded by name."""

import json
from pathlib import Path

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC
from torch import Tensor

from native4k import tables
from native4k.errors import UserError
from native4k.params import params
from native4k.t2i import fit


@params
class Params:
    """An autoencoder trained from scratch, without attention."""

    widths: tuple[int, ...]  # features at each scale, multiples of latent_channels; each scale but the first is halved
    latent_channels: int
    crop: int  # pixels a side of the squares that it is trained on, cut at random from the pictures
    fit: fit.Params


def train(pictures: np.ndarray, numbers: Params, seed: int, checkpoint: Path | None, key: str) -> AutoencoderDC:
    """Trained on random crops for the squared error; its scale makes the latents' root mean square 1."""
    network = fresh(numbers)
    tensors = as_tensors(pictures)

    def loss_of(rng: np.random.Generator) -> Tensor:
        crops = torch.stack([_crop(tensors, numbers.crop, rng) for _ in range(numbers.fit.batch)])
        return (network.decode(network.encode(crops).latent).sample - crops).square().mean()

    fit.fit(network, loss_of, numbers.fit, seed, checkpoint, key)
    network.register_to_config(scaling_factor=1 / encode(network, pictures).square().mean().sqrt().item())
    return network


def fresh(numbers: Params) -> AutoencoderDC:
    """Random weights, from torch's own generator; scale 1."""
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


def load(name: str) -> AutoencoderDC:
    """From a folder, or from the hub by its name there."""
    try:
        return AutoencoderDC.from_pretrained(name).eval()
    except (OSError, ValueError) as error:
        raise UserError(
            f"{name}: no AutoencoderDC there ({' '.join(str(error).split())[:120]}); "
            "give a folder with config.json and safetensors, or go online once so that the hub's is fetched"
        ) from None


def save(network: AutoencoderDC, folder: Path) -> None:
    """Weights and config, in the layout that load reads; without the path and version that diffusers notes in it."""
    network.save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    named = {name: value for name, value in config.items() if name not in {"_name_or_path", "_diffusers_version"}}
    tables.write_json(named, path)


@torch.no_grad()
def encode(network: AutoencoderDC, pictures: np.ndarray) -> Tensor:
    """The scaled latents of uint8 pictures, taken one by one."""
    latents = [network.encode(picture[None]).latent for picture in as_tensors(pictures)]
    return torch.cat(latents) * network.config["scaling_factor"]


@torch.no_grad()
def decode(network: AutoencoderDC, latents: Tensor) -> np.ndarray:
    """The uint8 pictures of scaled latents, taken one by one."""
    decoded = torch.cat([network.decode(latent[None]).sample for latent in latents / network.config["scaling_factor"]])
    return ((decoded + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def as_tensors(pictures: np.ndarray) -> Tensor:
    """B x H x W x 3 of 0 to 255 as B x 3 x H x W of -1 to 1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def _crop(pictures: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    picture = pictures[rng.integers(len(pictures))]
    top, left = (int(rng.integers(size - side + 1)) for size in picture.shape[-2:])
    return picture[:, top : top + side, left : left + side]
