"""Download one image over HTTP: its first bytes, then the rest on the same connection; and a host's robots.txt."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import NoReturn
from urllib.parse import urljoin

from aiohttp import ClientResponse, ClientSession
from yarl import URL

from native4k.fetch import permissions, statuses
from native4k.fetch.client import Params, Trace, open_response, parse_url, read_body
from native4k.fetch.statuses import Failure, retry_after
from native4k.fetch.store import Incoming

AGENT = "native4k"
"""Our name in robots.txt and X-Robots-Tag."""

WHOLE, PART, UNSATISFIABLE, TOO_MANY = 200, 206, 416, 429
REDIRECTS = (301, 302, 303, 307, 308)
STATUS_OF_CODE = {404: "not_found", 410: "gone", 429: "too_many_requests", 408: "server_error", 425: "server_error"}
STATUS_OF_CODE |= dict.fromkeys((401, 402, 403, 451), "forbidden")
SERVER_ERROR = 500

SPAN = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
LOGGED_HEADERS = (
    "Content-Type",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Retry-After",
    "X-Robots-Tag",
)
"""Headers that are logged."""


class Redirect(Exception):  # noqa: N818
    """A redirect; the message is the URL it leads to."""


def check_response(response: ClientResponse, numbers: Params, trace: Trace, *accepted: int) -> None:
    """Log the response; raise Redirect or a Failure unless it is of an image, or has an accepted status code."""
    headers = response.headers
    trace.url, trace.code = str(response.url), response.status
    trace.headers = {name: headers[name] for name in LOGGED_HEADERS if name in headers}
    if response.status in accepted:
        return
    tag = permissions.x_robots_status(headers.getall("X-Robots-Tag", []), AGENT) if numbers.robots else ""
    if tag:
        raise Failure(tag)
    if response.status in REDIRECTS:
        _redirect(trace.url, headers.get("Location", ""))
    if response.status not in {WHOLE, PART}:
        status = "server_error" if response.status >= SERVER_ERROR else "refused"
        wait = retry_after(headers.get("Retry-After", ""))
        raise Failure(STATUS_OF_CODE.get(response.status, status), wait=wait)
    span = _content_range(response)
    trace.length = span[2] if span else response.content_length or 0
    if trace.length > numbers.max_bytes:
        raise Failure("too_large")


def _redirect(url: str, location: str) -> NoReturn:
    if not location:
        raise Failure("redirects")
    try:
        raise Redirect(urljoin(url, location))
    except ValueError:
        raise Failure("bad_url") from None


def _content_range(response: ClientResponse) -> tuple[int, int, int] | None:
    """First byte, last byte and length, from the Content-Range of a part that is not compressed."""
    if response.status != PART or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return None
    found = SPAN.fullmatch(response.headers.get("Content-Range", "").strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _validator(response: ClientResponse) -> str:
    """The validator of this version of a file: its strong ETag, or else its date."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


class Download:
    """One attempt at one URL, into `incoming`; `pace` is awaited before every request but the first."""

    def __init__(
        self, client: ClientSession, numbers: Params, incoming: Incoming, pace: Callable[[], Awaitable[None]]
    ) -> None:
        self.client, self.numbers, self.incoming, self.pace = client, numbers, incoming, pace
        self.trace = Trace()

    async def run(self, url: URL) -> None:
        """Download the first bytes, then the rest; the whole at once where the server does not serve ranges."""
        if await self.request_first_bytes(url):
            return
        await self.pace()
        self.incoming.start()
        async with open_response(self.client, url, self.numbers) as response:
            check_response(response, self.numbers, self.trace)
            if response.status == PART:
                raise Failure("refused")
            await self.stream(response)

    async def request_first_bytes(self, url: URL) -> bool:
        """Request the first bytes, then those after them; return whether that gave the whole file."""
        wanted = f"bytes=0-{self.numbers.probe_bytes - 1}"
        async with open_response(self.client, url, self.numbers, Range=wanted) as response:
            check_response(response, self.numbers, self.trace, UNSATISFIABLE)
            if response.status == WHOLE:
                await self.stream(response)
                return True
            span, validator = _content_range(response), _validator(response)
            if span is None or span[0] != 0 or not 0 <= span[1] < min(span[2], self.numbers.probe_bytes):
                return False
            head = await self.read_short(response, span[1] + 1)
        self.incoming.add(head)
        if len(head) == span[2]:
            return True
        return bool(validator) and await self.request_rest(url, span[2], validator)

    async def request_rest(self, url: URL, length: int, validator: str) -> bool:
        """Request the other bytes of the same version; return whether they came, or the whole of another version."""
        await self.pace()
        wanted = {"Range": f"bytes={self.incoming.size}-", "If_Range": validator}
        async with open_response(self.client, url, self.numbers, **wanted) as response:
            check_response(response, self.numbers, self.trace, UNSATISFIABLE)
            if response.status == WHOLE:
                self.incoming.start()
            else:
                rest = (self.incoming.size, length - 1, length)
                if _content_range(response) != rest or _validator(response) not in {"", validator}:
                    return False
            await self.stream(response)
        if response.status == PART and self.incoming.size != length:
            raise Failure("truncated")
        return True

    async def read_short(self, response: ClientResponse, length: int) -> bytes:
        """Read the whole of a short body."""
        head = bytearray()
        async for piece in read_body(response, self.numbers, self.trace):
            head += piece
            if len(head) > length:
                break
        if len(head) < length:
            raise Failure("truncated")
        return bytes(head[:length])

    async def stream(self, response: ClientResponse) -> None:
        """Stream a body into the incoming file."""
        async for piece in read_body(response, self.numbers, self.trace):
            if self.incoming.add(piece):
                await asyncio.to_thread(self.incoming.write)


async def robots_rules(client: ClientSession, url: URL, numbers: Params) -> list[permissions.Rule]:
    """Download the rules for us in the robots.txt of a URL's host; none if it is missing or cannot be read."""
    place = str(url.origin() / "robots.txt")
    for hop in range(numbers.max_redirects + 1):
        try:
            return permissions.parse_robots(await robots_text(client, place, numbers), AGENT)
        except Redirect as moved:
            place = str(moved)
        except Failure as failure:
            if statuses.is_retried_later(failure.status) or (not hop and failure.status in statuses.HOST_STATUSES):
                raise
            break
    return []


async def robots_text(client: ClientSession, url: str, numbers: Params) -> str:
    """Download the beginning of a robots.txt; empty where there is none."""
    async with open_response(client, parse_url(url), numbers) as response:
        if response.status in REDIRECTS:
            _redirect(url, response.headers.get("Location", ""))
        if response.status >= SERVER_ERROR or response.status == TOO_MANY:
            raise Failure("server_error", wait=retry_after(response.headers.get("Retry-After", "")))
        content = bytearray()
        async for piece in read_body(response, numbers, Trace()):
            content += piece
            if len(content) >= permissions.MAX_ROBOTS_BYTES:
                break
    return bytes(content[: permissions.MAX_ROBOTS_BYTES]).decode("utf-8", "replace") if response.status == WHOLE else ""
