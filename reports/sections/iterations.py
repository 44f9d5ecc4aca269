"""A run by iteration: both arms against each benchmark's baseline, and against each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from tpobench.harness.store.steps import ARMS, Arm
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.charts import Mark, Series, Style, has_curve, lines, metric_mark, whole
from tpobench.reports.runs import Run, iteration_name
from tpobench.reports.sections.tasks import TaskRow, task_charts, task_rows

PAPER: dict[Style, tuple[float, ...]] = {
    "paper-thought": (0.173, 0.338, 0.441, 0.498, 0.511),
    "paper-direct": (0.249, 0.353, 0.432, 0.457, 0.481),
}
"""Length-controlled win rate on AlpacaEval 2 by iteration, from the seed on: "Thinking LLMs" (arXiv 2410.10630), the
8B model, ArmoRM, synthetic instructions."""


@dataclass(frozen=True, kw_only=True)
class MeasuredModel:
    """One evaluated model of a run. `untrained` marks the seed, `after` names the iteration."""

    after: str
    label: str
    arm: Arm
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
    rows: tuple[MeasuredModel, ...]
    chart: Markup | None


@dataclass(frozen=True, kw_only=True)
class Iterations:
    """A run's curves and head-to-heads, each with the rows that its chart is drawn from.

    Attributes:
        ticks: What the axis of iterations says.
        head_to_heads: Thought against direct, with the name of the iteration.
        charts: Titles and charts of what is measured beside the win rate.
        paper: Whether the paper's curve is in the charts.
    """

    template: ClassVar[str] = "iterations.html.j2"
    anchor: ClassVar[str] = "iterations"
    title: ClassVar[str] = "By iteration"
    ticks: Sequence[str]
    curves: Sequence[Curve]
    head_to_heads: Sequence[tuple[str, Evaluation]]
    head_to_head_chart: Markup | None
    charts: Sequence[tuple[str, Markup]]
    tasks: Sequence[TaskRow]
    task_charts: Sequence[tuple[str, Markup]]
    paper: bool


def of_run(run: Run, paper: bool) -> Iterations:
    """The section; with `paper`, the paper's curve is drawn beside the run's own."""
    ticks = ["seed", *("warm start" if iteration == 0 else str(iteration) for iteration in run.iterations)]
    tasks = task_rows(run)
    head_to_heads = {i: evaluation for i in run.iterations if (evaluation := run.head_to_head(i)) is not None}
    return Iterations(
        ticks=ticks,
        curves=[_curve(run, benchmark, ticks, paper) for benchmark in run.benchmarks],
        head_to_heads=[(iteration_name(iteration), evaluation) for iteration, evaluation in head_to_heads.items()],
        head_to_head_chart=_head_to_head_chart(run, ticks[1:]),
        charts=_figure_charts(run, ticks),
        tasks=tasks,
        task_charts=task_charts(tasks, ticks),
        paper=paper,
    )


def _curve(run: Run, benchmark: str, ticks: Sequence[str], paper: bool) -> Curve:
    rows = _rows(run, benchmark)
    own = _series(run, benchmark, "win_rate")
    series = [*own, *(_paper(run) if paper else [])]
    return Curve(
        benchmark=benchmark,
        baseline=rows[0].evaluation.against,
        rows=tuple(rows),
        chart=lines(series, ticks, ".0%", 0.5) if has_curve(own) else None,
    )


def _head_to_head_chart(run: Run, ticks: Sequence[str]) -> Markup | None:
    """Thought against direct by iteration."""
    marks = []
    for position, iteration in enumerate(run.iterations):
        evaluation = run.head_to_head(iteration)
        if evaluation is not None and (mark := metric_mark(position, evaluation.overall("win_rate"))) is not None:
            marks.append(mark)
    series = Series("head-to-head", marks)
    return lines([series], ticks, ".0%", 0.5) if has_curve([series]) else None


def _figure_charts(run: Run, ticks: Sequence[str]) -> list[tuple[str, Markup]]:
    """Title and chart of what is measured on the first benchmark beside the win rate, without intervals."""
    figures: list[tuple[str, str, Callable[[Series], bool]]] = [
        ("response_chars", "Response length, characters", lambda one: True),
        ("thought_chars", "Thought length, characters", lambda one: one.style == "thought"),
        ("parse_error_rate", "Parse errors, share of first tries", lambda one: True),
    ]
    charts = []
    for name, title, is_shown in figures:
        series = [one for one in _series(run, run.benchmarks[0], name) if is_shown(one)] if run.benchmarks else []
        if has_curve(series):
            charts.append((title, lines(series, ticks, ".0%" if name.endswith("_rate") else whole(series))))
    return charts


def _rows(run: Run, benchmark: str) -> list[MeasuredModel]:
    """The seed, the seed with the thought prompt, then direct and thought after each iteration."""
    rows = []
    for iteration in (None, *run.iterations):
        for arm in reversed(ARMS):
            if evaluation := run.measured(arm, iteration).get(benchmark):
                untrained = iteration is None
                rows.append(
                    MeasuredModel(
                        after="seed" if iteration is None else iteration_name(iteration),
                        label="thought prompt, untrained" if untrained and arm == "thought" else arm,
                        arm=arm,
                        untrained=untrained,
                        evaluation=evaluation,
                    )
                )
    return rows


def _series(run: Run, benchmark: str, name: str) -> list[Series]:
    """One series an arm: the seed, hollow, and the iterations after it. Arms without marks are left out."""
    series = []
    for arm in ARMS:
        marks = []
        for position, iteration in enumerate((None, *run.iterations)):
            evaluation = run.measured(arm, iteration).get(benchmark)
            mark = metric_mark(position, evaluation.overall(name) if evaluation else None, hollow=position == 0)
            marks += [mark] if mark else []
        if marks:
            series.append(Series(arm, marks))
    return series


def _paper(run: Run) -> list[Series]:
    positions = {0: 0} | {iteration: position for position, iteration in enumerate(run.iterations, 1) if iteration}
    series = []
    for style, values in PAPER.items():
        known = [(positions[i], value) for i, value in enumerate(values) if i in positions]
        series.append(Series(style, [Mark(position=position, value=value) for position, value in known]))
    return series
