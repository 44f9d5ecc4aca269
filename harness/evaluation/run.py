"""One model through one benchmark: outputs, judgments against a baseline, win rates with intervals."""

from collections.abc import Mapping
from typing import Any

from tpobench.harness.api.client import Connect
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.judging import about, judge_for
from tpobench.harness.evaluation.metrics import output_metrics, score_metrics
from tpobench.harness.evaluation.output_sources import NamedOutputs, OutputSource, baseline_name
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.evaluation.request import request_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.base import Comparison, Judge
from tpobench.harness.judges.scorer import Scorer, ensure_scores
from tpobench.harness.models.resolve import EMBEDDED
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, score_key
from tpobench.harness.samplers.choose import sampler_for
from tpobench.harness.store.store import Store


def run_evaluation(
    store: Store, spec: EvaluationSpec, connect: Connect, progress: Progress, source: OutputSource | None = None
) -> str:
    """Answer, judge, measure, store. Goes on where an earlier try stopped.

    Args:
        store: Where outputs, judgments and figures are looked up and kept.
        spec: What is asked for.
        connect: Makes the client of an endpoint, to sample from or to judge.
        progress: Shows how far it is.
        source: Where the outputs of both sides come from; sampled or read by their names unless given.

    Returns:
        The evaluation's key in the store.

    Raises:
        UserError: Something is named that does not exist, or outputs or judgments could not be had; what came in is
            stored.
    """
    judge = judge_for(spec, connect, progress)
    outputs = source or NamedOutputs(store, sampler_for(connect), progress)
    if source is None and spec.baseline is None and baseline_name(spec) == EMBEDDED:
        progress.say(f"no baseline is named: compared with the embedded model {EMBEDDED}; --baseline names another")
    candidate, baseline = outputs.candidate(spec), outputs.baseline(spec)
    if source is None and candidate.is_of(baseline):  # a run measures its seed against itself on purpose
        progress.say(f"{candidate.model.name} is compared with its own answers: every win rate will be about 50%")
    try:
        key = evaluate_outputs(store, judge, spec.measured_benchmark, candidate, baseline, about(spec, judge))
    finally:
        judge.close()
    store.add_request(key, "eval", request_of(spec, names_sides=source is None))
    return key


def evaluate_outputs(
    store: Store,
    judge: Judge,
    benchmark: Benchmark,
    candidate: ModelOutputs,
    baseline: ModelOutputs,
    about: Mapping[str, Any] | None = None,
) -> str:
    """Judge the candidate's outputs against the baseline's prompt by prompt and store the figures.

    Judgments that are stored already are not asked for again.

    Args:
        store: Where judgments and figures are kept.
        judge: Says which output is better.
        benchmark: Has the prompts, the orders and the figures.
        candidate: One output for each prompt.
        baseline: One output for each prompt.
        about: More that is kept with the evaluation.

    Returns:
        The evaluation's key.

    Raises:
        UserError: The judge failed; what it did say is stored.
    """
    store.add_prompts(benchmark.prompts)
    comparisons = comparisons_of(judge, benchmark, candidate, baseline)
    judge.judge(
        store, [comparison for of_prompt in comparisons for comparison in of_prompt], f"judging {candidate.model.name}"
    )
    pairs = [
        JudgedPair(comparison.prompt, judge.key(comparison), ours.key, theirs.key)
        for of_prompt, ours, theirs in zip(comparisons, candidate.outputs, baseline.outputs, strict=True)
        for comparison in of_prompt
    ]
    record = EvaluationRecord(
        benchmark=benchmark,
        judge=judge.id,
        candidate=candidate.model,
        baseline=baseline.model,
        candidate_mode=candidate.mode.name,
        baseline_mode=baseline.mode.name,
        about=about or {},
    )
    scores = [] if judge.scorer is None else _scores(store, judge.scorer, benchmark, candidate)
    return store_evaluation(store, record, pairs, [*output_metrics(candidate), *scores])


def comparisons_of(
    judge: Judge, benchmark: Benchmark, candidate: ModelOutputs, baseline: ModelOutputs
) -> list[list[Comparison]]:
    """What the judge is to compare, by prompt: in its own order, or in both."""
    return [
        [
            Comparison(prompt=prompt, candidate=ours, baseline=theirs, order=order, markers=candidate.mode.markers)
            for order in judge.orders(prompt, benchmark.orders == "both")
        ]
        for prompt, ours, theirs in zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True)
    ]


def _scores(store: Store, scorer: Scorer, benchmark: Benchmark, candidate: ModelOutputs) -> list[Metric]:
    """The candidate's mean score. Its responses were scored as they were judged."""
    responses = list(zip(benchmark.prompts, candidate.responses, strict=True))
    values = ensure_scores(store, scorer, responses, Progress(quiet=True), "scoring")
    scores = [values[score_key(scorer.id, *response)] for response in responses]
    return score_metrics(benchmark.prompts, scores, scorer.bounded)
