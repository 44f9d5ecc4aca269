"""Win rates of many models by category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.records import Metric
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.sections.category_tables import MANY

MATRIX = 60
"""Models that the table by category shows; more are left to the leaderboard."""


@dataclass(frozen=True)
class Matrix:
    """Win rates of many models on one benchmark by category. `rows` are names with an entry for each group, the best
    models of all `of` that there are."""

    title: str
    groups: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Metric | None]]]
    of: int


def matrices(evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> list[Matrix]:
    """Win rates by the benchmark's categories, a matrix for each benchmark, baseline and judge with at least two
    categories and not too many to read. `evaluations` come best first, `names` says what to call each."""
    grouped: dict[tuple[str, str, str], list[Evaluation]] = {}
    for evaluation in evaluations:
        grouped.setdefault((evaluation.benchmark, evaluation.against, evaluation.judge), []).append(evaluation)
    shown = []
    for (benchmark, baseline, _), group in grouped.items():
        rates = [(names[e.key], e.by_category("win_rate")) for e in group]
        categories = sorted({category for _, by_category in rates for category in by_category})
        if 1 < len(categories) <= MANY:
            rows = [(name, [rate.get(category) for category in categories]) for name, rate in rates[:MATRIX]]
            shown.append(Matrix(f"{benchmark} against {baseline}", categories, rows, len(rates)))
    return shown
