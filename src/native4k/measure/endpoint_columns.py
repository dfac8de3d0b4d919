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
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from PIL import Image

from native4k import images, provenance
from native4k.errors import UserError
from native4k.fetch.progress import Journal, read_journal
from native4k.measure import columns
from native4k.measure.columns import Column
from native4k.measure.endpoint import FINAL, Answer, Endpoint, Question, Server, first_words, read_answer

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Tiles = dict[int, Answer]
"""The answers about an image's tiles, by their place; a view without tiles is one."""


@dataclass(frozen=True)
class EndpointColumn:
    """A question about every tile of every image, and how the answers about an image become its row."""

    name: str
    server: Server
    question: Question
    view: str
    tiles: int
    row: Callable[[list[dict[str, Any] | None], str], dict[str, Any]]

    def column(self, *names: str) -> Column:
        """The answers as columns of these names."""
        return Column(self.name, names, self.key, None, self.fill)

    @property
    def key(self) -> str:
        """What answers depend on, as far as it is ours: the request, not what runs behind the address."""
        server, question = self.server, self.question
        sent = [server.url, server.model, server.structured, server.body, server.jpeg_quality, self.view, self.tiles]
        return provenance.definition_of([*sent, question.prompt, question.schema], "measure.endpoint_columns")

    def fill(self, files: "pd.Series[str]", store: Path, journal: Path) -> list[dict[str, Any]]:
        """A row for every file (indexed by sha256); the journal stands in the column's folder, for this shard alone."""
        url_hash = hashlib.sha256(self.server.url.encode()).hexdigest()[:16]
        path = journal.parent / f"{self.name}-{self.key}" / journal.name
        with endpoint_lock(journal.parent / f"{url_hash}.lock"), closing(AnswerJournals(path, self.server)) as answers:
            try:
                found = asyncio.run(self._ask_all(files, store, answers))
            finally:
                print(f"{self.name}: {answers.summary()}")
        self._check_answers([answer for tiles in found.values() for answer in tiles.values()])
        return [{"sha256": sha256, **self._row(found[sha256])} for sha256 in files.index]

    async def _ask_all(self, files: "pd.Series[str]", store: Path, answers: "AnswerJournals") -> dict[str, Tiles]:
        slots = asyncio.Semaphore(self.server.concurrency)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            endpoint = Endpoint(self.server, client)

            async def ask(sha256: str, path: Path) -> Tiles:
                async with slots:
                    return await self._ask_about_image(sha256, path, answers, endpoint)

            try:
                async with asyncio.TaskGroup() as tasks:
                    running = {name: tasks.create_task(ask(str(name), store / file)) for name, file in files.items()}
            except ExceptionGroup as group:
                raise group.exceptions[0] from None
        return {str(name): task.result() for name, task in running.items()}

    async def _ask_about_image(self, sha256: str, path: Path, answers: "AnswerJournals", endpoint: Endpoint) -> Tiles:
        found = answers.kept.get(sha256, {})
        if found and len(found) == answers.tiles[sha256]:
            return found
        pictures = await asyncio.to_thread(self._pictures, path)
        for tile, pixels in enumerate(pictures):
            if tile not in found:
                answers.check_spending()
                data_url = await asyncio.to_thread(self._data_url, pixels)
                found[tile] = await endpoint.ask(data_url, self.question)
                answers.add(sha256, tile, len(pictures), found[tile])
        return found

    def _pictures(self, path: Path) -> "list[np.ndarray]":
        return columns.view_pixels(images.decode_file(path), self.view, self.tiles)

    def _data_url(self, pixels: "np.ndarray") -> str:
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=self.server.jpeg_quality)
        return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()

    def _check_answers(self, answers: list[Answer]) -> None:
        """Stop if some questions got no answer, or if the server rejected all of them."""
        if lost := Counter(answer.status for answer in answers if answer.status not in FINAL):
            why = ", ".join(f"{status} {count}" for status, count in sorted(lost.items()))
            raise UserError(
                f"{self.name}: {lost.total()} of {len(answers)} questions to {self.server.url} got no answer "
                f"({why}); the answers so far are kept, the same command requests the rest"
            )
        if answers and all(answer.status == "rejected" for answer in answers):
            first = answers[0]
            why = f"(status {first.code}): {first_words(first.text)}"
            raise UserError(f"{self.name}: {self.server.url} accepts no request {why}")

    def _row(self, tiles: Tiles) -> dict[str, Any]:
        answers = [tiles[tile] for tile in sorted(tiles)]
        parsed = [read_answer(answer.text, self.question) if answer.status == "ok" else None for answer in answers]
        return self.row(parsed, max((answer.status for answer in answers), key=FINAL.index))


class AnswerJournals:
    """The answers about a column's images: those of all shards and runs, and new ones for this shard's journal."""

    def __init__(self, path: Path, server: Server) -> None:
        self.folder, self.server = path.parent, server
        self.rows = [row for one in sorted(self.folder.glob("*.jsonl")) for row in read_journal(one)]
        self.usd = sum(row["usd"] for row in self.rows)
        self.tiles = {row["sha256"]: row["of"] for row in self.rows}
        self.kept: dict[str, Tiles] = {}
        for row in self.rows:
            if row["status"] in FINAL and row["status"] != "rejected":  # what was rejected is sent again
                answer = Answer(row["status"], row["text"], row["code"])
                self.kept.setdefault(row["sha256"], {})[row["part"]] = answer
        self.journal = Journal(path)

    def add(self, sha256: str, tile: int, tiles: int, answer: Answer) -> None:
        """Keep an answer raw, with what it cost."""
        usd = (answer.tokens_in * self.server.usd_in + answer.tokens_out * self.server.usd_out) / 1e6
        row = {"sha256": sha256, "part": tile, "of": tiles, "model": self.server.model, **vars(answer), "usd": usd}
        del row["wait"]
        self.journal.add_with_time(row)
        self.rows.append(row)
        self.usd += usd

    def check_spending(self) -> None:
        """Stop once the limit is reached."""
        limit = self.server.max_usd
        if limit is not None and self.usd >= limit:
            raise UserError(f"{self.folder}: {self.usd:.2f} USD are spent, max_usd is {limit}; raise it")

    def summary(self) -> str:
        """The number of answers by status, and what they have cost."""
        statuses = Counter(row["status"] for row in self.rows)
        counts = ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items()))
        requests, sent, received = (
            sum(row[name] for row in self.rows) for name in ("attempts", "tokens_in", "tokens_out")
        )
        return (
            f"{len(self.rows):,} questions ({counts or 'none'}) in {requests:,} requests, "
            f"{sent:,} tokens in, {received:,} out, {self.usd:.4f} USD"
        )

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()


@contextmanager
def endpoint_lock(path: Path) -> Iterator[None]:
    """Lock a server for one shard at a time, so that its limits hold for all; a killed process releases the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def model_stamp(server: Server, question: Question) -> str:
    """The part of a column's name that identifies the model and the question."""
    slug = re.sub(r"[^a-z0-9.]+", "_", server.model.rpartition("/")[2].lower()).strip("_")
    asked = json.dumps([question.prompt, question.schema], sort_keys=True)
    return f"{slug}_{hashlib.sha256(asked.encode()).hexdigest()[:8]}"
