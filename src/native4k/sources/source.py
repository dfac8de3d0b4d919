"""What a source is: where its metadata are, what their columns are called, and what each row becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

OURS = (
    "url",
    "declared_width",
    "declared_height",
    "caption",
    "license",
    "provenance",
    "language",
    "similarity",
    "punsafe",
    "pwatermark",
    "aesthetic",
    "key",
    "declared_split",
)
"""Our columns of metadata; key and declared_split are the source's own id and split."""

Rows = Callable[[Path, Path], "pd.DataFrame"]
"""A made source's rows in our columns, from its folder (data/sources/NAME) and the params file."""

Content = Callable[[str, Path, Path], bytes]
"""A local source's bytes behind a url, from its folder and the params file."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A collection of image metadata; one module a source has one of these, named SOURCE."""

    title: str
    page: str
    """Where it is described and, if it is gated, where access is granted."""
    files: str = ""
    """Where its metadata are, if collect.sources names no place; empty: below data/sources/NAME."""
    rows: int | None
    """As its page says; None where that depends on oneself."""
    license: str
    """Of each row that has no licence of its own; an SPDX name where there is one."""
    provenance: str
    """Where the images and the captions come from, for each row that does not say itself."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Our column -> its known spellings, the usual one first."""
    split: str = ""
    """A pattern whose first group is the split, found in the names of files that do not say it in a column."""
    header: tuple[str, ...] = ()
    """The columns of text files that have no header line."""
    note: str = ""
    """What one has to know before using it."""
    make: Rows | None = None
    """For a source without metadata files: makes the rows, in our columns."""
    content: Content | None = None
    """For a source whose pictures are not fetched from the web."""
    locate: Callable[[str, Path], Path] | None = None
    """For a source of files here, which may change: the file behind a url, from its folder."""
    drawn_by: str = ""
    """The package of ours that draws a source's pictures."""

    @property
    def spellings(self) -> Mapping[str, tuple[str, ...]]:
        """Our column -> its known spellings; a made source uses our own."""
        return self.columns or {name: (name,) for name in OURS}

    @property
    def has_sizes(self) -> bool:
        """Whether the metadata say how large the images are."""
        return "declared_width" in self.spellings
