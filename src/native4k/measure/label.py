"""Label each image: category, style, shot, people. Several labelers can vote; 'unknown' where none predicts.

Labelers: words (of the caption; needs no weights), zeroshot (CLIP or SigLIP) and lmm (a vision-language model, here or
behind an endpoint). With several, each one's own answer stands beside the vote. The lmm may caption the images anew.
"""

import argparse
import json
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import Field

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import caption_words, column_cache, hardware, lmm, zeroshot
from native4k.measure.caption_words import UNKNOWN, Question
from native4k.measure.columns import Column
from native4k.measure.hardware import Hardware

Labeler = Literal["words", "zeroshot", "lmm"]
Chances = dict[str, float]
"""Option -> its probability; empty where a labeler predicts nothing."""


@params.params
class Params:
    """The questions, each a column and a file of its own, and the labelers that answer them with their weights."""

    votes: Annotated[dict[Labeler, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    least: Annotated[float, Field(ge=0, le=1)]
    loudness: caption_words.WordWeights
    questions: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]], Field(min_length=1)]
    zeroshot: zeroshot.Zeroshot | None
    lmm: lmm.Lmm | None
    tiles: Annotated[int, Field(ge=1)]
    models: Hardware


def label(table: pd.DataFrame, numbers: Params, questions: dict[str, Question]) -> pd.DataFrame:
    """Every question's label and confidence, of captions and of what was measured beside them."""
    found = pd.DataFrame(index=table.index)
    for name, question in questions.items():
        predicted = {labeler: _predictions(table, name, labeler, question, numbers) for labeler in numbers.votes}
        votes = [
            combine(list(question.words), dict(zip(predicted, each, strict=True)), numbers)
            for each in zip(*predicted.values(), strict=True)
        ]
        found[name] = pd.Series([option for option, _ in votes], index=table.index, dtype="str")
        found[f"{name}_confidence"] = pd.Series([share for _, share in votes], index=table.index, dtype="float64")
        if "words" in predicted and len(predicted) > 1:
            found[f"{name}_words"] = [json.dumps(each, sort_keys=True) for each in predicted["words"]]
    return found


def _predictions(table: pd.DataFrame, name: str, labeler: str, question: Question, numbers: Params) -> list[Chances]:
    if labeler == "words":
        read = caption_words.caption_reader(question.words, question.telling, question.deaf, numbers.loudness)
        return [
            {option: round(share, 4) for option, share in read(caption).items()}
            for caption in table["caption"].fillna("").astype(str)
        ]
    column = f"{name}_{labeler}"
    if column not in table:
        return [{} for _ in range(len(table))]
    return [json.loads(chances) if isinstance(chances, str) and chances else {} for chances in table[column]]


def combine(options: list[str], predicted: dict[Labeler, Chances], numbers: Params) -> tuple[str, float]:
    """The option with the largest share of the weights of the labelers that predict, and that share; ties in order."""
    weights = {labeler: numbers.votes[labeler] for labeler, chances in predicted.items() if chances}
    if not weights:
        return UNKNOWN, 0.0
    shares = {
        option: sum(weight * predicted[labeler].get(option, 0.0) for labeler, weight in weights.items())
        for option in options
    }
    best = max(options, key=lambda option: shares[option])
    share = round(shares[best] / sum(weights.values()), 4)
    return (best if share >= numbers.least else UNKNOWN), share


def model_columns(numbers: Params, questions: dict[str, Question]) -> list[Column]:
    """The columns that models fill; none if only the words of captions are used."""
    models = {labeler: getattr(numbers, labeler) for labeler in get_args(Labeler) if labeler != "words"}
    if silent := [labeler for labeler in numbers.votes if labeler != "words" and models[labeler] is None]:
        raise UserError(f"params label: {silent[0]} has votes, but label.{silent[0]} names no model")
    options = {name: list(question.words) for name, question in questions.items()}
    found = []
    if numbers.zeroshot is not None:
        texts = {name: question.texts for name, question in questions.items()}
        if missing := [name for name in texts if list(texts[name]) != options[name] or not all(texts[name].values())]:
            raise UserError(f"question {missing[0]!r}: each option of words needs texts, in order")
        found.append(zeroshot.column("zeroshot", numbers.zeroshot, texts, numbers.tiles, numbers.models))
    if numbers.lmm is not None:
        choices = {
            name: lmm.Choice(question.prompt, question.answer, options[name]) for name, question in questions.items()
        }
        found += lmm.columns_of(numbers.lmm, choices, numbers.tiles, numbers.models)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    column_cache.add_arguments(parser)
    caption_words.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Label a shard of the candidates."""
    numbers = params.load(Params, args.params, "label")
    questions = caption_words.load_questions(args.words, numbers.questions)
    hardware.prepare(numbers.models)
    table, files = column_cache.shard(args)
    filled = column_cache.fill(
        files, model_columns(numbers, questions), column_cache.places(args, "label"), numbers.models.readers
    )
    measured = table[["id", "caption", "sha256"]].merge(filled.rows, on="sha256", how="left")
    labelled = pd.concat([measured, label(measured, numbers, questions)], axis="columns")
    tables.write(
        labelled.drop(columns=["caption", "sha256"]), args.out, {"weights": json.dumps(filled.weights, sort_keys=True)}
    )
