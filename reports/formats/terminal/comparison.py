"""Two models side by side in the terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from tpobench.harness.evaluation.compare import Difference
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.reports.formats.terminal.console import show


def print_comparison(a: str, b: str, differences: Sequence[Difference]) -> None:
    """Print a table for each measure that both models share, and what A and B are.

    Args:
        a: What to call the first model.
        b: What to call the other one.
        differences: A's figures minus B's, as `compare_models` gives them.
    """
    show(*comparison_tables(differences))
    print(f"A = {a}, B = {b}; in points, with 95% intervals. * = under {MIN_CATEGORY} prompts: too few to decide on.")


def comparison_tables(differences: Iterable[Difference]) -> list[Table]:
    """A table for each benchmark and measure: all prompts first, then each category."""
    measured = groupby(differences, lambda difference: (difference.benchmark, difference.measure))
    return [_table(f"{benchmark}, {measure}", list(rows)) for (benchmark, measure), rows in measured]


def _table(title: str, differences: Sequence[Difference]) -> Table:
    table = Table(title=Text(title), title_justify="left", box=SIMPLE)
    for column in ("category", "A", "B", "A - B", "n"):
        table.add_column(column, no_wrap=column != "category")
    for row in differences:
        apart = f"{100 * row.difference:+.1f} ({100 * row.low:+.1f}, {100 * row.high:+.1f})"
        few = "*" if row.n < MIN_CATEGORY else ""
        cells = (row.category or "all", f"{100 * row.a:.1f}", f"{100 * row.b:.1f}", apart, f"{row.n}{few}")
        table.add_row(*map(Text, cells))
        if row.category is None and row.n < max(row.own_a, row.own_b):
            table.caption = f"{row.n} shared of {row.own_a} and {row.own_b}"
    return table
