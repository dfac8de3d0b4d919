"""Files of weights: read without running any code of theirs, and compared with what a network wants."""

import pickle
import warnings
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from native4k.errors import UserError

NAME = "weights.safetensors"
"""Of the file in a finished baseline's folder."""

WRAPPED = "module."
"""Before every name, where a network was trained on several GPUs."""


def read(path: Path, key: str | None, where: str) -> tuple[dict[str, Tensor], str | None]:
    """Read the tensors of a file by name, and the key that they were under, if any."""
    if not path.is_file():
        raise UserError(f"{where}: {path}: no such file")
    tree = _open(path, where)
    chosen = _choose_key(tree, key, f"{where}: {path}")
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


def refuse(first: str, wanted: dict[str, Tensor], there: dict[str, Tensor], rest: str) -> NoReturn:
    """Fail with one line that names a tensor that does not fit."""
    file, network = _shape(there, first) or "missing", _shape(wanted, first) or "none of that name"
    raise UserError(rest.format(f"{first} is {file}, the network wants {network}"))


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
    usual = [name for name in ("params", "params_ema") if isinstance(tree.get(name), dict)]
    if key is not None and key not in tree:
        raise UserError(f"{where}: has no {key}; {_list_keys(tree)}")
    if key is None and len(usual) > 1:
        raise UserError(f"{where}: holds params and params_ema; name one of them as 'key'")
    return key if key is not None else next(iter(usual), None)


def _list_keys(tree: dict[str, Any]) -> str:
    shown = ", ".join(map(str, list(tree)[:5]))
    return f"there are: {shown}{' ...' if len(tree) > 5 else ''}"  # noqa: PLR2004 (as many as are shown)
