"""Every evaluated model of a benchmark with its figures, official and honest side by side."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import declarations, figure_titles, kind_of
from tpobench.harness.models.modes import in_mode
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class LeaderboardRow:
    """One evaluation: overall figures in `metrics`, win rates by category in `categories`. Each figure is a mapping
    with ``value``, ``low``, ``high`` (0..1, or characters) and ``n``."""

    evaluation: str
    benchmark: str
    model: str
    mode: str
    baseline: str
    baseline_mode: str
    judge: str
    prompts: int
    rows: int | None
    notes: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]
    categories: Mapping[str, Mapping[str, Any]]

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one. Empty where there is none."""
        return in_mode(self.baseline, self.baseline_mode)

    def value(self, name: str) -> float | None:
        return self.metrics.get(name, {}).get("value")


_EVALUATIONS = """
SELECT evaluation_key, benchmark, c.name, candidate_mode, b.name, baseline_mode, judge, params
FROM evaluation JOIN model c ON c.model_key = candidate LEFT JOIN model b ON b.model_key = baseline
WHERE ? IN ('', benchmark)
    AND (evaluation_key IN (SELECT evaluation_key FROM current_evaluation) OR list_contains(?, evaluation_key))
ORDER BY evaluation.created_at, evaluation_key
"""

_METRICS = """
SELECT evaluation, metric.name, category, value, low, high, n FROM metric WHERE evaluation IN (SELECT unnest(?))
ORDER BY evaluation, metric.name, category
"""


def leaderboard(
    store: Store, benchmark: str = "", sort: str = "win_rate", also: Collection[str] = ()
) -> list[LeaderboardRow]:
    """The current evaluations of the benchmark (or of every one), best first by the figure `sort`; those without it
    last. `also` are keys of evaluations to show even where there is a newer one."""
    evaluations = store.sql(_EVALUATIONS, [benchmark, list(also)])[1]
    overall: dict[str, dict[str, dict[str, Any]]] = {}
    by_category: dict[str, dict[str, dict[str, Any]]] = {}
    for evaluation, name, category, value, low, high, n in store.sql(_METRICS, [[row[0] for row in evaluations]])[1]:
        entry = {"value": value, "low": low, "high": high, "n": n}
        if category is None:
            overall.setdefault(evaluation, {})[name] = entry
        elif name == "win_rate":
            by_category.setdefault(evaluation, {})[category] = entry
    rows = []
    for key, measured, model, mode, baseline, baseline_mode, judge, params in evaluations:
        about = json.loads(params)
        metrics = overall.get(key, {})
        prompts = int(metrics.get("missing", {}).get("n") or max((m["n"] for m in metrics.values()), default=0))
        rows.append(
            LeaderboardRow(
                evaluation=key,
                benchmark=measured,
                model=model,
                mode=mode,
                baseline=baseline or "",
                baseline_mode=baseline_mode,
                judge=judge,
                prompts=prompts,
                rows=about.get("rows"),
                notes=tuple(about.get("not_comparable", ())),
                metrics=metrics,
                categories=by_category.get(key, {}),
            )
        )
    return sorted(rows, key=lambda row: (row.benchmark, _place(row.value(sort))))


def _place(value: float | None) -> float:
    """Best first; rows without the figure last."""
    return 1.0 if value is None else -value


_ASSIGNED = """
WITH assigned AS (  -- by whoever did it last
    SELECT text_key, value FROM assignment WHERE kind = ?
    QUALIFY row_number() OVER (PARTITION BY text_key ORDER BY created_at DESC, assignment_key) = 1
)
SELECT evaluation_key, value, list(preference ORDER BY prompt_key)
FROM prompt_preference JOIN prompt USING (prompt_key) JOIN assigned USING (text_key)
WHERE list_contains(?, evaluation_key) AND preference IS NOT NULL AND value IS NOT NULL GROUP BY ALL
"""


def recategorised(store: Store, rows: list[LeaderboardRow], kind: str) -> list[LeaderboardRow]:
    """The rows with what a model assigned (``category`` or ``complexity``) in place of the benchmark's categories."""
    by_row: dict[str, dict[str, dict[str, Any]]] = {}
    for evaluation, category, values in store.sql(_ASSIGNED, [kind, [row.evaluation for row in rows]])[1]:
        found = mean_interval(values)
        entry = {"value": found.mean, "low": found.low, "high": found.high, "n": found.n}
        by_row.setdefault(evaluation, {})[category] = entry
    return [replace(row, categories=by_row.get(row.evaluation, {})) for row in rows]


def beside_published(rows: list[LeaderboardRow], file: Path) -> list[LeaderboardRow]:
    """The rows with the figures that a published leaderboard has of the same model (by name). The file is of one
    benchmark; rows of others stay as they are.

    Raises:
        UserError: No benchmark knows a published leaderboard in the file's form.
    """
    published: dict[str, Mapping[str, Mapping[str, Mapping[str, Any]]]] = {}
    errors: list[UserError] = []
    for name, declaration in declarations().items():
        if declaration.files is not None and declaration.files.published is not None:
            try:
                published[name] = declaration.files.published(file)
            except UserError as error:
                errors.append(error)
    if not published:
        raise errors[0] if errors else UserError(f"{file}: no benchmark has a published leaderboard to show beside")

    def beside(row: LeaderboardRow) -> LeaderboardRow:
        figures = published.get(kind_of(row.benchmark), {}).get(row.model, {})
        return replace(row, metrics={**row.metrics, **figures})

    return [beside(row) for row in rows]


def figures_of(benchmark: str, rows: Sequence[LeaderboardRow]) -> list[tuple[str, str]]:
    """Name and title of each figure that a leaderboard of this benchmark shows, as far as any row has it."""
    return figure_titles(benchmark, list(dict.fromkeys(name for row in rows for name in row.metrics)))
