"""Whose turn it is to ask a host: shards that run at the same time never ask the same one at once."""

import fcntl
import hashlib
import os
from pathlib import Path


class Turns:
    """One byte of a shared file stands for each host; a kill gives all turns back."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    def take(self, host: str) -> bool:
        """Whether it is ours now."""
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(host))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def give(self, host: str) -> None:
        """Let others have it."""
        fcntl.lockf(self.file, fcntl.LOCK_UN, 1, _place(host))

    def close(self) -> None:
        """Let others have all of them."""
        os.close(self.file)


def _place(host: str) -> int:
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:7], "big")
