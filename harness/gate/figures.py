"""Figures that a policy asks for: mean scores of both sides' responses, and those of the candidate's evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.distinct_prompts import distinct
from tpobench.harness.evaluation.metrics import by_category
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import comparisons_of, evaluate_outputs
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.policy import Policy, Rules
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.named import scorer_named
from tpobench.harness.judges.scorer import PromptedResponses, ensure_scores
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, Prompt, score_key
from tpobench.harness.store.evaluations import evaluation_of_judgments
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class ComparedSides:
    """The two sides of a gate: fingerprints and names of modes."""

    candidate: str
    candidate_mode: str
    baseline: str
    baseline_mode: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What both sides answered to the gate's prompts; None where the store has no texts. When `offline`, nothing may be
    scored."""

    prompts: Sequence[Prompt]
    candidate: Sequence[str] | None
    baseline: Sequence[str] | None = None
    offline: bool = False


@dataclass(frozen=True, kw_only=True)
class LiveFigures:
    """The figures of the evaluation that the gate's own comparison is: of the same answers, prompts, judge and orders.
    It is the one that `tpobench eval` makes, and is stored as such, with the options that ask for it."""

    store: Store
    judge: Judge
    benchmark: Benchmark
    candidate: ModelOutputs
    baseline: ModelOutputs
    about: Mapping[str, Any]
    asked: Mapping[str, Any]
    offline: bool

    @property
    def free(self) -> bool:
        """Whether they can be had for nothing."""
        return self._is_judged or (self.judge.free and not self.offline)

    @property
    def advice(self) -> str:
        """What to do where the figures cannot be had."""
        return "leave out --offline to have the rest of the prompts judged"

    def metrics(self) -> dict[str, Metric]:
        """The overall figures, once every prompt is judged."""
        if self.offline and not self._is_judged:
            return {}
        sides = (self.candidate.model.fingerprint, self.candidate.mode.name)
        others = (self.baseline.model.fingerprint, self.baseline.mode.name)
        known = evaluation_of_judgments(self.store, (*sides, *others), self.judge.id, self._keys)
        about = self.about if known is None else known.about  # the same evaluation, its figures computed again
        key = evaluate_outputs(self.store, self.judge, self.benchmark, self.candidate, self.baseline, about)
        if known is None:
            self.store.add_request(key, "eval", self.asked)
        return overall_metrics(self.store, key)

    @property
    def _is_judged(self) -> bool:
        return not self.store.missing("judgment", self._keys)

    @cached_property
    def _keys(self) -> list[str]:
        comparisons = comparisons_of(self.judge, self.benchmark, self.candidate, self.baseline)
        return [self.judge.key(comparison) for of_prompt in comparisons for comparison in of_prompt]


def overall_metrics(store: Store, evaluation: str) -> dict[str, Metric]:
    """The figures of an evaluation over all of its prompts, by name."""
    return {metric.name: metric for metric in store.metrics(evaluation) if metric.category is None}


def require_scorers(policy: Policy) -> None:
    """Raises UserError for a scorer of the rules that does not exist, before anything is sampled, judged or planned."""
    for rules in policy.parts.values():
        named = [rule.scorer for rule in rules.metrics.values()] + [rule.scorer for rule in rules.paired.values()]
        for scorer in filter(None, named):
            scorer_named(scorer)


def candidate_metrics(store: Store, policy: Rules, own: Mapping[str, Metric], answers: Answers) -> dict[str, Metric]:
    """The candidate's `own` metrics, but for those that the policy has scored, and its scores. Arguments as for
    `scored_metrics`."""
    scored = {name for name, rule in policy.metrics.items() if rule.scorer is not None}
    return {name: metric for name, metric in own.items() if name not in scored} | scored_metrics(store, policy, answers)


def scored_metrics(store: Store, policy: Rules, answers: Answers) -> dict[str, Metric]:
    """The candidate's mean score by each scorer that the policy bounds, with its interval.

    Args:
        store: Where scores are; what is scored already is not scored again.
        policy: The rules.
        answers: What is scored. A score that is missing and may not be asked for makes no metric.

    Raises:
        UserError: A scorer fails, or there is none of this name.
    """
    metrics = {}
    for name, rule in policy.metrics.items():
        if rule.scorer is None:
            continue
        values = _scores(store, rule.scorer, answers, answers.candidate)
        if values:
            metrics[name] = by_category(name, answers.prompts, values)[0]
    return metrics


def paired_scores(store: Store, policy: Rules, answers: Answers) -> dict[str, PairedValues]:
    """The scores of both sides' responses, prompt by prompt, for each `paired` rule with a scorer. Raises UserError
    like `scored_metrics`."""
    paired = {}
    for name, rule in policy.paired.items():
        if rule.scorer is None:
            continue
        ours = _scores(store, rule.scorer, answers, answers.candidate)
        theirs = _scores(store, rule.scorer, answers, answers.baseline)
        if ours is None or theirs is None:
            problem = f"the store does not hold both sides' responses with their scores by {rule.scorer}"
            paired[name] = PairedValues(problem=f"{problem}; a policy with 'evaluate' has them scored")
        else:
            paired[name] = PairedValues(pairs=[(ours[index], theirs[index]) for index in distinct(answers.prompts)])
    return paired


def _scores(store: Store, scorer_name: str, answers: Answers, responses: Sequence[str] | None) -> list[float] | None:
    """Every response's score, in the order of the prompts; None where one is missing and may not be asked for."""
    scorer = scorer_named(scorer_name)
    scorer.require(answers.prompts)
    if not responses:
        return None
    prompted: PromptedResponses = list(zip(answers.prompts, responses, strict=True))
    keys = [score_key(scorer.id, *response) for response in prompted]
    if answers.offline and store.missing("score", keys):
        return None
    try:
        values = ensure_scores(store, scorer, prompted, Progress(quiet=True), f"scoring by {scorer.label}")
    finally:
        scorer.close()
    return [values[key] for key in keys]
