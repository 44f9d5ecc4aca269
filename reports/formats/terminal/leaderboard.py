"""Leaderboards in the terminal, a table for each benchmark, judge and baseline."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.table import Column, Table
from rich.text import Text

from tpobench.harness.evaluation.figure_text import figure_text, is_share
from tpobench.harness.evaluation.leaderboard import LeaderboardRow, figures_of, grouped
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.reports.formats.figures import rank_range
from tpobench.reports.formats.terminal.console import cell, show

FIGURES = 5
"""So many figures fit beside each other in 100 columns, the first of them with its interval."""

MODELS_WITH_INTERVALS, MODELS = 3, 6
"""So many models fit beside each other by category."""

LONGEST_NAME = 30
"""Columns of a model's name; a longer one takes several lines."""


def print_leaderboards(rows: Sequence[LeaderboardRow], by_category: bool = False) -> None:
    """Print a table for each benchmark, judge and baseline; by category several where there are many models.

    Args:
        rows: Best first, as `leaderboard` gives them.
        by_category: Show the win rate by category, not all figures.
    """
    for group in grouped(rows):
        show(*(category_tables(group) if by_category else [leaderboard_table(group)]), wide=True)


def leaderboard_table(rows: Sequence[LeaderboardRow]) -> Table:
    """All figures of models that may be compared with each other, the official ones beside ours. The figure that ranks
    them is the first one, and has its interval."""
    figures = _first(rows[0].ranked_by, figures_of(rows[0].benchmark, rows))
    has_ranks = any(row.rank is not None for row in rows)
    notes = list(dict.fromkeys(note for row in rows for note in row.all_notes))
    table = Table(
        _name_column(),
        *([Column("rank", no_wrap=True)] if has_ranks else []),
        Column("n", no_wrap=True),
        *(Column(cell(title), no_wrap=number == 0) for number, (_, title) in enumerate(figures[:FIGURES])),
        Column("chars", no_wrap=True),
        *(["note"] if notes else []),
        title=_title(rows[0]),
        caption=cell(_caption(rows, figures, has_ranks, notes)),
        caption_justify="left",
        box=SIMPLE,
        pad_edge=False,
    )
    for row in rows:
        chars = row.value("response_chars")
        table.add_row(
            cell(row.label),
            *([rank_range(row.rank)] if has_ranks else []),
            f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}",
            *(_figure(name, row.metrics.get(name), number == 0) for number, (name, _) in enumerate(figures[:FIGURES])),
            "" if chars is None else f"{chars:.0f}",
            *([", ".join(str(notes.index(note) + 1) for note in row.all_notes)] if notes else []),
        )
    return table


def category_tables(rows: Sequence[LeaderboardRow]) -> Iterator[Table]:
    """Win rates by category, a row each, of a few models at a time; those of few prompts are in brackets."""
    categories = sorted({category for row in rows for category in row.categories})
    has_intervals = len(rows) <= MODELS_WITH_INTERVALS
    step = MODELS_WITH_INTERVALS if has_intervals else MODELS
    for start in range(0, len(rows), step):
        shown = rows[start : start + step]
        title = _title(rows[0]).append(f": win rate by category, % (fewer than {MIN_CATEGORY} prompts in brackets)")
        caption = f"judge {rows[0].judge}" + ("" if has_intervals else "; intervals with --json, and in the report")
        columns = (Column(cell(row.label), overflow="fold") for row in shown)
        table = Table(
            Column("category", min_width=17),
            *columns,
            title=title,
            caption=cell(caption),
            caption_justify="left",
            box=SIMPLE,
        )
        for category in categories:
            cells = [_category_cell(row.categories.get(category), has_intervals) for row in shown]
            table.add_row(cell(category), *cells)
        yield table


def _name_column() -> Column:
    return Column("model", max_width=LONGEST_NAME, overflow="fold")


def _first(name: str, figures: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The figures with that of this name first."""
    return sorted(figures, key=lambda figure: figure[0] != name)


def _caption(
    rows: Sequence[LeaderboardRow], figures: Sequence[tuple[str, str]], has_ranks: bool, notes: Sequence[str]
) -> str:
    lines = [f"judge {rows[0].judge}", "* by the official method; intervals are 95%, over prompts"]
    if has_ranks:
        by = dict(figures).get(rows[0].ranked_by, rows[0].ranked_by)
        lines.append(f"rank: the places that a model can have by {by}; all ranks hold together with 95% confidence")
    if any(row.missing is not None and row.missing.is_invalid for row in rows):
        lines.append(f"INVALID: more than {MAX_MISSING:.0%} of the prompts have no verdict; with limits for win rates")
    if len(figures) > FIGURES:
        lines.append(f"also measured, see --json: {', '.join(title for _, title in figures[FIGURES:])}")
    return "\n".join([*lines, *(f"{number}: {note}" for number, note in enumerate(notes, start=1))])


def _title(row: LeaderboardRow) -> Text:
    """What all rows of its table are about."""
    return cell(f"{row.benchmark} against {row.against}" if row.baseline else row.benchmark)


def _category_cell(figure: Mapping[str, Any] | None, has_interval: bool) -> str:
    text = _figure("win_rate", figure, has_interval)
    return f"({text})" if figure is not None and figure["n"] < MIN_CATEGORY else text


def _figure(name: str, figure: Mapping[str, Any] | None, has_interval: bool) -> str:
    """A share in percent, anything else on its own scale, with the interval where it is asked for and there is one; of
    an INVALID one what it lies between."""
    if figure is None:
        return ""
    if figure.get("invalid"):
        limits = "" if figure["low"] is None else f" {100 * figure['low']:.1f} to {100 * figure['high']:.1f}"
        return f"INVALID{limits}"
    value, low, high = figure["value"], figure["low"], figure["high"]
    if value is None:
        return ""
    if not is_share(name, value, low, high):
        return figure_text(name, value)
    text = f"{100 * value:.2f}"
    return text if low is None or not has_interval else f"{text} ({100 * low:.1f}, {100 * high:.1f})"
