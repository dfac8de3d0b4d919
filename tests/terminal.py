"""A command in a terminal, and what its screen shows afterwards, as a person would read it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

ROWS, COLUMNS = 40, 100
PIECES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


def screen(text: str) -> list[str]:
    """The lines that stand there once a terminal has followed all that was printed."""
    lines, row, column = [""], 0, 0
    for numbers, letter, back, new, plain in PIECES.findall(text):
        if back:
            column = 0
        elif new:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif letter == "A":
            row = max(0, row - int(numbers or 1))
        elif letter == "K" and numbers == "2":
            lines[row] = ""
        elif plain:
            lines[row] = lines[row].ljust(column)[:column] + plain + lines[row][column + len(plain) :]
            column += len(plain)
    return [line.rstrip() for line in lines]


def run(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """A command's exit status, and all that it printed to a terminal of its own."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=environment | {"TERM": "xterm"},
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    printed = b""
    while piece := _read(ours):
        printed += piece
    os.close(ours)
    return process.wait(), printed.decode()


def _read(file: int) -> bytes:
    """What a terminal has next; nothing once its programs have ended."""
    try:
        return os.read(file, 2**16)
    except OSError:
        return b""
