"""What a benchmark is: prompts that are judged together, against whom and by whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric, Prompt

Score = Callable[[Sequence[PromptJudgments]], list[Metric]]
"""A benchmark's own figures beside the win rate, from the observations in the benchmark's order."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Prompts that are judged together. `name` is for example ``starter/test``.

    `orders` is ``both`` where every pair is judged twice with sides swapped, ``one`` where the judge's own order
    counts. `rows` is the number of prompts of the whole benchmark: a result over fewer says so. `judge` is the one that
    is asked unless another is named; `baseline` answers with `answers`, or is a model that is to be sampled. `official`
    says that prompts and baseline are the published ones.
    """

    name: str
    prompts: Sequence[Prompt]
    orders: str = "one"
    rows: int | None = None
    score: Score | None = None
    judge: str = "checklist"
    baseline: str | None = None
    answers: Sequence[str] | None = None
    official: bool = False
    needs_texts: bool = False
    max_new_tokens: int = 1024
