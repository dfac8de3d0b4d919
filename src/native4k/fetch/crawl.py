"""Fetch all images of a shard over HTTP, many at a time in one process."""

import asyncio
import math
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from native4k.fetch import client, download, permissions, statuses
from native4k.fetch.client import Params
from native4k.fetch.host_queue import Host, HostLocks, HostQueue, Job
from native4k.fetch.permissions import OptOut
from native4k.fetch.progress import Journal, Progress
from native4k.fetch.statuses import Failure, backoff
from native4k.fetch.store import NO_FILE, Incoming, Row
from native4k.geometry import Geometry
from native4k.redaction import redact_credentials

UNRESPONSIVE = {"timeout", "unreachable", "no_resolver", "too_slow"}
"""Statuses that count as failures of the host."""

WRITER_THREADS = 16
"""Threads that write files."""


@dataclass(frozen=True)
class CrawlSettings:
    """The settings of a crawl; `record` gets every candidate's id and row."""

    numbers: Params
    rule: Geometry
    store: Path
    opt_out: OptOut
    log: Journal
    locks: HostLocks
    progress: Progress
    record: Callable[[str, Row], None]


def crawl(candidates: dict[str, str], settings: CrawlSettings) -> None:
    """Fetch all candidates, given as id -> URL."""
    try:
        asyncio.run(_crawl(candidates, settings))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _crawl(candidates: dict[str, str], settings: CrawlSettings) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))  # each connection takes an open file
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(WRITER_THREADS))
    async with client.session(settings.numbers) as session:
        await Crawl(session, settings).run(candidates)


class Crawl:
    """Jobs, and the tasks that work on them."""

    def __init__(self, session: ClientSession, settings: CrawlSettings) -> None:
        self.session, self.settings, self.numbers = session, settings, settings.numbers
        self.clock = asyncio.get_running_loop().time
        self.queue = HostQueue(self.numbers.per_host, self.numbers.per_host_rate, settings.locks, self.clock)
        self.running = 0
        self.changed = asyncio.Event()

    async def run(self, candidates: dict[str, str]) -> None:
        """Work until every candidate is decided."""
        for id_, url in candidates.items():
            self.enqueue(Job(id_, url))
        async with asyncio.TaskGroup() as group:
            while (moment := self.queue.next_time()) < math.inf or self.running:
                self.settings.progress.report()
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

    def enqueue(self, job: Job) -> None:
        """Add a job to the queue of its URL's host, unless that host is closed or opted out."""
        try:
            url = client.parse_url(job.url)
        except Failure as failure:
            self.record(job, failure)
            return
        host = self.queue.host(str(url.origin()))
        if not self.numbers.robots:
            host.rules = []
        if host.closed:
            self.record(job, Failure(host.closed))
        elif self.settings.opt_out.names(url.host or ""):
            self.record(job, Failure("opted_out"))
        else:
            self.queue.add(job, host)

    async def work(self, job: Job, host: Host) -> None:
        """Make one attempt, log it, and handle its outcome."""
        began = self.clock()
        incoming = Incoming(self.settings.store, job.id, self.numbers.max_bytes, self.settings.rule)
        attempt = download.Download(self.session, self.numbers, incoming, lambda: self.pace(host))
        outcome: Row | Failure | download.Redirect
        try:
            outcome = await self.attempt(job, host, attempt)
        except (Failure, download.Redirect) as why:
            outcome = why
        finally:
            incoming.discard()
            self.running -= 1
            self.queue.finish(host)
            self.changed.set()
        self.log_attempt(job, attempt.trace, outcome, self.clock() - began)
        self.handle_outcome(job, host, outcome)

    async def pace(self, host: Host) -> None:
        """Wait for the host's next slot."""
        await asyncio.sleep(self.queue.reserve_slot(host))

    async def attempt(self, job: Job, host: Host, attempt: download.Download) -> Row:
        """The image's row; raises Redirect or a Failure if it does not come."""
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
                if not permissions.allows(host.rules, url.raw_path_qs):
                    raise Failure("robots")
                await attempt.run(url)
        except TimeoutError:
            raise Failure("too_slow") from None
        return await asyncio.to_thread(attempt.incoming.finish)

    def handle_outcome(self, job: Job, host: Host, outcome: Row | Failure | download.Redirect) -> None:
        """Retry, follow a redirect, or record the outcome."""
        if isinstance(outcome, download.Redirect):
            job.url, job.hops = str(outcome), job.hops + 1
            if job.hops > self.numbers.max_redirects:
                self.record(job, Failure("redirects"))
            else:
                self.enqueue(job)
            return
        if isinstance(outcome, dict):
            host.failures = 0
        elif self.count_failure(job, host, outcome):
            return
        self.record(job, outcome)

    def count_failure(self, job: Job, host: Host, failure: Failure) -> bool:
        """Count a failure of the host, close the host where it must be, and return whether the image is retried."""
        host.failures = host.failures + 1 if failure.status in UNRESPONSIVE else 0
        if host.closed:
            return False
        if failure.status in statuses.HOST_STATUSES or failure.wait > self.numbers.max_retry_after:
            self.close(host, failure.status)
        elif host.failures >= self.numbers.host_failures:
            self.close(host, "host_down")
        elif statuses.is_retried_now(failure.status) and job.attempt < self.numbers.attempts:
            return self.retry(job, host, failure)
        return False

    def retry(self, job: Job, host: Host, failure: Failure) -> bool:
        """Queue another attempt with back-off; false if the deadline is earlier."""
        now = self.clock()
        host.free_at = max(host.free_at, now + failure.wait)
        at = now + max(failure.wait, backoff(job.attempt, self.numbers.backoff_base, self.numbers.backoff_cap))
        if at >= job.deadline:
            return False
        job.attempt, job.status = job.attempt + 1, failure.status
        self.queue.add_at(job, host, at)
        return True

    def close(self, host: Host, status: str) -> None:
        """Close a host, and record its status for all images that waited for it."""
        for job in self.queue.close(host, status):
            self.record(job, Failure(status))

    def record(self, job: Job, outcome: Row | Failure) -> None:
        """Record a candidate's outcome in this run."""
        if isinstance(outcome, Failure):
            width, height = outcome.size
            outcome = NO_FILE | {"status": outcome.status, "true_width": width, "true_height": height}
        self.settings.record(job.id, outcome)

    def log_attempt(
        self, job: Job, trace: client.Trace, outcome: Row | Failure | download.Redirect, seconds: float
    ) -> None:
        """Log an attempt; redirects to signed URLs carry credentials."""
        status = outcome["status"] if isinstance(outcome, dict) else getattr(outcome, "status", "moved")
        about: dict[str, Any] = {"id": job.id, "attempt": job.attempt, "hop": job.hops, "status": status}
        cause = outcome.__cause__ if isinstance(outcome, Failure) else None
        places = {"url": job.url, "answered": trace.url, "why": str(cause or "")}
        about |= _redacted(places) | {"code": trace.code}
        about |= {"received": trace.received, "length": trace.length, "seconds": round(seconds, 3)}
        self.settings.log.add_with_time(about | {"headers": _redacted(trace.headers)})
        self.settings.progress.add_bytes(trace.received, trace.length if status in statuses.GEOMETRY_STATUSES else 0)


def _redacted(texts: dict[str, str]) -> dict[str, str]:
    return {name: redact_credentials(text) for name, text in texts.items()}
