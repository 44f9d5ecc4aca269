"""What a benchmark is: prompts that are judged together, against whom and by whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric, Prompt, content_key

SHORT_ANSWERS = 96
"""Longest output, in tokens, of benchmarks that a rule decides in a sentence or two."""

SAMPLE = "sample"
"""What the order of prompts in a sample is made from, beside their texts: the same in all samples, so that a limit that
grows adds prompts to those that are judged."""

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
        left_out: Why it has fewer prompts than `rows`; empty where it has them all, or a sample was asked for.
        needs_texts: Whether `score` and `difference` read the responses themselves.
        asked: What the user typed to get it, by the option's parameter: ``benchmark``, ``split``, ``per_category``.
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
    left_out: str = ""
    max_new_tokens: int = 1024
    asked: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def default_baseline(self) -> str | None:
        """The name of the answers that count unless others are named; None where a model is to be sampled."""
        return self.baselines[0].name if self.baselines else None

    def baseline_named(self, name: str | None) -> Baseline | None:
        """The benchmark's own answers of that name, or the default ones for None; None where it has no such."""
        return next((entry for entry in self.baselines if name in (None, entry.name)), None)

    def sample(self, limit: int | None) -> "Benchmark":
        """The benchmark with `limit` of its prompts in its order, or as it is where that is all of them.

        Every category has its share of them, within one prompt. Which prompts these are depends on their texts alone,
        whatever their order in a file; a larger sample holds the smaller one.
        """
        if limit is None or limit >= len(self.prompts):
            return self
        chosen = sorted(_ranked(self.prompts)[:limit])
        baselines = tuple(Baseline(entry.name, [entry.answers[index] for index in chosen]) for entry in self.baselines)
        rows = self.rows or len(self.prompts)
        return replace(self, prompts=[self.prompts[index] for index in chosen], baselines=baselines, rows=rows)


def _ranked(prompts: Sequence[Prompt]) -> list[int]:
    """The indices in an order of which every beginning has each category in proportion: the prompts of a category are
    spread evenly over the whole."""
    by_category: dict[str, list[int]] = {}
    for index in sorted(range(len(prompts)), key=lambda index: content_key(SAMPLE, prompts[index].text_key)):
        by_category.setdefault(prompts[index].category, []).append(index)
    places = {
        index: ((place + 0.5) / len(indices), content_key(SAMPLE, category), place)
        for category, indices in by_category.items()
        for place, index in enumerate(indices)
    }
    return sorted(places, key=places.__getitem__)
