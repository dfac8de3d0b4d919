"""Languages are guessed from letters and common words, and what cannot be guessed is said so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from native4k.analyze.languages import COMMON, SCRIPTS, UNSURE, WORDLESS, guess

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
    assert {language: guess(sentence) for language, sentence in SENTENCES.items()} == {one: one for one in SENTENCES}
    assert set(SENTENCES) == {*COMMON, *SCRIPTS}


@pytest.mark.parametrize("caption", ["", " \n", "🌅🏔️👍🏽", "1024", "2024-01-31", "_ - / ! …"])
def test_without_letters_there_is_no_language(caption: str) -> None:
    assert guess(caption) == WORDLESS


@pytest.mark.parametrize("caption", ["DSC_0012.jpg", "Nikon", "und the", "Zürich Hauptbahnhof", "naïve café"])
def test_names_and_words_of_several_languages_tell_nothing(caption: str) -> None:
    assert guess(caption) == UNSURE


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
    assert guess(caption) == language


@given(st.text())
def test_every_caption_has_a_guess(caption: str) -> None:
    assert guess(caption) in {*COMMON, *SCRIPTS, UNSURE, WORDLESS}
