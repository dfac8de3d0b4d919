"""Files that a baseline must have."""

from pathlib import Path

from native4k.errors import UserError


def existing(path: Path, name: str) -> Path:
    """The path; a UserError if nothing is there."""
    if not path.exists():
        raise UserError(
            f"{path}: missing; run 'dvc repro', or remove metrics/details/{name}.json if that baseline is gone"
        )
    return path
