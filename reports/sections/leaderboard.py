"""Every model of the store beside those that a report is about: the leaderboards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from tpobench.harness.evaluation.leaderboard import (
    LeaderboardRow,
    beside_published,
    figures_of,
    grouped,
    in_order,
    leaderboard,
    with_ranks,
)
from tpobench.harness.store.store import Store
from tpobench.reports.comparison import ModelComparison
from tpobench.reports.evaluations import newest_evaluations
from tpobench.reports.formats.charts import Mark, Series, Strip, strip
from tpobench.reports.runs import Run


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """All models on one benchmark by one judge against one baseline in one mode, best first.

    Attributes:
        figures: Names and titles of what is known of any of them.
        chart: The figure that the models are ranked by, with its intervals.
        ranked_by: The title of that figure.
        about: Keys of the evaluations that the report is about.
    """

    benchmark: str
    judge: str
    baseline: str
    figures: tuple[tuple[str, str], ...]
    rows: tuple[LeaderboardRow, ...]
    chart: Strip
    about: frozenset[str]
    ranked_by: str

    @property
    def has_others(self) -> bool:
        """Whether it shows a model that the report is not about."""
        return len(self.about) < len(self.rows)


@dataclass(frozen=True, kw_only=True)
class Leaderboards:
    """The leaderboards of a report.

    Attributes:
        folds: Whether those without any other model are folded.
        names: What to call the model of an evaluation, where it is not simply its name.
    """

    template: ClassVar[str] = "leaderboard.html.j2"
    anchor: ClassVar[str] = "leaderboard"
    title: ClassVar[str] = "Leaderboard"
    leaderboards: tuple[Leaderboard, ...]
    folds: bool = False
    names: Mapping[str, str] = field(default_factory=dict)


def of_run(store: Store, run: Run, published: Path | None) -> Leaderboards | None:
    """The run's models among the current evaluations of the store, but not what it compared with each other. None
    before the run has evaluated any."""
    own = {evaluation.key for evaluation in run.on_benchmarks.values()}
    if not own:
        return None
    between_arms = {evaluation.key for evaluation in run.evaluations.values()} - own
    leaderboards = _leaderboards(store, set(newest_evaluations(store)) - between_arms | own, own, published)
    return Leaderboards(leaderboards=leaderboards, folds=True) if leaderboards else None


def of_models(store: Store, names: Mapping[str, str], benchmark: str, published: Path | None) -> Leaderboards | None:
    """The models of some evaluations, by key with what to call each, among the current evaluations, all or those on the
    benchmark. None where there are none."""
    leaderboards = _leaderboards(store, newest_evaluations(store, benchmark=benchmark), names, published)
    return Leaderboards(leaderboards=leaderboards, names=names) if leaderboards else None


def of_comparison(store: Store, comparison: ModelComparison) -> Leaderboards | None:
    """Both models among the current evaluations of the store."""
    leaderboards = _leaderboards(store, newest_evaluations(store), comparison.names, None)
    return Leaderboards(leaderboards=leaderboards, names=comparison.names) if leaderboards else None


def _leaderboards(
    store: Store, shown: Collection[str], about: Collection[str], published: Path | None
) -> tuple[Leaderboard, ...]:
    """The leaderboards of the evaluations `shown`, which are current ones or among `about`: the keys of those to mark.
    Tasks that no judge was asked about are always shown."""
    rows = [row for row in leaderboard(store, also=about) if row.evaluation in shown or not row.baseline]
    rows = in_order(with_ranks(rows))  # among those that are shown
    if published is not None:
        rows = beside_published(rows, published)
    return tuple(_leaderboard(number, group, about) for number, group in enumerate(grouped(rows)))


def _leaderboard(number: int, rows: list[LeaderboardRow], about: Collection[str]) -> Leaderboard:
    figures = tuple(figures_of(rows[0].benchmark, rows))
    marks = [
        Mark(position=position, value=figure["value"], low=figure["low"], high=figure["high"])
        for position, row in enumerate(rows)
        if (figure := row.metrics.get(row.ranked_by)) is not None and figure["value"] is not None
    ]
    reference = 0.5 if rows[0].baseline else None
    return Leaderboard(
        benchmark=rows[0].benchmark,
        judge=rows[0].judge,
        baseline=rows[0].against,
        figures=figures,
        rows=tuple(rows),
        chart=strip(f"leaderboard-{number}", [Series("head-to-head", marks)], len(rows), reference),
        about=frozenset(about).intersection(row.evaluation for row in rows),
        ranked_by=dict(figures).get(rows[0].ranked_by, rows[0].ranked_by),
    )
