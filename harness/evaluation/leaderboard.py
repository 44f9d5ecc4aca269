"""Every evaluated model of a benchmark with its figures, official and honest side by side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import declarations, figure_titles, kind_of
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.evaluations import StoredEvaluation, evaluations_on_board
from tpobench.harness.store.judgments import preferences_by_assigned
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
    def label(self) -> str:
        """What to call the model: in another mode it is another one."""
        return in_mode(self.model, self.mode)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Why a figure cannot be compared with published ones, and the share of prompts without a verdict."""
        missing = self.value("missing")
        return (*self.notes, *([f"{100 * missing:.1f}% without verdict"] if missing else []))

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one. Empty where there is none."""
        return in_mode(self.baseline, self.baseline_mode)

    def value(self, name: str) -> float | None:
        return self.metrics.get(name, {}).get("value")


def leaderboard(
    store: Store, benchmark: str = "", sort: str = "win_rate", also: Collection[str] = ()
) -> list[LeaderboardRow]:
    """The current evaluations of the benchmark (or of every one), best first by the figure `sort`; those without it
    last. `also` are keys of evaluations to show even where there is a newer one."""
    evaluations = evaluations_on_board(store, benchmark, also)
    metrics = store.metrics_of([evaluation.evaluation for evaluation in evaluations])
    rows = [_row(evaluation, metrics[evaluation.evaluation]) for evaluation in evaluations]
    return sorted(rows, key=lambda row: (row.benchmark, _place(row.value(sort))))


def grouped(rows: Sequence[LeaderboardRow]) -> list[list[LeaderboardRow]]:
    """The rows that may be compared with each other: those of one benchmark, by one judge, against one baseline in one
    mode. Groups in the order of these names, rows in the order given."""
    groups: dict[tuple[str, str, str], list[LeaderboardRow]] = {}
    for row in rows:
        groups.setdefault((row.benchmark, row.judge, row.against), []).append(row)
    return [group for _, group in sorted(groups.items())]


def _row(evaluation: StoredEvaluation, metrics: Sequence[Metric]) -> LeaderboardRow:
    overall = {metric.name: _figure(metric) for metric in metrics if metric.category is None}
    prompts = int(overall.get("missing", {}).get("n") or max((m["n"] for m in overall.values()), default=0))
    return LeaderboardRow(
        evaluation=evaluation.evaluation,
        benchmark=evaluation.benchmark,
        model=evaluation.candidate_name,
        mode=evaluation.candidate_mode,
        baseline=evaluation.baseline_name,
        baseline_mode=evaluation.baseline_mode,
        judge=evaluation.judge,
        prompts=prompts,
        rows=evaluation.about.get("rows"),
        notes=tuple(evaluation.about.get("not_comparable", ())),
        metrics=overall,
        categories={m.category: _figure(m) for m in metrics if m.category is not None and m.name == "win_rate"},
    )


def _figure(metric: Metric) -> dict[str, Any]:
    return {"value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n}


def _place(value: float | None) -> float:
    """Best first; rows without the figure last."""
    return 1.0 if value is None else -value


def recategorised(store: Store, rows: list[LeaderboardRow], kind: str) -> list[LeaderboardRow]:
    """The rows with what a model assigned (``category`` or ``complexity``) in place of the benchmark's categories."""
    preferences = preferences_by_assigned(store, [row.evaluation for row in rows], kind)
    return [
        replace(
            row,
            categories={
                category: {"value": mean.mean, "low": mean.low, "high": mean.high, "n": mean.n}
                for category, values in preferences.get(row.evaluation, {}).items()
                for mean in [mean_interval(values)]
            },
        )
        for row in rows
    ]


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
