"""What each status means, and how long a retry waits."""

import pytest

from native4k.fetch import statuses


def test_each_wait_is_twice_the_last_up_to_a_cap_less_up_to_a_half() -> None:
    assert [statuses.backoff(attempt, 1.0, 6.0, lambda: 0.0) for attempt in range(1, 6)] == [1, 2, 4, 6, 6]
    assert [statuses.backoff(attempt, 1.0, 6.0, lambda: 1.0) for attempt in range(1, 6)] == [0.5, 1, 2, 3, 3]
    assert len({statuses.backoff(1, 1.0, 6.0) for _ in range(9)}) > 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0),
        ("7", 7),
        (" 120 ", 120),
        ("99999999999999999999", 999999999),
        ("-5", 0),
        ("1.5", 0),
        ("\u0664", 0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Sun, 06 Nov 1994 08:50:00 GMT", 60),
        ("Sunday, 06-Nov-94 08:50:00 GMT", 60),
        ("soon", 0),
        ("Sun, 99 Nov 1994 08:50:00 GMT", 0),
    ],
)
def test_both_forms_of_retry_after_are_read(value: str, seconds: float) -> None:
    now = 784111740.0 if "1994" in value or "-94" in value else 1e9  # 06 Nov 1994 08:49:00
    assert statuses.retry_after(value, lambda: now) == seconds


def test_every_status_has_one_meaning_and_one_kind() -> None:
    meanings = [status.meaning for status in statuses.STATUSES.values()]
    assert len(set(meanings)) == len(meanings)
    assert [name for name in statuses.STATUSES if statuses.is_retried_now(name)] == [
        "too_many_requests", "server_error", "timeout", "unreachable", "reset", "truncated", "no_resolver",
    ]  # fmt: skip
    later = [name for name in statuses.STATUSES if statuses.is_retried_later(name)]
    assert [name for name in later if not statuses.is_retried_now(name)] == [
        "tls", "too_slow", "host_down",
    ]  # fmt: skip
