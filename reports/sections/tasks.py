"""The tasks of a run that no judge is asked about, by iteration: a part of the section by iteration."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tpobench.harness.records import Metric
from tpobench.harness.store.step_details import TasksDetails
from tpobench.harness.store.steps import ARMS, Arm, Step
from tpobench.reports.formats.charts import Series, has_curve, lines, metric_mark
from tpobench.reports.runs import Run


@dataclass(frozen=True)
class TaskRow:
    """One figure of a task for one arm: of the seed, then after each iteration."""

    name: str
    arm: Arm
    figures: tuple[Metric | None, ...]


def task_rows(run: Run) -> list[TaskRow]:
    """A row for each figure and arm that was measured."""
    names = dict.fromkeys(name for measured in run.tasks.values() for name in measured)
    rows = [
        TaskRow(
            name, arm, tuple(run.tasks.get(Step(TasksDetails, arm, i), {}).get(name) for i in (None, *run.iterations))
        )
        for name in names
        for arm in ARMS
    ]
    return [row for row in rows if any(figure is not None for figure in row.figures)]


def task_charts(rows: Sequence[TaskRow], ticks: Sequence[str]) -> list[tuple[str, Markup]]:
    """Title and chart of each figure."""
    charts = []
    for name in dict.fromkeys(row.name for row in rows):
        series = []
        for row in rows:
            if row.name == name:
                marks = [
                    metric_mark(position, figure, hollow=position == 0) for position, figure in enumerate(row.figures)
                ]
                series.append(Series(row.arm, [mark for mark in marks if mark is not None]))
        if has_curve(series):
            charts.append((name, lines(series, ticks, ".0%")))
    return charts
