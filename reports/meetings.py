"""Where two models were compared with each other, and not both with a third. Pure functions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.stats.intervals import Interval, mean_interval
from reports.evaluations import Evaluation

Fits = Callable[[str, str], bool]


@dataclass(frozen=True)
class Meeting:
    """A and B on one benchmark before one judge: A's win rate against B, and A's preference by prompt."""

    evaluation: Evaluation
    rate: Interval
    values: Mapping[str, float]

    @property
    def benchmark(self) -> str:
        return self.evaluation.benchmark

    @property
    def judge(self) -> str:
        return self.evaluation.judge


def meetings_of(ours: Iterable[Evaluation], theirs: Iterable[Evaluation], us: Fits, them: Fits) -> list[Meeting]:
    """Every meeting, one a benchmark and judge; where B was the candidate, its preferences are turned round. `us` and
    `them` tell of a fingerprint and a mode whether it is the side."""
    turned = [(e, {p: 1 - value for p, value in e.values.items()}) for e in theirs if us(*_baseline(e))]
    found = {(e.benchmark, e.judge): (e, values) for e, values in turned}
    found |= {(e.benchmark, e.judge): (e, e.values) for e in ours if them(*_baseline(e))}
    return [Meeting(e, mean_interval(list(values.values())), values) for e, values in found.values() if values]


def _baseline(evaluation: Evaluation) -> tuple[str, str]:
    return evaluation.baseline_fingerprint, evaluation.baseline_mode
