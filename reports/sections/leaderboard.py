"""Every model of the store beside those that a report is about: the leaderboards."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.evaluation.leaderboard import LeaderboardRow, beside_published, figures_of, leaderboard
from tpobench.harness.store.store import Store
from tpobench.reports.formats.charts import Mark, Series, Strip, strip


@dataclass(frozen=True)
class Leaderboard:
    """All models on one benchmark by one judge against one baseline in one mode, best first. `figures` are names and
    titles of what is known of any of them; the chart has the first one's intervals. `about` marks the rows that the
    report is about."""

    benchmark: str
    judge: str
    baseline: str
    figures: tuple[tuple[str, str], ...]
    rows: tuple[LeaderboardRow, ...]
    chart: Strip
    about: frozenset[str]


def boards(
    store: Store, shown: Collection[str], about: Collection[str], published: Path | None = None
) -> list[Leaderboard]:
    """The boards of the evaluations `shown`, which are current ones or among `about`: the keys of those to mark. Raises
    UserError for a `published` file that is no leaderboard."""
    rows = [row for row in leaderboard(store, also=about) if row.evaluation in shown or not row.baseline]
    if published is not None:
        rows = beside_published(rows, published)
    grouped: dict[tuple[str, str, str], list[LeaderboardRow]] = {}
    for row in rows:
        grouped.setdefault((row.benchmark, row.judge, row.against), []).append(row)
    return [_board(number, named, found, about) for number, (named, found) in enumerate(sorted(grouped.items()))]


def _board(number: int, named: tuple[str, str, str], rows: list[LeaderboardRow], about: Collection[str]) -> Leaderboard:
    figures = tuple(figures_of(named[0], rows))
    marks = [
        Mark(place=place, value=found["value"], low=found["low"], high=found["high"])
        for place, row in enumerate(rows)
        if figures and (found := row.metrics.get(figures[0][0])) is not None and found["value"] is not None
    ]
    reference = 0.5 if rows[0].baseline else None
    chart = strip(f"board-{number}", [Series("duel", marks)], len(rows), reference)
    return Leaderboard(
        *named, figures, tuple(rows), chart, frozenset(about).intersection(row.evaluation for row in rows)
    )
