from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze import estimates
from native4k.analyze.stats import COMMON, SCRIPTS, UNSURE, WORDLESS, guess_language
from tests.analyze import published
from tests.analyze.conftest import Analyze

SOURCE = ("--source", "laion_high_resolution")


def leaves(tree: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything in a tree that is not itself a tree."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*keys, key))
        else:
            yield (*keys, key), value


def at(tree: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        tree = tree[key]
    return tree


def test_a_collection_of_the_published_distribution_is_reported_as_published(tmp_path: Path, analyze: Analyze) -> None:
    table = published.write(tmp_path / "part.parquet")
    sizes = analyze(tmp_path / "part.parquet", *SOURCE)["collections"]["laion_high_resolution"]["sizes"]
    width, height = sizes["width"], sizes["height"]
    assert {key: width[key] for key in ("rows", "min", "max")} == {"rows": 10_000, "min": 1024, "max": 12_514}
    assert {key: height[key] for key in ("rows", "min", "max")} == {"rows": 10_000, "min": 1024, "max": 12_834}
    assert width["percentiles"] == published.WIDTHS
    assert height["percentiles"] == published.HEIGHTS
    assert sizes["megapixels"]["percentiles"]["50"] == pytest.approx(2.17, abs=0.021)
    assert {name: sizes[name]["mean"] for name in published.MEANS} == pytest.approx(published.MEANS, rel=0.01)
    assert sizes["shapes"] == pytest.approx(published.SHAPES, abs=0.002)
    assert sizes["buckets"] == pytest.approx({"both under 1024": 0} | published.BUCKETS, abs=0.002)
    pixels = table["WIDTH"] * table["HEIGHT"] / 1e6
    wanted = {str(percent): float(np.percentile(pixels, percent)) for percent in estimates.PERCENTILES}
    assert sizes["megapixels"]["percentiles"] == pytest.approx(wanted)


def test_the_intervals_of_a_sample_hold_the_exact_figures(tmp_path: Path, analyze: Analyze) -> None:
    published.write(tmp_path / "part.parquet", times=10)
    words = (tmp_path / "part.parquet", *SOURCE)
    exact = analyze(*words)["collections"]["laion_high_resolution"]
    assert exact["intervals"] is None or set(exact["intervals"]) == {"captions"}, "only languages are guessed"
    sampled = analyze(*words, "--sampled", sample=2000, confidence=0.9999)["collections"]["laion_high_resolution"]
    assert (sampled["rows"], sampled["looked at"]) == (100_000, 2000)
    missed = {
        keys: (interval, at(exact, keys))
        for keys, interval in leaves(sampled["intervals"])
        if not interval[0] <= at(exact, keys) * (1 + 1e-9) or not at(exact, keys) * (1 - 1e-9) <= interval[1]
    }
    assert missed == {}
    assert len(list(leaves(sampled["intervals"]))) > 80


def test_intervals_miss_about_as_often_as_they_say(tmp_path: Path, analyze: Analyze) -> None:
    published.write(tmp_path / "part.parquet", times=5)
    words = (tmp_path / "part.parquet", *SOURCE)
    exact = analyze(*words)["collections"]["laion_high_resolution"]
    held = []
    for seed in range(12):
        sampled = analyze(*words, "--sampled", sample=1000, confidence=0.9, seed=seed)
        tree = sampled["collections"]["laion_high_resolution"]["intervals"]
        held += [low <= at(exact, keys) <= high for keys, (low, high) in leaves({"sizes": tree["sizes"]})]
    assert 0.87 <= np.mean(held) <= 0.97, "0.9 is asked for; percentiles between equal values are surer"


def test_every_figure_of_a_small_table_is_right(tmp_path: Path, analyze: Analyze) -> None:
    pl.DataFrame(
        {
            "URL": [
                "https://a.org/1.jpg",
                "https://a.org/1.jpg",
                "HTTP://B.org:80/x.PNG?v=2",
                "",
                None,
                "ftp://c.org/x",
            ],
            "TEXT": ["the cat and the dog", "the cat and the dog", "der Hund und die Katze", "", " ", None],
            "WIDTH": [3840, 3840, 4096, 0, None, 1024],
            "HEIGHT": [2160, 2160, 2160, 100, 5, 1024],
            "similarity": [0.3, 0.3, 0.25, float("nan"), None, 0.2],
            "hash": range(6),
            "LANGUAGE": ["en", "en", "de", None, "", "en"],
            "punsafe": [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
            "pwatermark": [None] * 6,
        },
        schema_overrides={"pwatermark": pl.Float32},
    ).write_parquet(tmp_path / "part.parquet")
    found = analyze(tmp_path / "part.parquet", *SOURCE)["collections"]["laion_high_resolution"]
    third = round(1 / 3, 9)
    assert found["unknown"] == {
        "no size": round(1 / 6, 9),
        "impossible size": round(1 / 6, 9),
        "no URL": third,
        "no caption": 0.5,
        "no similarity": third,
        "no punsafe": 0,
        "no pwatermark": 1,
    }
    assert found["scores"]["pwatermark"] is None
    assert found["sizes"]["exactly"] == {
        "UHD, 3840x2160": third,
        "portrait UHD, 2160x3840": 0,
        "DCI 4K, 4096x2160": round(1 / 6, 9),
    }
    published_rule = found["sizes"]["passes"]["4KLSDB as published"]
    assert published_rule == {"share": 0, "images": 0, "pixels": 0}
    assert found["sizes"]["passes"]["4K by both sides"]["pixels"] == 2 * 3840 * 2160 + 4096 * 2160
    cost = found["sizes"]["cost"]["4KLSDB as published"]
    assert (cost["large"], cost["lost"]) == (3, 1)
    assert cost["frames"]["16:9, 16:10 (UHD is 1.778)"] == {"of the large": round(2 / 3, 9), "lost": 1}
    assert found["captions"]["different"] == 2
    assert found["captions"]["repeated"] == round(2 / 3, 9)
    assert found["captions"]["guessed languages"] == {"English": round(2 / 3, 9), "German": third}
    assert found["languages"] == {"en": 0.5, "not stated": third, "de": round(1 / 6, 9)}
    assert {key: found["urls"][key] for key in ("hosts", "different", "repeated", "not of the web")} == {
        "hosts": 2,
        "different": 3,
        "repeated": 0.5,
        "not of the web": 0.25,
    }
    assert found["urls"]["top hosts"] == {"a.org": round(2 / 3, 9), "b.org": third}
    assert found["files"] == {"not stated": 0.5, "jpg": third, "png": round(1 / 6, 9)}
    assert found["download"]["4K by both sides"]["images"] == 3
    terabytes = (2 * 3840 * 2160 + 4096 * 2160) * 0.7 / 8 / 1e12
    assert found["download"]["4K by both sides"]["terabytes"] == pytest.approx(terabytes)


SENTENCES = {
    "English": "A view of the lake and the mountains at sunset",
    "German": "Der Blick auf die Berge und das Meer mit einem Boot",
    "French": "Une vue sur les montagnes et le lac avec un bateau dans la brume",
    "Spanish": "Una vista de las montañas y del lago con los barcos",
    "Italian": "Una vista della montagna con il lago e gli alberi nella nebbia",
    "Portuguese": "Uma vista da montanha com os barcos no lago e as árvores",
    "Dutch": "Het uitzicht op de bergen en een boot met zeilen",
    "Polish": "Widok na góry i jezioro z łodzią w porcie",
    "Swedish": "En utsikt över bergen och en båt på sjön med segel",
    "Turkish": "Dağlar ve göl için güzel bir manzara",
    "Japanese": "夕焼けの山と湖のながめ",
    "Korean": "해질녘의 산과 호수",
    "Chinese": "日落时的山和湖",
    "Russian and other Cyrillic": "Вид на горы и озеро",
    "Arabic script": "منظر للجبال والبحيرة",
    "Hebrew": "נוף של ההרים והאגם",
    "Greek": "Θέα στα βουνά και τη λίμνη",
    "Thai": "วิวภูเขาและทะเลสาบ",
    "Devanagari script": "पहाड़ और झील का दृश्य",
}


def test_every_language_is_guessed_of_a_sentence_in_it() -> None:
    assert {language: guess_language(sentence) for language, sentence in SENTENCES.items()} == {
        one: one for one in SENTENCES
    }
    assert set(SENTENCES) == {*COMMON, *SCRIPTS}


@pytest.mark.parametrize("caption", ["", " \n", "🌅🏔️👍🏽", "1024", "2024-01-31", "_ - / ! …"])
def test_without_letters_there_is_no_language(caption: str) -> None:
    assert guess_language(caption) == WORDLESS


@pytest.mark.parametrize("caption", ["DSC_0012.jpg", "Nikon", "und the", "Zürich Hauptbahnhof", "naïve café"])
def test_names_and_words_of_several_languages_tell_nothing(caption: str) -> None:
    assert guess_language(caption) == UNSURE


@pytest.mark.parametrize(
    ("caption", "language"),
    [
        ("🌅 the lake 🏔️ and the boat", "English"),
        ("THE LAKE AND THE BOAT", "English"),
        ("12 + 30 = the 42 of 7", "English"),
        ("iPhone 15 ケース カバー", "Japanese"),
        ("東京タワー", "Japanese"),
        ("Samsung Galaxy S24 케이스 갤럭시 투명", "Korean"),
        ("the great wall of China 长城", "English"),
        ("长城 Great", "Chinese"),
        ("Фото of a cat", "Russian and other Cyrillic"),
    ],
)
def test_of_mixed_letters_those_count_that_are_more_than_a_quarter(caption: str, language: str) -> None:
    assert guess_language(caption) == language


@given(st.text())
def test_every_caption_has_a_guess(caption: str) -> None:
    assert guess_language(caption) in {*COMMON, *SCRIPTS, UNSURE, WORDLESS}
