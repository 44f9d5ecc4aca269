"""The result of a run: seed and both arms after every iteration, each with its interval, and how training went."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tpobench.harness.judges.checklist import LABEL
from tpobench.harness.records import Metric
from tpobench.harness.store.step_details import EvaluateDetails, HeadToHeadDetails, PairDetails
from tpobench.harness.store.steps import Step
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.runs import Run, read_run
from tpobench.reports.sections.training import TrainingRow, training_rows

ValueInterval = tuple[float | None, float, float]
"""(value, low, high); without a value it is INVALID, and the limits are what missing verdicts leave it between."""


@dataclass(frozen=True, kw_only=True)
class CheckpointRow:
    """One evaluated model on the first benchmark. Rates and scores lie in [0, 1]; lengths in characters.
    `mean_score` is there for judges that score single responses."""

    arm: str
    iteration: str
    win_rate: ValueInterval
    mean_score: ValueInterval | None
    parse_error_rate: float
    response_chars: float
    thought_chars: float


@dataclass(frozen=True, kw_only=True)
class TrainedRow:
    """One iteration of one arm, as its samples and its pairs were. Lengths in characters, `margin` in
    length-controlled scores; `judge_gap` is the training judge's win rate minus the evaluation judge's."""

    arm: str
    iteration: int
    parse_error_rate: float
    thought_chars: float
    response_chars: float
    pairs: int
    format_share: float
    rho: float
    chosen_chars: float | None
    rejected_chars: float | None
    margin: float | None
    chosen_logp: float | None
    epoch: int | None
    judge_gap: float | None


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """All rows, the head-to-head win rate of thought against direct by iteration, how training went, and the gate's
    last decision (None where only one arm was run)."""

    run: str
    judge: str
    rows: list[CheckpointRow]
    head_to_head: dict[str, ValueInterval]
    training: list[TrainedRow]
    decision: str | None
    rules: list[Mapping[str, str]]

    def as_json(self) -> dict[str, Any]:
        """Of plain lists and mappings."""
        return asdict(self)


def summarise(store: Store, run: str) -> RunSummary:
    """The result of a run, as far as it has come.

    Args:
        store: The store that holds it.
        run: Its key.

    Raises:
        UserError: The store does not hold it.
    """
    return summary_of(read_run(store, run))


def summary_of(run: Run) -> RunSummary:
    """The result of a run that was read already."""
    on_first = {
        step: evaluation
        for step, evaluation in run.evaluations.items()
        if step.of is EvaluateDetails and not step.benchmark
    }
    head_to_heads = {step: e for step, e in run.evaluations.items() if step.of is HeadToHeadDetails}
    rows = {Step(PairDetails, row.arm, row.iteration): row for row in training_rows(run)}
    return RunSummary(
        run=run.key,
        judge=_judge(*on_first.values()),
        rows=[
            _checkpoint(step.arm or "", "seed" if step.iteration is None else str(step.iteration), evaluation)
            for step, evaluation in on_first.items()
        ],
        head_to_head={str(step.iteration): _interval(e.overall("win_rate")) for step, e in head_to_heads.items()},
        training=[_trained(rows[finished.step]) for finished in run.steps if finished.step in rows],
        decision=None if run.gate is None else run.gate.decision,
        rules=[] if run.gate is None else list(run.gate.rules),
    )


def _judge(*evaluations: Evaluation) -> str:
    """The judge of the last evaluation; empty before there is one."""
    if not evaluations:
        return ""
    return LABEL if evaluations[-1].is_rule_based else evaluations[-1].judge


def _checkpoint(arm: str, iteration: str, evaluation: Evaluation) -> CheckpointRow:
    score = evaluation.overall("mean_score")
    return CheckpointRow(
        arm=arm,
        iteration=iteration,
        win_rate=_interval(evaluation.overall("win_rate")),
        mean_score=None if score is None else _interval(score),
        parse_error_rate=evaluation.figure("parse_error_rate") or 0.0,
        response_chars=evaluation.figure("response_chars") or 0.0,
        thought_chars=evaluation.figure("thought_chars") or 0.0,
    )


def _trained(row: TrainingRow) -> TrainedRow:
    assert row.pairs is not None
    return TrainedRow(
        arm=row.arm,
        iteration=row.iteration,
        parse_error_rate=row.sample.parse_error_rate,
        thought_chars=row.sample.thought_chars,
        response_chars=row.sample.response_chars,
        pairs=row.pairs.pairs,
        format_share=row.pairs.format_share,
        rho=row.pairs.rho,
        chosen_chars=row.pairs.chosen_chars,
        rejected_chars=row.pairs.rejected_chars,
        margin=row.pairs.margin,
        chosen_logp=row.metrics.get("logps/chosen"),
        epoch=row.chosen_epoch,
        judge_gap=row.judge_gap,
    )


def _interval(metric: Metric | None) -> ValueInterval:
    if metric is None:
        return (0.0, 0.0, 0.0)
    return (metric.value, metric.low or 0.0, metric.high or 0.0)
