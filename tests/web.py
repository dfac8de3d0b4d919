"""A web server on loopback that behaves as badly as it is told to, page by page, byte by byte; with or without TLS."""

import asyncio
import datetime as dt
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Request:
    """What a client asked for, and over which connection."""

    path: str
    headers: Mapping[str, str]
    connection: int

    @property
    def span(self) -> tuple[int, int | None] | None:
        """The range it wants: first and last byte."""
        wanted = self.headers.get("range", "").removeprefix("bytes=")
        first, dash, last = wanted.partition("-")
        return (int(first), int(last) if last else None) if dash else None


Page = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
"""Answers a request by writing whatever it likes."""


def head(status: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An answer's first lines."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode()


def reply(status: str, body: bytes = b"", **headers: str) -> Page:
    """A whole answer."""
    told = [(name.replace("_", "-"), value) for name, value in headers.items()]

    async def page(_: Request, out: asyncio.StreamWriter) -> None:
        out.write(head(status, [*told, ("Content-Length", str(len(body)))]) + body)
        await out.drain()

    return page


def file(body: bytes, tag: str = '"1"', **headers: str) -> Page:
    """A file, in parts if one asks for them, as a good server hands it out."""
    told = [("ETag", tag)] if tag else []
    told += [(name.replace("_", "-"), value) for name, value in headers.items()]

    async def page(request: Request, out: asyncio.StreamWriter) -> None:
        span = request.span
        if span and request.headers.get("if-range", tag) == tag:
            first, last = span[0], min(len(body) - 1, len(body) if span[1] is None else span[1])
            if first >= len(body):
                out.write(head("416 Range Not Satisfiable", [("Content-Length", "0")]))
                return
            part = body[first : last + 1]
            told_part = [*told, ("Content-Range", f"bytes {first}-{last}/{len(body)}")]
            out.write(head("206 Partial Content", [*told_part, ("Content-Length", str(len(part)))]) + part)
        else:
            out.write(head("200 OK", [*told, ("Content-Length", str(len(body)))]) + body)
        await out.drain()

    return page


def raw(*pieces: bytes, pause: float = 0, reset: bool = False, close: bool = True) -> Page:
    """These bytes and no others, a pause after each; then the connection is closed, reset or left."""

    async def page(_: Request, out: asyncio.StreamWriter) -> None:
        for piece in pieces:
            out.write(piece)
            await out.drain()
            await asyncio.sleep(pause)
        if reset:
            linger = struct.pack("ii", 1, 0)  # on, no time: a reset instead of a farewell
            out.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            out.transport.abort()
        elif close:
            out.close()

    return page


def endless(start: bytes, piece: bytes, pause: float = 0) -> Page:
    """A beginning, then the same piece for ever."""

    async def page(_: Request, out: asyncio.StreamWriter) -> None:
        out.write(start)
        while not out.is_closing():
            out.write(piece)
            await out.drain()
            await asyncio.sleep(pause)

    return page


async def silence(_: Request, __: asyncio.StreamWriter) -> None:
    """No answer, ever."""
    await asyncio.sleep(3600)


def whole(body: bytes, length: int | None = None, **headers: str) -> bytes:
    """A whole answer as bytes, its length as told or a lie."""
    told = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return head("200 OK", [*told, ("Content-Length", str(len(body) if length is None else length))]) + body


def bomb(size: int = 10**8) -> bytes:
    """Few bytes that unpack to many."""
    return gzip.compress(bytes(size))


def moved(where: str, status: str = "302 Found") -> Page:
    """A redirect."""
    return reply(status, Location=where)


def first(*pages: Page) -> Page:
    """One page after the other, a request each; the last one stays."""
    left = list(pages)

    async def page(request: Request, out: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(request, out)

    return page


class Server:
    """The server, in a thread of its own, from `with` to its end."""

    def __init__(self, pages: dict[str, Page] | None = None, certificate: "Path | None" = None) -> None:
        self.pages: dict[str, Page] = pages or {}
        self.asked: list[Request] = []
        self.open: set[asyncio.StreamWriter] = set()
        self.busiest = self.busy = self.connections = 0
        self.port = 0
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda *_: None)  # clients that hang up are what it is for
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        self.listen()
        return self

    def listen(self) -> None:
        """Take connections, at the same port as before if there was one."""
        started = asyncio.start_server(self.serve, "127.0.0.1", self.port, ssl=self.tls, limit=2**17)
        self.server = asyncio.run_coroutine_threadsafe(started, self.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]

    async def die(self, _: Request, __: asyncio.StreamWriter) -> None:
        """A page that ends the server: every connection breaks, and none is taken any more."""
        self.server.close()
        for out in self.open:
            out.transport.abort()

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.stop(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def stop(self) -> None:
        """No more connections, and none left."""
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """A page's address."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, but for robots.txt."""
        return [request.path for request in self.asked if request.path != "/robots.txt"]

    async def serve(self, lines: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        self.connections += 1
        self.open.add(out)
        number = self.connections
        try:
            while not out.is_closing() and (request := await read(lines, number)):
                self.asked.append(request)
                self.busy += 1
                self.busiest = max(self.busiest, self.busy)
                try:
                    await self.pages.get(request.path, reply("404 Not Found"))(request, out)
                finally:
                    self.busy -= 1
        except (ConnectionError, ssl.SSLError):
            return
        finally:
            self.open.discard(out)
            out.transport.abort() if out.transport.is_closing() else out.close()


async def read(lines: asyncio.StreamReader, number: int) -> Request | None:
    """The next request of a connection."""
    try:
        text = (await lines.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    start, *rest = text.strip().split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Request(start.split(" ")[1], headers, number)


def certificates(folder: Path) -> tuple[Path, Path]:
    """A test authority's certificate, and one for 127.0.0.1 signed by it, with its key."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test authority")])
    leaf = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test server")])
    now = dt.datetime.now(dt.UTC)

    def base(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(root).public_key(public)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        return made.not_valid_after(now + dt.timedelta(days=1))

    authority = base(root, key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = authority.add_extension(usage, True)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server = base(leaf, own.public_key()).add_extension(names, False)
    paths = folder / "authority.pem", folder / "server.pem"
    paths[0].write_bytes(authority.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    paths[1].write_bytes(server.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + secret)
    return paths
