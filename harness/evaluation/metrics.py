"""The figures that every evaluation has: win rates by category, lengths, missing verdicts, parse errors."""

from collections.abc import Sequence
from statistics import fmean

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric, Prompt
from tpobench.harness.stats.intervals import mean_interval


def measure(observations: Sequence[PromptJudgments]) -> list[Metric]:
    """Win rate overall and by category with prompt-level intervals, share of prompts without verdict, lengths."""
    wins = [observation.value for observation in observations]
    n = len(observations)
    return [
        Metric("missing", sum(win is None for win in wins) / n, n),
        Metric("response_chars", fmean(o.candidate_chars for o in observations), n),
        Metric("baseline_response_chars", fmean(o.baseline_chars for o in observations), n),
        *by_category("win_rate", [observation.prompt for observation in observations], wins),
    ]


def by_category(name: str, prompts: Sequence[Prompt], values: Sequence[float | None]) -> list[Metric]:
    """The mean of the values with its interval, over all prompts and over those of each category."""
    metrics = []
    categories = [prompt.category for prompt in prompts]
    for category in [None, *sorted(set(categories))]:
        observed = [
            value for value, named in zip(values, categories, strict=True)
            if category in (None, named) and value is not None
        ]  # fmt: skip
        if observed:
            found = mean_interval(observed)
            metrics.append(Metric(name, found.mean, found.n, category, found.low, found.high))
    return metrics


def own_metrics(benchmark: Benchmark, observations: Sequence[PromptJudgments]) -> list[Metric]:
    return benchmark.score(observations) if benchmark.score else []


def output_metrics(candidate: ModelOutputs) -> list[Metric]:
    n = len(candidate.outputs)
    return [
        Metric("parse_error_rate", sum(o.parse_error is not None for o in candidate.first_tries) / n, n),
        Metric("truncated", sum(o.finish_reason == "length" for o in candidate.outputs) / n, n),
        Metric("thought_chars", fmean(len(o.thought) for o in candidate.outputs), n),
    ]
