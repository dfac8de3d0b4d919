"""Labels by votes; the labelers have tests of their own (words, zeroshot, vlm, endpoint)."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k import params, tables
from native4k.errors import UserError
from native4k.measure import caption_words, label, probe

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
ASKED = {"category": params.validate(caption_words.Question, SMALL, "category")}


def numbers(**changed: Any) -> label.Params:
    return params.validate(label.Params, BASE | {"questions": ["category"]} | changed, "label")


def voted(said: dict[Any, dict[str, float]], **changed: Any) -> tuple[str, float]:
    return label.combine(OPTIONS, said, numbers(**changed))


def test_the_option_with_the_most_votes_wins_and_ties_go_in_order() -> None:
    votes = {"words": 1.0, "zeroshot": 2.0, "lmm": 1.0}
    assert voted(
        {"words": {"Food": 1.0}, "zeroshot": {"Urban": 0.5, "CGI": 0.5}, "lmm": {"CGI": 1.0}}, votes=votes
    ) == ("CGI", 0.5)
    assert voted({"words": {"CGI": 0.5, "Urban": 0.5}}) == ("Urban", 0.5)


def test_a_labeler_that_does_not_speak_does_not_count() -> None:
    votes = {"words": 9.0, "zeroshot": 1.0}
    assert voted({"words": {}, "zeroshot": {"Urban": 0.7, "Food": 0.3}}, votes=votes) == ("Urban", 0.7)
    assert voted({"words": {}, "zeroshot": {}}, votes=votes) == (caption_words.UNKNOWN, 0.0)


def test_under_the_least_confidence_the_label_is_unknown_and_the_confidence_still_said() -> None:
    assert voted({"words": {"Food": 0.6, "CGI": 0.4}}, least=0.7) == (caption_words.UNKNOWN, 0.6)
    assert voted({"words": {"Food": 0.7, "CGI": 0.3}}, least=0.7) == ("Food", 0.7)


WEIGHTED = numbers(votes={"words": 1.0, "zeroshot": 2.0, "lmm": 0.5})
shares = st.dictionaries(st.sampled_from(OPTIONS), st.floats(0.01, 1), max_size=3).map(
    lambda said: {option: share / sum(said.values()) for option, share in said.items()}
)


@given(said=st.dictionaries(st.sampled_from(["words", "zeroshot", "lmm"]), shares, min_size=1))
def test_a_vote_is_an_option_with_a_share(said: dict[Any, dict[str, float]]) -> None:
    option, share = label.combine(OPTIONS, said, WEIGHTED)
    assert 0 <= share <= 1
    assert (option == caption_words.UNKNOWN) == (share == 0)


WORDS = numbers()


@given(captions=st.lists(st.text(st.sampled_from("abdeprt s3-"), max_size=20), max_size=10))
def test_a_label_depends_on_its_caption_alone(captions: list[str]) -> None:
    table = pd.DataFrame({"caption": pd.Series(captions, dtype="str")})
    found = label.label(table, WORDS, ASKED)
    for place in range(len(captions)):
        alone = label.label(table[place : place + 1], WORDS, ASKED)
        assert alone.to_numpy().tolist() == found[place : place + 1].to_numpy().tolist()


def test_with_several_labelers_each_answer_stands_beside_the_vote() -> None:
    table = pd.DataFrame({"caption": ["bread", "a dog"]})
    table["category_zeroshot"] = [json.dumps({"Nature": 1.0}), None]
    found = label.label(table, numbers(votes={"words": 1.0, "zeroshot": 2.0}), ASKED)
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
    with pytest.raises(UserError, match=r"label: zeroshot has votes, but label\.zeroshot names no model"):
        label.model_columns(numbers(votes={"zeroshot": 1.0}), ASKED)


def test_an_option_without_texts_is_one_line() -> None:
    asked = {"category": params.validate(caption_words.Question, SMALL | {"texts": {"Food": ["food"]}}, "category")}
    wanted = numbers(zeroshot={"model": "x", "revision": None, "view": "full"})
    with pytest.raises(UserError, match="question 'category': each option of words needs texts"):
        label.model_columns(wanted, asked)


@pytest.mark.parametrize(
    "tree",
    [{"votes": {}}, {"votes": {"dice": 1.0}}, {"votes": {"words": 0}}, {"questions": []}, {"questions": ["../x"]}],
)
def test_numbers_that_cannot_be_meant_are_one_line(tree: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"^label\.(votes|questions)"):
        numbers(**tree)
