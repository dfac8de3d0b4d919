"""native4k.learning.training: what share of the learning rate is left."""

from typing import Any

import pytest

from native4k import params
from native4k.errors import UserError
from native4k.learning import training


def numbers(**given: Any) -> training.Schedule:
    return params.validate(training.Schedule, given, "schedule")


def test_it_falls_at_each_milestone() -> None:
    falling = numbers(kind="multistep", warmup=0, milestones=[6, 10], gamma=0.5)
    assert [training.learning_rate_share(falling, seen, 15) for seen in (0, 5, 6, 9, 10, 14)] == [
        1,
        1,
        0.5,
        0.5,
        0.25,
        0.25,
    ]


def test_it_rises_over_the_warm_up() -> None:
    rising = numbers(kind="multistep", warmup=4, milestones=[], gamma=0.5)
    assert [training.learning_rate_share(rising, seen, 15) for seen in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_it_follows_a_cosine_from_the_end_of_the_warm_up_to_its_floor() -> None:
    wave = numbers(kind="cosine", warmup=10, floor=0.2)
    found = [training.learning_rate_share(wave, seen, 30) for seen in (4, 10, 15, 20, 25, 30)]
    assert found == pytest.approx([0.5, 1, 0.2 + 0.8 * (2 + 2**0.5) / 4, 0.6, 0.2 + 0.8 * (2 - 2**0.5) / 4, 0.2])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"kind": "multistep", "warmup": 0, "milestones": [9, 6], "gamma": 0.5},
            "here.milestones: must be in ascending",
        ),
        ({"kind": "cosine", "warmup": 31, "floor": 0.0}, "here.warmup: 31 is more than the 30 images of the run"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        training.check_schedule(numbers(**given), 30, "here")
