"""Vision-language models through transformers: how likely each word is as the answer, and free answers.

A rating is the expected value over rating words (Q-Align, arXiv 2312.17090): the softmax over the logits of their first
tokens at the place of the answer, times each word's value.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from native4k import provenance
from native4k.errors import UserError
from native4k.measure import columns, hardware
from native4k.measure.columns import Column, Model
from native4k.measure.hardware import Hardware
from native4k.params import params

if TYPE_CHECKING:
    from PIL import Image


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


class Vlm:
    """A model that is loaded, with its processor."""

    def __init__(self, named: ModelName, machine: Hardware) -> None:
        import torch
        import transformers

        self.name, self.device, self.dtype = named.model, hardware.device(machine), getattr(torch, named.dtype)
        options = hardware.local_options(machine, named.model, named.revision)
        with hardware.quiet(), hardware.explain_missing(machine, named.model, named.revision):
            self.processor: Any = transformers.AutoProcessor.from_pretrained(named.model, **options)
            model: Any = transformers.AutoModelForImageTextToText.from_pretrained(
                named.model, use_safetensors=True, dtype=self.dtype, **options
            )
        self.model = model.eval().to(self.device)
        self.weights = hardware.digest(self.model)

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
        talk = [{"role": "user", "content": content}]
        return str(self.processor.apply_chat_template(talk, add_generation_prompt=True, tokenize=False))

    def _inputs(self, image: np.ndarray, text: str) -> Any:
        given = self.processor(images=[_image_of(image)], text=text, return_tensors="pt", add_special_tokens=False)
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


def _image_of(image: np.ndarray) -> "Image.Image":
    from PIL import Image

    return Image.fromarray(image)


def column(name: str, rating: Rating, tiles: int, machine: Hardware, loaded: "ModelCache") -> Column:
    """A rating as a column of its own."""
    spec = [vars(rating) | {"model": vars(rating.model)}, *([tiles] if rating.view.startswith("tiles") else [])]
    values_of_words = np.array(list(rating.words.values()))

    def load() -> Model:
        vlm = loaded(rating.model, machine)

        def rate(pictures: list[np.ndarray]) -> list[float]:
            chances = [vlm.chances(one, rating.prompt, rating.answer, list(rating.words)) for one in pictures]
            return [float(np.dot(values_of_words, each)) for each in chances]

        return Model(lambda image: columns.rate_view(image, name, rating.view, tiles, rate), vlm.weights)

    return Column(name, columns.view_columns(name, rating.view), key(spec, machine), load)


def key(spec: Any, machine: Hardware) -> str:
    """What a model's answers depend on."""
    return provenance.definition_of([spec, machine.device], "measure.vlm", libraries=("transformers",))


class ModelCache:
    """Models, each loaded once however many columns ask it."""

    def __init__(self) -> None:
        self.models: dict[tuple[str, str | None, str], Vlm] = {}

    def __call__(self, named: ModelName, machine: Hardware) -> Vlm:
        """The model of a name."""
        place = (named.model, named.revision, named.dtype)
        if place not in self.models:
            self.models[place] = Vlm(named, machine)
        return self.models[place]
