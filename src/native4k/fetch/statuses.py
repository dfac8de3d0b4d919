"""The statuses of candidates, each with its meaning and whether a retry may help; and how long a retry waits."""

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """Whether and when a candidate is retried."""

    OK = "in the store"
    FINAL = "final"
    LATER = "retried by the next run"
    SOON = "retried by this run and by the next"


class Status(NamedTuple):
    """A status in a few words."""

    kind: Kind
    meaning: str


STATUSES = {
    "ok": Status(Kind.OK, "the bytes are in the store"),
    "too_small": Status(Kind.FINAL, "the true size fails probe.geometry; retried if that is loosened enough"),
    "aspect": Status(Kind.FINAL, "the true shape fails probe.geometry; retried if that is loosened enough"),
    "not_an_image": Status(Kind.FINAL, "the bytes are of no image format"),
    "unsupported": Status(Kind.FINAL, "a format whose size can be read and whose pixels cannot (HEIF, JPEG XL)"),
    "bomb": Status(Kind.FINAL, "the header promises more pixels than anyone shall decode"),
    "too_large": Status(Kind.FINAL, "more bytes than fetch.max_bytes, as sent or unpacked"),
    "not_found": Status(Kind.FINAL, "404, or no such file"),
    "gone": Status(Kind.FINAL, "410"),
    "forbidden": Status(Kind.FINAL, "401, 402, 403, 451, or a path that leaves the source's folder"),
    "refused": Status(Kind.FINAL, "another answer that holds no image"),
    "dns": Status(Kind.FINAL, "no host of that name"),
    "bad_url": Status(Kind.FINAL, "not a valid URL"),
    "bad_scheme": Status(Kind.FINAL, "neither http nor https"),
    "bad_headers": Status(
        Kind.FINAL, "headers longer than fetch.max_header_bytes, or an answer that is not proper HTTP"
    ),
    "bad_encoding": Status(Kind.FINAL, "a content encoding that was not requested and is unknown, or is broken"),
    "redirects": Status(Kind.FINAL, "more redirects than fetch.max_redirects, or one that leads nowhere"),
    "refused_address": Status(Kind.FINAL, "a private, loopback, link-local or metadata address"),
    "robots": Status(Kind.FINAL, "robots.txt disallows it"),
    "noai": Status(Kind.FINAL, "X-Robots-Tag: noai or noimageai"),
    "noindex": Status(Kind.FINAL, "X-Robots-Tag: noindex or none"),
    "opted_out": Status(Kind.FINAL, "a redirect to a host of an opt-out list"),
    "tls": Status(Kind.LATER, "the certificate or the handshake failed"),
    "too_slow": Status(Kind.LATER, "slower than fetch.slowest_rate, or not done within fetch.total_seconds"),
    "host_down": Status(Kind.LATER, "not requested: fetch.host_failures requests in a row to its host had failed"),
    "too_many_requests": Status(Kind.SOON, "429, and the wait it asks for is longer than ours or did not help"),
    "server_error": Status(Kind.SOON, "5xx, 408 or 425"),
    "timeout": Status(Kind.SOON, "no connection, or not a byte, in time"),
    "unreachable": Status(Kind.SOON, "the connection was refused, or there is no way to the host"),
    "reset": Status(Kind.SOON, "the connection broke before an answer"),
    "truncated": Status(Kind.SOON, "the body ended, or its connection broke, before its announced length"),
    "no_resolver": Status(Kind.SOON, "the name servers did not answer"),
}

GEOMETRY_STATUSES = ("too_small", "aspect")
"""Statuses that depend on probe.geometry, which may be loosened."""

HOST_STATUSES = ("dns", "refused_address")
"""Statuses of the host itself, whatever the URL."""


def is_retried_now(status: str) -> bool:
    """Return whether this run retries the candidate."""
    return STATUSES[status].kind is Kind.SOON


def is_retried_later(status: str) -> bool:
    """Return whether a later run retries the candidate."""
    return STATUSES[status].kind in {Kind.SOON, Kind.LATER}


class Failure(Exception):  # noqa: N818
    """The status of a candidate that is not taken, with the true size where it has been read."""

    def __init__(self, status: str, *, size: tuple[int, int] = (0, 0), wait: float = 0) -> None:
        super().__init__(status)
        self.status, self.size, self.wait = status, size, wait


RANDOM = random.SystemRandom().random


def backoff(attempt: int, base: float, cap: float, dice: Callable[[], float] = RANDOM) -> float:
    """Seconds before the attempt after this one (from 1): doubled each time, less up to a half at random."""
    return min(cap, base * 2.0 ** (attempt - 1)) * (1 - dice() / 2)


def retry_after(value: str, now: Callable[[], float] = time.time) -> float:
    """The seconds that a Retry-After asks for, written as a number or as a date; 0 if it is neither."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except (ValueError, OverflowError, TypeError):
        return 0.0
