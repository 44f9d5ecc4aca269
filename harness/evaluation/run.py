"""One model through one benchmark: outputs, judgments against a baseline, win rates with intervals."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison, PairwiseJudge
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.judges.named import judged_text
from tpobench.harness.models.modes import Mode
from tpobench.harness.records import Metric, Model, Output, Prompt, SamplingParams, content_key, judgment_key
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store

Score = Callable[[Sequence[PromptJudgments]], list[Metric]]
"""A benchmark's own figures beside the win rate, from the observations in the benchmark's order."""


@dataclass(frozen=True)
class Benchmark:
    """Prompts that are judged together. `name` is for example ``starter/test``.

    `orders` is ``both`` where every pair is judged twice with sides swapped, ``one`` where the judge's own order
    counts. `rows` is the number of prompts of the whole benchmark: a result over fewer says so. `judge` is the one that
    is asked unless another is named; `baseline` answers with `answers`, or is a model that is to be sampled. `official`
    says that prompts and baseline are the published ones.
    """

    name: str
    prompts: Sequence[Prompt]
    orders: str = "one"
    rows: int | None = None
    score: Score | None = None
    judge: str = "checklist"
    baseline: str | None = None
    answers: Sequence[str] | None = None
    official: bool = False
    needs_texts: bool = False
    max_new_tokens: int = 1024


@dataclass(frozen=True)
class ModelOutputs:
    """One side of a comparison: a model in a mode, with its outputs, one per prompt in the benchmark's order.

    `first_tries` are the outputs of sample number 0: a format error is sampled again (paper, section 3), and the
    parse-error rate is that of the first tries.
    """

    model: Model
    mode: Mode
    outputs: Sequence[Output]
    first_tries: Sequence[Output]

    @property
    def responses(self) -> list[str]:
        return [judged_text(output, self.mode) for output in self.outputs]

    def at(self, places: Sequence[int]) -> "ModelOutputs":
        """The same with the outputs at these places alone."""
        outputs, tries = ([side[place] for place in places] for side in (self.outputs, self.first_tries))
        return ModelOutputs(self.model, self.mode, outputs, tries)


@dataclass(frozen=True)
class JudgedPair:
    """One judgment of an evaluation: its keys. Outputs that were never told (imported judgments) have keys of their
    own, without a row."""

    prompt: Prompt
    judgment: str
    candidate_output: str
    baseline_output: str


@dataclass(frozen=True)
class EvaluationRecord:
    """What an evaluation compared, as it is stored."""

    benchmark: Benchmark
    judge: str
    candidate: Model
    baseline: Model
    candidate_mode: str = "direct"
    baseline_mode: str = "direct"
    about: Mapping[str, Any] = field(default_factory=dict)


def sample_outputs(
    generator: OutputCache, mode: Mode, benchmark: Benchmark, params: SamplingParams, format_retries: int, what: str
) -> ModelOutputs:
    """Answer every prompt; outputs that do not parse are sampled again up to `format_retries` times."""
    prompts = benchmark.prompts
    generator.ensure(prompts, mode, params, [0], what)
    first = generator.outputs(prompts, mode, params, [0])
    final = list(first)
    for retry in range(1, format_retries + 1):
        failed = [place for place, output in enumerate(final) if output.parse_error]
        if not failed:
            break
        again = [prompts[place] for place in failed]
        generator.ensure(again, mode, params, [retry], f"{what}, format errors again")
        for place, output in zip(failed, generator.outputs(again, mode, params, [retry]), strict=True):
            final[place] = output
    return ModelOutputs(generator.model, mode, final, first)


def judge_and_store(
    store: Store, judge: ChecklistJudge | ModelJudge, benchmark: Benchmark, candidate: ModelOutputs, baseline: ModelOutputs,
    about: Mapping[str, Any] | None = None,
) -> str:  # fmt: skip
    """Judge the candidate against the baseline prompt by prompt and store the figures; returns the evaluation's key.

    Judgments that are stored already are not asked for again.
    """
    store.add_prompts(benchmark.prompts)
    judge_id = judge.judge.id if isinstance(judge, ModelJudge) else judge.id
    entries = [
        JudgedPair(prompt, key, ours.key, theirs.key)
        for prompt, keys, ours, theirs in zip(
            benchmark.prompts, judge_all(store, judge, benchmark, candidate, baseline), candidate.outputs,
            baseline.outputs, strict=True,
        )
        for key in keys
    ]  # fmt: skip
    record = EvaluationRecord(
        benchmark, judge_id, candidate.model, baseline.model, candidate.mode.name, baseline.mode.name, about or {}
    )
    extra = _side_metrics(candidate)
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
        "benchmark": record.benchmark.name, "judge": record.judge, "params": json.dumps(record.about, sort_keys=True),
        "candidate": record.candidate.fingerprint, "candidate_mode": record.candidate_mode,
        "baseline": record.baseline.fingerprint, "baseline_mode": record.baseline_mode,
        "prompt_keys": [entry.prompt.key for entry in entries],
        "judgment_keys": [entry.judgment for entry in entries],
        "candidate_outputs": [entry.candidate_output for entry in entries],
        "baseline_outputs": [entry.baseline_output for entry in entries],
    }  # fmt: skip
    key = content_key("evaluation", stored)
    observations = read_judgments(store, entries, record.benchmark.needs_texts)
    store.add_metrics(key, [*measure(observations), *extra, *_own_score(record.benchmark, observations)])
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
                group[0].prompt, tuple(game for game, _, _ in games), chars_a, chars_b,
                told.get(group[0].candidate_output), told.get(group[0].baseline_output),
            )
        )  # fmt: skip
    return found


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


def _own_score(benchmark: Benchmark, observations: Sequence[PromptJudgments]) -> list[Metric]:
    return benchmark.score(observations) if benchmark.score else []


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
        Comparison(prompt, ours, theirs, order, candidate.mode.markers)
        for prompt, ours, theirs in zip(benchmark.prompts, candidate.responses, baseline.responses, strict=True)
        for order in (("BA", "AB") if benchmark.orders == "both" else (judge.order(prompt),))
    ]


def _side_metrics(candidate: ModelOutputs) -> list[Metric]:
    n = len(candidate.outputs)
    return [
        Metric("parse_error_rate", sum(o.parse_error is not None for o in candidate.first_tries) / n, n),
        Metric("truncated", sum(o.finish_reason == "length" for o in candidate.outputs) / n, n),
        Metric("thought_chars", fmean(len(o.thought) for o in candidate.outputs), n),
    ]
