"""An evaluation in the store: what was compared, by which judgments, and the figures that they give."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.metrics import benchmark_metrics, measure
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict
from tpobench.harness.records import Metric, Model, NewEvaluation, Prompt
from tpobench.harness.store.judgments import StoredJudgment, entry_keys, judgments_with_keys
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class JudgedPair:
    """One judgment of an evaluation: its keys. Outputs that were imported without their text have keys of
    their own, without a row."""

    prompt: Prompt
    judgment: str
    candidate_output: str
    baseline_output: str


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """What an evaluation compared, as it is stored."""

    benchmark: Benchmark
    judge: str
    candidate: Model
    baseline: Model
    candidate_mode: str = "direct"
    baseline_mode: str = "direct"
    about: Mapping[str, Any] = field(default_factory=dict)


def new_evaluation(record: EvaluationRecord, entries: Sequence[JudgedPair]) -> NewEvaluation:
    """The evaluation of these judgments, as it goes into the store."""
    return NewEvaluation(
        benchmark=record.benchmark.name,
        judge=record.judge,
        params=json.dumps(record.about, sort_keys=True),
        candidate=record.candidate.fingerprint,
        candidate_mode=record.candidate_mode,
        baseline=record.baseline.fingerprint,
        baseline_mode=record.baseline_mode,
        prompt_keys=[entry.prompt.key for entry in entries],
        judgment_keys=[entry.judgment for entry in entries],
        candidate_outputs=[entry.candidate_output for entry in entries],
        baseline_outputs=[entry.baseline_output for entry in entries],
    )


def store_evaluation(
    store: Store, record: EvaluationRecord, entries: Sequence[JudgedPair], extra: Sequence[Metric] = ()
) -> str:
    """Store an evaluation of judgments that the store holds, with its figures; returns its key.

    The figures are computed again from the judgments, since a missing verdict may have come in.
    """
    evaluation = new_evaluation(record, entries)
    key = evaluation.key
    observations = read_judgments(store, entries, record.benchmark.needs_texts)
    store.add_metrics(key, [*_metrics(record.benchmark, observations), *extra])
    store.add_evaluation(evaluation)
    return key


def store_evaluations(store: Store, evaluations: Sequence[tuple[EvaluationRecord, Sequence[JudgedPair]]]) -> None:
    """Store many evaluations at once, each as `store_evaluation` does: the store is read and written once for all."""
    everything = [entry for _, entries in evaluations for entry in entries]
    with_texts = [e for record, entries in evaluations if record.benchmark.needs_texts for e in entries]
    judged = _held_judgments(store, everything)
    texts = _held_texts(store, with_texts)
    metrics: dict[str, list[Metric]] = {}
    rows: list[NewEvaluation] = []
    for record, entries in evaluations:
        rows.append(new_evaluation(record, entries))
        observations = _observations(entries, judged, texts if record.benchmark.needs_texts else {})
        metrics[rows[-1].key] = _metrics(record.benchmark, observations)
    store.add_metrics_of(metrics)
    store.add_evaluations(rows)


def _metrics(benchmark: Benchmark, observations: Sequence[PromptJudgments]) -> list[Metric]:
    """The figures of an evaluation. The lengths of a side whose texts were looked for and are not there are unknown,
    not 0."""
    unknown = set()
    if benchmark.needs_texts:
        if all(one.candidate_text is None and not one.candidate_chars for one in observations):
            unknown.add("response_chars")
        if all(one.baseline_text is None and not one.baseline_chars for one in observations):
            unknown.add("baseline_response_chars")
    measured = [metric for metric in measure(observations) if metric.name not in unknown]
    return [*measured, *benchmark_metrics(benchmark, observations)]


def read_judgments(store: Store, entries: Sequence[JudgedPair], texts: bool = False) -> list[PromptJudgments]:
    """The judgments of the entries, by prompt, in the order given; with the responses' texts if asked for."""
    return _observations(entries, _held_judgments(store, entries), _held_texts(store, entries) if texts else {})


def _held_judgments(store: Store, entries: Sequence[JudgedPair]) -> Mapping[str, StoredJudgment]:
    return judgments_with_keys(store, [entry.judgment for entry in entries])


def _held_texts(store: Store, entries: Sequence[JudgedPair]) -> Mapping[str, str]:
    return store.responses([key for entry in entries for key in (entry.candidate_output, entry.baseline_output)])


def _observations(
    entries: Sequence[JudgedPair], judged: Mapping[str, StoredJudgment], texts_by_key: Mapping[str, str]
) -> list[PromptJudgments]:
    grouped: dict[str, list[JudgedPair]] = {}
    for entry in entries:
        grouped.setdefault(entry.prompt.key, []).append(entry)
    prompts = []
    for group in grouped.values():
        judgments = [judged[entry.judgment] for entry in group]
        prompts.append(
            PromptJudgments(
                prompt=group[0].prompt,
                verdicts=tuple(
                    Verdict(judgment.order, judgment.verdict, judgment.preference) for judgment in judgments
                ),
                candidate_chars=judgments[0].candidate_chars,
                baseline_chars=judgments[0].baseline_chars,
                candidate_text=texts_by_key.get(group[0].candidate_output),
                baseline_text=texts_by_key.get(group[0].baseline_output),
            )
        )
    return prompts


def stored_judgments(store: Store, evaluation: str, texts: bool = False) -> list[PromptJudgments]:
    """The judgments of a stored evaluation, by prompt, in its order: what its figures were computed from; with the
    responses' texts if asked for. `evaluation` is its key. A prompt of which the store lacks a judgment is left out."""
    listed = entry_keys(store, evaluation)
    held = judgments_with_keys(store, [entry.judgment for entry in listed])
    half_judged = {entry.prompt for entry in listed if entry.judgment not in held}
    keys = [entry for entry in listed if entry.prompt not in half_judged]
    prompts = prompts_with_keys(store, [entry.prompt for entry in keys])
    entries = [
        JudgedPair(prompt, entry.judgment, entry.candidate_output or "", entry.baseline_output or "")
        for prompt, entry in zip(prompts, keys, strict=True)
    ]
    return read_judgments(store, entries, texts)
