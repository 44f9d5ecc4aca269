"""Figures that candidate and baseline have against one third model, prompt by prompt."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark, FigureDifference
from tpobench.harness.evaluation.distinct_prompts import distinct
from tpobench.harness.evaluation.record import stored_judgments
from tpobench.harness.gate.figures import ComparedSides
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.rules import PairedRule
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.store.evaluations import StoredEvaluation, evaluations_of, sampling_of_candidates
from tpobench.harness.store.judgments import baseline_responses, prompt_preferences
from tpobench.harness.store.models import model_named
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.store import Store

WIN_RATE = "win_rate"


@dataclass(frozen=True, kw_only=True)
class Where:
    """On what both sides were judged, as far as the gate says it: `benchmark` has figures of its own, `judge` is an id,
    `prompts` are keys. None and empty leave it open."""

    benchmark: Benchmark | None = None
    judge: str | None = None
    prompts: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """An evaluation of one side with what tells whether another one is alike: preferences by prompt, the third model's
    responses by prompt, and how the side was sampled (None where that is not known)."""

    evaluation: StoredEvaluation
    preferences: Mapping[str, float | None]
    third: Mapping[str, str]
    sampling: Mapping[str, Any] | None

    @property
    def setting(self) -> tuple[str, ...]:
        """What is to be the same for two of them to be compared, beside prompts, responses and sampling."""
        of = self.evaluation
        return of.benchmark, of.judge, of.baseline, of.baseline_mode, str(of.about.get("orders"))

    def is_like(self, other: "_Judged") -> bool:
        """Whether both were judged against the same responses to the same prompts, sampled alike."""
        return (
            self.setting == other.setting
            and self.preferences.keys() == other.preferences.keys()
            and self.third == other.third
            and (None in (self.sampling, other.sampling) or self.sampling == other.sampling)
        )


def paired_figures(store: Store, policy: Rules, sides: ComparedSides, where: Where) -> dict[str, PairedValues]:
    """By figure of the policy, what both sides have of it against one third model, on the same prompts by one judge.

    Args:
        store: Has the evaluations.
        policy: Names the figures.
        sides: The two models and their modes.
        where: What the gate fixes.

    Raises:
        UserError: `against` of a rule names no model of the store.
    """
    return {
        figure: _paired(store, policy, figure, rule, sides, where)
        for figure, rule in policy.paired.items()
        if rule.scorer is None
    }


def _paired(
    store: Store, policy: Rules, figure: str, rule: PairedRule, sides: ComparedSides, where: Where
) -> PairedValues:
    ours, theirs = (
        [entry for entry in _judged(store, model, mode, rule) if _is_where(store, policy, where, entry)]
        for model, mode in ((sides.candidate, sides.candidate_mode), (sides.baseline, sides.baseline_mode))
    )
    alike = [(mine, other) for mine in ours for other in theirs if mine.is_like(other)]
    if not alike:
        return PairedValues(
            problem="candidate and baseline were not judged against one third model on the same prompts by one judge "
            "under the same settings; tpobench eval with the same --baseline and options for both makes that"
        )
    mine, other = alike[0]
    if problem := _ambiguity([pair[0] for pair in alike], figure):
        return PairedValues(problem=problem)
    if figure == WIN_RATE:
        prompts = prompts_with_keys(store, list(mine.preferences))
        keys = [prompts[index].key for index in distinct(prompts)]
        return PairedValues(pairs=[(mine.preferences[key], other.preferences[key]) for key in keys])
    return _fitted(store, figure, mine, other, where.benchmark)


def _judged(store: Store, model: str, mode: str, rule: PairedRule) -> list[_Judged]:
    """The evaluations of one side that the rule may be about: that on most prompts first, and of those the newest."""
    third = None if rule.against is None else model_named(store, rule.against)
    evaluations = {
        entry.evaluation: entry
        for entry in evaluations_of(store, candidates=[model])
        if entry.baseline
        and entry.candidate_mode == mode
        and (third is None or entry.baseline in third.fingerprints)
        and (third is None or third.mode in ("", entry.baseline_mode))
    }
    preferences: dict[str, dict[str, float | None]] = {key: {} for key in evaluations}
    for judged in prompt_preferences(store, evaluations):
        preferences[judged.evaluation][judged.prompt] = judged.preference
    responses, sampling = baseline_responses(store, evaluations), sampling_of_candidates(store, evaluations)
    return [
        _Judged(
            evaluation=entry, preferences=preferences[key], third=responses.get(key, {}), sampling=sampling.get(key)
        )
        for key, entry in evaluations.items()
    ]


def _is_where(store: Store, policy: Rules, where: Where, judged: _Judged) -> bool:
    """Whether it is on the prompts and by the judge that gate and policy say."""
    prompts, pinned = set(judged.preferences), policy.pins.prompts
    return (
        bool(prompts)
        and (where.judge or policy.pins.judge) in (None, judged.evaluation.judge)
        and (not where.prompts or prompts == set(where.prompts))
        and (where.benchmark is None or where.benchmark.name == judged.evaluation.benchmark)
        and pinned in (None, prompts_digest(prompts_with_keys(store, list(prompts))))
    )


def _ambiguity(judged: Sequence[_Judged], figure: str) -> str:
    """Why one cannot say which of these counts; empty where the first does, and the others are parts of it."""
    advice = {
        "benchmark": "say which under 'evaluate'",
        "judge": "pin one under pins.judge",
        "against": f"say which with 'against' under paired.{figure}",
    }
    for detail, how in advice.items():
        several = sorted({getattr(entry.evaluation, detail) for entry in judged})
        if len(several) > 1:
            return f"candidate and baseline share evaluations with more than one {detail} ({', '.join(several)}); {how}"
    largest = set(judged[0].preferences)
    if any(not largest.issuperset(entry.preferences) for entry in judged):
        return "candidate and baseline share evaluations on several sets of prompts; pin one under pins.prompts"
    if len({entry.setting for entry in judged}) > 1:
        return "candidate and baseline share evaluations with one order and with both; say which under 'evaluate'"
    return ""


def _fitted(store: Store, figure: str, ours: _Judged, theirs: _Judged, benchmark: Benchmark | None) -> PairedValues:
    """The difference of a benchmark's own figure."""
    name = ours.evaluation.benchmark
    if benchmark is None:
        problem = f"{figure} is a figure of {name} itself: name the benchmark under 'evaluate', with its data"
        return PairedValues(problem=problem)
    if benchmark.difference is None:
        return PairedValues(problem=f"{name} has no figure that differs prompt by prompt but {WIN_RATE}")
    sides = [
        {
            entry.prompt.key: entry
            for entry in stored_judgments(store, side.evaluation.evaluation, benchmark.needs_texts)
        }
        for side in (ours, theirs)
    ]
    order = [prompt.key for prompt in benchmark.prompts if all(prompt.key in side for side in sides)]
    differences = benchmark.difference(*([side[key] for key in order] for side in sides))
    fitting = [difference for difference in differences if difference.name == figure]
    if not fitting:
        known = ", ".join([WIN_RATE, *(difference.name for difference in differences)])
        return PairedValues(problem=f"{name} has no paired difference of {figure} here; it has {known}")
    return _with_missing(fitting[0], len(ours.preferences))


def _with_missing(difference: FigureDifference, prompts: int) -> PairedValues:
    """What is missing of either side could move both by its share."""
    missing = 1 - difference.n / prompts
    if missing > MAX_MISSING:
        return PairedValues(problem=f"{difference.name} is over {difference.n} of {prompts} prompts only")
    low, high = difference.low - 2 * missing, difference.high + 2 * missing
    return PairedValues(fitted=replace(difference, low=low, high=high))
