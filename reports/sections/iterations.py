"""A run by iteration: both arms against each benchmark's baseline, and against each other. Pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tpobench.harness.records import Metric
from tpobench.harness.store.step_details import TasksDetails
from tpobench.harness.store.steps import ARMS, Step
from tpobench.reports.data import StoredRun
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.charts import Mark, Series, Style, lines

PAPER: dict[Style, tuple[float, ...]] = {
    "paper-thought": (0.173, 0.338, 0.441, 0.498, 0.511),
    "paper-direct": (0.249, 0.353, 0.432, 0.457, 0.481),
}
"""Length-controlled win rate on AlpacaEval 2 by iteration, from the seed on: "Thinking LLMs" (arXiv 2410.10630), the
8B model, ArmoRM, synthetic instructions."""

STYLES: tuple[Style, ...] = ("thought", "direct")


@dataclass(frozen=True, kw_only=True)
class MeasuredPlace:
    """One evaluated model. `untrained` marks the seed, `after` names the iteration."""

    after: str
    label: str
    arm: Style
    untrained: bool
    evaluation: Evaluation

    @property
    def is_reference(self) -> bool:
        return self.evaluation.is_itself


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One benchmark of the run: a row for each evaluated model, and both arms by iteration."""

    benchmark: str
    baseline: str
    judge: str
    rows: tuple[MeasuredPlace, ...]
    chart: Markup | None


@dataclass(frozen=True)
class TaskRow:
    """One figure of an lm-eval task, by place: the seed, then each iteration."""

    name: str
    arm: Style
    figures: tuple[Metric | None, ...]


def iteration_name(iteration: int) -> str:
    return "warm start" if iteration == 0 else f"iteration {iteration}"


def places(run: StoredRun) -> list[str]:
    """What the axis of iterations says."""
    return ["seed", *("warm start" if i == 0 else str(i) for i in run.iterations)]


def curves(run: StoredRun, paper: bool) -> list[Curve]:
    """A curve for each benchmark that was measured; with `paper`, the paper's beside the run's own."""
    found = []
    for benchmark in run.benchmarks:
        rows = _rows(run, benchmark)
        first = rows[0].evaluation
        series = _series(run, benchmark, "win_rate") + (_paper(run) if paper else [])
        chart = lines(series, places(run), ".0%", 0.5) if any(row.evaluation.values for row in rows) else None
        found.append(
            Curve(benchmark=benchmark, baseline=first.against, judge=first.judge_label, rows=tuple(rows), chart=chart)
        )
    return found


def duels(run: StoredRun) -> list[tuple[int, Evaluation]]:
    """The head-to-head comparisons by iteration."""
    found = [(iteration, run.evaluation("head_to_head", iteration)) for iteration in run.iterations]
    return [(iteration, evaluation) for iteration, evaluation in found if evaluation is not None]


def duel_chart(run: StoredRun) -> Markup | None:
    """Thought against direct by iteration."""
    marks = [
        _mark(run.iterations.index(iteration), metric)
        for iteration, evaluation in duels(run)
        if (metric := evaluation.overall("win_rate")) is not None
    ]
    series = [Series("duel", [mark for mark in marks if mark is not None])]
    return lines(series, places(run)[1:], ".0%", 0.5) if series[0].drawn else None


def figure_charts(run: StoredRun) -> list[tuple[str, Markup]]:
    """Title and chart of what the first benchmark tells beside the win rate, without intervals."""
    wanted: list[tuple[str, str, Callable[[Series], bool]]] = [
        ("response_chars", "Response length, characters", lambda one: True),
        ("thought_chars", "Thought length, characters", lambda one: one.style == "thought"),
        ("parse_error_rate", "Parse errors, share of first tries", lambda one: True),
    ]
    charts = []
    for name, title, kept in wanted:
        series = [one for one in _series(run, run.benchmarks[0], name) if kept(one)] if run.benchmarks else []
        if any(one.drawn for one in series):
            charts.append((title, lines(series, places(run), ".0%" if name.endswith("_rate") else ",.0f")))
    return charts


def tasks(run: StoredRun) -> list[TaskRow]:
    """The tasks' figures by iteration."""
    names = dict.fromkeys(name for metrics in run.tasks.values() for name in metrics)
    rows = [
        TaskRow(
            name,
            arm,
            tuple(
                run.tasks.get(Step(TasksDetails, arm, iteration).name, {}).get(name)
                for iteration in (None, *run.iterations)
            ),
        )
        for name in names
        for arm in ARMS
    ]
    return [row for row in rows if any(figure is not None for figure in row.figures)]


def task_charts(run: StoredRun, rows: Sequence[TaskRow]) -> list[tuple[str, Markup]]:
    charts = []
    for name in dict.fromkeys(row.name for row in rows):
        series = []
        for row in rows:
            if row.name == name:
                marks = [_mark(place, figure, place == 0) for place, figure in enumerate(row.figures)]
                series.append(Series(row.arm, [mark for mark in marks if mark is not None]))
        if any(one.drawn for one in series):
            charts.append((name, lines(series, places(run), ".0%")))
    return charts


def last_sides(run: StoredRun) -> tuple[int, dict[str, Evaluation]] | None:
    """The last iteration with any evaluation on the first benchmark, and what was measured after it: ``thought``,
    ``direct``, ``duel``. None before the first."""
    for iteration in reversed(run.iterations):
        found: dict[str, Evaluation | None] = {arm: run.evaluation("evaluate", arm, iteration) for arm in ARMS}
        found["duel"] = run.evaluation("head_to_head", iteration)
        if any(found.values()):
            return iteration, {name: evaluation for name, evaluation in found.items() if evaluation is not None}
    return None


def _rows(run: StoredRun, benchmark: str) -> list[MeasuredPlace]:
    """The seed, the seed with the thought prompt, then direct and thought after each iteration."""
    rows = []
    for arm, label in (("direct", "direct"), ("thought", "thought prompt, untrained")):
        if found := run.measured("seed", arm).get(benchmark):
            rows.append(
                MeasuredPlace(
                    after="seed",
                    label=label,
                    arm="thought" if arm == "thought" else "direct",
                    untrained=True,
                    evaluation=found,
                )
            )
    for iteration in run.iterations:
        for style in reversed(STYLES):
            if found := run.measured(style, iteration).get(benchmark):
                rows.append(
                    MeasuredPlace(
                        after=iteration_name(iteration), label=style, arm=style, untrained=False, evaluation=found
                    )
                )
    return rows


def _series(run: StoredRun, benchmark: str, name: str) -> list[Series]:
    """One series an arm: the seed at place 0, hollow, and the iterations after it. Arms without marks are left out."""
    series = []
    for arm in STYLES:
        visited: list[tuple[object, object]] = [("seed", arm), *((arm, iteration) for iteration in run.iterations)]
        marks = []
        for place, names in enumerate(visited):
            evaluation = run.measured(*names).get(benchmark)
            mark = _mark(place, evaluation.overall(name) if evaluation else None, place == 0)
            marks += [mark] if mark else []
        if marks:
            series.append(Series(arm, marks))
    return series


def _paper(run: StoredRun) -> list[Series]:
    at = {0: 0} | {iteration: place for place, iteration in enumerate(run.iterations, 1) if iteration}
    return [
        Series(style, [Mark(place=at[number], value=value) for number, value in enumerate(values) if number in at])
        for style, values in PAPER.items()
    ]


def _mark(place: int, metric: Metric | None, hollow: bool = False) -> Mark | None:
    if metric is None or metric.value is None:
        return None
    return Mark(place=place, value=metric.value, low=metric.low, high=metric.high, hollow=hollow)
