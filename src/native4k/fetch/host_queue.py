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

from native4k.fetch.robots import Rule


class HostLocks:
    """One byte of a shared file stands for each host; a kill gives all turns back."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def take(self, host: str) -> bool:
        """Whether it is ours now."""
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(host))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def give(self, host: str) -> None:
        """Let others have it."""
        fcntl.lockf(self.file, fcntl.LOCK_UN, 1, _byte_of(host))

    def close(self) -> None:
        """Let others have all of them."""
        os.close(self.file)


def _byte_of(host: str) -> int:
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:7], "big")


LOCK_RETRY_SECONDS = 0.5
"""Seconds until a host that another shard is asking is looked at again."""


@dataclass(eq=False)
class Job:
    """An image to be asked for: where, and what has become of it so far."""

    id: str
    url: str
    attempt: int = 1
    hops: int = 0
    deadline: float = math.inf
    status: str = ""


@dataclass(eq=False)
class Host:
    """Scheme, name and port: its waiting images, what it said in robots.txt, and how it has behaved."""

    name: str
    jobs: deque[Job] = field(default_factory=deque)
    asking: int = 0
    free_at: float = 0.0
    rules: list[Rule] | None = None
    failures: int = 0
    closed: str = ""
    listed: bool = False


class HostQueue:
    """All that is to be asked for. A host whose robots.txt is not known yet is asked one thing at a time."""

    def __init__(self, per_host: int, rate: float, turns: HostLocks, clock: Callable[[], float]) -> None:
        self.per_host, self.gap, self.turns, self.clock = per_host, 1 / rate, turns, clock
        self.hosts: dict[str, Host] = {}
        self.ours: set[Host] = set()
        self.ready: list[tuple[int, int, Host]] = []
        self.waiting: list[tuple[float, int, Host]] = []
        self.later: list[tuple[float, int, Job, Host]] = []
        self.number = itertools.count()

    def host(self, name: str) -> Host:
        """The host of a name."""
        return self.hosts.setdefault(name, Host(name))

    def add(self, job: Job, host: Host) -> None:
        """Let a job wait for its turn; one that was begun goes first."""
        if job.deadline < math.inf:
            host.jobs.appendleft(job)
        else:
            host.jobs.append(job)
        self._list(host)

    def again(self, job: Job, host: Host, at: float) -> None:
        """Let a job wait for its turn from a time on."""
        heapq.heappush(self.later, (at, next(self.number), job, host))

    def _list(self, host: Host) -> None:
        limit = 1 if host.rules is None else self.per_host
        if host.jobs and not host.listed and host.asking < limit:
            host.listed = True
            heapq.heappush(self.waiting, (host.free_at, next(self.number), host))

    def next_time(self) -> float:
        """When the next job can be had; infinity if only after one that runs has ended, or never."""
        now = self.clock()
        for host in [host for host in self.ours if not host.asking and host.free_at <= now]:
            self.turns.give(host.name)
            self.ours.remove(host)
        while self.later and self.later[0][0] <= now:
            _, _, job, host = heapq.heappop(self.later)
            self.add(job, host)
        while self.waiting and self.waiting[0][0] <= now:
            host = heapq.heappop(self.waiting)[2]
            heapq.heappush(self.ready, (-len(host.jobs), next(self.number), host))
        coming = (heap[0][0] for heap in (self.later, self.waiting) if heap)
        return now if self.ready else min(coming, default=math.inf)

    def take(self) -> tuple[Job, Host] | None:
        """The next job, if there is one now; its host then counts it until `done`."""
        while self.next_time() <= self.clock() and self.ready:
            host = heapq.heappop(self.ready)[2]
            host.listed = False
            if not host.jobs:
                continue
            if host.free_at > self.clock() or not self._ours(host):
                self._list(host)
                continue
            job = host.jobs.popleft()
            host.asking += 1
            self.pace(host)
            self._list(host)
            return job, host
        return None

    def _ours(self, host: Host) -> bool:
        """Whether it is this shard's turn to ask the host; if not, it is looked at again in a while."""
        if host not in self.ours:
            if not self.turns.take(host.name):
                host.free_at = self.clock() + LOCK_RETRY_SECONDS
                return False
            self.ours.add(host)
        return True

    def done(self, host: Host) -> None:
        """A job of the host has ended, one way or another."""
        host.asking -= 1
        self._list(host)

    def pace(self, host: Host) -> float:
        """Take the host's next free moment for a request; the seconds until then."""
        now = self.clock()
        at = max(now, host.free_at)
        host.free_at = at + self.gap
        return at - now

    def close(self, host: Host, status: str) -> list[Job]:
        """Ask a host nothing more in this run; the jobs that waited for it."""
        host.closed = status
        mine = [entry for entry in self.later if entry[3] is host]
        if mine:
            self.later = [entry for entry in self.later if entry[3] is not host]
            heapq.heapify(self.later)
        jobs = [*host.jobs, *(entry[2] for entry in mine)]
        host.jobs.clear()
        return jobs
