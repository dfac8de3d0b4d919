"""Modules chosen by name: `kind: swinir` means a package's module `swinir`, which is imported when it is asked for.

Such a package holds one module a kind and nothing else. Each has a class `Params` with its own `kind: Literal[...]`,
and whatever else the package's functions call. A new kind is a new file; no list names it.
"""

import functools
import importlib
import json
import pkgutil
from typing import Any, Protocol

from pydantic import PlainValidator, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Kind(Protocol):
    """The Params of some kind."""

    @property
    def kind(self) -> str:
        """The module's name in its package."""


def one_of(package: str) -> PlainValidator:
    """Annotate a field of Params that holds the Params of one of a package's kinds."""
    return PlainValidator(functools.partial(_validate, package))


def names(package: str) -> list[str]:
    """List the kinds of a package, without importing any of them."""
    return sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__))


def module_of(package: str, numbers: Kind) -> Any:
    """Import the module of a kind."""
    return importlib.import_module(f"{package}.{numbers.kind}")


def _validate(package: str, given: Any) -> Kind:
    name = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
    if name not in names(package):
        _refuse(package, name)
    module = importlib.import_module(f"{package}.{name}")
    adapter: TypeAdapter[Kind] = TypeAdapter(module.Params)
    return adapter.validate_json(json.dumps(given)) if isinstance(given, dict) else adapter.validate_python(given)


def _refuse(package: str, name: Any) -> None:
    known = ", ".join(names(package))
    error = PydanticCustomError("kind", "there is no such kind; there are: {known}", {"known": known})
    raise ValidationError.from_exception_data(package, [InitErrorDetails(type=error, loc=("kind",), input=name)])
