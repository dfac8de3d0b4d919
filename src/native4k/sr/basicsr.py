"""The package basicsr, which breaks when it is imported: repaired here and nowhere else."""

import importlib
import sys
import warnings
from types import ModuleType


def load(name: str) -> ModuleType:
    """A module of basicsr by its name inside the package, such as "archs.swinir_arch".

    basicsr 1.4.2 imports torchvision.transforms.functional_tensor, which torchvision 0.17 removed; the one function
    that it wants from there (rgb_to_grayscale) lives on in torchvision.transforms.functional.
    """
    functional = importlib.import_module("torchvision.transforms.functional")
    sys.modules.setdefault("torchvision.transforms.functional_tensor", functional)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="basicsr")  # of its own old imports
        return importlib.import_module(f"basicsr.{name}")
