"""Measure a text-to-image baseline: generate from the test captions, and compare with the test images at that size.

No measure here needs learned weights, so none of them judges what a picture means: `glcm_published`, `glcm_entropy`,
`entropy` (bits), `compression_ratio` and `spectrum_slope` describe the detail of the generated and of the real
pictures; `patch_kernel_distance` and `spectrum_slope_distance` compare the two sets; `autoencoder_psnr` (dB) is the
best that the latents allow; `flow_loss` is the training's loss on the held-out images with their captions, and
`flow_loss_without_caption` without. Real images are seen as the model sees them: the centre square, resized.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from native4k import tables
from native4k.errors import UserError
from native4k.measure import textures
from native4k.page import figures, metrics_files
from native4k.params import load, params
from native4k.t2i import autoencoder, data, flow
from native4k.t2i import generate as sampling

PAIRS = 12
"""Test images that are shown beside what is generated from their captions."""


@params
class Params:
    """The measures' numbers: the same for every baseline, or they could not be compared."""

    seed: int  # of the noise that the held-out loss is taken at
    times: int  # points between image and noise that the held-out loss averages
    glcm_patch: int  # pixels
    glcm_levels: int  # grey levels
    glcm_distances: tuple[int, ...]  # pixels
    jpeg_quality: int
    kernel_patch: int  # pixels


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths, and which baseline."""
    parser.add_argument("baseline", help="its name in params.yaml, under t2i.baselines")
    parser.add_argument("model_dir", type=Path, help="what `native4k t2i train` made")
    parser.add_argument("test_dir", type=Path, help="a published split: pictures and metadata.parquet")
    parser.add_argument("out", type=Path, metavar="OUT.json", help="the metrics (metrics/details/NAME.json)")
    figures.add_argument(parser)
    parser.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="where pairs of pictures go")


def run(args: argparse.Namespace) -> None:
    """Generate, measure, write the metrics, their figures and the first pairs of pictures: real beside generated."""
    numbers = load(Params, args.params, "t2i", "evaluate")
    sample = load(sampling.Params, args.params, "t2i", "baselines", args.baseline, "generate")
    table = data.load_split(args.test_dir)
    model = sampling.open_model(args.model_dir)
    if model.baseline != args.baseline:
        raise UserError(f"{args.model_dir}: a model of {model.baseline!r}, not of {args.baseline!r}; name its baseline")
    real = data.load_squares(args.test_dir, table, model.side)
    ours = sampling.generate(model, table, sample)
    with tables.atomic_folder(args.pictures) as folder:
        for name, *pair in zip(table["id"][:PAIRS], real, ours, strict=False):
            Image.fromarray(np.concatenate(pair, axis=1)).save(folder / f"{name}.webp", quality=90)
    metrics = compare(ours, real, numbers) | held_out(model, real, table["caption"].tolist(), numbers)
    tree = round_numbers(metrics | {"n_images": len(table)})
    tables.write_json(tree, args.out)
    figures.write(dict(metrics_files.scalar_metrics(tree)), args.figures)


def compare(ours: np.ndarray, real: np.ndarray, numbers: Params) -> dict[str, Any]:
    """Compare generated and real pictures."""
    generated, test = detail(ours, numbers), detail(real, numbers)
    features = [patch_features(_patches(pictures, numbers.kernel_patch)) for pictures in (ours, real)]
    return {
        "generated": generated,
        "test": test,
        "spectrum_slope_distance": abs(generated["spectrum_slope"] - test["spectrum_slope"]),
        "patch_kernel_distance": kernel_distance(*features),
    }


def detail(pictures: np.ndarray, numbers: Params) -> dict[str, float]:
    """Measure the detail of pictures, averaged."""
    lumas = [textures.grey(picture) for picture in pictures]
    coarse = np.stack(lumas) // (256 // numbers.glcm_levels)
    patches = _patches(coarse, numbers.glcm_patch)[..., 0]
    matrices = [textures.glcms(patch, numbers.glcm_levels, numbers.glcm_distances) for patch in patches]
    return {
        "glcm_published": float(np.mean([textures.glcm_published(each) for each in matrices])),
        "glcm_entropy": float(np.mean([textures.glcm_entropy(each) for each in matrices])),
        "entropy": float(np.mean([textures.entropy(luma) for luma in lumas])),
        "compression_ratio": textures.compression_ratio(pictures, numbers.jpeg_quality),
        "spectrum_slope": float(np.mean([spectrum_slope(luma) for luma in lumas])),
    }


@torch.no_grad()
def held_out(model: sampling.Model, real: np.ndarray, captions: list[str], numbers: Params) -> dict[str, float]:
    """Measure autoencoder and network on pictures that they were not trained on."""
    latents = autoencoder.encode(model.autoencoder, real)
    words = torch.from_numpy(data.caption_features(captions, model.text_width))
    noise = np.random.default_rng(numbers.seed).standard_normal((numbers.times, *latents.shape), np.float32)
    times = (torch.arange(numbers.times) + 0.5) / numbers.times

    def loss(features: torch.Tensor) -> float:
        each = [
            flow.losses(model.transformer, latents, features, time.expand(len(latents)), torch.from_numpy(one)).mean()
            for time, one in zip(times, noise, strict=True)
        ]
        return float(torch.stack(each).mean())

    return {
        "autoencoder_psnr": psnr(autoencoder.decode(model.autoencoder, latents), real),
        "flow_loss": loss(words),
        "flow_loss_without_caption": loss(torch.zeros_like(words)),
    }


def round_numbers(tree: dict[str, Any]) -> dict[str, Any]:
    """Round every number to 4 digits after the point."""
    return {
        key: round_numbers(value) if isinstance(value, dict) else value if isinstance(value, int) else round(value, 4)
        for key, value in tree.items()
    }


def _patches(pictures: np.ndarray, side: int) -> np.ndarray:
    return np.concatenate([textures.tiles(picture, side) for picture in pictures])


def spectrum_slope(luma: np.ndarray) -> float:
    """Exponent of the power spectrum's fall with frequency, least squares over rings; about -2 for photographs."""
    side = min(luma.shape)
    values = luma[:side, :side].astype(float)
    window = np.outer(np.hanning(side), np.hanning(side))  # or the picture's borders count as edges
    power = np.abs(np.fft.fft2((values - values.mean()) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))) * side
    rings = np.arange(4, side // 2)  # below 4 cycles a side the window's own width shows
    ring = np.round(frequency).astype(int).ravel()
    total, count = np.bincount(ring, power.ravel()), np.bincount(ring)
    mean = total[rings] / count[rings]
    return float(np.polyfit(np.log(rings), np.log(mean + 1e-12), 1)[0])


def patch_features(patches: np.ndarray) -> np.ndarray:
    """Of each patch: mean and deviation of R, G and B, mean absolute step of the luma right and down; all in 0 to 1."""
    values = patches.astype(float) / 255
    luma = values @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    steps = [np.abs(np.diff(luma, axis=axis)).mean(axis=(1, 2)) for axis in (2, 1)]
    return np.column_stack([values.mean(axis=(1, 2)), values.std(axis=(1, 2)), *steps])


def kernel_distance(ours: np.ndarray, real: np.ndarray) -> float:
    """Unbiased squared MMD with KID's kernel (x.y / d + 1)^3, on features in units of the real ones' deviation."""
    mean, deviation = real.mean(axis=0), real.std(axis=0) + 1e-6
    ours, real = (ours - mean) / deviation, (real - mean) / deviation
    within = [_kernel(one, one) for one in (ours, real)]
    alone = [(kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in within]
    return float(sum(alone) - 2 * _kernel(ours, real).mean())


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first @ second.T / first.shape[1] + 1) ** 3


def psnr(ours: np.ndarray, real: np.ndarray) -> float:
    """Return the PSNR of all pictures together, dB."""
    error = np.square(ours.astype(float) - real).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-10)))
