"""Ratings by an endpoint: a number between two bounds for each view of an image."""

from typing import Annotated, Any

from pydantic import Field

from native4k.measure import asked, views
from native4k.measure.column_spec import Column
from native4k.measure.endpoint import Question, Server
from native4k.params import params


@params
class Rating:
    """Who is asked what of which view, and the bounds of the number."""

    server: Server
    view: views.View
    prompt: Annotated[str, Field(min_length=1)]
    low: float
    high: float


def column(name: str, rating: Rating, tiles: int) -> Column:
    """The rating and whether it was given; the name carries the model and a hash of what is asked."""
    question = rate(rating)
    full = f"{name}_{asked.stamp(rating.server.model, rating.prompt, question.schema)}"

    def row(told: list[dict[str, Any] | None], status: str) -> dict[str, Any]:
        values = [float("nan") if one is None else float(one["score"]) for one in told]
        return views.gathered(full, rating.view, values) | {f"{full}_answer": status}

    made = (*views.columns(full, rating.view), f"{full}_answer")
    key = asked.key(rating.server, rating.view, tiles, rating.prompt, question.schema)
    return asked.column(asked.Asking(name, key, rating.server, question, rating.view, tiles, row), made)


def rate(rating: Rating) -> Question:
    """The question for a number within the bounds."""
    number = {"type": "number", "minimum": rating.low, "maximum": rating.high}
    schema = {"type": "object", "properties": {"score": number}, "required": ["score"], "additionalProperties": False}

    def read(tree: dict[str, Any]) -> dict[str, Any]:
        score = tree["score"]
        if isinstance(score, bool) or not isinstance(score, int | float) or not rating.low <= score <= rating.high:
            raise ValueError(f"score {score!r} is not a number from {rating.low} to {rating.high}")
        return {"score": float(score)}

    return Question(rating.prompt, schema, read)
