"""What fills columns of the table: a model at hand, or a server that is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

UNWEIGHTED = "none"


class Model(NamedTuple):
    """What measures an image for a column, ready to use."""

    rate: "Callable[[Image.Image], dict[str, Any]]"
    weights: str = UNWEIGHTED  # hash of the learned weights


@dataclass(frozen=True)
class Column:
    """Its name in params, the columns it fills, its definition (what they depend on beside bytes), its model."""

    name: str
    made: tuple[str, ...]
    key: str
    load: Callable[[], Model] | None  # None: nothing looks at the image here, a server is asked
    ask: "Callable[[pd.Series[str], Path, Path], list[dict[str, Any]]] | None" = None

    def place(self, root: Path) -> Path:
        """Where its rows are kept, a folder for each set of weights."""
        return root / f"{self.name}-{self.key}"
