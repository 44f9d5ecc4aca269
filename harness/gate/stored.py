"""A gate on what the store holds already: no judge is asked, nothing is sampled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.figures import ComparedSides, candidate_metrics, task_items
from tpobench.harness.gate.input import GateInput, GateRequest, OutputSummary
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.store.evaluations import StoredEvaluation, evaluation_with_key, largest_evaluations
from tpobench.harness.store.judgments import evaluation_judgments, judged_responses, prompt_preferences
from tpobench.harness.store.models import model_named
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.runs import CHECKPOINT, checkpoint_evaluation
from tpobench.harness.store.store import Store

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class StoredPreferences:
    """The preferences of a stored evaluation. All that will ever be there is there, so judging is free."""

    against: str
    fingerprint: str
    mode: str
    prompts: Sequence[Prompt]
    values: Sequence[float | None]
    observations: Sequence[str]
    judgments: Sequence[tuple[Verdict, ...]]
    free: bool = True
    paid: bool = False
    advice: str = "tpobench eval --retry-missing asks again"
    dollars_per_prompt: float | None = 0.0

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """The candidate's preference on the prompts with these indices; None where it is missing."""
        return [self.values[index] for index in indices]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """Every judgment of the prompts with these indices."""
        return [self.judgments[index] for index in indices]


def stored_input(store: Store, policy: Rules, request: GateRequest) -> GateInput:
    """What a gate looks at, from an evaluation of the store, and from another one where the policy has an anchor.

    Args:
        store: The store that holds the evaluations.
        policy: The rules.
        request: Names the evaluation by its key, by checkpoints of a run, or by its two models.

    Raises:
        StoreLacks: The store holds no such model or run.
        UserError: The two were never compared, or more than once and nothing says which counts; or the anchor was
            compared on other prompts.
    """
    evaluation, candidate, against = _evaluation(store, policy, request)
    preferences = _preferences(store, evaluation, against)
    outputs, baseline_outputs = _output_summaries(store, evaluation)
    anchor = None if policy.anchor is None else _against_anchor(store, policy, evaluation, policy.anchor.against)
    anchor_preferences = None if anchor is None else _preferences(store, anchor)
    if anchor_preferences and prompts_digest(anchor_preferences.prompts) != prompts_digest(preferences.prompts):
        raise UserError(
            f"{evaluation.candidate_name} was compared with {anchor_preferences.against} on other prompts than with "
            f"{preferences.against}"
        )
    sides = ComparedSides(
        candidate=evaluation.candidate,
        candidate_mode=evaluation.candidate_mode,
        baseline=evaluation.baseline,
        baseline_mode=evaluation.baseline_mode,
        benchmark=evaluation.benchmark,
        judge=evaluation.judge,
    )
    return GateInput(
        candidate=candidate or evaluation.candidate_name,
        candidate_fingerprint=evaluation.candidate,
        candidate_mode=evaluation.candidate_mode,
        baseline=preferences.against,
        baseline_fingerprint=evaluation.baseline,
        judge=evaluation.judge,
        benchmark=evaluation.benchmark,
        head_to_head=preferences,
        anchor=anchor_preferences,
        outputs=outputs,
        baseline_outputs=baseline_outputs,
        metrics=candidate_metrics(store, policy, sides, prompts=preferences.prompts, responses=outputs.responses),
        items=task_items(store, policy, sides),
        rows=evaluation.about.get("rows"),
        also_met=() if anchor is None else (anchor.baseline,),
    )


def _evaluation(store: Store, policy: Rules, request: GateRequest) -> tuple[StoredEvaluation, str, str]:
    """The evaluation that is meant, and what to call its two sides (empty: by their names)."""
    if request.evaluation:
        return evaluation_with_key(store, request.evaluation), request.candidate, request.against
    if CHECKPOINT.fullmatch(request.candidate):
        compared = checkpoint_evaluation(store, request.run, request.candidate, request.against)
        return evaluation_with_key(store, compared.evaluation), *compared.pair
    return _evaluation_of(store, policy, request.candidate, request.against), "", ""


def _against_anchor(store: Store, policy: Rules, like: StoredEvaluation, anchor: str) -> StoredEvaluation:
    """The candidate's evaluation against the anchor: on the same benchmark, by the same judge, in the same mode."""
    return _evaluation_of(store, policy, like.candidate, anchor, like)


