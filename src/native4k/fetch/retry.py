"""When to retry: exponential back-off with jitter, and a server's Retry-After."""

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

RANDOM = random.SystemRandom().random


def backoff(attempt: int, base: float, cap: float, dice: Callable[[], float] = RANDOM) -> float:
    """Seconds before the attempt after this one (from 1): doubled each time, less up to a half at random."""
    return min(cap, base * 2.0 ** (attempt - 1)) * (1 - dice() / 2)


def retry_after(value: str, now: Callable[[], float] = time.time) -> float:
    """The seconds that a Retry-After asks for, written as a number or as a date; 0 where it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except (ValueError, OverflowError, TypeError):
        return 0.0
