"""One question about one picture to an OpenAI-compatible endpoint: with retries, a rate limit, and a checked answer."""

import asyncio
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import aiohttp
from pydantic import Field

from native4k.errors import UserError
from native4k.fetch.statuses import backoff, retry_after
from native4k.params import params
from native4k.redaction import redact, redact_secrets

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]

MAX_BYTES = 2**20
"""Bytes of an answer that are read."""

FINAL = ("ok", "malformed", "refused", "rejected")
"""Statuses that another run keeps: answered, never of the right form, refused by the model, rejected by the server."""

FATAL = {401: "the key is not accepted", 403: "not allowed", 404: "no such model or address", 405: "not an endpoint"}
NOT_ACCEPTED = {400, 413, 415, 422}
OK, TOO_MANY = 200, 429

USAGE = {"tokens_in": "prompt_tokens", "tokens_out": "completion_tokens"}


@params
class Server:
    """The address of an endpoint, its limits, and its prices."""

    url: str  # up to and with /v1
    model: str
    key: str | None  # the environment variable that holds the API key; null: none is sent
    structured: Literal["json_schema", "json_object", "none"]  # how the request demands the answer's form
    body: dict[str, Any]  # sent with every request, such as max_tokens and temperature
    jpeg_quality: Annotated[int, Field(ge=1, le=100)]
    concurrency: Count  # requests at a time
    per_minute: Positive  # requests
    seconds: Positive  # for an answer
    attempts: Count
    backoff_base: Positive  # seconds
    backoff_cap: Positive  # seconds
    max_retry_after: Positive  # seconds; a longer Retry-After is left to another run
    usd_in: Annotated[float, Field(ge=0)]  # a million tokens
    usd_out: Annotated[float, Field(ge=0)]  # a million tokens
    max_usd: Positive | None  # of a column, all runs and shards together; then no more requests are sent


@dataclass(frozen=True)
class Question:
    """The prompt about a picture, the schema of the answer, and the function that checks and reads it."""

    prompt: str
    schema: dict[str, Any]
    read: Callable[[dict[str, Any]], dict[str, Any]]  # raises ValueError


@dataclass
class Answer:
    """The outcome of a question: its status, the raw text, and its cost."""

    status: str
    text: str = ""
    code: int = 0
    attempts: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    wait: float = 0.0  # seconds of the server's Retry-After


