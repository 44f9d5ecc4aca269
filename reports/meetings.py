"""Where two models were compared with each other, and not both with a third. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.stats.intervals import Interval, mean_interval
from reports.evaluations import Evaluation


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


def meetings_of(ours: Iterable[Evaluation], theirs: Iterable[Evaluation]) -> list[Meeting]:
    """Every meeting, one a benchmark and judge; where B was the candidate, its preferences are turned round."""
    us, them = list(ours), list(theirs)
    found = {(e.benchmark, e.judge): (e, {p: 1 - value for p, value in e.values.items()}) for e in _between(them, us)}
    found |= {(e.benchmark, e.judge): (e, e.values) for e in _between(us, them)}
    return [Meeting(e, mean_interval(list(values.values())), values) for e, values in found.values() if values]


def _between(candidates: Iterable[Evaluation], baselines: Iterable[Evaluation]) -> list[Evaluation]:
    known = {(e.fingerprint, e.mode) for e in baselines}
    return [e for e in candidates if (e.baseline_fingerprint, e.baseline_mode) in known]
