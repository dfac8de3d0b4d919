"""Whose turn it is: rates, how many at a time, the longest queue first, and no host asked by two shards at once."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from native4k.fetch.host_queue import LOCK_RETRY_SECONDS, Host, HostLocks, HostQueue, Job


class Clock:
    """Time that passes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def a_clock() -> Clock:
    return Clock()


@pytest.fixture(name="queue")
def a_queue(tmp_path: Path, clock: Clock) -> HostQueue:
    return HostQueue(2, 4.0, HostLocks(tmp_path / "lock"), clock)


def fill(queue: HostQueue, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        host = queue.host(name)
        host.rules = []
        for number in range(count):
            queue.add(Job(f"{name}{number}", ""), host)


def took(queue: HostQueue) -> str | None:
    found = queue.take()
    return found[0].id if found else None


def test_a_host_is_asked_so_often_and_so_many_things_at_a_time(queue: HostQueue, clock: Clock) -> None:
    fill(queue, {"a": 4})
    host = queue.host("a")
    assert (took(queue), took(queue)) == ("a0", None)
    assert queue.next_time() == 100.25
    clock.now = 100.25
    assert (took(queue), took(queue)) == ("a1", None)
    clock.now = 200
    assert (took(queue), queue.next_time()) == (None, math.inf)  # two are being asked
    queue.finish(host)
    assert (took(queue), took(queue)) == ("a2", None)


def test_hosts_take_turns_and_the_longest_queue_comes_first(queue: HostQueue, clock: Clock) -> None:
    fill(queue, {"a": 1, "b": 3, "c": 2})
    assert [took(queue) for _ in range(4)] == ["b0", "c0", "a0", None]
    clock.now += 0.25
    assert [took(queue) for _ in range(3)] == ["b1", "c1", None]


def test_a_host_whose_robots_txt_is_not_known_is_asked_one_thing_at_a_time(queue: HostQueue, clock: Clock) -> None:
    fill(queue, {"a": 3})
    host = queue.host("a")
    host.rules = None
    queue.take()
    clock.now += 9
    assert took(queue) is None
    host.rules = []
    queue.finish(host)
    assert took(queue) == "a1"


def test_a_job_that_waits_comes_back_in_time_and_first(queue: HostQueue, clock: Clock) -> None:
    fill(queue, {"a": 3})
    job, host = queue.take() or (Job("", ""), Host(""))
    job.deadline = 999.0
    queue.finish(host)
    queue.add_at(job, host, 105)
    clock.now = 101
    assert took(queue) == "a1"
    clock.now = 105
    assert took(queue) == "a0"


def test_a_closed_host_gives_back_all_that_waited(queue: HostQueue, clock: Clock) -> None:
    fill(queue, {"a": 3, "b": 1})
    job, host = queue.take() or (Job("", ""), Host(""))
    queue.add_at(job, host, 999)
    assert [one.id for one in queue.close(host, "dns")] == ["a1", "a2", "a0"]
    queue.finish(host)
    assert took(queue) == "b0"
    queue.finish(queue.host("b"))
    clock.now += 9
    assert took(queue) is None
    assert queue.next_time() == math.inf


def test_two_shards_never_ask_one_host_at_once(tmp_path: Path, queue: HostQueue, clock: Clock) -> None:
    other = HostLocks(tmp_path / "lock")
    other.close()
    code = (
        "import sys, pathlib\nfrom native4k.fetch.host_queue import HostLocks\n"
        "locks = HostLocks(pathlib.Path(sys.argv[1]))\n"
        "assert locks.acquire('a')\nprint('taken', flush=True)\nsys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n"
        queue.locks = HostLocks(tmp_path / "lock")
        fill(queue, {"a": 1, "b": 1})
        assert [took(queue), took(queue)] == ["b0", None]
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    clock.now += LOCK_RETRY_SECONDS
    assert took(queue) == "a0"
    queue.finish(queue.host("a"))
    clock.now += 9
    queue.next_time()
    assert queue.locked == {queue.host("b")}
