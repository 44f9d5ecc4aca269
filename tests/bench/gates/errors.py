"""Type-I errors of the win-rate rules: a candidate exactly at the floor is neither promoted nor rejected."""

from functools import cache

from tests.bench.gates.cases import ALPHA, METHODS, Case, at_the_floor
from tests.bench.gates.tables import Bounded, Size, heading, row
from tpobench.harness.stats.sequential import Method


def print_errors(size: Size) -> list[str]:
    """Prints the table; returns the cells that are beyond their bound."""
    title = f"Errors at the floor, alpha {ALPHA}: passed / failed"
    heading(title, ["judgments", "prompts", "win rate", *METHODS, "gates"])
    table, cases = Bounded(title), at_the_floor()
    for case in cases[size.some(cases)]:
        gates = size.gates(case.prompts)
        cells = [_cell(table, case, method, gates) for method in METHODS]
        row(case.name, case.prompts, f"{case.floor:.3g}", *cells, f"{gates:,}")
    table.conclude()
    return table.beyond


def _cell(table: Bounded, case: Case, method: Method, gates: int) -> str:
    errors = cache(lambda seed, asked: case.errors(method, seed, asked))
    where = f"{case.name}, {case.prompts} prompts at {case.floor:g}, {method}"
    passed = table.error(f"{where}, passed", lambda seed, asked: errors(seed, asked)[0], gates, ALPHA)
    failed = table.error(f"{where}, failed", lambda seed, asked: errors(seed, asked)[1], gates, ALPHA)
    return f"{passed} / {failed}"
