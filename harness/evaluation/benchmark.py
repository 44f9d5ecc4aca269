"""What a benchmark is: prompts that are judged together, against whom and by whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric, Prompt

SHORT_ANSWERS = 96
"""Longest output, in tokens, of benchmarks that a rule decides in a sentence or two."""

Score = Callable[[Sequence[PromptJudgments]], list[Metric]]
"""A benchmark's own figures beside the win rate, from the observations in the benchmark's order."""


@dataclass(frozen=True, kw_only=True)
class FigureDifference:
    """A benchmark's own figure of two models that were judged against one baseline on the same prompts: `difference`
    is `a` - `b`, with its 95% interval, paired by prompt. `n` prompts are in it."""

    name: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int


PairedDifference = Callable[[Sequence[PromptJudgments], Sequence[PromptJudgments]], list[FigureDifference]]
"""The differences of a benchmark's own figures, from two models' observations of the same prompts in one order."""


@dataclass(frozen=True)
class Baseline:
    """Answers that come with a benchmark, one per prompt in its order."""

    name: str
    answers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Prompts that are judged together. `name` is for example ``starter/test``.

    Attributes:
        orders: ``both`` where every pair is judged twice with sides swapped; ``one``: in the judge's own order.
        rows: The number of prompts of the whole benchmark: a result over fewer says so.
        score: The benchmark's own figures.
        difference: How those of two models differ; None where no figure has a paired difference.
        judge: Who is asked unless another judge is named.
        baselines: Answers to compare with, the default first; empty where a model is to be sampled.
        official: Whether prompts and baseline are the published ones.
        needs_texts: Whether `score` and `difference` read the responses themselves.
    """

    name: str
    prompts: Sequence[Prompt]
    orders: str = "one"
    rows: int | None = None
    score: Score | None = None
    difference: PairedDifference | None = None
    judge: str = "checklist"
    baselines: tuple[Baseline, ...] = ()
    official: bool = False
    needs_texts: bool = False
    max_new_tokens: int = 1024

    @property
    def default_baseline(self) -> str | None:
        """The name of the answers that count unless others are named; None where a model is to be sampled."""
        return self.baselines[0].name if self.baselines else None

    def baseline_named(self, name: str | None) -> Baseline | None:
        """The benchmark's own answers of that name, or the default ones for None; None where it has no such."""
        return next((entry for entry in self.baselines if name in (None, entry.name)), None)

    def first(self, limit: int | None) -> "Benchmark":
        """The benchmark with its first `limit` prompts, or as it is where that is all of them."""
        if limit is None or limit >= len(self.prompts):
            return self
        baselines = tuple(Baseline(entry.name, entry.answers[:limit]) for entry in self.baselines)
        rows = self.rows or len(self.prompts)
        return replace(self, prompts=self.prompts[:limit], baselines=baselines, rows=rows)
