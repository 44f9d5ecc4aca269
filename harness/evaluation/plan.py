"""What an evaluation would take, before anything is spent."""

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from tpobench.harness.api.budget import CHARS_PER_TOKEN, Prices
from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.base import Comparison
from tpobench.harness.progress import Progress
from tpobench.harness.stats.deviation import assumed_deviation
from tpobench.harness.stats.power import TWO_SIDED_Z, detectable
from tpobench.harness.store.calls import median_seconds
from tpobench.harness.store.store import Store

ASSUMED_SECONDS = 2.0
ASSUMED_ANSWER_CHARS = 2000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Counts of what is still owed. `dollars` is None when a price is not known; tokens are estimates, and completion
    tokens the most that may come."""

    benchmark: str
    prompts: int
    rows: int | None
    sampling_calls: int
    judge_calls: int
    judge: str
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None
    minutes: float
    seconds_a_call: float
    measured_rate: bool
    detectable: float
    smallest_category: tuple[str, int, float] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan_for(spec: EvaluationSpec, prices: Prices, concurrency: int, store: Store | None) -> Plan:
    """Everything but what the store has already: outputs by count, judgments where both sides' texts are known."""
    measured, judge = spec.measured_benchmark, judge_for(spec, None, Progress(quiet=True))
    prompts = measured.prompts
    sampling = len(prompts) if is_endpoint(spec.candidate) else 0
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
    prompt_tokens = int(judgments * fmean(call.prompt_chars for call in calls) / CHARS_PER_TOKEN)
    completion_tokens = judgments * calls[0].completion_tokens
    seconds = None if store is None or judge.free else median_seconds(store, model)
    rate = seconds or ASSUMED_SECONDS
    return Plan(
        benchmark=measured.name,
        prompts=len(prompts),
        rows=measured.rows,
        sampling_calls=sampling,
        judge_calls=judgments,
        judge=judge.label,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        dollars=0.0 if judge.free else prices.cost(model, prompt_tokens, completion_tokens),
        minutes=(sampling + judgments) * rate / concurrency / 60,
        seconds_a_call=rate,
        measured_rate=seconds is not None,
        detectable=detectable(sigma, len(prompts), TWO_SIDED_Z),
        smallest_category=_smallest(spec, sigma),
    )


def _smallest(spec: EvaluationSpec, sigma: float) -> tuple[str, int, float] | None:
    counts: dict[str, int] = {}
    for prompt in spec.measured_benchmark.prompts:
        counts[prompt.category] = counts.get(prompt.category, 0) + 1
    if len(counts) < 2:
        return None
    name = min(counts, key=lambda category: (counts[category], category))
    return name, counts[name], detectable(sigma, counts[name], TWO_SIDED_Z)
