"""OSEDiff (Wu et al. 2024, arXiv 2406.08177): one step of Stable Diffusion, taught by low-rank weights.

A picture is enlarged by bicubic, becomes latents, goes one step of diffusion, and comes back with its colours kept. Its
prompt is fixed, a caption, or what any image-to-text model of transformers says of it.
"""

import copy
from typing import Annotated, Any, Literal, NamedTuple

import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn

from native4k import resample
from native4k.errors import UserError
from native4k.learning import micro_batches
from native4k.measure import hardware
from native4k.measure.hardware import Hardware
from native4k.params import params
from native4k.sr.networks.osediff import colour, stable_diffusion

Positive = Annotated[int, Gt(0)]


@params
class TaggerParams:
    """The model's hub name or folder, its commit on the hub, and how much it may say."""

    model: str
    revision: str | None
    tokens: Annotated[int, Gt(0)]


@params
class Params:
    """The network's shape; units and sources are in params/paper.yaml."""

    kind: Literal["osediff"]
    base: str
    revision: str | None
    weights: str | None
    rank: Positive
    alpha: Positive
    conv_in: bool
    step: Annotated[int, Ge(0)]
    prompt: str
    tagger: TaggerParams | None
    tile: Positive
    overlap: Annotated[int, Ge(0)]
    colour: colour.Fix


class Made(NamedTuple):
    """A picture, with what the losses need besides."""

    picture: Tensor
    latents: Tensor
    text: Tensor


class OSEDiff(nn.Module):
    """One step of diffusion; only low-rank weights (and the UNet's first layer, if wanted) are learned.

    While it learns, latents are drawn and colours are left as they come; in use, both are settled.
    """

    signal: Tensor

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        found = stable_diffusion.load(shape.base, shape.revision, shape.weights)
        check(shape, len(found.signal))
        self.shape, self.scale, self.kind, self.tokenizer = shape, scale, found.kind, found.tokenizer
        self.hidden = {name: getattr(shape, name) for name in ("kind", "base", "revision", "alpha", "step")}
        self.text, self.vae, self.unet = (
            stable_diffusion.share_weights(part) for part in (found.text, found.vae, found.unet)
        )
        if shape.conv_in:
            self.unet.conv_in = copy.deepcopy(self.unet.conv_in)
        stable_diffusion.adapt(self.unet, shape.rank, shape.alpha, stable_diffusion.of_unet)
        if shape.conv_in:
            self.unet.conv_in.requires_grad_()
        stable_diffusion.adapt(self.vae, shape.rank, shape.alpha, stable_diffusion.of_encoder)
        self.tagger = None if shape.tagger is None else Tagger(shape.tagger, shape.weights)
        self.register_buffer("signal", found.signal, persistent=False)
        self.factor = float(self.vae.config["scaling_factor"])
        deepest = len(self.vae.config["block_out_channels"]) + len(self.unet.config["block_out_channels"]) - 2
        self.multiple = 2**deepest  # pixels: so that each halving comes out even

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        return self.make(image, None).picture

    def make(self, image: Tensor, prompts: list[str] | None) -> Made:
        """Enlarge pictures by their prompts or, if there are none, by the tagger's or `prompt`."""
        height, width = (side * self.scale for side in image.shape[-2:])
        bicubic = resample.imresize(image, self.scale).clamp(0, 1)
        text = self.embed(prompts or self.prompts(bicubic))
        seen = self.vae.encode(resample.pad_to_multiple(bicubic, self.multiple) * 2 - 1).latent_dist
        drawn = seen.mean + seen.std * micro_batches.draw_normal(seen.mean) if self.training else seen.mode()
        noisy = drawn.float() * self.factor
        predicted = stable_diffusion.predict_tiles(
            lambda tile: self.predict(tile, text), noisy, self.shape.tile, self.shape.overlap
        )
        clean = stable_diffusion.remove_noise(noisy, predicted, self.signal[self.shape.step], self.kind)
        decoded = self.vae.decode(clean / self.factor).sample.float().clamp(-1, 1)
        picture = ((decoded + 1) / 2)[..., :height, :width]
        if not self.training:
            picture = colour.match_colours(picture, bicubic, self.shape.colour)
        return Made(picture, clean, text)

    def predict(self, noisy: Tensor, text: Tensor) -> Tensor:
        """Run the UNet on latents at the one step."""
        step = torch.full((len(noisy),), self.shape.step, device=noisy.device)
        return self.unet(noisy, step, encoder_hidden_states=text).sample

    def prompts(self, pictures: Tensor) -> list[str]:
        """Return prompts for pictures that have none: the tagger's, or always `prompt`."""
        return [self.shape.prompt] * len(pictures) if self.tagger is None else self.tagger(pictures)

    @torch.no_grad()
    def embed(self, prompts: list[str]) -> Tensor:
        """Encode prompts as the UNet reads them: (n, tokens, features)."""
        given = self.tokenizer(
            prompts,
            padding="max_length",
            truncation=True,
            max_length=self.tokenizer.model_max_length,
            return_tensors="pt",
        )
        return self.text(given.input_ids.to(self.signal.device)).last_hidden_state


class Tagger(nn.Module):
    """Captions pictures."""

    def __init__(self, numbers: TaggerParams, weights: str | None) -> None:
        super().__init__()
        machine = Hardware(device="auto", batch=1, readers=1, weights=weights)
        options = hardware.local_options(machine, numbers.model, numbers.revision)
        self.tokens = numbers.tokens
        with hardware.quiet(), hardware.explain_missing(machine, numbers.model, numbers.revision):
            import transformers

            self.processor: Any = transformers.AutoProcessor.from_pretrained(numbers.model, **options)
            model: Any = transformers.AutoModelForImageTextToText.from_pretrained(
                numbers.model, use_safetensors=True, **options
            )
        self.model = model.eval().requires_grad_(requires_grad=False)

    def train(self, mode: bool = True) -> "Tagger":
        """Stay in evaluation mode: nothing is learned here, and captions are not random."""
        del mode
        return super().train(mode=False)

    @torch.no_grad()
    def forward(self, pictures: Tensor) -> list[str]:
        """The most likely caption of each of (n, 3, height, width) with values 0 to 1."""
        shown = [resample.to_pixels(picture.float()) for picture in pictures]
        with hardware.quiet():
            given = self.processor(images=shown, return_tensors="pt").to(pictures.device)
            made = self.model.generate(**given, do_sample=False, num_beams=1, max_new_tokens=self.tokens)
        return [text.strip() for text in self.processor.batch_decode(made, skip_special_tokens=True)]


def build(shape: Params, scale: int) -> OSEDiff:
    """Load the diffusion model and add untrained low-rank weights."""
    return OSEDiff(shape, scale)


def check(shape: Params, steps: int) -> None:
    """Refuse a shape that cannot be built."""
    if shape.overlap >= shape.tile:
        raise UserError(f"osediff: overlap {shape.overlap} must be less than tile {shape.tile}")
    if shape.step >= steps:
        raise UserError(f"osediff: step {shape.step} is beyond the {steps} steps of {shape.base}")
