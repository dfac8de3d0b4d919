"""One request over HTTP: to an allowed address, within the limits of params, every failure with its status."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from socket import EAI_AGAIN, EAI_FAIL
from typing import Annotated
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp import ClientResponse, ClientSession, ClientTimeout
from pydantic import AfterValidator, Field
from yarl import URL

from native4k import params
from native4k.fetch import ssrf_guard
from native4k.fetch.statuses import Failure
from native4k.fetch.store import WRITE_BYTES

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def check_contact(agent: str) -> str:
    """Check that a User-Agent names a contact."""
    if not (agent.isascii() and agent.isprintable() and ("@" in agent or "://" in agent)):
        raise ValueError("name a page or an e-mail address of those who ask, in printable ASCII")
    return agent


@params.params
class Params:
    """Limits on what a source may hand us, and on what we ask of it."""

    max_bytes: Count
    user_agent: Annotated[str, AfterValidator(check_contact)]
    concurrency: Count
    per_host: Count
    per_host_rate: Seconds
    connect_seconds: Seconds
    read_seconds: Seconds
    total_seconds: Seconds
    slowest_rate: Annotated[int, Field(ge=0)]
    max_header_bytes: Count
    max_redirects: Annotated[int, Field(ge=0)]
    probe_bytes: Annotated[int, Field(ge=64)]
    attempts: Count
    backoff_base: Seconds
    backoff_cap: Seconds
    max_retry_after: Annotated[float, Field(ge=0)]
    host_failures: Count
    max_transient: Annotated[float, Field(ge=0, le=1)]
    robots: bool
    allow_loopback: bool


ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content encoding -> zlib's window bits."""

KEEPALIVE_SECONDS = 5.0
"""Seconds that an idle connection stays open: many hosts get one request only."""


@dataclass
class Trace:
    """What is logged of an attempt."""

    url: str = ""
    code: int = 0
    received: int = 0
    length: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def session(numbers: Params) -> ClientSession:
    """A client without cookies, proxies, redirects or unpacking, that connects to allowed addresses only."""
    connector = aiohttp.TCPConnector(
        limit=0,
        keepalive_timeout=KEEPALIVE_SECONDS,
        resolver=ssrf_guard.Resolver(),
        ssl=ssl.create_default_context(),
        socket_factory=ssrf_guard.socket_factory(numbers.allow_loopback),
        ttl_dns_cache=60,
    )
    return ClientSession(
        connector=connector,
        headers={"User-Agent": numbers.user_agent, "Accept": "image/*,*/*;q=0.1", "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=ClientTimeout(total=None, connect=numbers.connect_seconds, sock_read=numbers.read_seconds),
        max_line_size=numbers.max_header_bytes,
        max_field_size=numbers.max_header_bytes,
    )


def parse_url(url: str) -> URL:
    """A URL as it goes over the wire: what may not stand in one is in percent, the rest as it was given."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in {"http", "https"}:
            raise Failure("bad_scheme" if parts.scheme else "bad_url")
        if not parts.hostname or parts.username is not None:
            raise Failure("bad_url")
        origin = str(URL.build(scheme=parts.scheme, host=parts.hostname, port=parts.port)).rstrip("/")
        plain = "%!$&'()*+,;=:@/~"
        query = "?" + quote(parts.query, safe=plain + "?") if parts.query else ""
        return URL(origin + quote(parts.path or "/", safe=plain) + query, encoded=True)
    except ValueError:
        raise Failure("bad_url") from None


@contextmanager
def network_failures() -> Iterator[None]:
    """Raise every error of the network as a Failure."""
    try:
        yield
    except aiohttp.ClientConnectorDNSError as error:
        raise Failure("no_resolver" if error.os_error.errno in {EAI_AGAIN, EAI_FAIL} else "dns") from error
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError) as error:
        raise Failure("tls") from error
    except aiohttp.ClientConnectorError as error:
        refused = isinstance(error.os_error, ssrf_guard.RefusedAddress)
        raise Failure("refused_address" if refused else "unreachable") from error
    except TimeoutError as error:
        raise Failure("timeout") from error
    except aiohttp.ClientPayloadError as error:
        raise Failure("truncated") from error
    except (aiohttp.ClientConnectionError, ConnectionError) as error:
        raise Failure("reset") from error
    except ValueError as error:
        raise Failure("bad_url") from error
    except Exception as error:  # whatever else a hostile server provokes below us
        raise Failure("bad_headers") from error


@asynccontextmanager
async def open_response(
    client: ClientSession, url: URL, numbers: Params, **headers: str
) -> AsyncIterator[ClientResponse]:
    """Open a response, its body not yet read; the connection is kept if all of the body has been read."""
    with network_failures():
        async with asyncio.timeout(numbers.connect_seconds + numbers.read_seconds):
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            response = await client.get(url, headers=sent, allow_redirects=False)
    try:
        if sum(len(name) + len(value) + 4 for name, value in response.raw_headers) > numbers.max_header_bytes:
            raise Failure("bad_headers")
        yield response
    finally:
        if not response.content.at_eof():
            response.close()


async def read_body(response: ClientResponse, numbers: Params, trace: Trace) -> AsyncIterator[bytes]:
    """Read the body as it comes, decompressed; a Failure if it comes too slowly."""
    clock = asyncio.get_running_loop().time
    decompress = Decompressor(response.headers.get("Content-Encoding", ""))
    began, got = clock(), 0
    while True:
        with network_failures():
            piece = await response.content.readany()
        if not piece:
            break
        trace.received += len(piece)
        got += len(piece)
        passed = clock() - began
        if passed >= numbers.read_seconds:
            if got < numbers.slowest_rate * passed:
                raise Failure("too_slow")
            began, got = clock(), 0
        for part in decompress(piece):
            yield part
    decompress.end()


class Decompressor:
    """Decompress a body piece by piece, so that a decompression bomb is cut short."""

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in {"", "identity", *ENCODINGS}:
            raise Failure("bad_encoding")
        self.decompressor = zlib.decompressobj(ENCODINGS[encoding]) if encoding in ENCODINGS else None

    def __call__(self, piece: bytes) -> Iterator[bytes]:
        """Decompress a piece, in parts of bounded size."""
        if self.decompressor is None:
            yield piece
            return
        while piece:
            try:
                part = self.decompressor.decompress(piece, WRITE_BYTES)
            except zlib.error:
                raise Failure("bad_encoding") from None
            piece = self.decompressor.unconsumed_tail
            yield part

    def end(self) -> None:
        """Check that the encoded body is complete."""
        if self.decompressor is not None and not self.decompressor.eof:
            raise Failure("truncated")
