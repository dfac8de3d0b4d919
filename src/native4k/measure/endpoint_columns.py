"""Columns that an OpenAI-compatible endpoint fills.

An endpoint is no pure function: a second request may give another answer, and it costs money. So its answers are
treated as fetch treats the web: each is kept raw in a journal (data/answers), with tokens and costs, and is not
requested again.
"""

import asyncio
import base64
import fcntl
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
from PIL import Image

from native4k import images, provenance
from native4k.errors import UserError
from native4k.fetch import journal
from native4k.measure import columns
from native4k.measure.columns import Column
from native4k.measure.endpoint import FINAL, Answer, Endpoint, Question, Server, read_answer

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class EndpointColumn(NamedTuple):
    """A question about every view of every image, and how the answers about an image become its row."""

    name: str
    key: str
    server: Server
    question: Question
    view: str
    tiles: int
    row: Callable[[list[dict[str, Any] | None], str], dict[str, Any]]

    def fill(self, files: "pd.Series[str]", store: Path, answers: Path) -> list[dict[str, Any]]:
        """A row for every file (indexed by sha256); answers is the journal, beside those of other shards."""
        folder = answers.parent / f"{self.name}-{self.key}"
        log = journal.Journal(folder / answers.name)
        try:
            with endpoint_lock(answers.parent / f"{hashlib.sha256(self.server.url.encode()).hexdigest()[:16]}.lock"):
                found = asyncio.run(self._all(files, store, folder, log))
        finally:
            log.close()
            print(cost_summary(self.name, folder))
        self._whole(found)
        return [{"sha256": sha256, **self._row(found[sha256])} for sha256 in files.index]

    async def _all(
        self, files: "pd.Series[str]", store: Path, folder: Path, log: journal.Journal
    ) -> dict[str, dict[int, Answer]]:
        earlier, spent = earlier_answers(folder), Spending(self.server, folder)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            endpoint = Endpoint(self.server, client)
            one = asyncio.Semaphore(self.server.concurrency)  # images decoded at a time

            async def image(sha256: str, file: str) -> tuple[str, dict[int, Answer]]:
                async with one:
                    previous = earlier.get(sha256, {})
                    if previous and len(previous) == previous[0][1]:
                        return sha256, {part: answer for part, (answer, _) in previous.items()}
                    shown = await asyncio.to_thread(self._shown, store / file)
                    found = {}
                    for part, pixels in enumerate(shown):
                        if part in previous:
                            found[part] = previous[part][0]
                            continue
                        spent.check()
                        answer = await endpoint.ask(partial(self._jpeg, pixels), self.question)
                        log.stamped(journal_row(sha256, part, len(shown), self.server, answer))
                        spent.add(answer)
                        found[part] = answer
                    return sha256, found

            try:
                async with asyncio.TaskGroup() as tasks:
                    running = [tasks.create_task(image(str(sha256), file)) for sha256, file in files.items()]
            except ExceptionGroup as group:
                raise group.exceptions[0] from None
        return dict(task.result() for task in running)

    def _shown(self, path: Path) -> "list[np.ndarray]":
        return columns.view_pixels(images.decode_file(path), self.view, self.tiles)

    def _jpeg(self, pixels: "np.ndarray") -> str:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=self.server.jpeg_quality)
        return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()

    def _whole(self, found: dict[str, dict[int, Answer]]) -> None:
        every = [answer for parts in found.values() for answer in parts.values()]
        lost = Counter(answer.status for answer in every if answer.status not in FINAL)
        if lost:
            why = ", ".join(f"{status} {count}" for status, count in sorted(lost.items()))
            raise UserError(
                f"{self.name}: {sum(lost.values())} of {len(every)} questions to {self.server.url} got no answer "
                f"({why}); the answers so far are kept, the same command requests the rest"
            )
        if every and all(answer.status == "rejected" for answer in every):
            reason = " ".join(every[0].text.split())[:200]
            raise UserError(f"{self.name}: {self.server.url} accepts no request (status {every[0].code}): {reason}")

    def _row(self, parts: dict[int, Answer]) -> dict[str, Any]:
        answers = [parts[part] for part in sorted(parts)]
        parsed = [read_answer(answer.text, self.question) if answer.status == "ok" else None for answer in answers]
        worst = max((answer.status for answer in answers), key=SEVERITY.index)
        return self.row(parsed, worst)


SEVERITY = ("ok", "malformed", "refused", "rejected")


class Spending:
    """What a column has cost so far, against its limit."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.usd = sum(row.get("usd", 0.0) for row in journal_rows(folder))

    def add(self, answer: Answer) -> None:
        """Count an answer."""
        self.usd += price(self.server, answer)

    def check(self) -> None:
        """Stop once the limit is reached."""
        if self.server.max_usd is not None and self.usd >= self.server.max_usd:
            raise UserError(f"{self.folder}: {self.usd:.2f} USD are spent, max_usd is {self.server.max_usd}; raise it")


def price(server: Server, answer: Answer) -> float:
    """USD of an answer."""
    return (answer.tokens_in * server.usd_in + answer.tokens_out * server.usd_out) / 1e6


def journal_row(sha256: str, part: int, of: int, server: Server, answer: Answer) -> dict[str, Any]:
    """An answer as it is kept: raw, with what it cost."""
    kept = {"sha256": sha256, "part": part, "of": of, "model": server.model, **vars(answer)}
    del kept["wait"]
    return kept | {"usd": price(server, answer)}


def journal_rows(folder: Path) -> list[dict[str, Any]]:
    """All lines of a column's journals."""
    return [row for path in sorted(folder.glob("*.jsonl")) for row in journal.read(path)]


def earlier_answers(folder: Path) -> dict[str, dict[int, tuple[Answer, int]]]:
    """Final answers by image and part, each with the number of parts; what was rejected is sent again."""
    found: dict[str, dict[int, tuple[Answer, int]]] = {}
    for row in journal_rows(folder):
        if row["status"] in FINAL - {"rejected"}:
            answer = Answer(row["status"], row["text"], row["code"])
            found.setdefault(row["sha256"], {})[row["part"]] = (answer, row["of"])
    return found


def cost_summary(name: str, folder: Path) -> str:
    """What a column has cost so far, in a line."""
    found = journal_rows(folder)
    statuses = Counter(row["status"] for row in found)
    sums = {key: sum(row[key] for row in found) for key in ("attempts", "tokens_in", "tokens_out", "usd")}
    counts = ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items()))
    return (
        f"{name}: {len(found):,} questions ({counts or 'none'}) in {sums['attempts']:,} requests, "
        f"{sums['tokens_in']:,} tokens in, {sums['tokens_out']:,} out, {sums['usd']:.4f} USD"
    )


@contextmanager
def endpoint_lock(path: Path) -> Iterator[None]:
    """Lock a server for one shard at a time, so that its limits hold for all; a killed process releases the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def model_stamp(model: str, *question: Any) -> str:
    """The part of a column's name that identifies the model and the question."""
    slug = re.sub(r"[^a-z0-9.]+", "_", model.rpartition("/")[2].lower()).strip("_")
    return f"{slug}_{hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:8]}"


def column(asking: EndpointColumn, made: tuple[str, ...]) -> Column:
    """The answers as columns."""
    return Column(asking.name, made, asking.key, None, asking.fill)


def key(server: Server, *question: Any) -> str:
    """What answers depend on, as far as it is ours: the request, not what runs behind the address."""
    sent = [server.url, server.model, server.structured, server.body, server.jpeg_quality, *question]
    return provenance.defined(sent, "measure.endpoint_columns")
