"""A network that is ready to be used: of a file of published weights, which shows all about it, or a baseline."""

import dataclasses
import hashlib
from pathlib import Path
from typing import NamedTuple

from torch import nn

from native4k import tables
from native4k.errors import UserError
from native4k.sr import baselines, networks, weights
from native4k.sr.networks import hitsr, spandrel

MODELS = Path("models")
"""Where a baseline is looked for that is named and not a path."""

AVERAGED = "params_ema"
"""Where a file holds plain and averaged weights, the ones that are taken."""


class Ready(NamedTuple):
    """A network with its weights, its scale and shape, and a hash of all that it was read from."""

    network: nn.Module
    scale: int
    shape: networks.Network
    digest: str

    @property
    def architecture(self) -> str:
        """What its architecture is called."""
        return str(getattr(self.shape, "architecture", self.shape.kind))


def load(given: Path, key: str | None = None) -> Ready:
    """Load a file of weights, or a baseline by its folder or name; fail with one line."""
    return load_file(given, key) if is_file(given) else load_baseline(given)


def is_file(given: Path) -> bool:
    """Whether a path is a file of weights that is not a finished baseline's."""
    return given.is_file() and not (given.parent / baselines.PARAMS).is_file()


def load_file(path: Path, key: str | None) -> Ready:
    """Load a file of weights, whose architecture and scale it shows."""
    where = str(path)
    tensors, _ = weights.read(path, key, "weights", AVERAGED)
    shape, scale = hitsr.find(tensors, where) or spandrel.find(tensors, where)
    network = networks.build(shape, scale)
    weights.take(network, tensors, where)
    return Ready(network.eval().requires_grad_(requires_grad=False), scale, shape, _hash(path, note=key))


def load_baseline(given: Path) -> Ready:
    """Load a finished baseline."""
    place = folder(given)
    if given.suffix and not given.exists():
        raise UserError(f"{given}: no such file of weights")
    saved, network = baselines.restore(place)
    files = [path for path in (place / baselines.PARAMS, place / baselines.WEIGHTS) if path.exists()]
    return Ready(network, saved.baseline.scale, saved.baseline.network, _hash(*files))


def folder(given: Path) -> Path:
    """The folder of a baseline that is given as a path, by its file of weights or by its name."""
    if given.is_file():
        return given.parent
    return given if given.exists() or given.name != str(given) else MODELS / given


def numbers_of(ready: Ready) -> dict[str, object]:
    """The numbers of a network's shape, for its definition."""
    return dataclasses.asdict(ready.shape)  # type: ignore[call-overload]


def _hash(*paths: Path, note: str | None = None) -> str:
    text = "\n".join([*map(tables.digest, paths), note or ""])
    return hashlib.sha256(text.encode()).hexdigest()
