"""One model through one benchmark: outputs, judgments against a baseline, win rates with intervals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.metrics import by_category, measure, output_metrics, own_metrics
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison, PairwiseJudge
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.records import Metric, Model, Prompt, content_key, judgment_key
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class JudgedPair:
    """One judgment of an evaluation: its keys. Outputs that were never told (imported judgments) have keys of their
    own, without a row."""

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


def judge_and_store(
    store: Store,
    judge: ChecklistJudge | ModelJudge,
    benchmark: Benchmark,
    candidate: ModelOutputs,
    baseline: ModelOutputs,
    about: Mapping[str, Any] | None = None,
) -> str:
    """Judge the candidate against the baseline prompt by prompt and store the figures; returns the evaluation's key.

    Judgments that are stored already are not asked for again.
    """
    store.add_prompts(benchmark.prompts)
    judge_id = judge.judge.id if isinstance(judge, ModelJudge) else judge.id
    entries = [
        JudgedPair(prompt, key, ours.key, theirs.key)
        for prompt, keys, ours, theirs in zip(
            benchmark.prompts,
            judge_all(store, judge, benchmark, candidate, baseline),
            candidate.outputs,
            baseline.outputs,
            strict=True,
        )
        for key in keys
    ]
    record = EvaluationRecord(
        benchmark=benchmark,
        judge=judge_id,
        candidate=candidate.model,
        baseline=baseline.model,
        candidate_mode=candidate.mode.name,
        baseline_mode=baseline.mode.name,
        about=about or {},
    )
    extra = output_metrics(candidate)
    if isinstance(judge, ChecklistJudge):
        scores = [judge.score(p, text).value for p, text in zip(benchmark.prompts, candidate.responses, strict=True)]
        extra += by_category("mean_score", benchmark.prompts, scores)
    return store_evaluation(store, record, entries, extra)


def store_evaluation(
    store: Store, record: EvaluationRecord, entries: Sequence[JudgedPair], extra: Sequence[Metric] = ()
) -> str:
    """Store an evaluation of judgments that the store holds, with its figures; returns its key.

    The figures are computed anew from the judgments: once a missing verdict has come in, they change.
    """
    stored = {
        "benchmark": record.benchmark.name,
        "judge": record.judge,
        "params": json.dumps(record.about, sort_keys=True),
        "candidate": record.candidate.fingerprint,
        "candidate_mode": record.candidate_mode,
        "baseline": record.baseline.fingerprint,
        "baseline_mode": record.baseline_mode,
        "prompt_keys": [entry.prompt.key for entry in entries],
        "judgment_keys": [entry.judgment for entry in entries],
        "candidate_outputs": [entry.candidate_output for entry in entries],
        "baseline_outputs": [entry.baseline_output for entry in entries],
    }
    key = content_key("evaluation", stored)
    observations = read_judgments(store, entries, record.benchmark.needs_texts)
    store.add_metrics(key, [*measure(observations), *extra, *own_metrics(record.benchmark, observations)])
    store.add_evaluation(key, **stored)
    return key


def read_judgments(store: Store, entries: Sequence[JudgedPair], texts: bool = False) -> list[PromptJudgments]:
    """The judgments of the entries, by prompt, in the order given; with the responses' texts if asked for."""
    told = store.responses([key for e in entries for key in (e.candidate_output, e.baseline_output)]) if texts else {}
    judged = store.judgments([entry.judgment for entry in entries])
    grouped: dict[str, list[JudgedPair]] = {}
    for entry in entries:
        grouped.setdefault(entry.prompt.key, []).append(entry)
    found = []
    for group in grouped.values():
        games = [judged[entry.judgment] for entry in group]
        chars_a, chars_b = games[0][1:]
        found.append(
            PromptJudgments(
                prompt=group[0].prompt,
                games=tuple(game for game, _, _ in games),
                candidate_chars=chars_a,
                baseline_chars=chars_b,
                candidate_text=told.get(group[0].candidate_output),
                baseline_text=told.get(group[0].baseline_output),
            )
        )
    return found


def judge_all(
    store: Store,
    judge: ChecklistJudge | ModelJudge,
    benchmark: Benchmark,
    candidate: ModelOutputs,
    baseline: ModelOutputs,
) -> list[list[str]]:
    """Every judgment of the comparison is in the store when this returns; gives their keys by prompt."""
    if isinstance(judge, ModelJudge):
        comparisons = comparisons_of(judge.judge, benchmark, candidate, baseline)
        judge.ensure(store, comparisons, f"judging {candidate.model.name}")
        return judgment_keys(judge.judge, benchmark, candidate, baseline)
    keys = judgment_keys(judge, benchmark, candidate, baseline)
    missing = set(store.missing("judgment", [key for (key,) in keys]))
    sides = zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True)
    judged = [judge.compare(*side) for (key,), side in zip(keys, sides, strict=True) if key in missing]
    store.add_scores([score for _, scores in judged for score in scores])
    store.add_judgments([judgment for judgment, _ in judged])
    return keys


def judgment_keys(
    judge: ChecklistJudge | PairwiseJudge, benchmark: Benchmark, candidate: ModelOutputs, baseline: ModelOutputs
) -> list[list[str]]:
    """By prompt, the keys of the judgments that the comparison takes, whether the store has them or not."""
    if isinstance(judge, ChecklistJudge):
        sides = zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True)
        return [[judgment_key(judge.id, prompt.key, ours, theirs)] for prompt, ours, theirs in sides]
    keys = [comparison.key(judge.id) for comparison in comparisons_of(judge, benchmark, candidate, baseline)]
    games = 2 if benchmark.orders == "both" else 1
    return [keys[start : start + games] for start in range(0, len(keys), games)]


def comparisons_of(
    judge: PairwiseJudge, benchmark: Benchmark, candidate: ModelOutputs, baseline: ModelOutputs
) -> list[Comparison]:
    """What the judge is to compare, prompt by prompt: in its own order, or in both (the baseline first)."""
    return [
        Comparison(prompt=prompt, candidate=ours, baseline=theirs, order=order, markers=candidate.mode.markers)
        for prompt, ours, theirs in zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True)
        for order in (("BA", "AB") if benchmark.orders == "both" else (judge.order(prompt),))
    ]