class Endpoint:
    """An endpoint with its rate limit."""

    def __init__(self, server: Server, client: aiohttp.ClientSession) -> None:
        self.server, self.client, self.free_at = server, client, 0.0
        self.headers = authorization(server)
        self.secrets = [value.partition(" ")[2] for value in self.headers.values()]

    async def ask(self, data_url: str, question: Question) -> Answer:
        """Request the answer until it is final or the attempts are used up; tokens of all attempts are counted."""
        body = self.body(data_url, question)
        tokens_in = tokens_out = 0
        for attempt in range(1, self.server.attempts + 1):
            await self._wait_for_slot()
            answer = await self._request(body, question)
            tokens_in, tokens_out = tokens_in + answer.tokens_in, tokens_out + answer.tokens_out
            if answer.status in {"ok", "refused", "rejected"} or answer.wait > self.server.max_retry_after:
                break
            if attempt < self.server.attempts:
                wait = max(answer.wait, backoff(attempt, self.server.backoff_base, self.server.backoff_cap))
                if answer.code == TOO_MANY:
                    self.free_at = max(self.free_at, _now() + wait)  # all requests wait
                else:
                    await asyncio.sleep(wait)
        answer.attempts, answer.tokens_in, answer.tokens_out = attempt, tokens_in, tokens_out
        return answer

    def body(self, data_url: str, question: Question) -> dict[str, Any]:
        """The request, by the protocol of /v1/chat/completions."""
        form = {"name": "answer", "strict": True, "schema": question.schema}
        forms: dict[str, dict[str, Any]] = {
            "json_schema": {"response_format": {"type": "json_schema", "json_schema": form}},
            "json_object": {"response_format": {"type": "json_object"}},
        }
        content = [{"type": "text", "text": question.prompt}, {"type": "image_url", "image_url": {"url": data_url}}]
        request = {"model": self.server.model, "messages": [{"role": "user", "content": content}]}
        return request | self.server.body | forms.get(self.server.structured, {})

    async def _wait_for_slot(self) -> None:
        """Wait until the rate limit allows the next request."""
        at = max(_now(), self.free_at)
        self.free_at = at + 60 / self.server.per_minute
        await asyncio.sleep(at - _now())

    async def _request(self, body: dict[str, Any], question: Question) -> Answer:
        url = self.server.url.rstrip("/") + "/chat/completions"
        try:
            async with (
                asyncio.timeout(self.server.seconds),
                self.client.post(url, json=body, headers=self.headers, allow_redirects=False) as response,
            ):
                content = await _read(response)
                if response.status != OK:
                    return self._failure(response, content)
        except TimeoutError:
            return Answer("timeout")
        except (aiohttp.ClientError, OSError) as error:
            return Answer("unreachable", text=redact(f"{type(error).__name__}: {error}", *self.secrets))
        return parse_response(content, question, *self.secrets)

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> Answer:
        text, code = redact(content.decode(errors="replace"), *self.secrets), response.status
        if code in FATAL or 300 <= code < 400:  # noqa: PLR2004
            raise UserError(f"{self.server.url}: {FATAL.get(code, 'redirects')} (status {code}): {first_words(text)}")
        if code in NOT_ACCEPTED:
            return Answer("rejected", text, code)
        wait = retry_after(response.headers.get("Retry-After", ""))
        return Answer("rate_limited" if code == TOO_MANY else "server_error", text, code, wait=wait)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = b""
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > MAX_BYTES:
            break
    return content[:MAX_BYTES]


def parse_response(content: bytes, question: Question, *secrets: str) -> Answer:
    """A response of status 200: answered, refused, or malformed; the raw text is kept, but for secrets."""
    raw = content.decode(errors="replace")
    try:
        tree = json.loads(raw)
        choice = tree["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        usage = tree.get("usage") or {}
        tokens = {name: int(usage.get(key) or 0) for name, key in USAGE.items()}
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
        return Answer("malformed", redact(raw, *secrets), 200)
    if refusal or choice.get("finish_reason") == "content_filter":
        return Answer("refused", redact(str(refusal or text or ""), *secrets), 200, **tokens)
    answered = redact_secrets(str(text), *secrets)
    try:
        read_answer(answered, question)
    except (ValueError, RecursionError):
        return Answer("malformed", redact(answered, *secrets), 200, **tokens)
    return Answer("ok", answered, 200, **tokens)


def read_answer(text: str, question: Question) -> dict[str, Any]:
    """The content of an answer, with or without a code fence around its JSON; ValueError if its form is wrong."""
    inner = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    tree = json.loads(inner)
    if not isinstance(tree, dict):
        raise ValueError("not an object")  # noqa: TRY004
    try:
        return question.read(tree)
    except (LookupError, TypeError) as error:
        raise ValueError(str(error)) from None


def authorization(server: Server) -> dict[str, str]:
    """The header with the key, which comes from the environment alone and goes over TLS or loopback alone."""
    parts = urlsplit(server.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UserError(f"params: {server.url!r} is not the address of an endpoint, such as http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.query:
        raise UserError(f"{server.url}: no password or query belongs here; `key` names the variable with the key")
    if server.key is None:
        return {}
    if not os.environ.get(server.key):
        raise UserError(f"{server.url}: its key is missing; set the environment variable {server.key}")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise UserError(f"{server.url}: a key goes to https:// or to this machine only")
    if not re.fullmatch(r"[!-~]+", os.environ[server.key]):
        raise UserError(f"{server.url}: the key in {server.key} has a space, a line break or a letter beyond ASCII")
    return {"Authorization": f"Bearer {os.environ[server.key]}"}


def first_words(text: str) -> str:
    """The beginning of a text, in one line."""
    return " ".join(text.split())[:200]


def _now() -> float:
    return asyncio.get_running_loop().time()
