"""Ratings, labels and captions by a large multimodal model: through transformers here, or behind an endpoint."""

import functools
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from native4k.measure import columns, transformers_models
from native4k.measure.columns import Column, Model
from native4k.measure.endpoint import Question, Server
from native4k.measure.endpoint_columns import EndpointColumn, model_stamp
from native4k.measure.hardware import Hardware
from native4k.measure.transformers_models import VlmLoader, mean_chances
from native4k.params import params

if TYPE_CHECKING:
    from PIL import Image


@params
class Rating:
    """The endpoint, the view, the prompt, and the bounds of the rating."""

    server: Server
    view: columns.View
    prompt: Annotated[str, Field(min_length=1)]
    low: float
    high: float


def rating_column(name: str, rating: Rating, tiles: int) -> Column:
    """The column of a rating and of its status; its name holds the model and a hash of the question."""
    question = rating_question(rating)
    full = f"{name}_{model_stamp(rating.server, question)}"

    def row(answers: list[dict[str, Any] | None], status: str) -> dict[str, Any]:
        values = [float("nan") if one is None else float(one["score"]) for one in answers]
        return columns.summarise_view(full, rating.view, values) | {f"{full}_answer": status}

    asked = EndpointColumn(name, rating.server, question, rating.view, tiles, row)
    return asked.column(*columns.view_columns(full, rating.view), f"{full}_answer")


def rating_question(rating: Rating) -> Question:
    """The question for a number within the bounds."""
    number = {"type": "number", "minimum": rating.low, "maximum": rating.high}
    schema = {"type": "object", "properties": {"score": number}, "required": ["score"], "additionalProperties": False}

    def read(tree: dict[str, Any]) -> dict[str, Any]:
        score = tree["score"]
        if isinstance(score, bool) or not isinstance(score, int | float) or not rating.low <= score <= rating.high:
            raise ValueError(f"score {score!r} is not a number from {rating.low} to {rating.high}")
        return {"score": float(score)}

    return Question(rating.prompt, schema, read)


CAPTION = "caption_lmm"


@params
class Caption:
    """The prompt for a caption, and its maximum of tokens."""

    prompt: Annotated[str, Field(min_length=1)]
    tokens: Annotated[int, Field(ge=1)]


@params
class LocalLmm:
    """A model of transformers."""

    kind: Literal["transformers"]
    model: transformers_models.ModelName
    view: columns.View
    caption: Caption | None


@params
class EndpointLmm:
    """A model behind an endpoint, with all questions in one request."""

    kind: Literal["endpoint"]
    server: Server
    view: columns.View
    prompt: Annotated[str, Field(min_length=1)]  # goes before the questions
    caption: Caption | None


Lmm = Annotated[LocalLmm | EndpointLmm, Field(discriminator="kind")]


class Choice(NamedTuple):
    """A question, how its answer begins, and the answers to choose from."""

    prompt: str
    answer: str
    options: list[str]


def columns_of(
    numbers: LocalLmm | EndpointLmm, questions: dict[str, Choice], tiles: int, machine: Hardware
) -> list[Column]:
    """The columns of every question's chances, and of the caption where params ask for one."""
    if isinstance(numbers, EndpointLmm):
        return [_endpoint_column(numbers, questions, tiles)]
    load_vlm = functools.cache(transformers_models.Vlm)
    found = [_local_choices(numbers, questions, tiles, machine, load_vlm)]
    return found if numbers.caption is None else [*found, _local_caption(numbers, numbers.caption, machine, load_vlm)]


def _local_choices(
    numbers: LocalLmm, questions: dict[str, Choice], tiles: int, machine: Hardware, load_vlm: VlmLoader
) -> Column:
    made = tuple(f"{name}_lmm" for name in questions)

    def load() -> Model:
        model = load_vlm(numbers.model, machine)

        def rate(image: "Image.Image") -> dict[str, str]:
            shown = columns.view_pixels(image, numbers.view, tiles)
            return {
                f"{name}_lmm": mean_chances(choice.options, [model.chances(one, *choice) for one in shown])
                for name, choice in questions.items()
            }

        return Model(rate, model.weights)

    spec = [vars(numbers.model), numbers.view, tiles, questions]
    return Column("lmm", made, transformers_models.key(spec, machine), load, nothing="")


def _local_caption(numbers: LocalLmm, caption: Caption, machine: Hardware, load_vlm: VlmLoader) -> Column:
    def load() -> Model:
        model = load_vlm(numbers.model, machine)

        def rate(image: "Image.Image") -> dict[str, str]:
            seen = columns.view_pixels(image, numbers.view, 1)[0]
            return {CAPTION: model.answer(seen, caption.prompt, caption.tokens)}

        return Model(rate, model.weights)

    spec = [vars(numbers.model), numbers.view, vars(caption)]
    return Column(CAPTION, (CAPTION,), transformers_models.key(spec, machine), load, nothing="")


def _endpoint_column(numbers: EndpointLmm, questions: dict[str, Choice], tiles: int) -> Column:
    question = combined_question(numbers, questions)

    def row(answers: list[dict[str, Any] | None], status: str) -> dict[str, Any]:
        answered = [one for one in answers if one is not None]
        found: dict[str, Any] = {
            f"{name}_lmm": mean_chances(choice.options, [_one_hot(choice.options, one[name]) for one in answered])
            if answered
            else ""
            for name, choice in questions.items()
        }
        if numbers.caption is not None:
            found[CAPTION] = answered[0]["caption"] if answered else ""
        return found | {"lmm_answer": status, "lmm_model": stamp}

    stamp = model_stamp(numbers.server, question)
    made = [*(f"{name}_lmm" for name in questions), *([CAPTION] if numbers.caption else [])]
    asked = EndpointColumn("lmm", numbers.server, question, numbers.view, tiles, row)
    return asked.column(*made, "lmm_answer", "lmm_model")


def _one_hot(options: list[str], chosen: str) -> list[float]:
    return [float(option == chosen) for option in options]


def combined_question(numbers: EndpointLmm, questions: dict[str, Choice]) -> Question:
    """All questions in one, each answered by one of its options."""
    fields: dict[str, Any] = {name: {"type": "string", "enum": choice.options} for name, choice in questions.items()}
    lines = [
        numbers.prompt,
        *(f"{name}: {choice.prompt} One of {json.dumps(choice.options)}." for name, choice in questions.items()),
    ]
    if numbers.caption is not None:
        fields["caption"] = {"type": "string"}
        lines.append(f"caption: {numbers.caption.prompt}")
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}

    def read(tree: dict[str, Any]) -> dict[str, Any]:
        for name, choice in questions.items():
            if tree[name] not in choice.options:
                raise ValueError(f"{name} {tree[name]!r} is none of {choice.options}")
        if "caption" in fields and not (isinstance(tree["caption"], str) and tree["caption"].strip()):
            raise ValueError("no caption")
        return tree

    return Question("\n".join(lines), schema, read)
