"""A step's progress bar: on its own terminal or log, or told to the run that shows one line a step."""

from typing import Any

from tqdm import tqdm

from native4k import events

SECONDS = 0.5
"""How often a run is told."""


class Bar(tqdm):  # type: ignore[type-arg]
    """tqdm's bar; under `native4k run` it draws nothing and tells how far it is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.is_told = events.are_read()
        super().__init__(*args, **(options | ({"mininterval": SECONDS} if self.is_told else {})))

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Draw the bar, or tell of the outermost one of this process."""
        if not self.is_told:
            super().display(msg, pos)
        elif self.pos == 0:
            events.tell(done=self.n, total=self.total)
