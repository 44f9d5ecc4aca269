"""Every model of the store beside those that a report is about: the leaderboards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from markupsafe import Markup

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
from tpobench.reports.formats.charts import HIGH_ROW, Dot, Mark, Series, Strip, scatter, strip
from tpobench.reports.runs import Run

FEWEST_DOTS = 4
"""Models from which on the chart against length is drawn."""


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """All models on one benchmark by one judge against one baseline in one mode, best first.

    Attributes:
        figures: Names and titles of what is known of any of them.
        chart: The figure that the models are ranked by, with its intervals.
        ranked_by: The title of that figure.
        about: Keys of the evaluations that the report is about.
        scatter: That figure against the length of the responses, each row by its number; None for a few models.
    """

    benchmark: str
    judge: str
    baseline: str
    figures: tuple[tuple[str, str], ...]
    rows: tuple[LeaderboardRow, ...]
    chart: Strip
    about: frozenset[str]
    ranked_by: str
    scatter: Markup | None

    @property
    def shared_notes(self) -> list[str]:
        """What is to be known of every row."""
        first, *others = [row.all_notes for row in self.rows]
        return [note for note in first if all(note in notes for notes in others)]

    def own_notes(self, row: LeaderboardRow) -> list[str]:
        """What is to be known of this row and not of every one."""
        return [note for note in row.all_notes if note not in self.shared_notes]

    @property
    def has_own_notes(self) -> bool:
        return any(self.own_notes(row) for row in self.rows)

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

    @property
    def evaluations(self) -> frozenset[str]:
        """The keys of all that is shown."""
        return frozenset(row.evaluation for one in self.leaderboards for row in one.rows)


def of_run(store: Store, run: Run, published: Path | None) -> Leaderboards | None:
    """The run's models among the current evaluations of the store, but not what it compared with each other. None
    before the run has evaluated any."""
    own = {evaluation.key for evaluation in run.on_benchmarks.values()}
    if not own:
        return None
    between_arms = {evaluation.key for evaluation in run.evaluations.values()} - own
    leaderboards = _leaderboards(store, set(newest_evaluations(store)) - between_arms | own, own, published)
    return Leaderboards(leaderboards=leaderboards, folds=True) if leaderboards else None


def of_models(store: Store, about: Collection[str], benchmark: str, published: Path | None) -> Leaderboards | None:
    """The models of these current evaluations, by key, among all, or among those on the benchmark; a run that was
    imported in two forms is one row. None where there are none."""
    shown = newest_evaluations(store, benchmark=benchmark)
    leaderboards = _leaderboards(store, shown, about, published, also=())
    return Leaderboards(leaderboards=leaderboards) if leaderboards else None


def of_comparison(store: Store, comparison: ModelComparison) -> Leaderboards | None:
    """Both models among the current evaluations of the store."""
    leaderboards = _leaderboards(store, newest_evaluations(store), comparison.names, None)
    return Leaderboards(leaderboards=leaderboards, names=comparison.names) if leaderboards else None


def _leaderboards(
    store: Store,
    shown: Collection[str],
    about: Collection[str],
    published: Path | None,
    also: Collection[str] | None = None,
) -> tuple[Leaderboard, ...]:
    """The leaderboards of the evaluations `shown`, which are current ones or among `about`: the keys of those to mark,
    which are shown whatever else there is, or of them only those in `also`. Tasks that no judge was asked about are
    always shown."""
    among = leaderboard(store, also=about if also is None else also)
    rows = [row for row in among if row.evaluation in shown or not row.baseline]
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
        chart=strip(f"leaderboard-{number}", [Series("head-to-head", marks)], len(rows), reference, HIGH_ROW),
        about=frozenset(about).intersection(row.evaluation for row in rows),
        ranked_by=dict(figures).get(rows[0].ranked_by, rows[0].ranked_by),
        scatter=_scatter(rows),
    )


def _scatter(rows: Sequence[LeaderboardRow]) -> Markup | None:
    """The figure that models are ranked by against the mean length of their responses; None for fewer than four."""
    dots = [
        Dot(x=chars, y=value, label=str(number))
        for number, row in enumerate(rows, 1)
        if (value := row.value(row.ranked_by)) is not None and (chars := row.value("response_chars"))
    ]
    return scatter(dots, 0.5 if rows[0].baseline else None) if len(dots) >= FEWEST_DOTS else None
