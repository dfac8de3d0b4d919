import hashlib
from pathlib import Path


def frozen(path):
    """What is in a file that an earlier milestone made: DVC restores such files with any time stamp."""
    file = Path(path)
    return hashlib.md5(file.read_bytes()).hexdigest() if file.exists() else "missing"
