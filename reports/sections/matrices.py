"""Win rates of many models by category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.evaluation.judged_rates import judged_rate
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.records import Metric
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.sections.category_tables import pooled_name

MATRIX = 60
"""Models that the table by category shows; more are left to the leaderboard."""

MANY = 40
"""Categories beyond which there is no matrix."""

STEPS = 5
"""Shades of each colour."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Win rates of many models on one benchmark by category. `rows` are names with an entry for each group, the best
    models of all `of` that there are. Groups that are `small` are to be looked up, not to be compared."""

    title: str
    groups: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Metric | None]]]
    of: int
    small: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether its cells have room for the win rate alone, and the interval is shown on hovering."""
        return len(self.groups) > 7


def shade(rate: Metric | None) -> str:
    """How far a win rate is from one half, as a class of the page's style: ``up3``, ``down1``; empty near one half."""
    if rate is None or rate.value is None:
        return ""
    step = min(int(abs(rate.value - 0.5) * 2 * STEPS + 0.5), STEPS)
    return f"{'up' if rate.value > 0.5 else 'down'}{step}" if step else ""


def matrices(evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> list[Matrix]:
    """Win rates by the benchmark's categories, a matrix for each benchmark, baseline and judge with at least two
    categories and not too many to read. Categories under 30 prompts are one column, and each alone in a matrix of their
    own. `evaluations` come best first, `names` says what to call each."""
    grouped: dict[tuple[str, str, str], list[Evaluation]] = {}
    for evaluation in evaluations:
        grouped.setdefault((evaluation.benchmark, evaluation.against, evaluation.judge), []).append(evaluation)
    shown = []
    for (benchmark, baseline, _), group in grouped.items():
        (large, small), title = _columns(group), f"{benchmark} against {baseline}"
        if 1 < len(large) + bool(small) <= MANY:
            rows = [(names[e.key], _cells(e, large, small)) for e in group[:MATRIX]]
            titles = [*large, *([pooled_name(len(small))] if small else [])]
            shown.append(Matrix(title=title, groups=titles, rows=rows, of=len(group)))
        if 1 < len(small) <= MANY:
            rows = [(names[e.key], _cells(e, small, [])) for e in group[:MATRIX]]
            small_title = f"{title}, categories under {MIN_CATEGORY} prompts"
            shown.append(Matrix(title=small_title, groups=small, rows=rows, of=len(group), small=True))
    return shown


def _columns(group: Sequence[Evaluation]) -> tuple[list[str], list[str]]:
    """The categories with enough prompts for a column, and the others, which share one; a single one has its own."""
    sizes: dict[str, int] = {}
    for evaluation in group:
        own: dict[str, int] = {}
        for judged in evaluation.prompts:
            own[judged.category] = own.get(judged.category, 0) + 1
        sizes |= {category: max(size, sizes.get(category, 0)) for category, size in own.items()}
    small = [category for category in sorted(sizes) if sizes[category] < MIN_CATEGORY]
    small = small if len(small) > 1 else []
    return [category for category in sorted(sizes) if category not in small], small


def _cells(evaluation: Evaluation, large: Sequence[str], small: Sequence[str]) -> list[Metric | None]:
    by_category = evaluation.by_category("win_rate")
    cells = [by_category.get(category) for category in large]
    if small:
        pooled = [judged.preference for judged in evaluation.prompts if judged.category in small]
        cells.append(judged_rate(pooled).metric() if pooled else None)
    return cells
