"""Models through transformers: vision-language models, which answer questions, and CLIP or SigLIP, which compare texts.

A rating is the expected value over rating words (Q-Align, arXiv 2312.17090): the softmax over the logits of their first
tokens at the place of the answer, times each word's value. A zero-shot label is the option whose texts a CLIP or SigLIP
finds most like the image.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from native4k import provenance
from native4k.errors import UserError
from native4k.measure import columns, hardware
from native4k.measure.columns import Column, Model
from native4k.measure.hardware import Hardware
from native4k.params import params

if TYPE_CHECKING:
    import torch


@params
class ModelName:
    """A model: its hub name or folder, the commit on the hub, and the arithmetic it runs in."""

    model: str
    revision: str | None
    dtype: Literal["float32", "float16", "bfloat16"]


@params
class Rating:
    """The model, the prompt about a view, how the answer begins, and the value of each word that may follow."""

    model: ModelName
    view: columns.View
    prompt: str
    answer: str
    words: Annotated[dict[str, float], Field(min_length=2)]


@params
class Zeroshot:
    """A model: its hub name or folder and the commit on the hub; and what it is shown."""

    model: str
    revision: str | None
    view: columns.View


class LoadedModel:
    """A model of one of transformers' classes, with its processor."""

    def __init__(self, kind: str, named: ModelName | Zeroshot, machine: Hardware, **more: Any) -> None:
        import transformers

        self.device = hardware.device(machine)
        options = hardware.local_options(machine, named.model, named.revision)
        with hardware.quiet(), hardware.explain_missing(machine, named.model, named.revision):
            self.processor: Any = transformers.AutoProcessor.from_pretrained(named.model, **options)
            auto: Any = getattr(transformers, kind)
            model = auto.from_pretrained(named.model, use_safetensors=True, **more, **options)
        self.model = model.eval().to(self.device)
        self.weights = hardware.digest(self.model)


class Vlm(LoadedModel):
    """A vision-language model."""

    def __init__(self, named: ModelName, machine: Hardware) -> None:
        import torch

        self.name, self.dtype = named.model, getattr(torch, named.dtype)
        super().__init__("AutoModelForImageTextToText", named, machine, dtype=self.dtype)

    def chances(self, image: np.ndarray, prompt: str, answer: str, words: list[str]) -> list[float]:
        """How likely each word is to follow the answer's beginning, of these words."""
        import torch

        text = self._chat_prompt(prompt) + answer
        tokens = self._first_tokens(text, words)
        with torch.inference_mode():
            logits = self.model(**self._inputs(image, text)).logits[0, -1]
        return [float(chance) for chance in torch.softmax(logits[tokens].double(), dim=0)]

    def answer(self, image: np.ndarray, prompt: str, tokens: int) -> str:
        """The most likely free answer, of so many tokens at most."""
        import torch

        given = self._inputs(image, self._chat_prompt(prompt))
        with torch.inference_mode(), hardware.quiet():
            made = self.model.generate(**given, do_sample=False, max_new_tokens=tokens)
        begun = given["input_ids"].shape[1]
        return str(self.processor.batch_decode(made[:, begun:], skip_special_tokens=True)[0]).strip()

    def _chat_prompt(self, prompt: str) -> str:
        content = [{"type": "image"}, {"type": "text", "text": prompt}]
        messages = [{"role": "user", "content": content}]
        return str(self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def _inputs(self, image: np.ndarray, text: str) -> Any:
        given = self.processor(
            images=[Image.fromarray(image)], text=text, return_tensors="pt", add_special_tokens=False
        )
        return given.to(self.device, dtype=self.dtype)  # of floats only: tokens stay whole numbers

    def _first_tokens(self, text: str, words: list[str]) -> list[int]:
        """The token that each word begins with where it follows the text."""

        def tokens(line: str) -> list[int]:
            return list(self.processor.tokenizer(line, add_special_tokens=False)["input_ids"])

        before = tokens(text)
        found = {word: tokens(f"{text} {word}") for word in words}
        firsts = {word: line[len(before)] for word, line in found.items() if line[: len(before)] == before}
        if len(firsts) < len(words) or len(set(firsts.values())) < len(words):
            raise UserError(
                f"{self.name}: of the answers {', '.join(words)} some begin with the same token; reword them"
            )
        return [firsts[word] for word in words]


VlmLoader = Callable[[ModelName, Hardware], Vlm]
"""Load a model, each once however many columns use it."""


def rating_column(name: str, rating: Rating, tiles: int, machine: Hardware, load_vlm: VlmLoader) -> Column:
    """A rating as a column of its own."""
    spec = [vars(rating) | {"model": vars(rating.model)}, *columns.shared_tiles(rating.view, tiles)]
    values_of_words = np.array(list(rating.words.values()))

    def load() -> Model:
        vlm = load_vlm(rating.model, machine)

        def rate(pictures: list[np.ndarray]) -> list[float]:
            chances = [vlm.chances(one, rating.prompt, rating.answer, list(rating.words)) for one in pictures]
            return [float(np.dot(values_of_words, each)) for each in chances]

        return Model(lambda image: columns.rate_view(image, name, rating.view, tiles, rate), vlm.weights)

    return Column(name, columns.view_columns(name, rating.view), key(spec, machine), load)


def key(spec: Any, machine: Hardware) -> str:
    """What a model's answers depend on."""
    return provenance.definition_of(
        [spec, machine.device], "measure.transformers_models", libraries=("torch", "transformers")
    )


class Clip(LoadedModel):
    """A CLIP or SigLIP."""

    def __init__(self, named: Zeroshot, machine: Hardware) -> None:
        super().__init__("AutoModel", named, machine)

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

    def chances(self, image: Image.Image, texts: "torch.Tensor") -> list[float]:
        """How likely each option is, of these options."""
        import torch

        given = self.processor(images=[image], return_tensors="pt").to(self.device)
        with torch.inference_mode():
            features = _normalise(_features(self.model.get_image_features(**given)))
            similarity = (self.model.logit_scale.exp() * features @ texts.T)[0]
        return [float(chance) for chance in torch.softmax(similarity.double(), dim=0)]


def _features(found: Any) -> "torch.Tensor":
    """The vectors in what transformers returns, which newer versions wrap."""
    features: torch.Tensor = getattr(found, "pooler_output", found)
    return features


def _normalise(vectors: "torch.Tensor") -> "torch.Tensor":
    return vectors / vectors.norm(dim=-1, keepdim=True)


def zeroshot_column(
    numbers: Zeroshot, questions: dict[str, dict[str, list[str]]], tiles: int, machine: Hardware
) -> Column:
    """The chances of every question's options as one column each; the image is encoded once."""
    made = tuple(f"{question}_zeroshot" for question in questions)

    def load() -> Model:
        clip = Clip(numbers, machine)
        texts = {question: clip.texts(options) for question, options in questions.items()}

        def rate(image: Image.Image) -> dict[str, str]:
            pictures = columns.view_images(image, numbers.view, tiles)
            return {
                f"{question}_zeroshot": mean_chances(options, [clip.chances(one, texts[question]) for one in pictures])
                for question, options in questions.items()
            }

        return Model(rate, clip.weights)

    return Column("zeroshot", made, key([vars(numbers), questions, tiles], machine), load, nothing="")


def mean_chances(options: Any, chances: list[list[float]]) -> str:
    """Option -> its chance, averaged over an image's tiles, as JSON."""
    means = [sum(each) / len(chances) for each in zip(*chances, strict=True)]
    return json.dumps({option: round(mean, 4) for option, mean in zip(options, means, strict=True)})
