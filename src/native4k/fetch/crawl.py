"""All images of a shard over HTTP, many at a time in one process, each decided in its own time."""

import asyncio
import math
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from native4k.fetch import client, download, robots, statuses
from native4k.fetch.client import Params
from native4k.fetch.host_queue import Host, HostLocks, HostQueue, Job
from native4k.fetch.journal import Journal
from native4k.fetch.optout import OptOut
from native4k.fetch.progress import Progress
from native4k.fetch.retry import backoff
from native4k.fetch.statuses import Failure
from native4k.fetch.store import NO_FILE, Incoming, Row, screen_first_bytes
from native4k.geometry import Geometry
from native4k.redaction import redact_credentials

UNRESPONSIVE = {"timeout", "unreachable", "no_resolver", "too_slow"}
"""Statuses of a host that does not work; others are answers."""

WRITER_THREADS = 16
"""That write files and wait for disks."""


@dataclass(frozen=True)
class CrawlSettings:
    """What a crawl works with; `record` is given every candidate's id and row."""

    numbers: Params
    rule: Geometry
    store: Path
    optout: OptOut
    log: Journal
    turns: HostLocks
    progress: Progress
    record: Callable[[str, Row], None]


def crawl(candidates: dict[str, str], setting: CrawlSettings) -> None:
    """Bring all candidates, given as id -> URL."""
    try:
        asyncio.run(_crawl(candidates, setting))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _crawl(candidates: dict[str, str], setting: CrawlSettings) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))  # each connection takes an open file
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WRITER_THREADS))
    async with client.session(setting.numbers) as session:
        await Crawl(session, setting).run(candidates)


