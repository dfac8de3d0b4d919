"""Labels without training: which of several texts a CLIP or SigLIP finds most like the image, through transformers."""

import importlib.metadata
import json
from typing import TYPE_CHECKING, Any

from native4k import provenance
from native4k.measure import columns, hardware
from native4k.measure.columns import Column, Model
from native4k.measure.hardware import Hardware
from native4k.params import params

if TYPE_CHECKING:
    import torch
    from PIL import Image


@params
class Zeroshot:
    """A model: its hub name or folder and the commit on the hub; and what it is shown."""

    model: str
    revision: str | None
    view: columns.View


class Clip:
    """A model that is loaded, with its processor."""

    def __init__(self, named: Zeroshot, machine: Hardware) -> None:
        import transformers

        self.device = hardware.device(machine)
        options = hardware.local_options(machine, named.model, named.revision)
        with hardware.quiet(), hardware.explain_missing(machine, named.model, named.revision):
            self.processor: Any = transformers.AutoProcessor.from_pretrained(named.model, **options)
            model: Any = transformers.AutoModel.from_pretrained(named.model, use_safetensors=True, **options)
        self.model = model.eval().to(self.device)
        self.weights = hardware.digest(self.model)

    def texts(self, options: dict[str, list[str]]) -> "torch.Tensor":
        """A direction for each option: the mean of those of its texts."""
        import torch

        return torch.stack([_normalise(self._text(texts).mean(dim=0)) for texts in options.values()])

    def _text(self, texts: list[str]) -> "torch.Tensor":
        import torch

        padding = "max_length" if self.model.config.model_type.startswith("siglip") else True  # as SigLIP was trained
        given = self.processor(text=texts, padding=padding, truncation=True, return_tensors="pt").to(self.device)
        with torch.inference_mode():
            return _normalise(_features(self.model.get_text_features(**given)))

    def chances(self, image: "Image.Image", texts: "torch.Tensor") -> list[float]:
        """How likely each option is, of these options."""
        import torch

        given = self.processor(images=[image], return_tensors="pt").to(self.device)
        with torch.inference_mode():
            features = _normalise(_features(self.model.get_image_features(**given)))
            likeness = (self.model.logit_scale.exp() * features @ texts.T)[0]
        return [float(chance) for chance in torch.softmax(likeness.double(), dim=0)]


def _features(found: Any) -> "torch.Tensor":
    """The vectors, which newer versions wrap."""
    features: torch.Tensor = getattr(found, "pooler_output", found)
    return features


def _normalise(vectors: "torch.Tensor") -> "torch.Tensor":
    return vectors / vectors.norm(dim=-1, keepdim=True)


def column(
    name: str, numbers: Zeroshot, questions: dict[str, dict[str, list[str]]], tiles: int, machine: Hardware
) -> Column:
    """The chances of every question's options as one column each, from one look at the image."""
    made = tuple(f"{question}_{name}" for question in questions)
    spec = [vars(numbers), questions, tiles, machine.device, importlib.metadata.version("transformers")]

    def load() -> Model:
        clip = Clip(numbers, machine)
        texts = {question: clip.texts(options) for question, options in questions.items()}

        def rate(image: "Image.Image") -> dict[str, str]:
            shown = columns.view_images(image, numbers.view, tiles)
            return {
                f"{question}_{name}": mean_chances(options, [clip.chances(one, texts[question]) for one in shown])
                for question, options in questions.items()
            }

        return Model(rate, clip.weights)

    return Column(name, made, provenance.defined(spec, "measure.zeroshot"), load, nothing="")


def mean_chances(options: Any, chances: list[list[float]]) -> str:
    """Option -> its chance, averaged over what was shown, as JSON."""
    means = [sum(each) / len(chances) for each in zip(*chances, strict=True)]
    return json.dumps({option: round(mean, 4) for option, mean in zip(options, means, strict=True)})
