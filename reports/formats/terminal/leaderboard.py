"""Leaderboards in the terminal, a table for each benchmark, judge and baseline."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from tpobench.harness.evaluation.leaderboard import LeaderboardRow, figures_of, grouped
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.reports.formats.figures import rank_range
from tpobench.reports.formats.terminal.console import cell, show


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
    has_ranks = any(row.rank is not None for row in rows)
    table = Table(
        "model",
        *(["rank"] if has_ranks else []),
        "n",
        *(Column(cell(title)) for _, title in figures),
        "chars",
        "notes",
        title=_title(rows[0]),
        caption=cell(_caption(rows, has_ranks)),
        caption_justify="left",
    )
    for row in rows:
        chars = row.value("response_chars")
        table.add_row(
            cell(row.label),
            *([rank_range(row.rank)] if has_ranks else []),
            f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}",
            *(_percent(row.metrics.get(name)) for name, _ in figures),
            "" if chars is None else f"{chars:.0f}",
            cell("; ".join(row.all_notes)),
        )
    return table


def category_table(rows: Sequence[LeaderboardRow]) -> Table:
    """Win rates by category; those of few prompts are in brackets."""
    categories = sorted({category for row in rows for category in row.categories})
    title = _title(rows[0]).append(f": win rate by category, % (fewer than {MIN_CATEGORY} prompts in brackets)")
    caption = cell(f"judge {rows[0].judge}")
    columns = (Column(cell(name)) for name in categories)
    table = Table("model", *columns, title=title, caption=caption, caption_justify="left")
    for row in rows:
        cells = [_category_cell(row.categories.get(category)) for category in categories]
        table.add_row(cell(row.label), *cells)
    return table


def _caption(rows: Sequence[LeaderboardRow], has_ranks: bool) -> str:
    lines = [f"judge {rows[0].judge}", "* by the official method; intervals are 95%, over prompts"]
    if has_ranks:
        by = dict(figures_of(rows[0].benchmark, rows)).get(rows[0].ranked_by, rows[0].ranked_by)
        lines.append(f"rank: the places that a model can have by {by}; all ranks hold together with 95% confidence")
    if any(row.missing is not None and row.missing.is_invalid for row in rows):
        lines.append(f"INVALID: more than {MAX_MISSING:.0%} of the prompts have no verdict; with limits for win rates")
    return "\n".join(lines)


def _title(row: LeaderboardRow) -> Text:
    """What all rows of its table are about."""
    return cell(f"{row.benchmark} against {row.against}" if row.baseline else row.benchmark)


def _category_cell(figure: Mapping[str, Any] | None) -> str:
    cell = _percent(figure)
    return f"({cell})" if figure is not None and figure["n"] < MIN_CATEGORY else cell


def _percent(figure: Mapping[str, Any] | None) -> str:
    """A figure in [0, 1] in percent, with its interval where there is one; of an INVALID one what it lies between."""
    if figure is None:
        return ""
    if figure.get("invalid"):
        limits = "" if figure["low"] is None else f" {100 * figure['low']:.1f} to {100 * figure['high']:.1f}"
        return f"INVALID{limits}"
    if figure["value"] is None:
        return ""
    value = f"{100 * figure['value']:.2f}"
    return value if figure["low"] is None else f"{value} ({100 * figure['low']:.1f}, {100 * figure['high']:.1f})"
