"""What captions' words say: whole words, the longest match, early ones louder, telling phrases loudest."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from native4k import params
from native4k.errors import UserError
from native4k.measure import caption_words, label

ROOT = Path(__file__).parents[2]
WORDS = {"Food": ["bread", "apple"], "Urban": ["street", "city hall"], "Nature": ["rose", "bear"]}
TELLING = {"CGI": ["3d render"]}
DEAF = ["street food", "polar bear"]
READ = caption_words.caption_reader(WORDS, TELLING, DEAF, caption_words.WordWeights(telling=5.0, half_way=10.0))


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("bread", {"Food": 1.0}),
        ("Two APPLES", {"Food": 1.0}),
        ("a breadbasket of pineapple", {}),  # whole words only
        ("new_york-street_1920x1080.jpg", {"Urban": 1.0}),  # file names serve as captions
        ("City-Hall", {"Urban": 1.0}),
        ("street food", {}),  # the longest match, and that one speaks for nobody
        ("a polar bear, a bear", {"Nature": 1.0}),
        ("bread street", {"Food": 1 / (1 + 10 / 11), "Urban": 1 / (1 + 11 / 10)}),
        ("3D render of bread", {"CGI": 5 / (5 + 10 / 13), "Food": (10 / 13) / (5 + 10 / 13)}),
        ("", {}),
    ],
)
def test_each_word_speaks_for_its_option_the_earlier_the_louder(caption: str, said: dict[str, float]) -> None:
    assert READ(caption) == pytest.approx(said)


@given(caption=st.text(st.sampled_from("abdeprst y3-_"), max_size=60))
def test_what_is_said_are_shares(caption: str) -> None:
    said = READ(caption)
    assert not said or sum(said.values()) == pytest.approx(1)
    assert set(said) <= {"Food", "Urban", "Nature", "CGI"}


def test_a_word_that_would_speak_for_two_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="'Rose' belongs to Nature and to Food; a word may belong to one option only"
    ):
        TypeAdapter(caption_words.DisjointWords).validate_python({"Nature": ["rose"], "Food": ["bread", "Rose"]})


NUMBERS = params.load(label.Params, ROOT / "params.yaml", "label")
ASKED = caption_words.load_questions(ROOT / "params/words", NUMBERS.questions)


def test_of_300_captions_in_the_styles_of_three_sources_most_get_their_category() -> None:
    """They were written down with their category before the list of words was."""
    captions = pd.read_csv(Path(__file__).with_name("captions.csv"), keep_default_na=False)
    table = captions.assign(said=label.label(captions, NUMBERS, ASKED)["category"])
    right = table["said"] == table["category"]
    assert len(table) == 300
    assert table["category"].value_counts().between(46, 52).all()
    assert right.mean() >= 0.95
    assert right.groupby(table["style"]).mean().min() >= 0.9
    assert right.groupby(table["category"]).mean().min() >= 0.9
    two = table["also"] != ""
    assert two.sum() >= 70
    assert right[two].mean() >= 0.85  # those that mention two categories


def test_style_shot_and_people_are_told_by_words_too() -> None:
    captions = {
        "Macro shot of dew drops on a leaf": ("natural", "extreme close", "unknown"),
        "Aerial view of an empty beach, photograph": ("natural", "long", "nobody"),
        "Anime girl drawing": ("anime", "unknown", "people"),
        "Oil painting of a group of farmers": ("painting", "medium", "people"),
        "Gameplay screenshot, wide shot": ("game CGI", "long", "unknown"),
        "Portrait of a man": ("unknown", "close", "people"),
    }
    found = label.label(pd.DataFrame({"caption": list(captions)}), NUMBERS, ASKED)
    assert list(found[["style", "shot", "people"]].itertuples(index=False, name=None)) == list(captions.values())


def test_each_question_has_a_file_and_each_file_is_a_question() -> None:
    assert list(ASKED) == ["category", "style", "shot", "people"]
    assert {path.stem for path in (ROOT / "params/words").iterdir()} == set(ASKED)


def test_a_question_without_a_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"weather\.yaml: no such file; label\.questions names it$"):
        caption_words.load_questions(tmp_path, ["weather"])


def test_a_mistake_in_a_question_names_its_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "weather.yaml").write_text("words: {fair: [sun], foul: [sun]}")
    with pytest.raises(
        UserError, match=r"weather\.yaml: weather\.words: Value error, 'sun' belongs to fair and to foul"
    ):
        caption_words.load_questions(tmp_path, ["weather"])
