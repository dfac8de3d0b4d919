"""Weights: files read without running any code of theirs, and what a network starts with.

A start takes all that a published file holds, or what a finished baseline of any scale has in common. Files of
basicsr's, KAIR's and the authors' layouts are read: tensors by name, alone or under `params` or `params_ema`.
"""

import json
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.learning.checkpoint import learned
from native4k.params import params

NAME = "weights.safetensors"
"""Of the file in a finished baseline's folder."""

WRAPPED = "module."
"""Before every name, where a network was trained on several GPUs."""

USUAL = ("params", "params_ema", "state_dict", "model_state_dict", "model", "net")
"""Keys that weights are commonly under."""


@params
class Start:
    """The folder of a finished baseline; or a file of weights, and the key in it that they are under, if any."""

    path: str
    key: str | None = None


def file(start: Start) -> Path:
    """Return the file that holds the weights; a path that does not exist is a folder unless its name has a suffix."""
    path = Path(start.path)
    return path if path.is_file() or (path.suffix and not path.is_dir()) else path / NAME


def check(start: Start, where: str) -> None:
    """Refuse a key for a folder, whose weights have none."""
    if start.key is not None and file(start) != Path(start.path):
        raise UserError(f"{where}.key: belongs to a file of weights, not to a folder; remove it")


def fill(network: nn.Module, start: Start, where: str) -> str:
    """Give the network its first weights, and return a line for the log: which file, and how many tensors."""
    check(start, where)
    path = file(start)
    if path == Path(start.path):
        return _fill_from_file(network, path, start.key, where)
    return _fill_from_baseline(network, path, where)


def _fill_from_file(network: nn.Module, path: Path, key: str | None, where: str) -> str:
    """Take all weights of a file, and return a line for the log."""
    there, chosen = read(path, key, where)
    taken, derived = take(network, there, f"{where}: {path}")
    message = _message(f"{path} ({chosen})" if chosen else str(path), taken, [])
    return message + (f"; {derived} derived buffers in it are right" if derived else "")


def take(network: nn.Module, there: dict[str, Tensor], where: str) -> tuple[int, int]:
    """Take all weights; only buffers that follow from the shape may be left over, and must be right; count both."""
    if hasattr(network, "converted"):
        there = network.converted(there, where)  # type: ignore[operator]
    if _hidden(network).get("residual"):
        raise UserError(f"{where}: published networks have no residual; set network.residual to false")
    derived = _derived(network, there, where)
    there = _without(there, derived)
    _check_fit(_body(network).state_dict(), there, lambda: _scaled(network), where)
    _body(network).load_state_dict(there)
    return len(there), len(derived)


def _fill_from_baseline(network: nn.Module, path: Path, where: str) -> str:
    """Take the weights of a finished baseline; of those that depend on the scale, only the ones that fit."""
    folder = path.parent
    if not path.is_file():
        raise UserError(f"{where}: {path}: no such file; get it with 'dvc pull {folder}', or train that baseline first")
    _check_numbers(network, folder, where)
    there, _ = read(path, None, where)
    wanted = learned(network)
    wrong = set(misfits(wanted, there))
    scaled = _scaled(network)
    free = {name for name in wrong if name.startswith(scaled)}
    _check_fit(_without(wanted, free), _without(there, free), tuple, f"{where}: {path}")
    taken = {name: there[name] for name in wanted if name not in wrong}
    network.load_state_dict(taken, strict=False)
    return _message(str(path), len(taken), [name for name in wanted if name in wrong])


def read(path: Path, key: str | None, where: str, preferred: str | None = None) -> tuple[dict[str, Tensor], str | None]:
    """Read the tensors of a file by name, and the key that they were under, if any; one key may be preferred."""
    if not path.is_file():
        raise UserError(f"{where}: {path}: no such file")
    tree = _open(path, where)
    chosen = _choose_key(tree, preferred if key is None and preferred in tree else key, f"{where}: {path}")
    found = tree if chosen is None else tree[chosen]
    if not (isinstance(found, dict) and found and all(map(_is_tensor, found.items()))):
        raise UserError(f"{where}: {path}: {_list_keys(tree)}; name as 'key' the one under which weights are")
    if all(name.startswith(WRAPPED) for name in found):
        found = {name.removeprefix(WRAPPED): value for name, value in found.items()}
    return found, chosen


def misfits(wanted: dict[str, Tensor], there: dict[str, Tensor]) -> list[str]:
    """List the names that only one side has or whose shapes differ, those of the network first."""
    names = dict.fromkeys([*wanted, *there])
    return [name for name in names if _shape(wanted, name) != _shape(there, name)]


def check_shapes(wanted: dict[str, Tensor], there: dict[str, Tensor], line: str) -> None:
    """Refuse tensors that do not fit; {} of the line names the first."""
    wrong = misfits(wanted, there)
    if wrong:
        refuse(wrong[0], wanted, there, line)


def refuse(first: str, wanted: dict[str, Tensor], there: dict[str, Tensor], line: str) -> NoReturn:
    """Fail with one line, of which {} names a tensor that does not fit."""
    file, network = _shape(there, first) or "missing", _shape(wanted, first) or "none of that name"
    raise UserError(line.format(f"{first} is {file}, the network wants {network}"))


def _is_tensor(entry: tuple[Any, Any]) -> bool:
    return isinstance(entry[0], str) and isinstance(entry[1], Tensor)


def _shape(tensors: dict[str, Tensor], name: str) -> tuple[int, ...] | None:
    return tuple(tensors[name].shape) if name in tensors else None


def _open(path: Path, where: str) -> dict[str, Any]:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol", category=UserWarning)
            tree = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError):
        raise UserError(
            f"{where}: {path}: damaged, or holds more than tensors; take a .pth or .safetensors file of weights alone"
        ) from None
    if not isinstance(tree, dict):
        raise UserError(f"{where}: {path}: holds a {type(tree).__name__}, not tensors by name")
    return tree


def _choose_key(tree: dict[str, Any], key: str | None, where: str) -> str | None:
    """Return the key asked for, or the only usual one there is, or none where the tensors have no key."""
    usual = [name for name in USUAL if isinstance(tree.get(name), dict)]
    if key is not None and key not in tree:
        raise UserError(f"{where}: has no {key}; {_list_keys(tree)}")
    if key is None and len(usual) > 1:
        raise UserError(f"{where}: holds {' and '.join(usual)}; name one of them as 'key'")
    return key if key is not None else next(iter(usual), None)


def _list_keys(tree: dict[str, Any]) -> str:
    shown = ", ".join(map(str, list(tree)[:5]))
    return f"there are: {shown}{' ...' if len(tree) > 5 else ''}"  # noqa: PLR2004 (as many as are shown)


def _check_fit(
    wanted: dict[str, Tensor], there: dict[str, Tensor], scaled: Callable[[], tuple[str, ...]], where: str
) -> None:
    """Refuse tensors that do not fit: name the first, count them, and say what is likely different."""
    wrong = misfits(wanted, there)
    if wrong:
        count = f"{len(wrong)} of {len(wanted.keys() | there.keys())} tensors do not fit"
        begin = tuple(name.removeprefix("body.") for name in scaled())
        cause = "scale" if all(name.startswith(begin) for name in wrong) else "network"
        refuse(wrong[0], wanted, there, f"{where}: {{}}; {count}: weights of another {cause}")


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
