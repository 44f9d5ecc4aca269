"""What each arm was trained on, by iteration, and what the run took."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from markupsafe import Markup

from tpobench.harness.store.calls import CallTotals, judging_calls_by_step
from tpobench.harness.store.step_details import (
    EpochDetails,
    EvaluateDetails,
    PairDetails,
    SampleDetails,
    ScoreDetails,
    SelectDetails,
    TrainDetails,
    WarmStartDetails,
)
from tpobench.harness.store.steps import ARMS, Arm, Step
from tpobench.harness.store.store import Store
from tpobench.reports.formats.charts import Mark, Series, digits, has_curve, lines
from tpobench.reports.formats.figures import percent, words
from tpobench.reports.runs import Run, iteration_name
from tpobench.reports.sections.compute import ComputePoint, compute_chart, compute_points

LOW_ACCURACY = 0.6
"""Share of pairs in which a trained model prefers the chosen response, below which it has learned little: one that was
not trained prefers it in half of them."""


def is_low_accuracy(metrics: Mapping[str, float]) -> bool:
    """Whether what an epoch left is flagged."""
    return metrics.get("rewards/accuracies", 1.0) < LOW_ACCURACY


def training_warnings(run: Run) -> list[str]:
    """What training itself says against the models that it made."""
    low = [row for row in training_rows(run) if is_low_accuracy(row.metrics)]
    said = [f"{row.arm} in {iteration_name(row.iteration)} {percent(row.metrics['rewards/accuracies'])}" for row in low]
    if not said:
        return []
    return [f"Training hardly separated chosen from rejected: reward accuracy {', '.join(said)} (chance is 50%)."]


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """One arm in one iteration. What comes from a step that has not finished is None or empty.

    Attributes:
        metrics: Of the epoch that was kept.
        epoch: ``2 of 10`` where an epoch was chosen on held-out prompts.
        epochs: What each epoch left behind.
        held_out: By epoch, the win rate on held-out prompts by which one was chosen.
        judge_gap: Win rate by the training judge minus that by the evaluation judge; None where both are the same.
    """

    iteration: int
    arm: Arm
    sample: SampleDetails
    score: ScoreDetails | None
    pairs: PairDetails | None
    metrics: Mapping[str, float]
    epoch: str
    chosen_epoch: int | None
    epochs: tuple[EpochDetails, ...]
    held_out: Mapping[int, float]
    judge_gap: float | None

    @property
    def dropped(self) -> str:
        """``tie 4, nothing parsed 1``, the most frequent reason first."""
        reasons = {} if self.pairs is None else dict(self.pairs.dropped)
        if self.pairs is not None and self.pairs.too_long:
            reasons["longer_than_max_length"] = self.pairs.too_long
        ranked = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
        return ", ".join(f"{words(reason)} {number}" for reason, number in ranked)

    @property
    def margin(self) -> float | None:
        return None if self.pairs is None else self.pairs.margin

    @property
    def longer(self) -> float | None:
        """How much longer the chosen responses are than the rejected ones, in characters."""
        if self.pairs is None or self.pairs.chosen_chars is None or self.pairs.rejected_chars is None:
            return None
        return self.pairs.chosen_chars - self.pairs.rejected_chars

    @property
    def thought_chars(self) -> float | None:
        """Mean length of the samples' thoughts; the direct arm has none."""
        return self.sample.thought_chars if self.arm == "thought" else None


