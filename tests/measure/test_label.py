"""Labels by weighted labelers: words of captions here; the others have tests of their own (zeroshot, vlm, endpoint)."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import label, probe
from native4k.measure.columns import UNKNOWN

ROOT = Path(__file__).parents[2]
OPTIONS = ["Food", "Urban", "CGI"]


BASE = params.read(ROOT / "params.yaml")["label"]
SMALL = {
    "words": {"Food": ["bread"], "Nature": ["dog"]},
    "telling": {},
    "deaf": [],
    "texts": {},
    "prompt": "",
    "answer": "",
}
ASKED = {"category": params.validate(label.Question, SMALL, "category")}


def numbers(**changed: Any) -> label.Params:
    return params.validate(label.Params, BASE | {"questions": ["category"]} | changed, "label")


def combined(predicted: dict[Any, dict[str, float]], **changed: Any) -> tuple[str, float]:
    return label.combine(OPTIONS, predicted, numbers(**changed))


def test_the_option_with_the_most_weight_wins_and_ties_go_in_order() -> None:
    labelers = {"words": 1.0, "zeroshot": 2.0, "lmm": 1.0}
    assert combined(
        {"words": {"Food": 1.0}, "zeroshot": {"Urban": 0.5, "CGI": 0.5}, "lmm": {"CGI": 1.0}}, labelers=labelers
    ) == ("CGI", 0.5)
    assert combined({"words": {"CGI": 0.5, "Urban": 0.5}}) == ("Urban", 0.5)


def test_a_labeler_that_predicts_nothing_does_not_count() -> None:
    labelers = {"words": 9.0, "zeroshot": 1.0}
    assert combined({"words": {}, "zeroshot": {"Urban": 0.7, "Food": 0.3}}, labelers=labelers) == ("Urban", 0.7)
    assert combined({"words": {}, "zeroshot": {}}, labelers=labelers) == (UNKNOWN, 0.0)


def test_under_the_least_confidence_the_label_is_unknown_and_the_confidence_still_said() -> None:
    assert combined({"words": {"Food": 0.6, "CGI": 0.4}}, least=0.7) == (UNKNOWN, 0.6)
    assert combined({"words": {"Food": 0.7, "CGI": 0.3}}, least=0.7) == ("Food", 0.7)


WEIGHTED = numbers(labelers={"words": 1.0, "zeroshot": 2.0, "lmm": 0.5})
shares = st.dictionaries(st.sampled_from(OPTIONS), st.floats(0.01, 1), max_size=3).map(
    lambda said: {option: share / sum(said.values()) for option, share in said.items()}
)


@given(predicted=st.dictionaries(st.sampled_from(["words", "zeroshot", "lmm"]), shares, min_size=1))
def test_a_label_is_an_option_with_a_share(predicted: dict[Any, dict[str, float]]) -> None:
    option, share = label.combine(OPTIONS, predicted, WEIGHTED)
    assert 0 <= share <= 1
    assert (option == UNKNOWN) == (share == 0)


WORDS = numbers()


@given(captions=st.lists(st.text(st.sampled_from("abdeprt s3-"), max_size=20), max_size=10))
def test_a_label_depends_on_its_caption_alone(captions: list[str]) -> None:
    table = pd.DataFrame({"caption": pd.Series(captions, dtype="str")})
    found = label.label(table, WORDS, ASKED)
    for place in range(len(captions)):
        alone = label.label(table[place : place + 1], WORDS, ASKED)
        assert alone.to_numpy().tolist() == found[place : place + 1].to_numpy().tolist()


def test_with_several_labelers_each_prediction_stands_beside_the_label() -> None:
    table = pd.DataFrame({"caption": ["bread", "a dog"]})
    table["category_zeroshot"] = [json.dumps({"Nature": 1.0}), None]
    found = label.label(table, numbers(labelers={"words": 1.0, "zeroshot": 2.0}), ASKED)
    assert found["category"].tolist() == ["Nature", "Nature"]
    assert found["category_words"].map(json.loads).tolist() == [{"Food": 1.0}, {"Nature": 1.0}]


def test_the_step_labels_a_shard_by_words_without_opening_an_image(store: Any, mixed: dict[str, str]) -> None:
    probe.run(store.args("probe.parquet"))
    for path in store.folder.glob("*/*.png"):
        path.unlink()
    label.run(store.args("label.parquet"))
    table = tables.read(store.root / "label.parquet")
    assert table.columns.tolist() == ["id", "category", "category_confidence"]
    assert sorted(table["id"]) == sorted(mixed)
    assert table["category"].value_counts().to_dict() == {"unknown": len(mixed) - 2, "Food": 1, "Urban": 1}


def test_a_shard_without_rows_is_a_table_without_rows(store: Any, mixed: dict[str, str]) -> None:
    number = next(number for number in range(99) if all(int(id_[:8], 16) * 99 >> 32 != number for id_ in mixed))
    probe.run(store.args("probe.parquet", f"{number}/99"))
    label.run(store.args("label.parquet", f"{number}/99"))
    table = tables.read(store.root / "label.parquet")
    assert (len(table), table.columns.tolist()) == (0, ["id", "category", "category_confidence"])


def test_a_labeler_without_a_model_is_one_line() -> None:
    with pytest.raises(UserError, match=r"label\.labelers: zeroshot has a weight, but label\.zeroshot names no model"):
        label.model_columns(numbers(labelers={"zeroshot": 1.0}), ASKED)


def test_an_option_without_texts_is_one_line() -> None:
    asked = {"category": params.validate(label.Question, SMALL | {"texts": {"Food": ["food"]}}, "category")}
    wanted = numbers(zeroshot={"model": "x", "revision": None, "view": "full"})
    with pytest.raises(UserError, match="question 'category': each option of words needs texts"):
        label.model_columns(wanted, asked)


@pytest.mark.parametrize(
    "tree",
    [
        {"labelers": {}},
        {"labelers": {"dice": 1.0}},
        {"labelers": {"words": 0}},
        {"questions": []},
        {"questions": ["../x"]},
    ],
)
def test_numbers_that_cannot_be_meant_are_one_line(tree: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"^label\.(labelers|questions)"):
        numbers(**tree)


WORD_LISTS = {"Food": ["bread", "apple"], "Urban": ["street", "city hall"], "Nature": ["rose", "bear"]}
TELLING = {"CGI": ["3d render"]}
DEAF = ["street food", "polar bear"]
READ = label.caption_reader(WORD_LISTS, TELLING, DEAF, label.WordWeights(telling=5.0, half_way=10.0))


@pytest.mark.parametrize(
    ("caption", "predicted"),
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
def test_each_word_speaks_for_its_option_the_earlier_the_louder(caption: str, predicted: dict[str, float]) -> None:
    assert READ(caption) == pytest.approx(predicted)


@given(caption=st.text(st.sampled_from("abdeprst y3-_"), max_size=60))
def test_what_is_predicted_are_shares(caption: str) -> None:
    predicted = READ(caption)
    assert not predicted or sum(predicted.values()) == pytest.approx(1)
    assert set(predicted) <= {"Food", "Urban", "Nature", "CGI"}


def test_a_word_that_would_speak_for_two_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="'Rose' belongs to Nature and to Food; a word may belong to one option only"
    ):
        TypeAdapter(label.DisjointWords).validate_python({"Nature": ["rose"], "Food": ["bread", "Rose"]})


SHIPPED_NUMBERS = params.load(label.Params, ROOT / "params.yaml", "label")
SHIPPED = label.load_questions(ROOT / "params/words", SHIPPED_NUMBERS.questions)


def test_of_300_captions_in_the_styles_of_three_sources_most_get_their_category() -> None:
    """They were written down with their category before the list of words was."""
    captions = pd.read_csv(Path(__file__).with_name("captions.csv"), keep_default_na=False)
    table = captions.assign(predicted=label.label(captions, SHIPPED_NUMBERS, SHIPPED)["category"])
    right = table["predicted"] == table["category"]
    assert len(table) == 300
    assert table["category"].value_counts().between(46, 52).all()
    assert right.mean() >= 0.95
    assert right.groupby(table["style"]).mean().min() >= 0.9
    assert right.groupby(table["category"]).mean().min() >= 0.9
    two = table["also"] != ""
    assert two.sum() >= 70
    assert right[two].mean() >= 0.85  # those that mention two categories


def test_style_shot_and_people_are_predicted_by_words_too() -> None:
    captions = {
        "Macro shot of dew drops on a leaf": ("natural", "extreme close", "unknown"),
        "Aerial view of an empty beach, photograph": ("natural", "long", "nobody"),
        "Anime girl drawing": ("anime", "unknown", "people"),
        "Oil painting of a group of farmers": ("painting", "medium", "people"),
        "Gameplay screenshot, wide shot": ("game CGI", "long", "unknown"),
        "Portrait of a man": ("unknown", "close", "people"),
    }
    found = label.label(pd.DataFrame({"caption": list(captions)}), SHIPPED_NUMBERS, SHIPPED)
    assert list(found[["style", "shot", "people"]].itertuples(index=False, name=None)) == list(captions.values())


def test_each_question_has_a_file_and_each_file_is_a_question() -> None:
    assert list(SHIPPED) == ["category", "style", "shot", "people"]
    assert {path.stem for path in (ROOT / "params/words").iterdir()} == set(SHIPPED)


def test_a_question_without_a_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"weather\.yaml: no such file; label\.questions names it$"):
        label.load_questions(tmp_path, ["weather"])


def test_a_mistake_in_a_question_names_its_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "weather.yaml").write_text("words: {fair: [sun], foul: [sun]}")
    with pytest.raises(
        UserError, match=r"weather\.yaml: weather\.words: Value error, 'sun' belongs to fair and to foul"
    ):
        label.load_questions(tmp_path, ["weather"])
