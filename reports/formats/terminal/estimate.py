"""What a training run would take, in the terminal."""

from collections.abc import Sequence
from typing import Protocol

from rich.box import SIMPLE
from rich.table import Table

from tpobench.reports.formats.terminal.console import cell


class StepCost(Protocol):
    """What one step would take, as a row shows it. The optimizer estimates it (`tpo/estimate.py`), which lies above the
    reports and is not imported here."""

    @property
    def name(self) -> str:
        """The step's."""

    @property
    def outputs(self) -> int:
        """How many are sampled."""

    @property
    def tokens(self) -> int:
        """Sampled, at most."""

    @property
    def calls(self) -> int:
        """Requests to a judge."""

    @property
    def trained_tokens(self) -> int:
        """Trained on, at most."""

    @property
    def disk(self) -> int:
        """Bytes that it needs while it runs."""

    @property
    def seconds(self) -> float | None:
        """None where no rate was measured."""


class RunCost(Protocol):
    """What a run would take."""

    @property
    def steps(self) -> Sequence[StepCost]:
        """In their order."""

    @property
    def kept(self) -> int:
        """Bytes of all checkpoints in the end."""

    @property
    def notes(self) -> Sequence[str]:
        """What to know beside the numbers."""

    @property
    def seconds(self) -> float | None:
        """Of all steps; None where one of them is not known."""


def estimate_table(cost: RunCost) -> Table:
    """What a run would take: a row for each step, and all of it."""
    caption = cell("; ".join(["tokens and minutes are upper limits: every output at its longest", *cost.notes]))
    table = Table(caption=caption, caption_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("step", no_wrap=True)
    for column in ("outputs", "tokens", "calls", "trained", "disk GB", "minutes, at most"):
        table.add_column(column, justify="right")
    for step in cost.steps:
        numbers = step.outputs, step.tokens, step.calls, step.trained_tokens
        disk = f"{step.disk / 1e9:.3g}" if step.disk else ""
        table.add_row(cell(step.name), *map(_short, numbers), disk, _minutes(step.seconds))
    all_numbers = (
        sum(step.outputs for step in cost.steps),
        sum(step.tokens for step in cost.steps),
        sum(step.calls for step in cost.steps),
        sum(step.trained_tokens for step in cost.steps),
    )
    peak = max((step.disk for step in cost.steps), default=0)
    table.add_section()
    table.add_row("all", *map(_short, all_numbers), f"{(cost.kept + peak) / 1e9:.3g}", _minutes(cost.seconds))
    return table


def _short(number: int) -> str:
    """Up to four digits, or three with a unit: ``264``, ``19.0k``, ``2.10M``, ``989M``."""
    if number < 10_000:
        return f"{number:,}" if number else ""
    size, unit = next((size, unit) for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if number >= size)
    return f"{number / size:#.3g}".rstrip(".") + unit


def _minutes(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds / 60:,.1f}" if seconds >= 3 else ""
