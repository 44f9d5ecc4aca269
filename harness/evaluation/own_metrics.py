"""Metrics of the user's: a score of each response by itself, beside a judge or without one.

Each metric of a model on a benchmark is an evaluation of its own in the store, without baseline and judgments: its
`judge` is the scorer's id, so that a changed function never mixes with the one before. The figures are in the table
`metric` under the metric's name, the value on each prompt in `item`, the scores of texts in `score`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.differences import ComparedValues, Difference, paired_differences
from tpobench.harness.evaluation.metrics import by_category
from tpobench.harness.evaluation.output_sources import NamedOutputs, OutputSource
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.request import request_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.named import judge_names, scorer_named
from tpobench.harness.judges.scorer import Scorer, ensure_scores
from tpobench.harness.judges.user_module import module_file, module_name
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, NewEvaluation, Prompt, score_key
from tpobench.harness.samplers.choose import sampler_for
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class NamedScorer:
    """A scorer as a metric: `name` is what its figures are called."""

    name: str
    scorer: Scorer


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric of the candidate: its stored evaluation and figures, overall and by category.

    `baseline` names the other side where there is one; `differences` are the candidate's values minus its, prompt by
    prompt, overall and by category.
    """

    name: str
    evaluation: str
    metrics: Sequence[Metric]
    baseline: str = ""
    baseline_metrics: Sequence[Metric] = ()
    differences: Sequence[Difference] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "metric": self.name,
            "evaluation": self.evaluation,
            "metrics": [vars(metric) for metric in self.metrics],
            "baseline": self.baseline,
            "baseline_metrics": [vars(metric) for metric in self.baseline_metrics],
            "differences": [difference.as_json() for difference in self.differences],
        }


def metric_scorers(spec: EvaluationSpec, progress: Progress) -> list[NamedScorer]:
    """The scorers of the metrics that are asked for; nothing is scored yet.

    Raises:
        UserError: There is no such scorer, a metric is named twice, or a prompt cannot be scored.
    """
    named = [NamedScorer(metric_name(text), _scorer(text, progress)) for text in spec.metrics]
    names = [one.name for one in named]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"the metric {twice} is named twice; leave one of them out")
    for one in named:
        one.scorer.require(spec.measured_benchmark.prompts)
    return named


def _scorer(text: str, progress: Progress) -> Scorer:
    if ":" not in text and text not in judge_names():
        example = (
            f"{text.removesuffix('.py')}.py:FUNCTION" if module_file(Path.cwd(), text) else f"my_metrics.py:{text}"
        )
        raise UserError(
            f"unknown metric {text!r}; name a function of yours with its file, {example}, or a judge that scores each "
            "response by itself, such as checklist or reward:MODEL"
        )
    return scorer_named(text, progress)


def metric_name(text: str) -> str:
    """What the figures of a metric are called: ``my_metrics:brevity``, whether its module or its file was named.

    >>> metric_name("metrics/my_metrics.py:brevity"), metric_name("reward:org/model")
    ('my_metrics:brevity', 'reward:org/model')
    """
    module, colon, function = text.rpartition(":")
    return f"{module_name(module)}:{function}" if colon else text


def measure_metrics(
    store: Store,
    spec: EvaluationSpec,
    scorers: Sequence[NamedScorer],
    connect: Connect,
    progress: Progress,
    source: OutputSource | None = None,
) -> list[MetricResult]:
    """Score the candidate's responses, and the baseline's where the evaluation has one, and store the figures.

    Args:
        store: Where outputs, scores and figures are looked up and kept.
        spec: What is asked for.
        scorers: From `metric_scorers`.
        connect: Makes the client of an endpoint, to sample from.
        progress: Shows how far it is.
        source: Where the outputs come from; sampled or read by their names unless given.

    Returns:
        A result for each metric, in the order in which they are named.

    Raises:
        UserError: Outputs could not be had, or a scorer failed; what came in is stored.
    """
    outputs = source or NamedOutputs(store, sampler_for(connect), progress)
    candidate = outputs.candidate(spec)
    baseline = outputs.baseline(spec) if spec.has_baseline else None
    store.add_prompts(spec.measured_benchmark.prompts)
    try:
        results = [_measured(store, spec, one, candidate, baseline, progress) for one in scorers]
    finally:
        for one in scorers:
            one.scorer.close()
    for result in results:
        store.add_request(result.evaluation, "eval", request_of(spec, names_sides=source is None))
    return results


def _measured(
    store: Store,
    spec: EvaluationSpec,
    scorer: NamedScorer,
    candidate: ModelOutputs,
    baseline: ModelOutputs | None,
    progress: Progress,
) -> MetricResult:
    evaluation, values = _stored(store, spec, scorer, candidate, progress)
    metrics = store.metrics(evaluation)
    if baseline is None or candidate.is_of(baseline):
        return MetricResult(name=scorer.name, evaluation=evaluation, metrics=metrics)
    other, others = _stored(store, spec, scorer, baseline, progress)
    categories = {prompt.key: prompt.category for prompt in spec.measured_benchmark.prompts}
    compared = ComparedValues(
        benchmark=spec.measured_benchmark.name,
        measure=scorer.name,
        figure=scorer.name,
        evaluations=(evaluation, other),
        a={key: (categories[key], value) for key, value in values.items()},
        b={key: (categories[key], value) for key, value in others.items()},
        on_own_scale=True,
    )
    return MetricResult(
        name=scorer.name,
        evaluation=evaluation,
        metrics=metrics,
        baseline=baseline.model.name,
        baseline_metrics=store.metrics(other),
        differences=list(paired_differences(compared)),
    )


def _stored(
    store: Store, spec: EvaluationSpec, scorer: NamedScorer, side: ModelOutputs, progress: Progress
) -> tuple[str, dict[str, float]]:
    """The evaluation of one side in the store, and the value on each prompt."""
    benchmark = spec.measured_benchmark
    values = _values(store, scorer.scorer, benchmark.prompts, side, progress)
    about = {"metric": scorer.name, "judge_label": scorer.scorer.label, "rows": benchmark.rows}
    evaluation = NewEvaluation(
        benchmark=benchmark.name,
        judge=scorer.scorer.id,
        params=json.dumps(about, sort_keys=True),
        candidate=side.model.fingerprint,
        candidate_mode=side.mode.name,
        prompt_keys=[prompt.key for prompt in benchmark.prompts],
        candidate_outputs=[output.key for output in side.outputs],
    )
    key = evaluation.key
    by_prompt = {prompt.key: value for prompt, value in zip(benchmark.prompts, values, strict=True)}
    store.add_metrics(key, by_category(scorer.name, benchmark.prompts, values))
    store.add_items(key, scorer.name, by_prompt)
    store.add_evaluation(evaluation)
    return key, by_prompt


def _values(
    store: Store, scorer: Scorer, prompts: Sequence[Prompt], side: ModelOutputs, progress: Progress
) -> list[float]:
    responses = list(zip(prompts, side.responses, strict=True))
    values = ensure_scores(store, scorer, responses, progress, f"scoring {side.model.name} by {scorer.label}")
    return [values[score_key(scorer.id, *response)] for response in responses]
