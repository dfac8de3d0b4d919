"""The queue of each host: its rate limit, and a lock, so that shards that run at the same time never share a host."""

import fcntl
import hashlib
import heapq
import itertools
import math
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from native4k.fetch.permissions import Rule


class HostLocks:
    """Locks on one byte of a shared file for each host; the system releases them when a process is killed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def acquire(self, host: str) -> bool:
        """Try to lock a host for this shard."""
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(host))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def release(self, host: str) -> None:
        """Release a host."""
        fcntl.lockf(self.file, fcntl.LOCK_UN, 1, _byte_of(host))

    def close(self) -> None:
        """Release all hosts."""
        os.close(self.file)


def _byte_of(host: str) -> int:
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:7], "big")


LOCK_RETRY_SECONDS = 0.5
"""Seconds until the lock of a host that another shard has is tried again."""


@dataclass(eq=False)
class Job:
    """An image to be fetched: its URL, and the state of its attempts."""

    id: str
    url: str
    attempt: int = 1
    hops: int = 0
    deadline: float = math.inf
    status: str = ""


@dataclass(eq=False)
class Host:
    """Scheme, name and port, with the waiting images, the rules of robots.txt, and the failures in a row."""

    name: str
    jobs: deque[Job] = field(default_factory=deque)
    active: int = 0
    free_at: float = 0.0
    rules: list[Rule] | None = None
    failures: int = 0
    closed: str = ""
    scheduled: bool = False


class HostQueue:
    """All images to be fetched. A host whose robots.txt has not been read yet gets one request at a time."""

    def __init__(self, per_host: int, rate: float, locks: HostLocks, clock: Callable[[], float]) -> None:
        self.per_host, self.gap, self.locks, self.clock = per_host, 1 / rate, locks, clock
        self.hosts: dict[str, Host] = {}
        self.locked: set[Host] = set()
        self.ready: list[tuple[int, int, Host]] = []
        self.waiting: list[tuple[float, int, Host]] = []
        self.delayed: list[tuple[float, int, Job, Host]] = []
        self.number = itertools.count()

    def host(self, name: str) -> Host:
        """The host of a name."""
        return self.hosts.setdefault(name, Host(name))

    def add(self, job: Job, host: Host) -> None:
        """Add a job; one that was started before goes first."""
        if job.deadline < math.inf:
            host.jobs.appendleft(job)
        else:
            host.jobs.append(job)
        self._schedule(host)

    def add_at(self, job: Job, host: Host, at: float) -> None:
        """Add a job that must not start before a time."""
        heapq.heappush(self.delayed, (at, next(self.number), job, host))

    def _schedule(self, host: Host) -> None:
        limit = 1 if host.rules is None else self.per_host
        if host.jobs and not host.scheduled and host.active < limit:
            host.scheduled = True
            heapq.heappush(self.waiting, (host.free_at, next(self.number), host))

    def next_time(self) -> float:
        """When the next job can start; infinity if only after a running one has ended, or never."""
        now = self.clock()
        for host in [host for host in self.locked if not host.active and host.free_at <= now]:
            self.locks.release(host.name)
            self.locked.remove(host)
        while self.delayed and self.delayed[0][0] <= now:
            _, _, job, host = heapq.heappop(self.delayed)
            self.add(job, host)
        while self.waiting and self.waiting[0][0] <= now:
            host = heapq.heappop(self.waiting)[2]
            heapq.heappush(self.ready, (-len(host.jobs), next(self.number), host))
        coming = (heap[0][0] for heap in (self.delayed, self.waiting) if heap)
        return now if self.ready else min(coming, default=math.inf)

    def take(self) -> tuple[Job, Host] | None:
        """Take the next job, if one can start now; its host counts it as active until `finish`."""
        while self.next_time() <= self.clock() and self.ready:
            host = heapq.heappop(self.ready)[2]
            host.scheduled = False
            if not host.jobs:
                continue
            if host.free_at > self.clock() or not self._lock(host):
                self._schedule(host)
                continue
            job = host.jobs.popleft()
            host.active += 1
            self.reserve_slot(host)
            self._schedule(host)
            return job, host
        return None

    def _lock(self, host: Host) -> bool:
        """Return whether this shard has the host's lock; if not, it is tried again after LOCK_RETRY_SECONDS."""
        if host not in self.locked:
            if not self.locks.acquire(host.name):
                host.free_at = self.clock() + LOCK_RETRY_SECONDS
                return False
            self.locked.add(host)
        return True

    def finish(self, host: Host) -> None:
        """Note that a job of the host has ended."""
        host.active -= 1
        self._schedule(host)

    def reserve_slot(self, host: Host) -> float:
        """Reserve the host's next slot for a request, by its rate limit; the seconds until then."""
        now = self.clock()
        at = max(now, host.free_at)
        host.free_at = at + self.gap
        return at - now

    def close(self, host: Host, status: str) -> list[Job]:
        """Close a host for this run, and return the jobs that waited for it."""
        host.closed = status
        mine = [entry for entry in self.delayed if entry[3] is host]
        if mine:
            self.delayed = [entry for entry in self.delayed if entry[3] is not host]
            heapq.heapify(self.delayed)
        jobs = [*host.jobs, *(entry[2] for entry in mine)]
        host.jobs.clear()
        return jobs