def _evaluation_of(
    store: Store, policy: Rules, candidate: str, against: str, like: StoredEvaluation | None = None
) -> StoredEvaluation:
    """The evaluation of one model against another: the one on most prompts, of those the newest."""
    evaluations = largest_evaluations(store)
    theirs = model_named(store, against, among={e.baseline for e in evaluations})
    against_it = {e.candidate for e in evaluations if e.baseline in theirs.fingerprints}
    ours = model_named(store, candidate, among=against_it or {e.candidate for e in evaluations})
    fitting = [
        evaluation
        for evaluation in evaluations
        if evaluation.candidate in ours.fingerprints
        and evaluation.baseline in theirs.fingerprints
        and ours.mode in ("", evaluation.candidate_mode)
        and theirs.mode in ("", evaluation.baseline_mode)
        and (like is None or _setting(evaluation) == _setting(like))
    ]
    if not fitting:
        where = "" if like is None else f" on {like.benchmark} by {like.judge}"
        raise UserError(
            f"{ours.label} was never judged against {theirs.label}{where} in {store.path}; tpobench compare shows "
            "their paired difference, and a policy with 'evaluate' lets the gate judge them"
        )
    pinned = [e for e in fitting if policy.pins.judge in (None, e.judge)] or fitting
    _require_one_setting(pinned, ours.label, theirs.label)
    return pinned[0]


def _setting(evaluation: StoredEvaluation) -> tuple[str, str, str]:
    return evaluation.benchmark, evaluation.judge, evaluation.candidate_mode


def _require_one_setting(evaluations: Sequence[StoredEvaluation], candidate: str, against: str) -> None:
    """Raises UserError where the evaluations differ in judge, benchmark, mode, or in what answered to one name."""
    advice = {
        "judge": "pin one under pins.judge of the policy",
        "benchmark": "say which under 'evaluate'",
        "candidate_mode": f"say which, as {candidate}@MODE or under 'evaluate'",
        "baseline_mode": f"say which, as {against}@MODE or under 'evaluate'",
        "candidate": "name one of these fingerprints",
        "baseline": "name one of these fingerprints",
    }
    for detail, how in advice.items():
        several = sorted({getattr(evaluation, detail) for evaluation in evaluations})
        if len(several) > 1:
            shown = ", ".join(several)
            raise UserError(f"{candidate} was compared with {against} with more than one {detail}: {shown}; {how}")


def _preferences(store: Store, evaluation: StoredEvaluation, against: str = "") -> StoredPreferences:
    judged = prompt_preferences(store, [evaluation.evaluation])
    by_prompt = evaluation_judgments(store, evaluation.evaluation)
    games = [by_prompt[entry.prompt] for entry in judged]
    return StoredPreferences(
        against=against or evaluation.against,
        fingerprint=evaluation.baseline,
        mode=evaluation.baseline_mode,
        prompts=prompts_with_keys(store, [entry.prompt for entry in judged]),
        values=[entry.preference for entry in judged],
        observations=[content_key("observation", sorted(of_prompt)) for of_prompt in games],
        judgments=[
            tuple(Verdict(judgment.order, judgment.verdict, judgment.preference) for judgment in of_prompt.values())
            for of_prompt in games
        ],
    )


def _output_summaries(store: Store, evaluation: StoredEvaluation) -> tuple[OutputSummary, OutputSummary]:
    """What the store knows of both sides' outputs."""
    overall = {m.name: m.value for m in store.metrics(evaluation.evaluation) if m.category is None}
    judged = judged_responses(store, evaluation.evaluation)
    candidate = OutputSummary(
        thought_chars=overall.get("thought_chars"),
        parse_error_rate=overall.get("parse_error_rate"),
        responses=_unless_lost([entry.candidate_response for entry in judged]),
        response_lengths=_unless_lost([entry.candidate_chars for entry in judged]),
    )
    baseline = OutputSummary(
        responses=_unless_lost([entry.baseline_response for entry in judged]),
        response_lengths=_unless_lost([entry.baseline_chars for entry in judged]),
    )
    return candidate, baseline


def _unless_lost(values: Sequence[T | None]) -> Sequence[T] | None:
    """The values, where the store has all of them."""
    known = [value for value in values if value is not None]
    return known if values and len(known) == len(values) else None
