"""The result of a run: seed and both arms after every iteration, each with its interval, and how training went."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from tpobench.harness.judges.checklist import LABEL
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store

ValueInterval = tuple[float, float, float]
"""(value, low, high)."""


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
    rules: list[dict[str, str]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(store: Store, run: str) -> RunSummary:
    """Read a run from the store, as far as it has come."""
    steps = {
        name: json.loads(details)
        for name, details in store.sql("SELECT name, details FROM step WHERE run = ? ORDER BY finished_at", [run])[1]
    }
    rows, duels, judge = [], {}, ""
    for name, details in steps.items():
        kind, *place = name.split("/")
        if kind == "evaluate" and len(place) == 2:
            arm, iteration = (place[1], "seed") if place[0] == "seed" else (place[0], place[1])
            rows.append(_row(arm, iteration, _overall(store, details["evaluation"])))
            judge = _judge(store, details["evaluation"])
        elif kind == "head_to_head":
            duels[place[0]] = _with_interval(_overall(store, details["evaluation"])["win_rate"])
    training = [_training(steps, *name.split("/")[1:]) for name in steps if name.startswith("pairs/")]
    decided = store.sql(
        "SELECT decision, rules FROM gate_decision WHERE run = ? ORDER BY decided_at DESC LIMIT 1", [run]
    )[1]
    decision, rules = decided[0] if decided else (None, "[]")
    return RunSummary(
        run=run,
        judge=judge,
        rows=rows,
        head_to_head=duels,
        training=training,
        decision=decision,
        rules=json.loads(rules),
    )


def _training(steps: dict[str, dict[str, Any]], arm: str, iteration: str) -> TrainedRow:
    place = f"{arm}/{iteration}"
    sample, pairs = steps[f"sample/{place}"], steps[f"pairs/{place}"]
    trained, chosen = steps.get(f"train/{place}", {}), steps.get(f"select/{place}", {})
    measured = steps.get(f"evaluate/{place}", {})
    seen_by_trainer = measured.get("train_judge_win_rate")
    metrics = chosen.get("metrics") or trained.get("metrics") or {}
    return TrainedRow(
        arm=arm,
        iteration=int(iteration),
        parse_error_rate=sample["parse_error_rate"],
        thought_chars=sample["thought_chars"],
        response_chars=sample["response_chars"],
        pairs=pairs["pairs"],
        format_share=pairs["format_share"],
        rho=pairs["rho"],
        chosen_chars=pairs["chosen_chars"],
        rejected_chars=pairs["rejected_chars"],
        margin=pairs["margin"],
        chosen_logp=metrics.get("logps/chosen"),
        epoch=chosen.get("epoch"),
        judge_gap=None if seen_by_trainer is None else seen_by_trainer - measured["win_rate"],
    )


def _judge(store: Store, evaluation: str) -> str:
    ((judge,),) = store.sql("SELECT judge FROM evaluation WHERE evaluation_key = ?", [evaluation])[1]
    return LABEL if judge.startswith("checklist@") else str(judge)


def _overall(store: Store, evaluation: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in store.metrics(evaluation) if metric.category is None}


def _row(arm: str, iteration: str, found: dict[str, Metric]) -> CheckpointRow:
    def plain(name: str) -> float:
        return found[name].value or 0.0

    score = _with_interval(found["mean_score"]) if "mean_score" in found else None
    return CheckpointRow(
        arm=arm,
        iteration=iteration,
        win_rate=_with_interval(found["win_rate"]),
        mean_score=score,
        parse_error_rate=plain("parse_error_rate"),
        response_chars=plain("response_chars"),
        thought_chars=plain("thought_chars"),
    )


def _with_interval(metric: Metric) -> ValueInterval:
    return (metric.value or 0.0, metric.low or 0.0, metric.high or 0.0)
