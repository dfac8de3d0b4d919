"""Starting weights: all that a published file holds, or what a finished baseline of any scale has in common.

Files of basicsr's, KAIR's and the authors' layouts are read: tensors by name, alone or under `params` or `params_ema`.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from native4k.errors import UserError
from native4k.params import params
from native4k.sr.learning import weights


@params
class Params:
    """A file of weights, and the key in it that they are under, if any; or the folder of a finished baseline."""

    file: str | None = None
    key: str | None = None
    baseline: str | None = None


def check(start: Params, where: str) -> None:
    """Refuse none of the two, and both."""
    if (start.file is None) == (start.baseline is None):
        raise UserError(f"{where}: name either a file or a baseline")
    if start.key is not None and start.file is None:
        raise UserError(f"{where}.key: is of a file; remove it")


def fill(network: nn.Module, start: Params, where: str) -> str:
    """Give the network its first weights; a line for the log says which file and how many tensors."""
    check(start, where)
    if start.file is not None:
        return _published(network, Path(start.file), start.key, where)
    return _finished(network, Path(start.baseline or ""), where)


def _published(network: nn.Module, path: Path, key: str | None, where: str) -> str:
    """Nothing may be missing and nothing left over but buffers that follow from the shape, which must be right."""
    body = _body(network)
    if _hidden(network).get("residual"):
        raise UserError(f"{where}: {path}: published networks have no residual; set network.residual to false")
    there, chosen = weights.read(path, key, where)
    derived = _derived(network, there, f"{where}: {path}")
    there = {name: value for name, value in there.items() if name not in derived}
    wanted = body.state_dict()
    wrong = weights.misfits(wanted, there)
    if wrong:
        scaled = tuple(name.removeprefix("body.") for name in getattr(network, "scaled", ()))
        why = "another scale" if all(name.startswith(scaled or " ") for name in wrong) else "another network"
        weights.refuse(
            wrong[0], wanted, there, f"{where}: {path}: {{}}; {len(wrong)} of {len(wanted)} tensors do not fit: {why}"
        )
    body.load_state_dict(there)
    under = f" ({chosen})" if chosen else ""
    checked = f"; {len(derived)} derived buffers in it are right" if derived else ""
    return f"starting weights: {path}{under}: {len(there)} tensors taken, none left new{checked}"


def _finished(network: nn.Module, folder: Path, where: str) -> str:
    """Everything must fit but what depends on the scale; of that, what fits is taken."""
    path = folder / weights.NAME
    if not path.is_file():
        raise UserError(f"{where}: {path}: no such file; get it with 'dvc pull {folder}', or train that baseline first")
    _same(network, folder, where)
    there, _ = weights.read(path, None, where)
    wanted = {name: value for name, value in network.state_dict().items() if name not in _frozen(network)}
    wrong = weights.misfits(wanted, there)
    fixed = [name for name in wrong if not name.startswith(tuple(getattr(network, "scaled", ())) or " ")]
    if fixed:
        weights.refuse(
            fixed[0], wanted, there, f"{where}: {path}: {{}}; {len(fixed)} of {len(wanted)} tensors that no scale "
            "changes do not fit: another network"
        )  # fmt: skip
    taken = {name: there[name] for name in wanted if name not in wrong}
    network.load_state_dict(taken, strict=False)
    new = [name for name in wanted if name in wrong]
    return f"starting weights: {path}: {len(taken)} tensors taken, {len(new) or 'none'} left new" + (
        f" ({', '.join(new)})" if new else ""
    )


def _body(network: nn.Module) -> nn.Module:
    """The network by whose keys published weights are named."""
    body = getattr(network, "body", network)
    assert isinstance(body, nn.Module)
    return body


def _hidden(network: nn.Module) -> dict[str, Any]:
    """What of the network's shape no shape of a weight shows."""
    hidden: dict[str, Any] = getattr(network, "hidden", {})
    return hidden


def _frozen(network: nn.Module) -> set[str]:
    return {name for name, weight in network.named_parameters() if not weight.requires_grad}


def _same(network: nn.Module, folder: Path, where: str) -> None:
    path = folder / "params.json"
    try:
        other = json.loads(path.read_text(encoding="utf-8"))["baseline"]["network"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{where}: {path}: not readable; get it with 'dvc pull {folder}'") from None
    for name, value in _hidden(network).items():
        if other.get(name) != value:
            raise UserError(f"{where}: {path}: its network.{name} is {other.get(name)}, here it is {value}")


def _derived(network: nn.Module, there: dict[str, Tensor], where: str) -> set[str]:
    """Those of the file's tensors that are no weights; each must be what the network's shape makes it."""
    body = _body(network)
    buffers = {name for name, _ in body.named_buffers()} - set(body.state_dict())
    for name in sorted(buffers & there.keys()):
        if not torch.equal(network.derived(name, there[name]), there[name]):  # type: ignore[operator]
            raise UserError(f"{where}: {name} is not what the network's window_size makes it: another network")
    return buffers & there.keys()
