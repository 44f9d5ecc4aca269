"""Where two models were compared with each other, and not both with a third. Pure functions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.reports.evaluations import Evaluation

Fits = Callable[[str, str], bool]


@dataclass(frozen=True)
class HeadToHead:
    """A and B on one benchmark before one judge, each in one mode (`modes`): A's win rate against B, and A's preference
    by prompt."""

    evaluation: Evaluation
    modes: tuple[str, str]
    rate: Interval
    values: Mapping[str, float]

    @property
    def benchmark(self) -> str:
        return self.evaluation.benchmark

    @property
    def judge(self) -> str:
        return self.evaluation.judge


def head_to_heads_of(
    ours: Iterable[Evaluation], theirs: Iterable[Evaluation], us: Fits, them: Fits
) -> list[HeadToHead]:
    """Every meeting, one a benchmark, judge and modes of both; where B was the candidate, its preferences are turned
    round. `us` and `them` tell of a fingerprint and a mode whether it is the side."""
    found: dict[tuple[str, str, str, str], tuple[Evaluation, Mapping[str, float]]] = {}
    for e in theirs:
        if us(*_baseline(e)):
            turned = {prompt: 1 - value for prompt, value in e.values.items()}
            found[e.benchmark, e.judge, e.baseline_mode, e.mode] = e, turned
    for e in ours:
        if them(*_baseline(e)):
            found[e.benchmark, e.judge, e.mode, e.baseline_mode] = e, e.values
    return [
        HeadToHead(e, (mode, other), mean_interval(list(values.values())), values)
        for (_, _, mode, other), (e, values) in found.items()
        if values
    ]


def _baseline(evaluation: Evaluation) -> tuple[str, str]:
    return evaluation.baseline_fingerprint, evaluation.baseline_mode
