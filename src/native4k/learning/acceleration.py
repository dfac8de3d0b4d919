"""Mixed precision, compilation, memory layout and activation checkpointing: only rounding differs."""

import functools
from collections.abc import Iterator

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from native4k.learning.training import Training

PRECISION = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def prepare(modules: dict[str, nn.Module], numbers: Training) -> torch.memory_format:
    """Apply what the numbers ask for, and return the memory layout that inputs should have."""
    layout = torch.channels_last if numbers.channels_last else torch.contiguous_format
    for module in modules.values():
        module.to(memory_format=layout)
        if numbers.checkpointing:
            recompute(module)
        if numbers.compile:
            module.compile()
    return layout


def autocast(numbers: Training, device: torch.device) -> torch.autocast:
    """Compute products and convolutions in the chosen precision."""
    return torch.autocast(device.type, PRECISION[numbers.precision], enabled=numbers.precision != "float32")


def recompute(module: nn.Module) -> None:
    """Keep only the inputs of blocks, and compute the blocks again for their gradients."""
    for block in blocks(module):
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)


def blocks(module: nn.Module) -> Iterator[nn.Module]:
    """List the members of its outermost lists that are more than a layer."""
    for child in module.children():
        if isinstance(child, nn.ModuleList | nn.Sequential):
            yield from (block for block in child if list(block.children()))
        else:
            yield from blocks(child)
