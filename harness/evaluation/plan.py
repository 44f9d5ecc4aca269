"""What an evaluation would take, before anything is spent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from tpobench.harness.api.budget import Prices
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.output_sources import sampled_models
from tpobench.harness.evaluation.own_metrics import metric_scorers
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.base import Comparison
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.resolve import EMBEDDED, embedded_if_unpacked, require_model_name
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.rates import SAMPLING, recall, weight_bytes
from tpobench.harness.stats.deviation import assumed_deviation
from tpobench.harness.stats.power import TWO_SIDED_Z, detectable
from tpobench.harness.store.calls import median_seconds
from tpobench.harness.store.store import Store

ASSUMED_SECONDS = 2.0
ASSUMED_ANSWER_CHARS = 2000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an evaluation takes where nothing is stored yet. `dollars` is None when a price is not known; tokens are
    estimates, and completion tokens the most that may come. `left_out` says why it has fewer prompts than `rows`.
    `judge` is empty where metrics alone are measured. `sampled_here` are outputs of models in this process; `minutes`
    is None where no rate is known for one of them.
    """

    benchmark: str
    prompts: int
    rows: int | None
    left_out: str
    sampling_calls: int
    judge_calls: int
    judge: str
    metrics: tuple[str, ...]
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None
    sampled_here: int
    minutes: float | None
    seconds_a_call: float
    measured_rate: bool
    detectable: float
    smallest_category: tuple[str, int, float] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan_for(spec: EvaluationSpec, prices: Prices, limits: Limits, store: Store | None) -> Plan:
    """What an evaluation takes.

    Args:
        spec: What is asked for.
        prices: Of judges, by model.
        limits: How servers may be called.
        store: Has measured seconds a call; None where there is no store yet.

    Returns:
        The plan; nobody was asked, and nothing sampled.

    Raises:
        UserError: Something is named that does not exist, as far as that is known without fetching it.
    """
    quiet = Progress(quiet=True)
    scorers = metric_scorers(spec, quiet)
    measured = spec.measured_benchmark
    judge = judge_for(spec if spec.is_judged else replace(spec, judge=spec.metrics[0]), None, quiet)
    prompts = measured.prompts
    candidate, against = sampled_models(spec)
    same = candidate == against and spec.mode is DIRECT
    sampled = [name for name in ([candidate] if same else [candidate, against]) if name]
    for name in sampled:
        require_model_name(name)
    sampling = len(prompts) * sum(map(is_endpoint, sampled))
    here = [name for name in sampled if not is_endpoint(name)]
    asked = sum(len(judge.orders(p, measured.orders == "both")) for p in prompts)
    judgments = 0 if judge.free else asked
    sigma = assumed_deviation("both" if asked == 2 * len(prompts) else "one")
    given = measured.baseline_named(spec.baseline) or measured.baseline_named(None)
    answers = given.answers if given is not None else ["x" * ASSUMED_ANSWER_CHARS] * len(prompts)
    calls = [
        judge.estimate(Comparison(prompt=prompt, candidate=answer, baseline=answer, order="AB"))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    model = calls[0].model
    prompt_tokens = int(judgments * fmean(call.prompt_tokens for call in calls))
    completion_tokens = judgments * calls[0].completion_tokens
    seconds = None if store is None or judge.free else median_seconds(store, model)
    rate = seconds or ASSUMED_SECONDS
    return Plan(
        benchmark=measured.name,
        prompts=len(prompts),
        rows=measured.rows,
        left_out=measured.left_out or _sample_reason(spec),
        sampling_calls=sampling,
        judge_calls=judgments,
        judge=judge.label if spec.is_judged else "",
        metrics=tuple(one.name for one in scorers),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        dollars=0.0 if judge.free else prices.cost(model, prompt_tokens, completion_tokens),
        sampled_here=len(here) * len(prompts),
        minutes=_minutes(
            [
                _calling(sampling + judgments, prompt_tokens + completion_tokens, rate, limits),
                *(_sampling_here(name, len(prompts) * spec.params.max_new_tokens) for name in here),
            ]
        ),
        seconds_a_call=rate,
        measured_rate=seconds is not None,
        detectable=detectable(sigma, len(prompts), TWO_SIDED_Z),
        smallest_category=_smallest(spec, sigma),
    )


def _sample_reason(spec: EvaluationSpec) -> str:
    return f"--limit {spec.limit}" if len(spec.measured_benchmark.prompts) < len(spec.benchmark.prompts) else ""


def _calling(calls: int, tokens: int, seconds_a_call: float, limits: Limits) -> float:
    """Seconds that so many calls take, with the limits on requests and tokens a minute."""
    paced = [calls * seconds_a_call / limits.concurrency]
    paced += [60 * calls / limits.requests_per_minute] if limits.requests_per_minute else []
    paced += [60 * tokens / limits.tokens_per_minute] if limits.tokens_per_minute else []
    return max(paced)


def _sampling_here(model: str, tokens: int) -> float | None:
    """Seconds that so many tokens take of a model in this process; None where no rate is known."""
    folder = embedded_if_unpacked() if model == EMBEDDED else Path(model)
    size = None if folder is None else weight_bytes(str(folder))
    rate = None if not size else recall(SAMPLING, size)
    return None if rate is None else tokens / rate


def _minutes(seconds: Sequence[float | None]) -> float | None:
    return None if None in seconds else sum(part or 0 for part in seconds) / 60


def _smallest(spec: EvaluationSpec, sigma: float) -> tuple[str, int, float] | None:
    counts: dict[str, int] = {}
    for prompt in spec.measured_benchmark.prompts:
        counts[prompt.category] = counts.get(prompt.category, 0) + 1
    if len(counts) < 2:
        return None
    name = min(counts, key=lambda category: (counts[category], category))
    return name, counts[name], detectable(sigma, counts[name], TWO_SIDED_Z)
