"""By what prompts are grouped: the benchmark's own categories, and what a model assigned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.sections.categories import MANY, Column, Table, tabulate

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


def tables(
    store: Store,
    evaluations: Sequence[Evaluation],
    columns: Sequence[Column],
    duel: Mapping[str, float] | None = None,
    guarded: tuple[str, ...] | None = None,
    contest: int = 0,
    title: str = "",
) -> list[Table]:
    """By the benchmark's categories, then by what a model assigned: category and complexity. `contest` tells the tables
    of several contests apart, `title` names this one."""
    own = {verdict.prompt: verdict.category for e in evaluations for verdict in e.verdicts}
    found = [tabulate(f"category-{contest}", title, columns, own, duel, guarded)]
    for kind in ("category", "complexity"):
        assigned = _assigned(store, kind, list(own))
        heading = f"By {kind}, as a model assigned it" + (f": {title}" if title else "")
        found.append(tabulate(f"assigned-{kind}-{contest}", heading, columns, assigned, duel))
    return [table for table in found if table is not None]


_ASSIGNED = """
SELECT prompt_key, value FROM (
    SELECT text_key, value FROM assignment WHERE kind = ?
    QUALIFY row_number() OVER (PARTITION BY text_key ORDER BY created_at DESC, assignment_key) = 1
) JOIN prompt USING (text_key)
WHERE value IS NOT NULL AND prompt_key IN (SELECT unnest(?)) ORDER BY prompt_key
"""


def _assigned(store: Store, kind: str, prompts: Sequence[str]) -> dict[str, str]:
    return dict(store.sql(_ASSIGNED, [kind, list(prompts)])[1])


def matrices(evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> list[Matrix]:
    """Win rates by the benchmark's categories, a matrix for each contest with at least two of them and not too many to
    read. `evaluations` come best first, `names` says what to call each."""
    contests: dict[tuple[str, str, str], list[Evaluation]] = {}
    for evaluation in evaluations:
        contests.setdefault((evaluation.benchmark, evaluation.against, evaluation.judge), []).append(evaluation)
    found = []
    for (benchmark, baseline, _), entered in contests.items():
        rates = [(names[e.key], e.by_category("win_rate")) for e in entered]
        groups = sorted({group for _, by_category in rates for group in by_category})
        if 1 < len(groups) <= MANY:
            rows = [(name, [rate.get(group) for group in groups]) for name, rate in rates[:MATRIX]]
            found.append(Matrix(f"{benchmark} against {baseline}", groups, rows, len(rates)))
    return found
