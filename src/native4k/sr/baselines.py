"""A baseline: a network, a scale and training numbers; and the folder that a finished one lives in."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Gt
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialised
from torch import nn

from native4k import degrade, params, tables
from native4k.errors import UserError
from native4k.learning import training
from native4k.learning.checkpoint import learned
from native4k.learning.training import check_schedule
from native4k.sr import networks, patches, recipes, weights
from native4k.sr.weights import Start

TRAINED, PRETRAINED = "baselines", "pretrained"
"""The sections of baselines without starting weights, and with."""

WEIGHTS, PARAMS = weights.NAME, "params.json"

Positive = Annotated[int, Gt(0)]


@params.params
class Training(training.Training):
    """One training run of super-resolution."""

    recipe: recipes.Params
    degradation: degrade.Name
    val_patches: Positive


@params.params
class Params:
    """An entry of sr.baselines or, with starting weights, of sr.pretrained; it may have nothing to learn.

    Patches have sr.patches.side, or a side of its own.
    """

    scale: Annotated[int, Gt(1)]
    side: Positive | None = None
    network: networks.Network
    start: Start | None = None
    training: Training | None = None


@params.params
class Saved:
    """What params.json holds: all that the weights came from, but for the pictures."""

    name: str
    baseline: Params
    patches: patches.Params | None
    degrade: degrade.Params | None


def load(path: Path, name: str) -> Params:
    """Load a baseline by its name in the params file, and build its network once to check that it can be."""
    section, where = _section(path, name), place(path, name)
    baseline = _resolve(params.load(Params, path, "sr", section, name), where)
    learns, training = count_weights(build(baseline, where)) > 0, baseline.training
    if baseline.start is None and section == PRETRAINED:
        raise UserError(f"{where}.start: missing; without starting weights, a baseline belongs in sr.{TRAINED}")
    if baseline.start is not None and section == TRAINED:
        raise UserError(f"{where}.start: move the baseline to sr.{PRETRAINED}, where DVC sees what it starts from")
    if learns and training is None and baseline.start is None:
        raise UserError(f"{where}.training: missing; {baseline.network.kind} has to be trained, or given a start")
    for key, given in (("training", training), ("start", baseline.start)):
        if given is not None and not learns:
            raise UserError(f"{where}.{key}: remove it; {baseline.network.kind} has nothing to learn")
    if baseline.start is not None:
        weights.check(baseline.start, f"{where}.start")
    if training is not None:
        check_schedule(training.schedule, training.images, f"{where}.training.schedule")
    return baseline


def _resolve(baseline: Params, where: str) -> Params:
    """Take from the starting weights what the entry leaves to them: a network's architecture and options."""
    start, network = baseline.start, baseline.network
    if start is None or not networks.leaves_shape(network):
        return baseline
    where = f"{where}.start"
    weights.check(start, where)
    path = weights.file(start)
    if path == Path(start.path):
        tensors, _ = weights.read(path, start.key, where)
        return dataclasses.replace(
            baseline, network=networks.resolve(network, tensors, baseline.scale, f"{where}: {path}")
        )
    beside = path.parent / PARAMS
    found = params.validate(Saved, _read(beside), str(beside)).baseline.network
    if found.kind != network.kind:
        raise UserError(f"{where}: {beside}: its network.kind is {found.kind}, here it is {network.kind}")
    return dataclasses.replace(baseline, network=found)


def place(path: Path, name: str) -> str:
    """Return the file and key of a baseline, for messages."""
    return f"{path}: sr.{_section(path, name)}.{name}"


def build(baseline: Params, where: str) -> nn.Module:
    """Build the untrained network, or fail with one line that names the entry."""
    try:
        return networks.build(baseline.network, baseline.scale)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def count_weights(network: nn.Module) -> int:
    """Count the weights of a network."""
    return sum(weight.numel() for weight in network.parameters())


def save(saved: Saved, network: nn.Module, folder: Path) -> None:
    """Write a finished baseline's folder, whole or not at all: resolved params, and weights if there are any."""
    with tables.atomic_folder(folder) as temporary:
        tables.write_json(dataclasses.asdict(saved), temporary / PARAMS)
        if count_weights(network):
            state = {name: value.contiguous() for name, value in learned(network).items()}
            (temporary / WEIGHTS).write_bytes(serialised(state))  # save_file would make it readable by its owner alone


def restore(folder: Path) -> tuple[Saved, nn.Module]:
    """Read a finished baseline and its network, ready to be used."""
    saved = params.validate(Saved, _read(folder / PARAMS), str(folder / PARAMS))
    network = build(saved.baseline, str(folder / PARAMS))
    if count_weights(network):
        _fill(network, folder / WEIGHTS)
    return saved, network.eval().requires_grad_(requires_grad=False)


def _section(path: Path, name: str) -> str:
    entries = {section: params.load(dict[str, Any], path, "sr", section) for section in (TRAINED, PRETRAINED)}
    found = [section for section, known in entries.items() if name in known]
    if not found:
        names = [name for names in entries.values() for name in names]
        known = params.suggestion(name, names)
        raise UserError(f"{path}: there is no baseline {name!r} in sr.{TRAINED} or sr.{PRETRAINED}; {known}")
    if len(found) > 1:
        raise UserError(f"{path}: {name} is in sr.{TRAINED} and in sr.{PRETRAINED}; rename one of them")
    return found[0]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path}: no such file; {_GET.format(path.parent)}") from None
    except ValueError:
        raise UserError(f"{path}: not JSON; {_GET.format(path.parent)}") from None


def _fill(network: nn.Module, path: Path) -> None:
    if not path.exists():
        raise UserError(f"{path}: no such file; {_GET.format(path.parent)}")
    try:
        there = load_file(path)
    except SafetensorError as error:
        raise UserError(f"{path}: not readable ({error}); {_GET.format(path.parent)}") from None
    rest = f"; {PARAMS} beside it is another baseline's; {_GET.format(path.parent)}"
    weights.check_shapes(learned(network), there, f"{path}: {{}}{rest}")
    network.load_state_dict(there, strict=False)  # what is frozen is not in the file


_GET = "get it with 'dvc pull {0}', or train it with 'native4k sr train'"
