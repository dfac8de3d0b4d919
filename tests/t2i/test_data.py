"""Captions as numbers."""

import numpy as np

from native4k.t2i import data


def test_the_same_words_are_the_same_numbers_everywhere() -> None:
    found = data.caption_features(["A red  Square!", "a red square"], 512)
    assert found[0].tolist() == found[1].tolist()
    assert found.dtype == np.float32
    places = {place: round(float(found[0][place]) * 5**0.5) for place in np.flatnonzero(found[0]).tolist()}
    assert places == {73: -1, 81: 1, 136: 1, 279: 1, 450: 1}


def test_captions_are_unit_vectors_and_none_is_zero() -> None:
    lengths = np.linalg.norm(data.caption_features(["a blue sea", "", "?!", "海"], 64), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 0, 1], atol=1e-6)


def test_order_matters_and_shared_words_are_near() -> None:
    one, turned, other = data.caption_features(["dog bites man", "man bites dog", "quiet city night"], 512)
    assert one @ other < one @ turned < 0.99


def test_tokens_are_words_and_neighbours() -> None:
    assert data.tokens("A red Square") == ["a", "red", "square", "a red", "red square"]
