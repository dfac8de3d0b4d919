"""Training and upscaling on a GPU: images a second, memory, the share of the GPU's peak, and what limits it."""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from native4k.sr import baselines, recipes, tiles
from native4k.sr.recipes import Batch
from parts import duel, paper, roofline
from parts.results import Row, faster

FAST = {"precision": "bf16", "channels_last": True, "compile": True}
"""How our loop trains on a GPU."""

BATCH, SIDE = 32, 192  # SwinIR's recipe: 32 patches of 48 small pixels
WARM = 8  # steps that do not count: compiling, and choosing kernels
SQUARE = 8192  # side of the matrices whose product is taken for the peak


def rows(small: tuple[int, int], steps: int) -> list[Row]:
    """Training against basicsr's, and upscaling; printed in words as well."""
    device = torch.device("cuda")
    best = roofline.peak(device, torch.bfloat16, SQUARE)
    print(f"{torch.cuda.get_device_name()}: {best / 1e12:.0f} TFLOP/s in products of bfloat16")
    made = training(duel.published(BATCH, **FAST), SIDE, steps, device, best)
    print(upscaling(small, device, best))
    return made


def training(baseline: baselines.Params, side: int, steps: int, device: torch.device, best: float) -> list[Row]:
    """Our step with all that a GPU is good for, basicsr's as it is."""
    reset(device)
    with tempfile.TemporaryDirectory() as scratch:
        taken = duel.duel(baseline, side, steps + WARM, Path(scratch), device)
    ours, theirs = taken.medians(WARM)
    print(f"training step of both: {ours * 1e3:.1f} ms ours, {theirs * 1e3:.1f} ms basicsr, {memory(device)} together")
    print(f"losses: {taken.apart():.1e} apart at most")
    print(learning(baseline, side, device, best, ours))
    return [faster("training step of SwinIR-light on a GPU (ms), times faster", ours * 1e3, theirs * 1e3, 1.8)]


def learning(baseline: baselines.Params, side: int, device: torch.device, best: float, seconds: float) -> str:
    """What a training step asks of the device, and where its time goes."""
    numbers = baseline.training
    assert numbers is not None
    network = baselines.build(baseline, "bench").train()
    recipe = recipes.build(numbers.recipe, network, device)
    held = duel.task(baseline, side).learn.pixels[: numbers.batch]
    large = torch.from_numpy(np.ascontiguousarray(held)).to(device).permute(0, 3, 1, 2).float() / 255
    batch = Batch(large[..., :: baseline.scale, :: baseline.scale].contiguous(), large, [])

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=numbers.precision == "bf16"):
            loss = sum(recipe.players[0].losses(batch).values())
        assert isinstance(loss, torch.Tensor)
        loss.backward()
        network.zero_grad()

    work = roofline.counted(step)  # before compiling: what the published network asks for
    if numbers.compile:
        network.compile()
    for _ in range(3):
        step()
    reset(device)
    spent = roofline.spent(step, device)
    return told("training", numbers.batch / seconds, "patches", work / seconds / best, memory(device), spent)


def upscaling(small: tuple[int, int], device: torch.device, best: float) -> str:
    """The same network making a picture four times larger, in bfloat16 on a GPU, with tiles fitted to its memory."""
    baseline, numbers = baselines.load(paper.numbers(), duel.NETWORK), tiles.load(paper.numbers())
    network = baselines.build(baseline, "bench").eval().requires_grad_(requires_grad=False).to(device)
    picture = np.random.default_rng(0).integers(0, 256, (*small, 3), dtype=np.uint8)
    return enlarging(network, picture, baseline.scale, numbers, device, best)


def enlarging(
    network: nn.Module, picture: np.ndarray, scale: int, numbers: tiles.Params, device: torch.device, best: float
) -> str:
    """What upscaling asks of the device, and where its time goes."""
    side = tiles.fit_tile(network, numbers, device)

    def work() -> None:
        tiles.enlarge(network, picture, scale, side, numbers.overlap, half=device.type == "cuda")

    asked = roofline.counted(work)
    reset(device)
    start = time.perf_counter()
    spent = roofline.spent(work, device)
    seconds = roofline.timed(work, device)
    print(f"upscaled three times in {time.perf_counter() - start:.2f} s, tiles of {side}")
    return told("upscaling", 1 / seconds, "pictures", asked / seconds / best, memory(device), spent)


def told(name: str, rate: float, unit: str, share: float, taken: str, spent: roofline.Spent) -> str:
    """One line."""
    parts = ", ".join(f"{key} {value:.0%}" for key, value in spent._asdict().items())
    return f"{name}: {rate:.2f} {unit}/s, {taken}, {share:.1%} of the peak ({parts}): limited by {spent.limit()}"


def reset(device: torch.device) -> None:
    """Begin to watch the device's memory."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def memory(device: torch.device) -> str:
    """The most that was taken since then."""
    return f"{torch.cuda.max_memory_allocated(device) / 1e9:.2f} GB" if device.type == "cuda" else "memory not watched"
