"""Several at once, in order, and none that nobody wants."""

import time
from collections.abc import Iterator
from threading import Event

import pytest

from native4k.metadata import abreast as crew
from native4k.metadata.abreast import abreast


def test_results_come_in_the_order_of_the_things() -> None:
    def slow(place: int) -> int:
        time.sleep(0.01 if place % 3 == 0 else 0)
        return place * place

    assert list(abreast(slow, range(30))) == [place * place for place in range(30)]
    assert list(abreast(slow, [])) == []


def test_things_are_taken_only_a_few_ahead() -> None:
    taken = []

    def things() -> Iterator[int]:
        for place in range(1000):
            taken.append(place)
            yield place

    results = abreast(str, things())
    assert [next(results) for _ in range(3)] == ["0", "1", "2"]
    assert len(taken) <= 2 * crew.THREADS + 3
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_an_error_ends_the_others_and_is_the_first_in_order(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "THREADS", threads)
    stopped, begun = Event(), []

    def work(place: int) -> int:
        begun.append(place)
        if place in {1, 2}:
            raise ValueError(str(place))
        if place > 2:
            assert stopped.wait(30)
        return place

    results = abreast(work, range(1000), stopped)
    assert next(results) == 0
    with pytest.raises(ValueError, match="1"):
        list(results)
    assert stopped.is_set()
    assert len(begun) <= 3 + 3 * threads
