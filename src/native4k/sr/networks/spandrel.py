"""Any super-resolution architecture of spandrel's (PyPI): HAT, DAT, ATD, DRCT, RGT, SPAN, PLKSR, RCAN and others.

Either a file of weights shows the architecture and its options, or `architecture` and `options` name them: the
exported class of spandrel.architectures.NAME, and arguments of that class that are not its defaults.
"""

import importlib
import inspect
import json
import warnings
from typing import Any, Literal

import torch
from torch import Tensor, nn

from native4k import resample
from native4k.errors import UserError
from native4k.params import closest_name, params

PURPOSES = {
    "FaceSR": "faces",
    "Inpainting": "filling holes",
    "Restoration": "pictures that keep their size",
}
"""What spandrel calls the use of a network that is not for super-resolution -> what that is."""

OTHERS = frozenset({
    "DRUNet", "DnCNN", "FBCNN", "FFTformer", "GFPGAN", "HVICIDNet", "KBNet", "LaMa", "MixDehazeNet", "NAFNet",
    "RestoreFormer", "RetinexFormer", "SAFMNBCIE", "SCUNet", "Uformer",
})  # fmt: skip
"""Architectures that are for something else, whatever the file."""

SCALES = ("upscale", "scale", "up_scale", "upscale_factor", "upscaling_factor")
"""What the classes call their scale."""

COLOURS = (1, 3)
"""Channels in and out: one channel after the other, or all at once."""

MISFITS = (AssertionError, AttributeError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)
"""What architectures raise on tensors or options that do not fit them."""


@params
class Params:
    """The network's shape; without an architecture, the one that the starting weights show."""

    kind: Literal["spandrel"]
    architecture: str | None = None
    options: dict[str, Any] | None = None


class Spandrel(nn.Module):
    """A network of spandrel's, for pictures of any size; `body` is its own class."""

    def __init__(self, shape: Params, scale: int) -> None:
        super().__init__()
        assert shape.architecture is not None
        self.shape, self.scale = shape, scale
        self.hidden = {"kind": shape.kind, "architecture": shape.architecture}
        self.body = _build_body(shape, scale)
        found = descriptor_of(self.body.state_dict(), f"spandrel: {shape.architecture}")
        if found.scale != scale:
            raise UserError(f"spandrel: this {shape.architecture} makes pictures x{found.scale}, not x{scale}")
        self.computes_bf16, self.least = bool(found.supports_bfloat16), found.size_requirements
        self.channels, self._call = found.input_channels, found._call_fn  # noqa: SLF001 (its __call__ cannot be trained)

    def forward(self, image: Tensor) -> Tensor:
        """A batch (n, 3, height, width) with values 0 to 1, scale times larger."""
        height, width = image.shape[-2:]
        right, below = self.least.get_padding(width, height)
        padded = resample.pad_to(image, height + below, width + right)
        if padded is image:
            padded = image.clone()  # some networks write into their input
        large = self._call(self.body, padded.reshape(-1, self.channels, *padded.shape[-2:]))
        return large.reshape(*image.shape[:-2], *large.shape[-2:])[..., : height * self.scale, : width * self.scale]

    @property
    def scaled(self) -> tuple[str, ...]:
        """How the names of weights begin that another scale would change: found by building the network for one."""
        other = 2 if self.scale > 2 else 4  # noqa: PLR2004
        with torch.random.fork_rng(devices=[]):
            try:
                theirs = _build_body(self.shape, other).state_dict()
            except UserError:
                return ()
        ours = self.body.state_dict()
        changed = [name for name in ours | theirs if name not in ours or name not in theirs]
        grown = [name for name in ours.keys() & theirs.keys() if ours[name].shape != theirs[name].shape]
        found = {f"body.{name.partition('.')[0]}." for name in changed}
        return tuple(sorted(found | {f"body.{name.rpartition('.')[0]}." for name in grown}))

    def converted(self, tensors: dict[str, Tensor], where: str) -> dict[str, Tensor]:
        """Return the tensors of a published file by the names that they have in the network's body."""
        found = descriptor_of(tensors, where)
        if type(found.model) is not type(self.body):
            theirs = _name_of(found)
            raise UserError(f"{where}: holds {theirs}, the network is {self.hidden['architecture']}")
        converted: dict[str, Tensor] = found.model.state_dict()
        return converted


def build(shape: Params, scale: int) -> Spandrel:
    """Build a network with untrained weights."""
    if shape.architecture is None:
        raise UserError("spandrel: name an architecture, or a start whose file shows it")
    return Spandrel(shape, scale)


