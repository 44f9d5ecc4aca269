"""From a run's records to the rows and drawings of its report. Pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.records import Metric
from reports.charts import Point, Row, Series, Style, dot_plot, line_chart, rate_axis, zero_axis
from reports.data import ARMS, Evaluation, Run
from reports.figures import count, percent, percent_range

DECIDABLE = 30
"""Prompts that a category needs before its figure is read as more than an illustration."""


@dataclass(frozen=True)
class SummaryRow:
    """One evaluated model. `untrained` marks the seed, `after` names the iteration."""

    after: str
    label: str
    arm: Style
    untrained: bool
    evaluation: Evaluation

    @property
    def is_reference(self) -> bool:
        return self.untrained and self.arm == "direct"


@dataclass(frozen=True)
class CategoryRow:
    """A category's win rates: both arms against the seed, and thought against direct."""

    category: str
    n: int
    thought: Metric | None
    direct: Metric | None
    duel: Metric | None

    @property
    def decidable(self) -> bool:
        return self.n >= DECIDABLE


def iteration_name(iteration: int) -> str:
    return "warm start" if iteration == 0 else f"iteration {iteration}"


def summary_rows(run: Run) -> list[SummaryRow]:
    """The seed, the seed with the thought prompt, then direct and thought after each iteration."""
    rows = []
    if seed := run.evaluation("evaluate", "seed", "direct"):
        rows.append(SummaryRow("seed", "direct", "direct", True, seed))
    if seed := run.evaluation("evaluate", "seed", "thought"):
        rows.append(SummaryRow("seed", "thought prompt, untrained", "thought", True, seed))
    for iteration in run.iterations:
        styles: tuple[Style, ...] = ("direct", "thought")
        for arm in styles:
            if found := run.evaluation("evaluate", arm, iteration):
                rows.append(SummaryRow(iteration_name(iteration), arm, arm, False, found))
    return rows


def duels(run: Run) -> list[tuple[int, Evaluation]]:
    """The head-to-head comparisons by iteration."""
    found = [(iteration, run.evaluation("head_to_head", iteration)) for iteration in run.iterations]
    return [(iteration, evaluation) for iteration, evaluation in found if evaluation is not None]


def category_rows(run: Run) -> tuple[int, list[CategoryRow]] | None:
    """The last iteration with any evaluation, and its categories in alphabetical order; None before the first."""
    evaluated = [i for i in run.iterations if any(_sides(run, i).values())]
    if not evaluated:
        return None
    last = evaluated[-1]
    rates = {side: found.by_category("win_rate") if found else {} for side, found in _sides(run, last).items()}
    names = sorted({name for by_category in rates.values() for name in by_category})
    rows = []
    for name in names:
        thought, direct, duel = (rates[side].get(name) for side in ("thought", "direct", "duel"))
        n = max(metric.n for metric in (thought, direct, duel) if metric is not None)
        rows.append(CategoryRow(name, n, thought, direct, duel))
    return last, rows


def win_rate_chart(run: Run) -> Markup | None:
    """Both arms against the seed's direct answers, the untrained seed as hollow marks; None before an evaluation."""
    series = _arm_series(run, "win_rate", percent)
    if not series:
        return None
    title = "Win rate against the seed by iteration, both arms, with 95% intervals"
    return line_chart(title, _ticks(run), series, rate_axis(_values(series)), 0.5)


def duel_chart(run: Run) -> Markup | None:
    """Thought against direct by iteration."""
    points = [
        _point(run.iterations.index(iteration), metric, f"thought v direct, {iteration_name(iteration)}", percent)
        for iteration, evaluation in duels(run)
        if (metric := evaluation.overall("win_rate")) is not None
    ]
    series = [Series("duel", [point for point in points if point is not None])]
    if not any(one.points for one in series):
        return None
    title = "Head-to-head win rate of thought against direct by iteration, with 95% intervals"
    return line_chart(title, _ticks(run)[1:], series, rate_axis(_values(series)), 0.5)


def plain_chart(run: Run, name: str, title: str) -> Markup | None:
    """One figure without interval by iteration and arm: `name` is ``response_chars``, ``thought_chars``, a rate ..."""
    rate = name.endswith("_rate")
    write: Callable[[float | None], str] = percent if rate else count
    series = [s for s in _arm_series(run, name, write) if name != "thought_chars" or s.style == "thought"]
    if not series:
        return None
    axis = zero_axis(_values(series), (lambda v: f"{v:.0%}") if rate else count, 0.05 if rate else 10)
    return line_chart(title, _ticks(run), series, axis, height=210)


def category_charts(rows: Sequence[CategoryRow]) -> tuple[Markup | None, Markup | None]:
    """Dot plots of the categories: both arms against the seed, and head-to-head. None where nothing was measured."""

    def plot(title: str, styles: Sequence[Style]) -> Markup | None:
        drawn = []
        for row in rows:
            metrics = {"thought": row.thought, "direct": row.direct, "duel": row.duel}
            points = [(style, _point(0, metrics[style], f"{row.category}, {style}", percent)) for style in styles]
            drawn.append(Row(row.category, [(s, _faint(p, row)) for s, p in points if p is not None]))
        return dot_plot(title, drawn) if any(row.figures for row in drawn) else None

    return (
        plot("Win rate against the seed by category, both arms", ("thought", "direct")),
        plot("Head-to-head win rate of thought against direct by category", ("duel",)),
    )


def _faint(point: Point, row: CategoryRow) -> Point:
    return Point(point.place, point.value, point.low, point.high, not row.decidable, f"{point.note}, n = {row.n}")


def _sides(run: Run, iteration: int) -> dict[str, Evaluation | None]:
    arms = {arm: run.evaluation("evaluate", arm, iteration) for arm in ARMS}
    return arms | {"duel": run.evaluation("head_to_head", iteration)}


def _ticks(run: Run) -> list[str]:
    return ["seed", *("warm start" if i == 0 else str(i) for i in run.iterations)]


def _arm_series(run: Run, name: str, write: Callable[[float | None], str]) -> list[Series]:
    """One series an arm: the seed at place 0, hollow, and the iterations after it. Arms without points are left out."""
    series = []
    styles: tuple[Style, ...] = ("thought", "direct")
    for arm in styles:
        places = [("seed", arm), *((arm, iteration) for iteration in run.iterations)]
        points = []
        for place, names in enumerate(places):
            evaluation = run.evaluation("evaluate", *names)
            metric = evaluation.overall(name) if evaluation else None
            point = _point(place, metric, f"{arm}, {_ticks(run)[place]}", write, hollow=place == 0)
            points += [point] if point else []
        if points:
            series.append(Series(arm, points))
    return series


def _point(
    place: int, metric: Metric | None, what: str, write: Callable[[float | None], str], hollow: bool = False
) -> Point | None:
    if metric is None or metric.value is None:
        return None
    interval = f" ({percent_range(metric)})" if metric.low is not None else ""
    return Point(place, metric.value, metric.low, metric.high, hollow, f"{what}: {write(metric.value)}{interval}")


def _values(series: Sequence[Series]) -> list[float]:
    """Every value and interval end, to choose an axis."""
    points = [point for one in series for point in one.points]
    return [v for p in points for v in (p.value, p.low, p.high) if v is not None]
