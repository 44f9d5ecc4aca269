"""The figures that every evaluation has: win rates by category, lengths, missing verdicts, parse errors."""

import math
from collections.abc import Sequence
from statistics import fmean

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.distinct_prompts import repeated_prompts
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.evaluation.registry import package_with
from tpobench.harness.plugins import OURS
from tpobench.harness.records import Metric, Prompt
from tpobench.harness.stats.scores import score_interval


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
    """The mean of the values with its interval, over all prompts and over those of each category. Prompts that repeat
    one another are one observation of the interval. Values outside [0, 1] are numbers on a scale of their own."""
    metrics = []
    categories = [prompt.category for prompt in prompts]
    originals = _originals(prompts)
    for category in [None, *sorted(set(categories))]:
        observed = [
            (original, value)
            for original, value, named in zip(originals, values, categories, strict=True)
            if category in (None, named) and value is not None
        ]
        if observed:
            groups: dict[int, list[float]] = {}
            for original, value in observed:
                groups.setdefault(original, []).append(value)
            interval = score_interval(list(map(fmean, groups.values())), weights=list(map(len, groups.values())))
            metrics.append(
                Metric(
                    name=name,
                    value=fmean(value for _, value in observed) if interval is None else interval.mean,
                    n=len(observed),
                    category=category,
                    low=None if interval is None else interval.low,
                    high=None if interval is None else interval.high,
                )
            )
    return metrics


def _originals(prompts: Sequence[Prompt]) -> list[int]:
    """By prompt the index of the earlier one that it repeats, or its own."""
    repeated = repeated_prompts([prompt.text for prompt in prompts])
    return [index if earlier is None else earlier for index, earlier in enumerate(repeated)]


def score_metrics(prompts: Sequence[Prompt], scores: Sequence[float], bounded: bool) -> list[Metric]:
    """The mean of the judge's scores with intervals, overall and by category: ``mean_score`` where they cannot leave
    [0, 1]; else ``mean_raw_score``, a number on the judge's own scale."""
    return by_category("mean_score" if bounded else "mean_raw_score", prompts, scores)


def benchmark_metrics(benchmark: Benchmark, observations: Sequence[PromptJudgments]) -> list[Metric]:
    """The figures that only this benchmark has, such as a length-controlled win rate; none where it has none.

    Raises:
        UserError: Another package's benchmark fails, or returns what is not a list of figures; the package is named.
    """
    if benchmark.score is None:
        return []
    package = package_with(benchmark.name)
    if package == OURS:
        return benchmark.score(observations)
    whose = f"the figures that {package} computes for {benchmark.name}"
    try:
        metrics = list(benchmark.score(observations))
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # whatever a package raises
        raise UserError(f"{whose} fail: {type(error).__name__}: {error}; the judgments are stored") from error
    for metric in metrics:
        if not isinstance(metric, Metric):
            raise UserError(f"{whose} have a {type(metric).__name__} among them, not a Metric; update the package")
        if not all(map(_is_number, (metric.value, metric.low, metric.high))):
            raise UserError(f"{whose} have a value of {metric.name} that is not a number; update the package")
    return metrics


def _is_number(value: object) -> bool:
    """Whether it can be stored as a figure; None stands for one that is not there."""
    try:
        return value is None or math.isfinite(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        return False


def output_metrics(candidate: ModelOutputs) -> list[Metric]:
    """What the outputs show without a judge: format errors, outputs cut at the token limit, length of thoughts, and
    prompts that got no answer, where there are any."""
    n = len(candidate.outputs)
    refused = sum(bool(output.refusal) for output in candidate.outputs)
    return [
        Metric(name="parse_error_rate", value=sum(o.parse_error is not None for o in candidate.first_tries) / n, n=n),
        Metric(name="truncated", value=sum(o.finish_reason == "length" for o in candidate.outputs) / n, n=n),
        *([Metric(name="refused", value=refused / n, n=n)] if refused else []),
        Metric(name="thought_chars", value=fmean(len(o.thought) for o in candidate.outputs), n=n),
    ]
