"""What a training run would take, in the terminal."""

from collections.abc import Sequence
from typing import Protocol

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text


class StepCost(Protocol):
    """What one step would take: numbers, bytes on disk, and seconds where a rate is known."""

    @property
    def name(self) -> str: ...
    @property
    def outputs(self) -> int: ...
    @property
    def tokens(self) -> int: ...
    @property
    def calls(self) -> int: ...
    @property
    def trained_tokens(self) -> int: ...
    @property
    def disk(self) -> int: ...
    @property
    def seconds(self) -> float | None: ...


class RunCost(Protocol):
    """What a run would take: its steps, the bytes that are kept in the end, and what to know beside."""

    @property
    def steps(self) -> Sequence[StepCost]: ...
    @property
    def kept(self) -> int: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def seconds(self) -> float | None: ...


def estimate_table(cost: RunCost) -> Table:
    """What a run would take: a row for each step, and all of it."""
    caption = Text("; ".join(["tokens at most: sampled, and trained on", *cost.notes]))
    table = Table(caption=caption, caption_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("step", no_wrap=True)
    for column in ("outputs", "tokens", "calls", "trained", "disk GB", "minutes"):
        table.add_column(column, justify="right")
    for step in cost.steps:
        numbers = step.outputs, step.tokens, step.calls, step.trained_tokens
        disk = f"{step.disk / 1e9:.3g}" if step.disk else ""
        table.add_row(Text(step.name), *map(_short, numbers), disk, _minutes(step.seconds))
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
