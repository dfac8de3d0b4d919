"""Labels and captions by a large multimodal model: through transformers here, or behind an endpoint."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from native4k.measure import asked, views, vlm
from native4k.measure.column_spec import Column, Model
from native4k.measure.endpoint import Question, Server
from native4k.measure.hardware import Hardware
from native4k.measure.zeroshot import shares
from native4k.params import params

if TYPE_CHECKING:
    from PIL import Image

CAPTION = "caption_lmm"


@params
class Caption:
    """What is asked for a caption, and its greatest length."""

    prompt: Annotated[str, Field(min_length=1)]
    tokens: Annotated[int, Field(ge=1)]


@params
class Here:
    """A model of transformers."""

    kind: Literal["transformers"]
    model: vlm.Named
    view: views.View
    caption: Caption | None


@params
class There:
    """A model behind an endpoint, asked all questions at once."""

    kind: Literal["endpoint"]
    server: Server
    view: views.View
    prompt: Annotated[str, Field(min_length=1)]  # goes before the questions
    caption: Caption | None


Lmm = Annotated[Here | There, Field(discriminator="kind")]


class Choice(NamedTuple):
    """A question, how its answer begins, and the answers to choose from."""

    prompt: str
    answer: str
    options: list[str]


def columns_of(numbers: Here | There, questions: dict[str, Choice], tiles: int, machine: Hardware) -> list[Column]:
    """The chances of every question's options, and the caption if one is asked for."""
    if isinstance(numbers, There):
        return [_there(numbers, questions, tiles)]
    loaded = vlm.Loaded()
    found = [_choices(numbers, questions, tiles, machine, loaded)]
    return found if numbers.caption is None else [*found, _caption(numbers, numbers.caption, machine, loaded)]


def _choices(numbers: Here, questions: dict[str, Choice], tiles: int, machine: Hardware, loaded: vlm.Loaded) -> Column:
    made = tuple(f"{name}_lmm" for name in questions)

    def load() -> Model:
        model = loaded(numbers.model, machine)

        def rate(image: "Image.Image") -> dict[str, str]:
            shown = views.views(image, numbers.view, tiles)
            return {
                f"{name}_lmm": shares(choice.options, [model.chances(one, *choice) for one in shown])
                for name, choice in questions.items()
            }

        return Model(rate, model.weights)

    spec = [vars(numbers.model), numbers.view, tiles, questions]
    return Column("lmm", made, vlm.key(spec, machine), load)


def _caption(numbers: Here, caption: Caption, machine: Hardware, loaded: vlm.Loaded) -> Column:
    def load() -> Model:
        model = loaded(numbers.model, machine)

        def rate(image: "Image.Image") -> dict[str, str]:
            seen = views.views(image, numbers.view, 1)[0]
            return {CAPTION: model.answer(seen, caption.prompt, caption.tokens)}

        return Model(rate, model.weights)

    spec = [vars(numbers.model), numbers.view, vars(caption)]
    return Column(CAPTION, (CAPTION,), vlm.key(spec, machine), load)


def _there(numbers: There, questions: dict[str, Choice], tiles: int) -> Column:
    question = every(numbers, questions)

    def row(told: list[dict[str, Any] | None], status: str) -> dict[str, Any]:
        answered = [one for one in told if one is not None]
        found: dict[str, Any] = {
            f"{name}_lmm": shares(choice.options, [_certain(choice.options, one[name]) for one in answered])
            if answered
            else ""
            for name, choice in questions.items()
        }
        if numbers.caption is not None:
            found[CAPTION] = answered[0]["caption"] if answered else ""
        return found | {"lmm_answer": status, "lmm_model": stamp}

    stamp = asked.stamp(numbers.server.model, question.prompt, question.schema)
    made = (*(f"{name}_lmm" for name in questions), *([CAPTION] if numbers.caption else []), "lmm_answer", "lmm_model")
    key = asked.key(numbers.server, numbers.view, tiles, question.prompt, question.schema)
    return asked.column(asked.Asking("lmm", key, numbers.server, question, numbers.view, tiles, row), made)


def _certain(options: list[str], chosen: str) -> list[float]:
    return [float(option == chosen) for option in options]


def every(numbers: There, questions: dict[str, Choice]) -> Question:
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