class Crawl:
    """Jobs, and the tasks that work on them."""

    def __init__(self, session: ClientSession, setting: CrawlSettings) -> None:
        self.session, self.setting, self.numbers = session, setting, setting.numbers
        self.clock = asyncio.get_running_loop().time
        self.queue = HostQueue(self.numbers.per_host, self.numbers.per_host_rate, setting.turns, self.clock)
        self.running = 0
        self.changed = asyncio.Event()

    async def run(self, candidates: dict[str, str]) -> None:
        """Work until every candidate is decided."""
        for id_, url in candidates.items():
            self.place(Job(id_, url))
        async with asyncio.TaskGroup() as group:
            while (moment := self.queue.next_time()) < math.inf or self.running:
                self.setting.progress.tick()
                self.changed.clear()
                taken = self.queue.take() if self.running < self.numbers.concurrency else None
                if taken is None:
                    await self.pause(moment)
                else:
                    self.running += 1
                    group.create_task(self.work(*taken))

    async def pause(self, moment: float) -> None:
        """Wait until a task has ended, or for the moment if there is room for another."""
        room = self.running < self.numbers.concurrency
        wait = min(1.0, moment - self.clock()) if room else 1.0
        try:
            async with asyncio.timeout(max(0.001, wait)):
                await self.changed.wait()
        except TimeoutError:
            return

    def place(self, job: Job) -> None:
        """Let a job wait at the host of its URL, unless that is never asked."""
        try:
            url = client.parse_url(job.url)
        except Failure as failure:
            self.decide(job, failure)
            return
        host = self.queue.host(str(url.origin()))
        if not self.numbers.robots:
            host.rules = []
        if host.closed:
            self.decide(job, Failure(host.closed))
        elif self.setting.optout.names(url.host or ""):
            self.decide(job, Failure("opted_out"))
        else:
            self.queue.add(job, host)

    async def work(self, job: Job, host: Host) -> None:
        """One attempt, and what follows from it."""
        began = self.clock()
        incoming = Incoming(
            self.setting.store, job.id, self.numbers.max_bytes, lambda head: screen_first_bytes(head, self.setting.rule)
        )
        visit = download.Download(self.session, self.numbers, incoming, lambda: self.pace(host))
        outcome: Row | Failure | download.Redirect
        try:
            outcome = await self.attempt(job, host, visit)
        except (Failure, download.Redirect) as why:
            outcome = why
        finally:
            incoming.discard()
            self.running -= 1
            self.queue.done(host)
            self.changed.set()
        self.note(job, visit.trace, outcome, self.clock() - began)
        self.settle(job, host, outcome)

    async def pace(self, host: Host) -> None:
        """Wait until the host may be asked again."""
        await asyncio.sleep(self.queue.pace(host))

    async def attempt(self, job: Job, host: Host, visit: download.Download) -> Row:
        """The image's row; Moved or a Failure if it does not come."""
        now = self.clock()
        if now >= job.deadline:
            raise Failure(job.status or "too_slow")
        if job.deadline == math.inf:
            job.deadline = now + self.numbers.total_seconds
        try:
            async with asyncio.timeout_at(job.deadline):
                url = client.parse_url(job.url)
                if host.rules is None:
                    host.rules = await download.robots_rules(self.session, url, self.numbers)
                    await self.pace(host)
                if not robots.allows(host.rules, url.raw_path_qs):
                    raise Failure("robots")
                await visit.bring(url)
        except TimeoutError:
            raise Failure("too_slow") from None
        return await asyncio.to_thread(visit.incoming.finish, self.setting.rule)

    def settle(self, job: Job, host: Host, outcome: Row | Failure | download.Redirect) -> None:
        """Ask again, ask elsewhere, or decide."""
        if isinstance(outcome, download.Redirect):
            job.url, job.hops = str(outcome), job.hops + 1
            if job.hops > self.numbers.max_redirects:
                self.decide(job, Failure("redirects"))
            else:
                self.place(job)
            return
        if isinstance(outcome, dict):
            host.failures = 0
        elif self.blame(job, host, outcome):
            return
        self.decide(job, outcome)

    def blame(self, job: Job, host: Host, failure: Failure) -> bool:
        """What a failure means for the host and for its other images; whether this one is to be asked for again."""
        host.failures = host.failures + 1 if failure.status in UNRESPONSIVE else 0
        if host.closed:
            return False
        if failure.status in statuses.HOST_STATUSES or failure.wait > self.numbers.max_retry_after:
            self.close(host, failure.status)
        elif host.failures >= self.numbers.host_failures:
            self.close(host, "host_down")
        elif statuses.is_retried_now(failure.status) and job.attempt < self.numbers.attempts:
            return self.again(job, host, failure)
        return False

    def again(self, job: Job, host: Host, failure: Failure) -> bool:
        """Let a job wait for another attempt; false if its time would be over by then."""
        now = self.clock()
        host.free_at = max(host.free_at, now + failure.wait)
        at = now + max(failure.wait, backoff(job.attempt, self.numbers.backoff_base, self.numbers.backoff_cap))
        if at >= job.deadline:
            return False
        job.attempt, job.status = job.attempt + 1, failure.status
        self.queue.again(job, host, at)
        return True

    def close(self, host: Host, status: str) -> None:
        """Ask a host nothing more, and decide what waited for it."""
        for job in self.queue.close(host, status):
            self.decide(job, Failure(status))

    def decide(self, job: Job, outcome: Row | Failure) -> None:
        """A candidate's last word in this run."""
        if isinstance(outcome, Failure):
            width, height = outcome.size
            outcome = NO_FILE | {"status": outcome.status, "true_width": width, "true_height": height}
        self.setting.record(job.id, outcome)

    def note(self, job: Job, trace: client.Trace, outcome: Row | Failure | download.Redirect, seconds: float) -> None:
        """Log an attempt; redirects to signed URLs carry credentials."""
        status = outcome["status"] if isinstance(outcome, dict) else getattr(outcome, "status", "moved")
        about: dict[str, Any] = {"id": job.id, "attempt": job.attempt, "hop": job.hops, "status": status}
        cause = outcome.__cause__ if isinstance(outcome, Failure) else None
        places = {"url": job.url, "answered": trace.url, "why": str(cause or "")}
        about |= _redacted(places) | {"code": trace.code}
        about |= {"received": trace.received, "length": trace.length, "seconds": round(seconds, 3)}
        self.setting.log.stamped(about | {"headers": _redacted(trace.headers)})
        self.setting.progress.wire(trace.received, trace.length if status in statuses.GEOMETRY_STATUSES else 0)


def _redacted(texts: dict[str, str]) -> dict[str, str]:
    return {name: redact_credentials(text) for name, text in texts.items()}
