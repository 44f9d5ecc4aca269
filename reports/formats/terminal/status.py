"""How far a training run is, in the terminal."""

from collections.abc import Sequence
from typing import Protocol

from rich.box import SIMPLE
from rich.table import Table

from tpobench.reports.formats.figures import duration
from tpobench.reports.formats.terminal.console import cell


class StatusRow(Protocol):
    """A step of a run and how far it is. The optimizer keeps it (`tpo/status.py`), which lies above the reports and is
    not imported here."""

    @property
    def name(self) -> str:
        """The step's."""

    @property
    def state(self) -> str:
        """Done, running, interrupted or waiting."""

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is done."""


def status_table(steps: Sequence[StatusRow]) -> Table:
    """How far a run is: a row for each step."""
    done = [step for step in steps if step.seconds is not None]
    spent = sum(step.seconds or 0 for step in done)
    caption = f"{len(done)} of {len(steps)} steps done in {duration(spent)}"
    table = Table(caption=caption, caption_justify="left", box=SIMPLE)
    table.add_column("step", no_wrap=True)
    table.add_column("state")
    table.add_column("time", justify="right")
    for step in steps:
        table.add_row(cell(step.name), step.state, "" if step.seconds is None else duration(step.seconds))
    return table
