"""The training rows of a report: what each arm was trained on, by iteration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.charts import Style
from reports.data import Run
from reports.figures import words

SHOWN_METRICS = ("loss", "rewards/accuracies")


@dataclass(frozen=True)
class TrainingRow:
    """One arm in one iteration. Each part is empty when its step has not finished."""

    iteration: int
    arm: Style
    sample: Mapping[str, Any]
    score: Mapping[str, Any]
    pairs: Mapping[str, Any]
    metrics: Mapping[str, Any]
    epoch: str
    """``2 of 10`` where an epoch was chosen on held-out prompts."""
    judge_gap: float | None
    """Win rate by the training judge less that by the evaluation judge; None where both are the same judge."""

    @property
    def dropped(self) -> str:
        """``tie 4, nothing parsed 1``, the most frequent reason first."""
        reasons: Mapping[str, int] = self.pairs.get("dropped") or {}
        ranked = sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        return ", ".join(f"{words(reason)} {number}" for reason, number in ranked)

    @property
    def other_metrics(self) -> dict[str, Any]:
        return {name: value for name, value in sorted(self.metrics.items()) if name not in SHOWN_METRICS}


def training_rows(run: Run) -> list[TrainingRow]:
    """By iteration from 1, direct before thought; only where at least one step is done."""
    rows = []
    for iteration in run.iterations:
        styles: tuple[Style, ...] = ("direct", "thought")
        for arm in styles:
            steps = ("sample", "score", "pairs", "train", "select", "evaluate")
            found = {step: run.details(step, arm, iteration) or {} for step in steps}
            if found["sample"]:
                rows.append(_row(iteration, arm, found))
    return rows


def _row(iteration: int, arm: Style, found: Mapping[str, Mapping[str, Any]]) -> TrainingRow:
    chosen, measured = found["select"], found["evaluate"]
    epoch = f"{chosen['epoch']} of {len(chosen['figures'])}" if "figures" in chosen else ""
    by_training_judge = measured.get("train_judge_win_rate")
    gap = None if by_training_judge is None else by_training_judge - measured["win_rate"]
    metrics = chosen.get("metrics") or found["train"].get("metrics") or {}
    return TrainingRow(iteration, arm, found["sample"], found["score"], found["pairs"], metrics, epoch, gap)


def warm_starts(run: Run) -> list[tuple[Style, int | None, Mapping[str, Any]]]:
    """Arm, number of examples and training metrics of each warm start that is done."""
    rows: list[tuple[Style, int | None, Mapping[str, Any]]] = []
    styles: tuple[Style, ...] = ("direct", "thought")
    for arm in styles:
        if details := run.details("warm_start", arm):
            rows.append((arm, details.get("examples"), details.get("metrics") or {}))
    return rows
