"""The training rows of a report: what each arm was trained on, by iteration."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from tpobench.harness.store.store import Store
from tpobench.reports.data import StoredRun
from tpobench.reports.formats.charts import Mark, Series, Style, lines
from tpobench.reports.formats.figures import words
from tpobench.reports.sections.iterations import STYLES


@dataclass(frozen=True, kw_only=True)
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
    chosen_epoch: int | None
    epochs: tuple[Mapping[str, Any], ...]
    """What each epoch left behind, ``epoch`` and ``metrics`` among it."""
    held_out: Mapping[int, float]
    """By epoch, the win rate on held-out prompts by which one was chosen."""
    judge_gap: float | None
    """Win rate by the training judge minus that by the evaluation judge; None where both are the same judge."""

    @property
    def dropped(self) -> str:
        """``tie 4, nothing parsed 1``, the most frequent reason first."""
        reasons: Mapping[str, int] = self.pairs.get("dropped") or {}
        ranked = sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        return ", ".join(f"{words(reason)} {number}" for reason, number in ranked)


def training_rows(run: StoredRun) -> list[TrainingRow]:
    """By iteration from 1, direct before thought; only where at least one step is done."""
    rows = []
    for iteration in run.iterations:
        for arm in reversed(STYLES):
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
    return TrainingRow(
        iteration=iteration,
        arm=arm,
        sample=found["sample"],
        score=found["score"],
        pairs=found["pairs"],
        metrics=metrics,
        epoch=epoch,
        chosen_epoch=chosen.get("epoch"),
        epochs=tuple(found["train"].get("epochs") or ()),
        held_out={one["epoch"]: one["win_rate"] for one in chosen.get("figures") or () if "win_rate" in one},
        judge_gap=gap,
    )


def warm_starts(run: StoredRun) -> list[tuple[Style, int | None, Mapping[str, Any]]]:
    """Arm, number of examples and training metrics of each warm start that is done."""
    rows: list[tuple[Style, int | None, Mapping[str, Any]]] = []
    for arm in reversed(STYLES):
        if details := run.details("warm_start", arm):
            rows.append((arm, details.get("examples"), details.get("metrics") or {}))
    return rows


def training_charts(run: StoredRun, rows: Sequence[TrainingRow]) -> list[tuple[str, Markup]]:
    """Title and chart of what training shows by iteration; a figure that no step has told is left out."""
    ticks = [str(i) for i in sorted({row.iteration for row in rows})]

    def series(value: Callable[[TrainingRow], float | None]) -> list[Series]:
        found = []
        for arm in STYLES:
            told = [(str(row.iteration), value(row)) for row in rows if row.arm == arm]
            marks = [Mark(place=ticks.index(at), value=figure) for at, figure in told if figure is not None]
            found += [Series(arm, marks)] if marks else []
        return found

    def longer(row: TrainingRow) -> float | None:
        chosen, rejected = row.pairs.get("chosen_chars"), row.pairs.get("rejected_chars")
        return None if chosen is None or rejected is None else chosen - rejected

    wanted: list[tuple[str, Callable[[TrainingRow], float | None], str, float | None]] = [
        ("Margin between chosen and rejected, in scores", lambda row: row.pairs.get("margin"), ".2f", None),
        ("Chosen responses longer than rejected ones, characters", longer, "+,.0f", 0.0),
        ("Thought length of the samples, characters", _thought_chars, ",.0f", None),
    ]
    drawn = [(title, series(value), axis, at) for title, value, axis, at in wanted]
    charts = [
        (title, lines(told, ticks, axis, at)) for title, told, axis, at in drawn if any(one.drawn for one in told)
    ]
    losses, epochs = _losses(rows)
    return charts + (
        [("Training loss by epoch", lines(losses, epochs, ".2f"))] if any(one.drawn for one in losses) else []
    )


def _thought_chars(row: TrainingRow) -> float | None:
    return row.sample.get("thought_chars") if row.arm == "thought" else None


def _losses(rows: Sequence[TrainingRow]) -> tuple[list[Series], list[str]]:
    """The loss of every epoch of every iteration, one after the other; the chosen epoch is the solid mark."""
    ticks = list(dict.fromkeys(f"{row.iteration}.{epoch['epoch']}" for row in rows for epoch in row.epochs))
    series = []
    for row in sorted(rows, key=lambda row: STYLES.index(row.arm)):
        marks = []
        for epoch in row.epochs:
            if (loss := (epoch.get("metrics") or {}).get("loss")) is not None:
                at = ticks.index(f"{row.iteration}.{epoch['epoch']}")
                marks.append(Mark(place=at, value=loss, hollow=row.chosen_epoch not in (None, epoch["epoch"])))
        series += [Series(row.arm, marks)] if marks else []
    return series, ticks


@dataclass(frozen=True)
class Spent:
    """What one step took: seconds, and the calls of its judge; `dollars` is None where a price is not known."""

    step: str
    seconds: float
    calls: int
    dollars: float | None


_CALLS = """
SELECT step.name, count(call_key), sum(cost_usd) FROM step
JOIN evaluation ON evaluation_key = details->>'evaluation', unnest(list_distinct(judgment_keys)) AS judged(key)
JOIN call ON call.subject = judged.key WHERE step.run = ? GROUP BY ALL
"""


def spent(store: Store, run: StoredRun) -> list[Spent]:
    """By step, in the order in which they finished. A judgment that several steps share is counted in each."""
    calls = {name: (number, dollars) for name, number, dollars in store.sql(_CALLS, [run.key])[1]}
    return [Spent(step.name, step.seconds, *calls.get(step.name, (0, None))) for step in run.steps]
