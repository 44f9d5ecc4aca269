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
        Metric(name="missing", value=sum(win is None for win in wins) / n, n=n),
        Metric(name="response_chars", value=fmean(o.candidate_chars for o in observations), n=n),
        Metric(name="baseline_response_chars", value=fmean(o.baseline_chars for o in observations), n=n),
        *by_category("win_rate", [observation.prompt for observation in observations], wins),
    ]


def by_category(name: str, prompts: Sequence[Prompt], values: Sequence[float | None]) -> list[Metric]:
    """The mean of the values with its interval, over all prompts and over those of each category."""
    metrics = []
    categories = [prompt.category for prompt in prompts]
    for category in [None, *sorted(set(categories))]:
        observed = [
            value
            for value, named in zip(values, categories, strict=True)
            if category in (None, named) and value is not None
        ]
        if observed:
            interval = mean_interval(observed)
            metrics.append(
                Metric(
                    name=name,
                    value=interval.mean,
                    n=interval.n,
                    category=category,
                    low=interval.low,
                    high=interval.high,
                )
            )
    return metrics


def score_metrics(prompts: Sequence[Prompt], scores: Sequence[float], bounded: bool) -> list[Metric]:
    """The mean of the judge's scores: ``mean_score`` where they cannot leave [0, 1], with intervals and by category;
    else ``mean_raw_score``, a number on the judge's own scale."""
    if bounded:
        return by_category("mean_score", prompts, scores)
    return [Metric(name="mean_raw_score", value=fmean(scores), n=len(scores))]


def benchmark_metrics(benchmark: Benchmark, observations: Sequence[PromptJudgments]) -> list[Metric]:
    """The figures that only this benchmark has, such as a length-controlled win rate; none where it has none."""
    return benchmark.score(observations) if benchmark.score else []


def output_metrics(candidate: ModelOutputs) -> list[Metric]:
    """What the outputs show without a judge: format errors, outputs cut at the token limit, length of thoughts."""
    n = len(candidate.outputs)
    return [
        Metric(name="parse_error_rate", value=sum(o.parse_error is not None for o in candidate.first_tries) / n, n=n),
        Metric(name="truncated", value=sum(o.finish_reason == "length" for o in candidate.outputs) / n, n=n),
        Metric(name="thought_chars", value=fmean(len(o.thought) for o in candidate.outputs), n=n),
    ]