def resolve(tensors: dict[str, Tensor], scale: int, where: str) -> Params:
    """Return the architecture and options that some weights show."""
    found, its = find(tensors, where)
    if its != scale:
        raise UserError(f"{where}: this {found.architecture} makes pictures x{its}, the baseline is x{scale}")
    return found


def find(tensors: dict[str, Tensor], where: str) -> tuple[Params, int]:
    """Return the architecture, options and scale of a published file's network, or fail with one line."""
    found = descriptor_of(tensors, where)
    return describe(found), found.scale


def describe(found: Any) -> Params:
    """Return the numbers by which a network can be built again: arguments that are not the defaults of its class."""
    defaults = {name: one.default for name, one in inspect.signature(type(found.model).__init__).parameters.items()}
    options = {
        name: value
        for name, value in found.model.hyperparameters.items()
        if name in SCALES or not _same(value, defaults.get(name))
    }
    return Params(kind="spandrel", architecture=_name_of(found), options=json.loads(json.dumps(options)))


def descriptor_of(tensors: dict[str, Tensor], where: str) -> Any:
    """Find the architecture of some weights, which must be one for super-resolution."""
    spandrel = importlib.import_module("spandrel")
    try:
        with warnings.catch_warnings(action="ignore"):  # of its architectures' old calls
            found = spandrel.ModelLoader().load_from_state_dict(dict(tensors))
    except spandrel.UnsupportedModelError:
        raise UserError(f"{where}: not an architecture that is known; for super-resolution are {_list()}") from None
    except MISFITS as error:
        raise UserError(f"{where}: weights are missing or do not fit ({_brief(error)}); get the file again") from None
    name = found.architecture.id
    if found.purpose != "SR":
        raise UserError(f"{where}: {name} is for {PURPOSES[found.purpose]}; for super-resolution are {_list()}")
    if found.input_channels != found.output_channels or found.input_channels not in COLOURS:
        channels = f"{found.input_channels} channels and gives {found.output_channels}"
        raise UserError(f"{where}: this {name} takes {channels}; pictures here have 3, or 1 at a time")
    return found


def classes() -> dict[str, type[nn.Module]]:
    """The classes of all architectures for super-resolution, by the names that spandrel exports."""
    spandrel = importlib.import_module("spandrel")
    found = dict[str, type[nn.Module]]()
    for entry in spandrel.MAIN_REGISTRY:
        if entry.architecture.id not in OTHERS:
            module = importlib.import_module(type(entry.architecture).__module__)
            exported = {name: getattr(module, name) for name in module.__all__}
            found |= {name: one for name, one in exported.items() if issubclass(one, nn.Module)}
    return found


def _build_body(shape: Params, scale: int) -> nn.Module:
    known = classes()
    if shape.architecture not in known:
        near = closest_name(str(shape.architecture), known)
        meant = f"; is it {near!r}?" if near else ""
        raise UserError(f"spandrel: there is no {shape.architecture}; for super-resolution are {_list()}{meant}")
    made = known[shape.architecture]
    names = list(inspect.signature(made.__init__).parameters)[1:]
    options = dict(shape.options or {})
    unknown = [name for name in options if name not in names]
    if unknown:
        raise UserError(f"spandrel: {shape.architecture} has no option {unknown[0]}; it has {', '.join(names)}")
    own = next((name for name in SCALES if name in names), None)
    if own is not None and not _unshuffles(options):
        options[own] = [scale] if shape.architecture == "IPT" else scale
    try:
        with warnings.catch_warnings(action="ignore"):  # as above
            return made(**options)
    except MISFITS as error:
        raise UserError(f"spandrel: these options build no {shape.architecture} ({_brief(error)})") from None


def _unshuffles(options: dict[str, Any]) -> bool:
    """Whether the network makes the picture smaller first, so that its own scale is not what comes out."""
    return bool(options.get("start_unshuffle", 1) != 1 or options.get("shuffle_factor") or options.get("unshuffle_mod"))


def _name_of(found: Any) -> str:
    return next(name for name, one in classes().items() if one is type(found.model))


def _same(value: Any, default: Any) -> bool:
    """Whether an argument is the default, lists and tuples being the same."""
    return value is default or (list(value) == list(default) if _both_lists(value, default) else value == default)


def _both_lists(*values: Any) -> bool:
    return all(isinstance(value, list | tuple) for value in values)


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) < 120 else f"{text[:120]} ..."  # noqa: PLR2004


def _list() -> str:
    return ", ".join(sorted(classes(), key=str.lower))
