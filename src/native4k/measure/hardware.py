"""Where models run and where their weights are: on which device, from which folder, never over the network."""

import contextlib
import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from native4k.errors import UserError
from native4k.params import params

if TYPE_CHECKING:
    import torch


@params
class Hardware:
    """Device, batch, readers, and the folder that holds the weights (null: the hubs' own caches)."""

    device: Literal["auto", "cpu", "cuda"]
    batch: Annotated[int, Field(ge=1)]  # tiles of one image that a model sees at once
    readers: Annotated[int, Field(ge=1)]  # threads that decode images ahead of the models
    weights: str | None


def prepare(machine: Hardware) -> None:
    """Set what libraries read when they are imported: the weights' folder, no network, no pickles that run code."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}
    if machine.weights is not None:
        folder = str(Path(machine.weights).resolve())
        os.environ |= {"TORCH_HOME": folder, "HF_HOME": folder}


def device(machine: Hardware) -> "torch.device":
    """The device asked for, set up so that the same pixels give the same digits; 'auto' is the GPU if there is one."""
    import torch

    has_gpu = torch.cuda.is_available()
    if machine.device == "cuda" and not has_gpu:
        raise UserError("params: device is 'cuda', but torch sees no GPU here; say 'cpu' or 'auto'")
    torch.set_num_threads(1)  # sums in another order give other last digits; cores are used by shards
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if has_gpu and machine.device != "cpu" else "cpu")


def local_options(machine: Hardware, name: str, revision: str | None) -> dict[str, Any]:
    """Options for transformers: from the disk only, no code from the hub."""
    place = None if machine.weights is None else str(Path(machine.weights).resolve() / "hub")
    found = {"local_files_only": True, "cache_dir": place, "trust_remote_code": False}
    return found if Path(name).is_dir() else found | {"revision": revision}


@contextlib.contextmanager
def explain_missing(machine: Hardware, name: str, revision: str | None) -> Iterator[None]:
    """Load a model of transformers in this block; an error is one line that says how to get what is missing."""
    try:
        yield
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        command = download_command(machine, f"hf download {name}" + (f" --revision {revision}" if revision else ""))
        raise UserError(
            f"{name!r} cannot be loaded ({why[:200]}); if it is missing, with a network run: {command}"
        ) from None


def download_command(machine: Hardware, command: str) -> str:
    """The command that downloads missing weights to the folder of params."""
    if machine.weights is None:
        return command
    folder = Path(machine.weights).resolve()
    return f"TORCH_HOME={folder} HF_HOME={folder} {command}"


def digest(model: "torch.nn.Module") -> str:
    """Hash of all tensors of a model by name, plain attributes (NIQE's statistics) included; 'none' for none."""
    import torch

    tensors = {name: tensor for name, tensor in model.state_dict().items() if tensor.numel()}
    for name, module in model.named_modules():
        plain = {f"{name}.{key}": value for key, value in vars(module).items() if isinstance(value, torch.Tensor)}
        tensors |= {key: value for key, value in plain.items() if value.numel()}
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return found.hexdigest()[:16] if tensors else "none"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Suppress what third parties print at import and creation (bitsandbytes, timm)."""
    out = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        warnings.simplefilter("ignore")
        yield
