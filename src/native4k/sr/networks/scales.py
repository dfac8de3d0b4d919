"""What scales a network can do."""

from collections.abc import Collection

from native4k.errors import UserError


def check(name: str, scale: int, able: Collection[int]) -> None:
    """Refuse a scale that is none of them."""
    if scale not in able:
        raise UserError(f"{name} cannot do scale {scale}; it can do {', '.join(map(str, able))}")
