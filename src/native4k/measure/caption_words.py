"""Labels by a caption's words: each listed word adds to an option's score, more the earlier it stands."""

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from native4k import params

Words = Annotated[dict[str, list[str]], Field(min_length=1)]

UNKNOWN = "unknown"
"""The label where no labeler predicts anything."""

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


DisjointWords = Annotated[Words, AfterValidator(check_disjoint)]


@params.params
class Question:
    """Options, and how each labeler tells them: words of captions, texts like the image, a prompt with its answer."""

    words: DisjointWords
    telling: dict[str, list[str]]
    deaf: list[str]
    texts: dict[str, list[str]]
    prompt: str
    answer: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder of questions."""
    parser.add_argument(
        "--words",
        type=Path,
        default=Path("params/words"),
        help="what label.questions names, a file each (default: %(default)s)",
    )


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
