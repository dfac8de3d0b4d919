"""Several at once, in order, and none that nobody wants."""

import time
from collections.abc import Iterator
from threading import Event

import pytest

from native4k.errors import UserError
from native4k.metadata import parallel
from native4k.metadata.parallel import parallel_map, prefetch


def test_results_come_in_the_order_of_the_things() -> None:
    def slow(place: int) -> int:
        time.sleep(0.01 if place % 3 == 0 else 0)
        return place * place

    assert list(parallel_map(slow, range(30))) == [place * place for place in range(30)]
    assert list(parallel_map(slow, [])) == []


def test_things_are_taken_only_a_few_ahead() -> None:
    taken = []

    def things() -> Iterator[int]:
        for place in range(1000):
            taken.append(place)
            yield place

    results = parallel_map(str, things())
    assert [next(results) for _ in range(3)] == ["0", "1", "2"]
    assert len(taken) <= 2 * parallel.THREADS + 3
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_an_error_ends_the_others_and_is_the_first_in_order(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "THREADS", threads)
    stopped, begun = Event(), []

    def work(place: int) -> int:
        begun.append(place)
        if place in {1, 2}:
            raise ValueError(str(place))
        if place > 2:
            assert stopped.wait(30)
        return place

    results = parallel_map(work, range(1000), stopped)
    assert next(results) == 0
    with pytest.raises(ValueError, match="1"):
        list(results)
    assert stopped.is_set()
    assert len(begun) <= 3 + 3 * threads


def test_what_is_made_ahead_comes_in_order_and_only_a_few_are_made_before_they_are_asked_for() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    coming = prefetch(numbers())
    assert [next(coming) for _ in range(10)] == list(range(10))
    coming.close()
    assert len(made) <= 10 + parallel.PREFETCHED
    assert list(prefetch([])) == []


def test_an_error_of_what_is_made_ahead_comes_at_its_place() -> None:
    def numbers() -> Iterator[int]:
        yield from range(3)
        raise UserError("part-3: damaged")

    coming, seen = prefetch(numbers()), []
    with pytest.raises(UserError, match="part-3: damaged"):
        seen.extend(coming)
    assert seen == [0, 1, 2]
