"""Label each image: category, style, shot, people, by one or several labelers; 'unknown' where none predicts.

Labelers: words (of the caption; needs no weights), zeroshot (CLIP or SigLIP) and lmm (a vision-language model, here or
behind an endpoint). With several, each one's own prediction stands beside the label. The lmm may caption the images
anew. In a caption each listed word adds to an option's score, more the earlier it stands.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal, get_args

import pandas as pd
from pydantic import AfterValidator, Field

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import cache, hardware, lmm
from native4k.measure.columns import UNKNOWN, Column
from native4k.measure.hardware import Hardware
from native4k.measure.transformers_models import Zeroshot, zeroshot_column

Labeler = Literal["words", "zeroshot", "lmm"]
Chances = dict[str, float]
"""Option -> its probability; empty where a labeler predicts nothing."""

IGNORED = ""
"""The option of the phrases in `deaf`, which count for none."""


@params.params
class WordWeights:
    """How much words count."""

    telling: Annotated[float, Field(gt=0)]  # weight of a phrase that decides, against 1 of any other word
    half_way: Annotated[float, Field(gt=0)]  # words of the caption after which a word counts half


def check_disjoint(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Check that each word belongs to one option."""
    seen = dict[str, str]()
    for option, words in found.items():
        for word in words:
            other = seen.setdefault(word.lower(), option)
            if other != option:
                raise ValueError(f"{word!r} belongs to {other} and to {option}; a word may belong to one option only")
    return found


DisjointWords = Annotated[dict[str, list[str]], Field(min_length=1), AfterValidator(check_disjoint)]


@params.params
class Question:
    """Options, and how each labeler tells them: words of captions, texts like the image, a prompt with its answer."""

    words: DisjointWords
    telling: dict[str, list[str]]
    deaf: list[str]
    texts: dict[str, list[str]]
    prompt: str
    answer: str


@params.params
class Params:
    """The questions, each a column and a file of its own, and the labelers that answer them with their weights."""

    labelers: Annotated[dict[Labeler, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    least: Annotated[float, Field(ge=0, le=1)]
    loudness: WordWeights
    questions: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]], Field(min_length=1)]
    zeroshot: Zeroshot | None
    lmm: lmm.Lmm | None
    tiles: Annotated[int, Field(ge=1)]
    models: Hardware


def load_questions(folder: Path, names: Iterable[str]) -> dict[str, Question]:
    """The questions of these names, in this order."""
    paths = {name: folder / f"{name}.yaml" for name in names}
    return {
        name: params.validate(
            Question, params.parse_file(path, params.load_yaml, "label.questions names it"), f"{path}: {name}"
        )
        for name, path in paths.items()
    }


def caption_reader(
    words: dict[str, list[str]], telling: dict[str, list[str]], deaf: list[str], weights: WordWeights
) -> Callable[[str], dict[str, float]]:
    """A function that reads a caption: the share of its words for each option, empty if it has none of them."""
    phrases = {_normalise(word): (IGNORED, 0.0) for word in deaf}
    for found, weight in ((words, 1.0), (telling, weights.telling)):
        phrases |= {_normalise(word): (option, weight) for option, phrases_of in found.items() for word in phrases_of}
    longest = sorted(phrases, key=lambda word: (-len(word), word))
    # (?<!...) and (?!...) rather than \b: an underscore parts words, as in file names that serve as captions
    pattern = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, longest))})(?:e?s)?(?![a-z0-9])")
    space = re.compile(r"[\s_\-]+")

    def read(caption: str) -> dict[str, float]:
        text = space.sub(" ", caption.lower())
        scores = dict[str, float]()
        for match in pattern.finditer(text):
            option, weight = phrases[match[1]]
            place = text.count(" ", 0, match.start())
            scores[option] = scores.get(option, 0.0) + weight * weights.half_way / (weights.half_way + place)
        scores.pop(IGNORED, None)
        total = sum(scores.values())
        return {option: value / total for option, value in scores.items()}

    return read


def _normalise(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word.lower())


def label(table: pd.DataFrame, numbers: Params, questions: dict[str, Question]) -> pd.DataFrame:
    """Every question's label and confidence, of captions and of what was measured beside them."""
    found = pd.DataFrame(index=table.index)
    for name, question in questions.items():
        predicted = {labeler: _predictions(table, name, labeler, question, numbers) for labeler in numbers.labelers}
        labels = [
            combine(list(question.words), dict(zip(predicted, chances, strict=True)), numbers)
            for chances in zip(*predicted.values(), strict=True)
        ]
        found[name] = pd.Series([option for option, _ in labels], index=table.index, dtype="str")
        found[f"{name}_confidence"] = pd.Series([share for _, share in labels], index=table.index, dtype="float64")
        if "words" in predicted and len(predicted) > 1:
            found[f"{name}_words"] = [json.dumps(chances, sort_keys=True) for chances in predicted["words"]]
    return found


def _predictions(table: pd.DataFrame, name: str, labeler: str, question: Question, numbers: Params) -> list[Chances]:
    if labeler == "words":
        read = caption_reader(question.words, question.telling, question.deaf, numbers.loudness)
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
    weights = {labeler: numbers.labelers[labeler] for labeler, chances in predicted.items() if chances}
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
    if missing := [labeler for labeler in numbers.labelers if labeler != "words" and models[labeler] is None]:
        raise UserError(f"label.labelers: {missing[0]} has a weight, but label.{missing[0]} names no model")
    options = {name: list(question.words) for name, question in questions.items()}
    found = []
    if numbers.zeroshot is not None:
        texts = {name: question.texts for name, question in questions.items()}
        if textless := [name for name in texts if list(texts[name]) != options[name] or not all(texts[name].values())]:
            raise UserError(f"question {textless[0]!r}: each option of words needs texts, in order")
        found.append(zeroshot_column(numbers.zeroshot, texts, numbers.tiles, numbers.models))
    if numbers.lmm is not None:
        choices = {
            name: lmm.Choice(question.prompt, question.answer, options[name]) for name, question in questions.items()
        }
        found += lmm.columns_of(numbers.lmm, choices, numbers.tiles, numbers.models)
    return found


def add_words_argument(parser: argparse.ArgumentParser) -> None:
    """The folder of questions."""
    parser.add_argument(
        "--words",
        type=Path,
        default=Path("params/words"),
        help="what label.questions names, a file each (default: %(default)s)",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    cache.add_column_arguments(parser)
    add_words_argument(parser)


def run(args: argparse.Namespace) -> None:
    """Label a shard of the candidates."""
    numbers = params.load(Params, args.params, "label")
    questions = load_questions(args.words, numbers.questions)
    hardware.prepare(numbers.models)
    columns = model_columns(numbers, questions)
    measured, weights = cache.measured_shard(args, "label", columns, numbers.models.readers)
    labelled = pd.concat([measured, label(measured, numbers, questions)], axis="columns")
    tables.write(labelled.drop(columns="caption"), args.out, weights)