@dataclass(frozen=True)
class WarmStart:
    """The supervised start of one arm."""

    arm: Arm
    examples: int | None
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class StepCosts:
    """What one step took: seconds, and the calls of its judge; `dollars` is None where a price is not known."""

    step: str
    seconds: float
    calls: int
    dollars: float | None


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a run trained on and what it took; `charts` have titles."""

    template: ClassVar[str] = "training.html.j2"
    anchor: ClassVar[str] = "training"
    title: ClassVar[str] = "Training"
    rows: Sequence[TrainingRow]
    charts: Sequence[tuple[str, Markup]]
    compute: Sequence[ComputePoint]
    warm_starts: Sequence[WarmStart]
    costs: Sequence[StepCosts]


def of_run(store: Store, run: Run) -> Training:
    """The section of a run, however far it is."""
    rows, points = training_rows(run), compute_points(run)
    warm_starts = {arm: run.details(Step(WarmStartDetails, arm)) for arm in reversed(ARMS)}
    calls = judging_calls_by_step(store, run.key)
    costs = [(finished, calls.get(finished.step.name, CallTotals(0, None))) for finished in run.steps]
    return Training(
        rows=rows,
        charts=[*([chart] if (chart := compute_chart(points)) is not None else []), *_charts(rows)],
        compute=points,
        warm_starts=[WarmStart(arm, one.examples, one.metrics) for arm, one in warm_starts.items() if one is not None],
        costs=[
            StepCosts(step=finished.step.name, seconds=finished.seconds, calls=total.calls, dollars=total.dollars)
            for finished, total in costs
        ],
    )


def training_rows(run: Run) -> list[TrainingRow]:
    """By iteration from 1, direct before thought; only where the samples are there."""
    rows = []
    for iteration in run.iterations:
        for arm in reversed(ARMS):
            sample = run.details(Step(SampleDetails, arm, iteration))
            if sample is not None:
                rows.append(_row(run, arm, iteration, sample))
    return rows


def _row(run: Run, arm: Arm, iteration: int, sample: SampleDetails) -> TrainingRow:
    trained = run.details(Step(TrainDetails, arm, iteration))
    selected = run.details(Step(SelectDetails, arm, iteration))
    job = selected or trained
    return TrainingRow(
        iteration=iteration,
        arm=arm,
        sample=sample,
        score=run.details(Step(ScoreDetails, arm, iteration)),
        pairs=_trained_pairs(run.details(Step(PairDetails, arm, iteration)), trained),
        metrics={} if job is None else job.metrics,
        epoch="" if selected is None else f"{selected.epoch} of {len(selected.figures)}",
        chosen_epoch=None if selected is None else selected.epoch,
        epochs=() if trained is None else trained.epochs,
        held_out={} if selected is None else {figure.epoch: figure.win_rate for figure in selected.figures},
        judge_gap=judge_gap(run.details(Step(EvaluateDetails, arm, iteration))),
    )


def _trained_pairs(paired: PairDetails | None, trained: TrainDetails | None) -> PairDetails | None:
    """The pairs that were trained on, also where a run of before counted all."""
    if paired is None or paired.too_long is not None or trained is None or not trained.too_long:
        return paired
    return replace(paired, pairs=paired.pairs - trained.too_long, too_long=trained.too_long)


def judge_gap(measured: EvaluateDetails | None) -> float | None:
    """The training judge's win rate minus the evaluation judge's; None where they are one or gave no verdicts."""
    if measured is None or measured.train_judge_win_rate is None or measured.win_rate is None:
        return None
    return measured.train_judge_win_rate - measured.win_rate


def _charts(rows: Sequence[TrainingRow]) -> list[tuple[str, Markup]]:
    """Title and chart of what training shows by iteration, as far as it has come."""
    ticks = [str(iteration) for iteration in sorted({row.iteration for row in rows})]
    figures: list[tuple[str, Callable[[TrainingRow], float | None], str, float | None]] = [
        ("Margin between chosen and rejected, in scores", lambda row: row.margin, "", None),
        ("Chosen responses longer than rejected ones, characters", lambda row: row.longer, "+,.0f", 0.0),
        ("Thought length of the samples, characters", lambda row: row.thought_chars, ",.0f", None),
    ]
    charts = []
    for title, value, axis, reference in figures:
        series = _series(rows, ticks, value)
        if has_curve(series):
            charts.append((title, lines(series, ticks, axis or digits(series), reference)))
    losses, epochs = _losses(rows)
    if has_curve(losses):
        charts.append(("Training loss by epoch", lines(losses, epochs, digits(losses))))
    return charts


def _series(
    rows: Sequence[TrainingRow], ticks: Sequence[str], value: Callable[[TrainingRow], float | None]
) -> list[Series]:
    series = []
    for arm in ARMS:
        values = [(str(row.iteration), value(row)) for row in rows if row.arm == arm]
        marks = [Mark(position=ticks.index(tick), value=figure) for tick, figure in values if figure is not None]
        series += [Series(arm, marks)] if marks else []
    return series


def _losses(rows: Sequence[TrainingRow]) -> tuple[list[Series], list[str]]:
    """The loss of every epoch of every iteration, one after the other; the chosen epoch is the solid mark."""
    ticks = list(dict.fromkeys(f"{row.iteration}.{epoch.epoch}" for row in rows for epoch in row.epochs))
    series = []
    for row in sorted(rows, key=lambda row: ARMS.index(row.arm)):
        marks = []
        for epoch in row.epochs:
            if (loss := epoch.metrics.get("loss")) is not None:
                tick = ticks.index(f"{row.iteration}.{epoch.epoch}")
                marks.append(Mark(position=tick, value=loss, hollow=row.chosen_epoch not in (None, epoch.epoch)))
        series += [Series(row.arm, marks)] if marks else []
    return series, ticks
