"""Prompts from the pictures themselves: any image-to-text model of transformers."""

from typing import Annotated, Any

import torch
from annotated_types import Gt
from torch import Tensor, nn

from native4k.measure import hardware
from native4k.measure.hardware import Hardware
from native4k.params import params
from native4k.sr import resample


@params
class Params:
    """The model's hub name or folder, its commit on the hub, and how much it may say."""

    model: str
    revision: str | None
    tokens: Annotated[int, Gt(0)]


class Tagger(nn.Module):
    """Captions pictures."""

    def __init__(self, numbers: Params, weights: str | None) -> None:
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
