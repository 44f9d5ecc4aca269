"""Two models side by side in the terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.box import SIMPLE
from rich.table import Table

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.reports.formats.terminal.console import cell, show


def print_comparison(a: str, b: str, differences: Sequence[Difference]) -> None:
    """Print a table for each measure that both models share, and what A and B are.

    Args:
        a: What to call the first model.
        b: What to call the other one.
        differences: A's figures minus B's, as `compare_models` gives them.
    """
    show(*comparison_tables(differences))
    print(f"A = {a}, B = {b}; in points, with 95% intervals. * = under {MIN_CATEGORY} prompts: too few to decide on.")
    if any(row.on_own_scale for row in differences):
        print("Your own metrics are on their own scale.")
    if any(not row.is_paired for row in differences):
        print(
            "not paired: the interval is that of two separate figures; --data with the official files makes it narrower"
        )
    if any(row.is_invalid for row in differences):
        print(
            f"INVALID: more than {MAX_MISSING:.0%} of the prompts have no verdict; the figure lies between the limits"
        )


def comparison_tables(differences: Iterable[Difference]) -> list[Table]:
    """A table for each benchmark and measure: all prompts first, then each category."""
    measured = groupby(differences, lambda difference: (difference.benchmark, difference.measure))
    return [_table(f"{benchmark}, {measure}", list(rows)) for (benchmark, measure), rows in measured]


def _table(title: str, differences: Sequence[Difference]) -> Table:
    table = Table(title=cell(title), title_justify="left", box=SIMPLE)
    are_missing = any(row.missing.missing for row in differences)
    for column in ("category", "A", "B", "A - B", "n", *(["no verdict: A - B is between"] if are_missing else [])):
        table.add_column(column, no_wrap=column != "category")
    for row in differences:
        table.add_row(*map(cell, _cells(row)))
        if row.category is None:
            table.caption = _caption(row)
    return table


def _cells(row: Difference) -> list[str]:
    few = "*" if row.n < MIN_CATEGORY else ""
    a, b, apart = "", "", "INVALID"
    if not row.is_invalid:
        form, scale = (".3f", 1) if row.on_own_scale else (".1f", 100)
        a, b = f"{scale * row.a:{form}}", f"{scale * row.b:{form}}"
        apart = f"{scale * row.difference:+{form}} ({scale * row.low:+{form}}, {scale * row.high:+{form}})"
    cells = [row.category or "all", a, b, apart, f"{row.n}{few}"]
    if row.missing.missing:
        cells.append(f"{row.missing.missing}: {100 * row.missing.low:+.1f} to {100 * row.missing.high:+.1f}")
    return cells


def _caption(row: Difference) -> str | None:
    said = [f"{row.n} shared of {row.own_a} and {row.own_b}"] if row.n < max(row.own_a, row.own_b) else []
    said += [] if row.clusters is None else [f"the interval over all is that of {row.clusters} categories"]
    return "; ".join(said) or None
