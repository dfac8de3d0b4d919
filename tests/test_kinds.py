"""native4k.kinds: one module of a package, chosen by name and imported alone."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest

from native4k import kinds, params
from native4k.errors import UserError
from native4k.sr import networks, recipes
from native4k.sr.networks import edsr
from native4k.t2i import networks as t2i_networks


@params.params
class Holder:
    network: Annotated[kinds.Kind, kinds.one_of("native4k.sr.networks")]


SHAPE = {"kind": "edsr", "num_feat": 4, "num_block": 1, "res_scale": 1.0}


def test_params_are_those_of_the_module_that_is_named() -> None:
    found = params.validate(Holder, {"network": SHAPE}, "here")
    assert found.network == edsr.Params(**SHAPE)  # type: ignore[arg-type]
    assert Holder(network=found.network) == found


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"kind": "unet"},
            "here.network.kind: there is no such kind; there are: bicubic, edsr, hitsr, lanczos, osediff, rrdb, ",
        ),
        ({"kind": ["edsr"]}, "here.network.kind: there is no such kind"),
        ({"kind": "../edsr"}, "here.network.kind: there is no such kind"),
        ({"num_feat": 0}, "here.network.num_feat: Input should be greater than 0 (got 0)"),
        ({"widths": 4}, "here.network.widths: unknown key; remove it or correct its spelling (got 4)"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(UserError) as raised:
        params.validate(Holder, {"network": SHAPE | changes}, "here")
    assert str(raised.value).startswith(line)


def test_what_is_no_kind_is_one_line() -> None:
    for given in ({}, 3, None):
        with pytest.raises(UserError, match="here.network.kind: there is no such kind"):
            params.validate(Holder, {"network": given}, "here")


@pytest.mark.parametrize("package", [networks, recipes, t2i_networks])
def test_a_package_of_kinds_holds_only_kinds(package: Any) -> None:
    for path in Path(package.__file__).parent.iterdir():
        if path.stem not in {"__init__", "__pycache__"}:
            source = (path / "__init__.py" if path.is_dir() else path).read_text()
            assert f'kind: Literal["{path.stem}"]' in source, path


def test_a_kind_imports_no_other() -> None:
    code = (
        "import sys; from native4k import params; from native4k.sr import baselines, networks\n"
        f"params.validate(networks.Network, {SHAPE}, '')\n"
        "packages = ('native4k.sr.networks.', 'native4k.sr.recipes.')\n"
        "print([name for name in sys.modules if name.startswith(packages)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['native4k.sr.networks.edsr']"
