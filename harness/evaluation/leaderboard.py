"""Every evaluated model of a benchmark with its figures, official and honest side by side."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.judged_rates import Rates, is_invalid, judged_rate, judged_rates, shown_metrics
from tpobench.harness.evaluation.pooled_figures import pooled_figures
from tpobench.harness.evaluation.ranks import WIN_RATE, RankedFigure, headline_figure, ranks
from tpobench.harness.evaluation.registry import declarations, figure_titles, kind_of
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
from tpobench.harness.stats.missing import MissingVerdicts
from tpobench.harness.stats.ranks import RankInterval
from tpobench.harness.store.evaluations import StoredEvaluation, candidates_with_texts, evaluations_on_board
from tpobench.harness.store.judgments import PromptPreference, preferences_by_assigned, prompt_preferences
from tpobench.harness.store.models import short_fingerprints
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class LeaderboardRow:
    """One evaluation: overall figures in `metrics`, win rates by category in `categories`. Each figure is a mapping
    with ``value``, ``low``, ``high`` (0..1, or characters), ``n`` and ``invalid``: an INVALID one has no value.

    Attributes:
        candidate: The model's fingerprint.
        missing: The prompts without a verdict; None where no judge was asked.
        rank: The ranks that the model can have among those of its board, by the figure `ranked_by`; None where it has
            no valid figure, or was evaluated once more.
        preferences: The preference for the model by prompt, where there is a verdict.
        run: The beginning of the fingerprint, where its board shows several runs of models of this name.
    """

    evaluation: str
    benchmark: str
    model: str
    candidate: str
    mode: str
    baseline: str
    baseline_mode: str
    judge: str
    prompts: int
    rows: int | None
    notes: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]
    categories: Mapping[str, Mapping[str, Any]]
    missing: MissingVerdicts | None = None
    rank: RankInterval | None = None
    ranked_by: str = ""
    preferences: Mapping[str, float] = field(default_factory=dict, repr=False)
    run: str = ""

    @property
    def label(self) -> str:
        """What to call the model: in another mode, and in another run, it is another one."""
        return in_mode(self.model, self.mode) + (f" [{self.run}]" if self.run else "")

    @property
    def all_notes(self) -> tuple[str, ...]:
        """Why a figure cannot be compared with published ones, and what prompts without a verdict leave open."""
        missing = self.missing
        if missing is None or not missing.missing:
            return self.notes
        open_between = f"win rate {100 * missing.low:.1f} to {100 * missing.high:.1f}"
        return (*self.notes, f"{100 * missing.share:.1f}% without verdict: {open_between}")

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one. Empty where there is none."""
        return in_mode(self.baseline, self.baseline_mode)

    def value(self, name: str) -> float | None:
        return self.metrics.get(name, {}).get("value")

    def as_json(self) -> dict[str, Any]:
        """Everything but the single prompts, for ``--json``."""
        row = asdict(replace(self, preferences={}))
        del row["preferences"]
        return row


def leaderboard(store: Store, benchmark: str = "", sort: str = "", also: Collection[str] = ()) -> list[LeaderboardRow]:
    """The current evaluations of the benchmark (or of every one) with the ranks that they can have.

    Args:
        store: The store that holds them.
        benchmark: Only those on this benchmark.
        sort: The figure to sort by, the highest first and those without it last; each benchmark's own headline figure
            where it is empty.
        also: Keys of evaluations to show even where there is a newer one.

    Raises:
        UserError: No evaluation has the figure `sort`.
    """
    evaluations = evaluations_on_board(store, benchmark, also)
    keys = [evaluation.evaluation for evaluation in evaluations]
    metrics = store.metrics_of(keys)
    judged: dict[str, list[PromptPreference]] = {key: [] for key in keys}
    for one in prompt_preferences(store, keys):
        judged[one.evaluation].append(one)
    pooled = pooled_figures(store, evaluations)
    rows = [_row(e, [*metrics[e.evaluation], *pooled.get(e.evaluation, ())], judged[e.evaluation]) for e in evaluations]
    return in_order(with_ranks(with_runs(counted_once(store, rows, set(also)))), sort)


