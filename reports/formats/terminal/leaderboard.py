"""Leaderboards in the terminal, a table for each benchmark."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from tpobench.harness.evaluation.leaderboard import LeaderboardRow, figures_of
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.models.modes import in_mode
from tpobench.reports.formats.terminal.console import show


def print_leaderboards(rows: Sequence[LeaderboardRow], by_category: bool = False) -> None:
    """Print a table for each benchmark.

    Args:
        rows: Best first, as `leaderboard` gives them.
        by_category: Show the win rate by category, not all figures.
    """
    for benchmark in dict.fromkeys(row.benchmark for row in rows):
        entries = [row for row in rows if row.benchmark == benchmark]
        show((category_table if by_category else leaderboard_table)(benchmark, entries), wide=True)


def leaderboard_table(benchmark: str, rows: Sequence[LeaderboardRow]) -> Table:
    """All figures of the models on one benchmark, the official ones beside ours."""
    figures = figures_of(benchmark, rows)
    several = len({row.against for row in rows}) > 1
    table = Table(
        "model",
        *["baseline"] * several,
        "n",
        *(Column(Text(title)) for _, title in figures),
        "chars",
        "notes",
        title=Text(benchmark),
        caption="* by the official method; intervals are 95%, over prompts",
        caption_justify="left",
    )
    for row in rows:
        chars = row.value("response_chars")
        table.add_row(
            Text(in_mode(row.model, row.mode)),
            *[Text(row.against)] * several,
            f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}",
            *(_percent(row.metrics.get(name)) for name, _ in figures),
            "" if chars is None else f"{chars:.0f}",
            Text("; ".join(_notes(row))),
        )
    return table


def category_table(benchmark: str, rows: Sequence[LeaderboardRow]) -> Table:
    """Win rates by category; those of few prompts are in brackets."""
    categories = sorted({category for row in rows for category in row.categories})
    several = len({row.against for row in rows}) > 1
    title = Text(f"{benchmark}: win rate by category, % (fewer than {MIN_CATEGORY} prompts in brackets)")
    table = Table("model", *["baseline"] * several, *(Column(Text(name)) for name in categories), title=title)
    for row in rows:
        cells = [_category_cell(row.categories.get(category)) for category in categories]
        table.add_row(Text(in_mode(row.model, row.mode)), *[Text(row.against)] * several, *cells)
    return table


def _notes(row: LeaderboardRow) -> list[str]:
    missing = row.value("missing")
    return [*row.notes, *([f"{100 * missing:.1f}% without verdict"] if missing else [])]


def _category_cell(figure: Mapping[str, Any] | None) -> str:
    cell = _percent(figure)
    return f"({cell})" if figure is not None and figure["n"] < MIN_CATEGORY else cell


def _percent(figure: Mapping[str, Any] | None) -> str:
    """A figure in [0, 1] in percent, with its interval where there is one."""
    if figure is None or figure["value"] is None:
        return ""
    value = f"{100 * figure['value']:.2f}"
    return value if figure["low"] is None else f"{value} ({100 * figure['low']:.1f}, {100 * figure['high']:.1f})"
