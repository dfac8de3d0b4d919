"""Starting weights: all that a published file holds, or what a finished baseline of any scale has in common.

Files of basicsr's, KAIR's and the authors' layouts are read: tensors by name, alone or under `params` or `params_ema`.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.learning.checkpoint import learned
from native4k.params import params
from native4k.sr import weight_files


@params
class Params:
    """The folder of a finished baseline; or a file of weights, and the key in it that they are under, if any."""

    path: str
    key: str | None = None


def file(start: Params) -> Path:
    """Return the file that holds the weights; a path that does not exist is a folder unless its name has a suffix."""
    path = Path(start.path)
    return path if path.is_file() or (path.suffix and not path.is_dir()) else path / weight_files.NAME


def check(start: Params, where: str) -> None:
    """Refuse a key for a folder, whose weights have none."""
    if start.key is not None and file(start) != Path(start.path):
        raise UserError(f"{where}.key: is of a file; remove it")


def fill(network: nn.Module, start: Params, where: str) -> str:
    """Give the network its first weights, and return a line for the log: which file, and how many tensors."""
    check(start, where)
    path = file(start)
    if path == Path(start.path):
        return _fill_from_file(network, path, start.key, where)
    return _fill_from_baseline(network, path, where)


def _fill_from_file(network: nn.Module, path: Path, key: str | None, where: str) -> str:
    """Take all weights of a file; only buffers that follow from the shape may be left over, and must be right."""
    there, chosen = weight_files.read(path, key, where)
    if _hidden(network).get("residual"):
        raise UserError(f"{where}: {path}: published networks have no residual; set network.residual to false")
    derived = _derived(network, there, f"{where}: {path}")
    there = _without(there, derived)
    scaled = tuple(name.removeprefix("body.") for name in _scaled(network))
    _check_fit(_body(network).state_dict(), there, scaled, f"{where}: {path}")
    _body(network).load_state_dict(there)
    message = _message(f"{path} ({chosen})" if chosen else str(path), len(there), [])
    return message + (f"; {len(derived)} derived buffers in it are right" if derived else "")


def _fill_from_baseline(network: nn.Module, path: Path, where: str) -> str:
    """Take the weights of a finished baseline; of those that depend on the scale, only the ones that fit."""
    folder = path.parent
    if not path.is_file():
        raise UserError(f"{where}: {path}: no such file; get it with 'dvc pull {folder}', or train that baseline first")
    _check_numbers(network, folder, where)
    there, _ = weight_files.read(path, None, where)
    wanted = learned(network)
    wrong = set(weight_files.misfits(wanted, there))
    free = {name for name in wrong if name.startswith(_scaled(network))}
    _check_fit(_without(wanted, free), _without(there, free), (), f"{where}: {path}")
    taken = {name: there[name] for name in wanted if name not in wrong}
    network.load_state_dict(taken, strict=False)
    return _message(str(path), len(taken), [name for name in wanted if name in wrong])


def _check_fit(wanted: dict[str, Tensor], there: dict[str, Tensor], scaled: tuple[str, ...], where: str) -> None:
    """Refuse tensors that do not fit: name the first, count them, and say what is likely different."""
    wrong = weight_files.misfits(wanted, there)
    if wrong:
        count = f"{len(wrong)} of {len(wanted.keys() | there.keys())} tensors do not fit"
        cause = "scale" if all(name.startswith(scaled) for name in wrong) else "network"
        weight_files.refuse(wrong[0], wanted, there, f"{where}: {{}}; {count}: weights of another {cause}")


def _without(tensors: dict[str, Tensor], names: set[str]) -> dict[str, Tensor]:
    return {name: value for name, value in tensors.items() if name not in names}


def _message(source: str, taken: int, new: list[str]) -> str:
    left = f"{len(new)} left new ({', '.join(new)})" if new else "none left new"
    return f"starting weights: {source}: {taken} tensors taken, {left}"


def _scaled(network: nn.Module) -> tuple[str, ...]:
    """Return the prefixes of weights that depend on the scale."""
    scaled: tuple[str, ...] = getattr(network, "scaled", ())
    return scaled


def _body(network: nn.Module) -> nn.Module:
    """Return the module whose keys published weights have."""
    body = getattr(network, "body", network)
    assert isinstance(body, nn.Module)
    return body


def _hidden(network: nn.Module) -> dict[str, Any]:
    """Return the numbers of a network that no weight's shape shows."""
    hidden: dict[str, Any] = getattr(network, "hidden", {})
    return hidden


def _check_numbers(network: nn.Module, folder: Path, where: str) -> None:
    path = folder / "params.json"
    try:
        other = json.loads(path.read_text(encoding="utf-8"))["baseline"]["network"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{where}: {path}: not readable; get it with 'dvc pull {folder}'") from None
    for name, value in _hidden(network).items():
        if other.get(name) != value:
            raise UserError(f"{where}: {path}: its network.{name} is {other.get(name)}, here it is {value}")


def _derived(network: nn.Module, there: dict[str, Tensor], where: str) -> set[str]:
    """List the tensors of the file that are buffers; each must be what the network's shape makes it."""
    body = _body(network)
    buffers = {name for name, _ in body.named_buffers()} - set(body.state_dict())
    for name in sorted(buffers & there.keys()):
        if not torch.equal(network.derived(name, there[name]), there[name]):  # type: ignore[operator]
            raise UserError(f"{where}: {name} is not what the network's window_size makes it: another network")
    return buffers & there.keys()
