"""A gate on what the store holds already: no judge is asked, nothing is sampled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.figures import Answers, ComparedSides, candidate_metrics, overall_metrics, paired_scores
from tpobench.harness.gate.input import GateInput, GateRequest, OutputSummary
from tpobench.harness.gate.needs import takes_answers, takes_comparison, takes_third_model
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.stored_pairs import evaluation_against, evaluation_of_pair, stored_side
from tpobench.harness.gate.task_items import PREFIX, task_items
from tpobench.harness.gate.third_model import Where, paired_figures
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.store.evaluations import StoredEvaluation, evaluation_with_key, evaluations_of
from tpobench.harness.store.judgments import evaluation_judgments, judged_responses, prompt_preferences
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
    """What a gate looks at, from an evaluation of the store, and from another one where the policy has an anchor; for
    rules that need neither, from both sides' own evaluations.

    Args:
        store: The store that holds the evaluations.
        policy: The rules.
        request: Names the evaluation by its key, by checkpoints of a run, or by its two models.

    Raises:
        StoreLacks: The store holds no such model or run.
        UserError: The two were never compared, or more than once and nothing says which counts; or the anchor was
            compared on other prompts.
    """
    if not takes_answers(policy) and not request.evaluation:
        return _without_evaluation(store, policy, request)
    evaluation, candidate, against = _evaluation(store, policy, request)
    preferences = _preferences(store, evaluation, against)
    outputs, baseline_outputs = _output_summaries(store, evaluation)
    anchor = None if policy.anchor is None else evaluation_against(store, policy, evaluation, policy.anchor.against)
    sides = ComparedSides(
        candidate=evaluation.candidate,
        candidate_mode=evaluation.candidate_mode,
        baseline=evaluation.baseline,
        baseline_mode=evaluation.baseline_mode,
    )
    answers = Answers(prompts=preferences.prompts, candidate=outputs.responses, baseline=baseline_outputs.responses)
    where = Where(judge=evaluation.judge, prompts={prompt.key for prompt in preferences.prompts})
    return GateInput(
        candidate=candidate or evaluation.candidate_name,
        candidate_fingerprint=evaluation.candidate,
        candidate_mode=evaluation.candidate_mode,
        baseline=preferences.against,
        baseline_fingerprint=evaluation.baseline,
        baseline_mode=evaluation.baseline_mode,
        judge=evaluation.judge,
        benchmark=evaluation.benchmark,
        head_to_head=preferences if takes_comparison(policy) else None,
        anchor=None if anchor is None else _preferences(store, anchor),
        outputs=outputs,
        baseline_outputs=baseline_outputs,
        metrics=candidate_metrics(store, policy, overall_metrics(store, evaluation.evaluation), answers),
        items=task_items(store, policy, sides),
        paired=paired_scores(store, policy, answers) | paired_figures(store, policy, sides, where),
        rows=evaluation.about.get("rows"),
        also_met=() if anchor is None else (anchor.baseline,),
        answered=preferences.prompts,
    )


def _without_evaluation(store: Store, policy: Rules, request: GateRequest) -> GateInput:
    """What rules look at that are about each side's own evaluations: lm-eval's items, figures against a third model."""
    benchmarks = [f"{PREFIX}{task}" for task in policy.lm_eval]
    evaluations = [
        entry
        for entry in evaluations_of(store)
        if entry.benchmark in benchmarks or (takes_third_model(policy) and entry.baseline)
    ]
    candidate = stored_side(store, request.candidate, request.run, evaluations)
    baseline = stored_side(store, request.against or _other_arm(request.candidate), request.run, evaluations)
    if candidate == baseline:
        raise UserError(f"the candidate {request.candidate} is also the baseline; name another model")
    sides = ComparedSides(
        candidate=candidate.fingerprint,
        candidate_mode=candidate.mode,
        baseline=baseline.fingerprint,
        baseline_mode=baseline.mode,
    )
    return GateInput(
        candidate=in_mode(request.candidate, candidate.mode),
        candidate_fingerprint=candidate.fingerprint,
        candidate_mode=candidate.mode,
        baseline=in_mode(request.against or baseline.name, baseline.mode),
        baseline_fingerprint=baseline.fingerprint,
        baseline_mode=baseline.mode,
        judge="",
        benchmark=", ".join(benchmarks),
        head_to_head=None,
        outputs=OutputSummary(),
        baseline_outputs=OutputSummary(),
        items=task_items(store, policy, sides),
        paired=paired_figures(store, policy, sides, Where()),
    )


def _other_arm(candidate: str) -> str:
    """Whom a checkpoint of a run is compared with where nobody is named."""
    return f"direct/{candidate.partition('/')[2]}"


def _evaluation(store: Store, policy: Rules, request: GateRequest) -> tuple[StoredEvaluation, str, str]:
    """The evaluation that is meant, and what to call its two sides (empty: by their names)."""
    if request.evaluation:
        return evaluation_with_key(store, request.evaluation), request.candidate, request.against
    if CHECKPOINT.fullmatch(request.candidate):
        compared = checkpoint_evaluation(store, request.run, request.candidate, request.against)
        return evaluation_with_key(store, compared.evaluation), *compared.pair
    return evaluation_of_pair(store, policy, request.candidate, request.against), "", ""


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
        refusals=[entry.candidate_refusal for entry in judged],
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
