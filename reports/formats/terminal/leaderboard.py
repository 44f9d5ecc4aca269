"""Leaderboards in the terminal, a table for each benchmark, judge and baseline."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from tpobench.harness.evaluation.leaderboard import LeaderboardRow, figures_of, grouped
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.reports.formats.terminal.console import show


def print_leaderboards(rows: Sequence[LeaderboardRow], by_category: bool = False) -> None:
    """Print a table for each benchmark, judge and baseline.

    Args:
        rows: Best first, as `leaderboard` gives them.
        by_category: Show the win rate by category, not all figures.
    """
    for group in grouped(rows):
        show((category_table if by_category else leaderboard_table)(group), wide=True)


def leaderboard_table(rows: Sequence[LeaderboardRow]) -> Table:
    """All figures of models that may be compared with each other, the official ones beside ours."""
    figures = figures_of(rows[0].benchmark, rows)
    table = Table(
        "model",
        "n",
        *(Column(Text(title)) for _, title in figures),
        "chars",
        "notes",
        title=_title(rows[0]),
        caption=Text(f"judge {rows[0].judge}\n* by the official method; intervals are 95%, over prompts"),
        caption_justify="left",
    )
    for row in rows:
        chars = row.value("response_chars")
        table.add_row(
            Text(row.label),
            f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}",
            *(_percent(row.metrics.get(name)) for name, _ in figures),
            "" if chars is None else f"{chars:.0f}",
            Text("; ".join(row.all_notes)),
        )
    return table


def category_table(rows: Sequence[LeaderboardRow]) -> Table:
    """Win rates by category; those of few prompts are in brackets."""
    categories = sorted({category for row in rows for category in row.categories})
    title = _title(rows[0]).append(f": win rate by category, % (fewer than {MIN_CATEGORY} prompts in brackets)")
    caption = Text(f"judge {rows[0].judge}")
    columns = (Column(Text(name)) for name in categories)
    table = Table("model", *columns, title=title, caption=caption, caption_justify="left")
    for row in rows:
        cells = [_category_cell(row.categories.get(category)) for category in categories]
        table.add_row(Text(row.label), *cells)
    return table


def _title(row: LeaderboardRow) -> Text:
    """What all rows of its table are about."""
    return Text(f"{row.benchmark} against {row.against}" if row.baseline else row.benchmark)


def _category_cell(figure: Mapping[str, Any] | None) -> str:
    cell = _percent(figure)
    return f"({cell})" if figure is not None and figure["n"] < MIN_CATEGORY else cell


def _percent(figure: Mapping[str, Any] | None) -> str:
    """A figure in [0, 1] in percent, with its interval where there is one."""
    if figure is None or figure["value"] is None:
        return ""
    value = f"{100 * figure['value']:.2f}"
    return value if figure["low"] is None else f"{value} ({100 * figure['low']:.1f}, {100 * figure['high']:.1f})"
