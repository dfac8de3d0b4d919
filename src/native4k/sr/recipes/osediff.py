"""OSEDiff's recipe (Wu et al. 2024, arXiv 2406.08177): pixel loss, LPIPS, and variational score distillation.

Two players take turns: the generator, and a regularizer that learns what the generator's latents look like with noise,
so that the difference between it and the untouched model says where they are unlike those of pictures.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn
from torch.nn import functional

from native4k.errors import UserError
from native4k.learning import micro_batches
from native4k.learning.recipe import Player, Recipe
from native4k.measure import hardware, metrics
from native4k.measure.hardware import Hardware
from native4k.params import params
from native4k.sr.networks.osediff import OSEDiff, stable_diffusion
from native4k.sr.recipes import Batch

Weight = Annotated[float, Ge(0)]


@params
class Lpips:
    """A differentiable metric of pyiqa (lpips-vgg as published), and its weight."""

    metric: str
    weight: Annotated[float, Gt(0)]


@params
class Vsd:
    """Variational score distillation: weights of both players, guidance, and the steps that noise is taken from."""

    weight: Weight
    regularizer: Weight
    guidance: float
    negative: str
    steps: tuple[Annotated[int, Ge(0)], Annotated[int, Gt(0)]]


@params
class Params:
    """What is minimised; units and sources are in params/paper.yaml."""

    kind: Literal["osediff"]
    pixel: Weight
    lpips: Lpips | None
    vsd: Vsd
    prompts: Literal["captions", "tagger", "fixed"]


class Models(NamedTuple):
    """The generator, the regularizer, and the untouched model."""

    network: OSEDiff
    regularizer: Any
    frozen: Any


def files(_: Params) -> list[Path]:
    """List nothing: pretrained models are loaded by name."""
    return []


def build(network: nn.Module, numbers: Params) -> Recipe:
    """Build two players over the weights of one diffusion model, which are in memory once."""
    if not isinstance(network, OSEDiff):
        raise UserError("training.recipe: osediff teaches a network of kind osediff alone; choose another recipe")
    check(network, numbers)
    device = network.signal.device
    models = load_models(network, device)
    lpips = None if numbers.lpips is None else load_metric(numbers.lpips.metric, network.shape.weights, device)
    negative = network.embed([numbers.vsd.negative])

    def generator(batch: Batch) -> dict[str, Tensor]:
        made = network.make(batch.small, prompts(network, batch, numbers.prompts))
        batch.shared |= {"latents": made.latents.detach(), "text": made.text}
        losses = {"pixel": numbers.pixel * functional.mse_loss(made.picture * 2 - 1, batch.large * 2 - 1)}
        if numbers.lpips is not None and lpips is not None:
            losses["lpips"] = numbers.lpips.weight * lpips(made.picture, batch.large).mean()
        if numbers.vsd.weight:
            losses["vsd"] = numbers.vsd.weight * distillation(models, made.latents, made.text, negative, numbers.vsd)
        return losses

    def regularizer(batch: Batch) -> dict[str, Tensor]:
        found = denoising(models, batch.shared["latents"], batch.shared["text"])
        return {"regularizer": numbers.vsd.regularizer * found}

    players = (
        Player("generator", trained_weights(network), 1.0, generator),
        Player("regularizer", trained_weights(models.regularizer), 1.0, regularizer),
    )
    return Recipe(network, players, {"network": network, "regularizer": models.regularizer})


def check(network: OSEDiff, numbers: Params) -> None:
    """Refuse numbers that do not go with the network."""
    first, last = numbers.vsd.steps
    if not first < last <= len(network.signal):
        raise UserError(f"training.recipe.vsd.steps: {first} to {last} are not within 0 to {len(network.signal)}")
    if numbers.prompts == "tagger" and network.tagger is None:
        raise UserError("training.recipe.prompts: tagger, but network.tagger is null; name a model there")


def load_models(network: OSEDiff, device: torch.device) -> Models:
    """Load a regularizer and an untouched model, which share the generator's frozen weights."""
    shape = network.shape
    untouched = stable_diffusion.load(shape.base, shape.revision, shape.weights).unet
    regularizer = stable_diffusion.share_weights(untouched)
    stable_diffusion.adapt(regularizer, shape.rank, shape.alpha, stable_diffusion.of_unet)
    return Models(network, regularizer.to(device), untouched.to(device))


def load_metric(metric: str, weights: str | None, device: torch.device) -> Any:
    """Load a differentiable metric of pyiqa; missing weights are one clear line."""
    machine, threads = Hardware(device="auto", batch=1, readers=1, weights=weights), torch.get_num_threads()
    hardware.prepare(machine)
    try:
        return metrics.create(metric, machine, "FR").net.requires_grad_(False).eval().to(device)
    except UserError as error:
        raise UserError(f"training.recipe.lpips: {error}") from None
    finally:
        torch.set_num_threads(threads)  # which create sets to 1, for digits that do not depend on it


def trained_weights(module: nn.Module) -> list[nn.Parameter]:
    """List the weights that are not frozen."""
    return [weight for weight in module.parameters() if weight.requires_grad]


def prompts(network: OSEDiff, batch: Batch, kind: str) -> list[str]:
    """Return the generator's prompts: captions of the dataset, a tagger's of the originals, or always the same."""
    if kind == "captions":
        return [caption or network.shape.prompt for caption in batch.captions]
    if kind == "tagger":
        return network.prompts(batch.large)
    return [network.shape.prompt] * len(batch.large)


def distillation(models: Models, latents: Tensor, text: Tensor, negative: Tensor, numbers: Vsd) -> Tensor:
    """Return the loss whose gradient is the difference between model and regularizer (equation 8)."""
    network, times = models.network, _times(len(latents), *numbers.steps, latents.device)
    signal = network.signal[times][:, None, None, None]
    with torch.no_grad():
        noisy = stable_diffusion.add_noise(latents, micro_batches.draw_normal(latents), signal)
        predicted = models.regularizer(noisy, times, encoder_hidden_states=text).sample.float()
        unlike, like = (
            models.frozen(noisy, times, encoder_hidden_states=prompt).sample.float()
            for prompt in (negative.expand_as(text), text)
        )
        theirs = stable_diffusion.remove_noise(noisy, unlike + numbers.guidance * (like - unlike), signal, network.kind)
        ours = stable_diffusion.remove_noise(noisy, predicted, signal, network.kind)
        away = (ours - theirs) / (latents - theirs).abs().mean((1, 2, 3), keepdim=True)
        wanted = latents - away
    return functional.mse_loss(latents, wanted)


def denoising(models: Models, latents: Tensor, text: Tensor) -> Tensor:
    """Return the diffusion loss on the generator's latents, by which the regularizer follows it (equation 9)."""
    network, times = models.network, _times(len(latents), 0, len(models.network.signal), latents.device)
    signal = network.signal[times][:, None, None, None]
    noise = micro_batches.draw_normal(latents)
    noisy = stable_diffusion.add_noise(latents, noise, signal)
    predicted = models.regularizer(noisy, times, encoder_hidden_states=text).sample.float()
    return functional.mse_loss(predicted, stable_diffusion.target(latents, noise, signal, network.kind))


def _times(count: int, first: int, last: int, device: torch.device) -> Tensor:
    return micro_batches.draw_rows(lambda rows: torch.randint(first, last, (rows,), device=device), count)
