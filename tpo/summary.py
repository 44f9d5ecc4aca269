"""The result of a run in one table: seed, and both arms after every iteration, each with its interval."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from harness.judges.checklist import LABEL
from harness.records import Metric
from harness.store import Store


@dataclass(frozen=True)
class Row:
    """One evaluated model. Rates and scores lie in [0, 1], each as (value, low, high); lengths in characters."""

    arm: str
    iteration: str
    win_rate: tuple[float, float, float]
    mean_score: tuple[float, float, float]
    parse_error_rate: float
    response_chars: float
    thought_chars: float


@dataclass(frozen=True)
class Summary:
    """All rows, the head-to-head win rate of thought against direct by iteration, and the gate's decision."""

    run: str
    rows: list[Row]
    head_to_head: dict[str, tuple[float, float, float]]
    decision: str
    rules: list[dict[str, str]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(store: Store, run: str) -> Summary:
    """Read a finished run from the store."""
    rows, duels = [], {}
    steps = store.sql("SELECT name, details->>'evaluation' FROM step WHERE run = ? ORDER BY finished_at", [run])[1]
    for name, evaluation in steps:
        kind, *place = name.split("/")
        if kind == "evaluate":
            arm, iteration = (place[1], "seed") if place[0] == "seed" else (place[0], place[1])
            rows.append(_row(arm, iteration, _overall(store, evaluation)))
        elif kind == "head_to_head":
            duels[place[0]] = _with_interval(_overall(store, evaluation)["win_rate"])
    decision, rules = store.sql(
        "SELECT decision, rules FROM gate_decision WHERE run = ? ORDER BY decided_at DESC LIMIT 1", [run]
    )[1][0]
    return Summary(run, rows, duels, decision, json.loads(rules))


def table(summary: Summary) -> Table:
    """The rows for the terminal, 80 columns wide at most."""
    caption = f"Judge: {LABEL}. (low, high): 95% interval over prompts. chars: response+thought."
    drawn = Table(caption=caption, caption_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("it.", "arm", "win rate v seed %", "mean score", "parsed", "chars"):
        drawn.add_column(column, no_wrap=True)
    for row in summary.rows:
        drawn.add_row(
            row.iteration, row.arm, _percent(row.win_rate), "{:.2f} ({:.2f}, {:.2f})".format(*row.mean_score),
            f"{1 - row.parse_error_rate:.0%}", f"{row.response_chars:.0f}+{row.thought_chars:.0f}",
        )  # fmt: skip
    for iteration, duel in summary.head_to_head.items():
        drawn.add_row(iteration, "thought v direct", _percent(duel))
    return drawn


def _overall(store: Store, evaluation: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in store.metrics(evaluation) if metric.category is None}


def _row(arm: str, iteration: str, found: dict[str, Metric]) -> Row:
    def plain(name: str) -> float:
        return found[name].value or 0.0

    return Row(
        arm, iteration, _with_interval(found["win_rate"]), _with_interval(found["mean_score"]),
        plain("parse_error_rate"), plain("response_chars"), plain("thought_chars"),
    )  # fmt: skip


def _with_interval(metric: Metric) -> tuple[float, float, float]:
    return (metric.value or 0.0, metric.low or 0.0, metric.high or 0.0)


def _percent(figure: tuple[float, float, float]) -> str:
    return "{:.1f} ({:.1f}, {:.1f})".format(*(100 * value for value in figure))
