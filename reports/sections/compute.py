"""What a run's win rates cost: each arm's by the time that was spent until then. A part of the section on training."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tpobench.harness.records import Metric
from tpobench.harness.store.step_details import (
    PairDetails,
    SampleDetails,
    ScoreDetails,
    SelectDetails,
    StepDetails,
    TrainDetails,
    WarmStartDetails,
)
from tpobench.harness.store.steps import ARMS, Arm
from tpobench.reports.formats.charts import Series, curves, metric_mark
from tpobench.reports.runs import Run, iteration_name

MAKING: frozenset[type[StepDetails]] = frozenset(
    {WarmStartDetails, SampleDetails, ScoreDetails, PairDetails, TrainDetails, SelectDetails}
)
"""The kinds of steps that make a model; those that measure one are left out."""

_UNITS = ((7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
"""From how many seconds on a unit is used, its length in seconds, its name."""


@dataclass(frozen=True, kw_only=True)
class ComputePoint:
    """The win rate of an arm on the first benchmark after an iteration, and the seconds that its making took so far."""

    arm: Arm
    after: str
    seconds: float
    rate: Metric


def compute_points(run: Run) -> list[ComputePoint]:
    """By arm, the seed first; only valid win rates, and nothing where only the seed was measured."""
    points = []
    for arm in ARMS:
        of_arm = []
        for iteration in (None, *run.iterations):
            evaluation = run.evaluation(arm, iteration)
            rate = None if evaluation is None or evaluation.is_itself else evaluation.overall("win_rate")
            if rate is not None and rate.value is not None:
                after = "seed" if iteration is None else iteration_name(iteration)
                seconds = seconds_until(run, arm, iteration)
                of_arm.append(ComputePoint(arm=arm, after=after, seconds=seconds, rate=rate))
        points += of_arm if len(of_arm) > 1 else []
    return points


def seconds_until(run: Run, arm: Arm, iteration: int | None) -> float:
    """What sampling, scoring and training an arm took until the end of an iteration; 0 for the seed."""
    if iteration is None:
        return 0.0
    return sum(
        finished.seconds
        for finished in run.steps
        if finished.step.of in MAKING and finished.step.arm == arm and (finished.step.iteration or 0) <= iteration
    )


def compute_chart(points: Sequence[ComputePoint]) -> tuple[str, Markup] | None:
    """Title and chart; None without points."""
    if not points:
        return None
    longest = max(point.seconds for point in points)
    _, length, unit = next(unit for unit in _UNITS if longest >= unit[0])
    series, places = [], []
    for arm in ARMS:
        of_arm = [point for point in points if point.arm == arm]
        marks = [metric_mark(number, point.rate, hollow=point.after == "seed") for number, point in enumerate(of_arm)]
        series.append(Series(arm, [mark for mark in marks if mark is not None]))
        places.append([point.seconds / length for point in of_arm])
    return f"Win rate by {unit} of sampling, judging and training", curves(series, places, 0.5)
