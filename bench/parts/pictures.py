"""A server on loopback that hands out pictures of any size, well or badly, and counts the bytes that leave."""

import asyncio
import io
import os
import random
import re
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

SEED = 4
BYTES = (200_000, 6_000_000)
"""Of a picture, from and to."""

PIECE = 2**18
"""Bytes sent at once."""


@cache
def drawn(width: int, height: int) -> bytes:
    """The beginning of a JPEG of these sides, up to its first scan."""
    out = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def content(number: int, large: bool, limit: int = BYTES[1]) -> tuple[bytes, int]:
    """How a picture of its own begins, and how long it is; the rest is padding."""
    dice = random.Random(f"{SEED} {number}")
    start = drawn(3840, 2160) if large else drawn(1920, 1080)
    mark = f"{number:08}".encode()
    return start[:2] + b"\xff\xfe\x00\x0a" + mark + start[2:], dice.randint(BYTES[0], limit)


class Server:
    """Hands out pictures by number, in parts if one asks for them, and counts the bytes that left."""

    def __init__(self, told: Any) -> None:
        self.told, self.asked, self.padding = told, Counter[str](), bytes(BYTES[1])

    async def serve(self, lines: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        try:
            while True:
                request = (await lines.readuntil(b"\r\n\r\n")).decode("latin-1")
                await self.answer(request, out)
        except (asyncio.IncompleteReadError, ConnectionError):
            out.close()

    async def answer(self, request: str, out: asyncio.StreamWriter) -> None:
        """Behave as the path says: /KIND/NUMBER.jpg."""
        path = request.split(" ", 2)[1]
        self.asked[path] += 1
        _, kind, *name = path.split("/")
        if kind == "silent":
            await asyncio.sleep(3600)
        if not name or kind == "lost" or (kind == "failing" and self.asked[path] <= 2):  # noqa: PLR2004
            status = "503 Service Unavailable" if kind == "failing" else "404 Not Found"
            out.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        start, size = content(int(name[0].partition(".")[0]), kind != "small", BYTES[0] if kind == "slow" else BYTES[1])
        span = re.search(r"(?im)^range: bytes=(\d+)-(\d*)", request)
        first = int(span[1]) if span else 0
        last = min(size - 1, int(span[2])) if span and span[2] else size - 1
        head = f"HTTP/1.1 {'206 Partial Content' if span else '200 OK'}\r\nContent-Length: {last - first + 1}\r\n"
        head += f'ETag: "{path}"\r\nContent-Type: image/jpeg\r\n'
        out.write((head + (f"Content-Range: bytes {first}-{last}/{size}\r\n" if span else "") + "\r\n").encode())
        await self.pour(out, start, first, last + 1, slowly=kind == "slow")

    async def pour(self, out: asyncio.StreamWriter, start: bytes, place: int, end: int, *, slowly: bool) -> None:
        """The bytes from a place to an end; the beginning of the picture, then nothing but padding."""
        while place < end:
            stop = min(end, place + (PIECE // 8 if slowly else PIECE))
            piece = start[place:stop] if place < len(start) else memoryview(self.padding)[: stop - place]
            await asyncio.sleep(0.5 if slowly else 0)
            out.write(piece)
            await out.drain()
            place += len(piece)
            with self.told.get_lock():
                self.told.value += len(piece)


def serving(port: Any, told: Any, cores: list[int]) -> None:
    """The server's process."""
    os.sched_setaffinity(0, cores)

    async def forever() -> None:
        server = await asyncio.start_server(Server(told).serve, "127.0.0.1", 0, backlog=1024)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(forever())