def with_runs(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """The rows in the order given; those of several models of one name on one board are told apart."""
    runs: dict[str, str] = {}
    for group in grouped(rows):
        candidates: dict[tuple[str, str], set[str]] = {}
        for row in group:
            candidates.setdefault((row.model, row.mode), set()).add(row.candidate)
        for same_name in candidates.values():
            if len(same_name) > 1:
                runs |= short_fingerprints(same_name)
    return [replace(row, run=runs.get(row.candidate, "")) for row in rows]


def counted_once(store: Store, rows: Sequence[LeaderboardRow], also: Collection[str] = ()) -> list[LeaderboardRow]:
    """The rows without those that tell of a run what another row tells: the same preferences for answers of the same
    lengths, imported once with their texts and once without. The one with texts stays, and those that `also` names."""
    told: dict[tuple[object, ...], list[LeaderboardRow]] = {}
    for row in rows:
        if row.preferences and row.evaluation not in also:
            chars = round(row.value("response_chars") or 0.0, 6)
            sides = row.benchmark, row.judge, row.against, row.model, row.mode
            told.setdefault((*sides, row.prompts, chars), []).append(row)
    twice: set[str] = set()
    for same in told.values():
        if len({row.candidate for row in same}) > 1:
            with_texts = candidates_with_texts(store, [row.evaluation for row in same])
            first, *others = sorted(same, key=lambda row: row.evaluation not in with_texts)
            twice |= {row.evaluation for row in others if _same_preferences(first, row)}
    return [row for row in rows if row.evaluation not in twice]


def _same_preferences(a: LeaderboardRow, b: LeaderboardRow) -> bool:
    """Files round preferences differently."""
    return a.preferences.keys() == b.preferences.keys() and all(
        math.isclose(value, b.preferences[prompt], abs_tol=1e-6) for prompt, value in a.preferences.items()
    )


def with_ranks(rows: Sequence[LeaderboardRow]) -> list[LeaderboardRow]:
    """The rows in the order given, each with the ranks that its model can have on its board."""
    by_evaluation: dict[str, RankInterval] = {}
    figures: dict[str, str] = {}
    for group in grouped(rows):
        figure = headline_figure(group[0].benchmark, [_values(row) for row in group])
        by_evaluation |= ranks(_ranked_figure(row, figure) for row in group)
        figures |= {row.evaluation: figure for row in group}
    return [replace(row, rank=by_evaluation.get(row.evaluation), ranked_by=figures[row.evaluation]) for row in rows]


def in_order(rows: Sequence[LeaderboardRow], sort: str = "") -> list[LeaderboardRow]:
    """By benchmark, and there by the figure `sort`, or by the headline figure; the highest first.

    Raises:
        UserError: There are rows, and none has the figure.
    """
    known = {name for row in rows for name in row.metrics}
    if sort and rows and sort not in known:
        raise UserError(f"no evaluation here has a figure {sort!r} to sort by; {did_you_mean(sort, sorted(known))}")
    return sorted(rows, key=lambda row: (row.benchmark, _place(row.value(sort or row.ranked_by))))


def _values(row: LeaderboardRow) -> dict[str, float | None]:
    return {name: figure["value"] for name, figure in row.metrics.items()}


def _ranked_figure(row: LeaderboardRow, name: str) -> RankedFigure:
    figure = row.metrics.get(name, {})
    return RankedFigure(
        evaluation=row.evaluation,
        model=(row.candidate, row.mode),
        value=figure.get("value"),
        low=figure.get("low"),
        high=figure.get("high"),
        preferences=row.preferences if name == WIN_RATE else {},
    )


def grouped(rows: Sequence[LeaderboardRow]) -> list[list[LeaderboardRow]]:
    """The rows that may be compared with each other: those of one benchmark, by one judge, against one baseline in one
    mode. Groups in the order of these names, rows in the order given."""
    groups: dict[tuple[str, str, str], list[LeaderboardRow]] = {}
    for row in rows:
        groups.setdefault((row.benchmark, row.judge, row.against), []).append(row)
    return [group for _, group in sorted(groups.items())]


def _row(evaluation: StoredEvaluation, metrics: Sequence[Metric], judged: Sequence[PromptPreference]) -> LeaderboardRow:
    rates = judged_rates((one.category, one.preference) for one in judged)
    shown = shown_metrics(metrics, rates)
    overall = {metric.name: _figure(metric, rates) for metric in shown if metric.category is None}
    prompts = int(overall.get("missing", {}).get("n") or max((m["n"] for m in overall.values()), default=0))
    return LeaderboardRow(
        evaluation=evaluation.evaluation,
        benchmark=evaluation.benchmark,
        model=evaluation.candidate_name,
        candidate=evaluation.candidate,
        mode=evaluation.candidate_mode,
        baseline=evaluation.baseline_name,
        baseline_mode=evaluation.baseline_mode,
        judge=evaluation.judge,
        prompts=prompts,
        rows=evaluation.about.get("rows"),
        notes=tuple(evaluation.about.get("not_comparable", ())),
        metrics=overall,
        categories={m.category: _figure(m, rates) for m in shown if m.category is not None and m.name == WIN_RATE},
        missing=rates[None].missing if rates else None,
        preferences={one.prompt: one.preference for one in judged if one.preference is not None},
    )


def _figure(metric: Metric, rates: Rates) -> dict[str, Any]:
    return {
        "value": metric.value,
        "low": metric.low,
        "high": metric.high,
        "n": metric.n,
        "invalid": is_invalid(metric, rates),
    }


def _place(value: float | None) -> float:
    """Best first; rows without the figure last. Equal figures stay in the order in which the evaluations were made."""
    return math.inf if value is None else -round(value, 12)


def recategorised(store: Store, rows: list[LeaderboardRow], kind: str) -> list[LeaderboardRow]:
    """The rows with what a model assigned (``category`` or ``complexity``) in place of the benchmark's categories."""
    preferences = preferences_by_assigned(store, [row.evaluation for row in rows], kind)

    def categories(row: LeaderboardRow) -> dict[str, Mapping[str, Any]]:
        assigned = preferences.get(row.evaluation, {})
        rates: Rates = {category: judged_rate(values) for category, values in assigned.items()}
        return {category: _figure(rates[category].metric(category), rates) for category in assigned}

    return [replace(row, categories=categories(row)) for row in rows]


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
