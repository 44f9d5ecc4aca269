"""Figures that a policy bounds: metrics of the candidate's own evaluation, scores by a scorer, items of lm-eval."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from tpobench.harness.errors import UserError
from tpobench.harness.gate.input import TaskItems
from tpobench.harness.gate.policy import Rules
from tpobench.harness.judges.named import scorer_named
from tpobench.harness.judges.scorer import PromptedResponses, ensure_scores
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, Prompt, score_key
from tpobench.harness.store.evaluations import current_evaluations, item_values, newest_metrics
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class ComparedSides:
    """The two sides of a gate: fingerprints and names of modes, with the benchmark and the judge's id in the store."""

    candidate: str
    candidate_mode: str
    baseline: str
    baseline_mode: str
    benchmark: str
    judge: str


def candidate_metrics(
    store: Store,
    policy: Rules,
    sides: ComparedSides,
    *,
    prompts: Sequence[Prompt],
    responses: Sequence[str] | None,
    offline: bool = False,
) -> dict[str, Metric]:
    """The newest metrics of a candidate, and its mean scores by the scorers that the policy names.

    Args:
        store: Where metrics and scores are; what is scored already is not scored again.
        policy: The rules.
        sides: The candidate, and where and by whom it was evaluated.
        prompts: The prompts that the responses belong to.
        responses: What is scored; None where the store has no texts.
        offline: Whether nothing may be scored: a scorer with a score missing gives no metric then.

    Returns:
        The metrics by name. A scorer's never comes from an evaluation.

    Raises:
        UserError: A scorer fails, or there is none of this name.
    """
    scorers = {name: rule.scorer for name, rule in policy.metrics.items() if rule.scorer is not None}
    known = newest_metrics(store, sides.candidate, sides.candidate_mode, sides.benchmark, sides.judge)
    metrics = {name: metric for name, metric in known.items() if name not in scorers}
    for name, scorer in scorers.items():
        if responses:
            values = _scores(store, scorer, list(zip(prompts, responses, strict=True)), offline)
            if values:
                metrics[name] = Metric(name=name, value=fmean(values), n=len(values))
    return metrics


def task_items(store: Store, policy: Rules, sides: ComparedSides) -> dict[str, TaskItems]:
    """By lm-eval task of the policy, what both models' newest evaluations scored on each item.

    Args:
        store: Has the evaluations.
        policy: Names the tasks, each with a metric.
        candidate: A fingerprint.
        mode: The candidate's.
        baseline: A fingerprint.
        baseline_mode: The baseline's.

    Raises:
        UserError: A task has several metrics of the name that the policy gives.
    """
    items = {}
    for task, rule in policy.lm_eval.items():
        ours = _newest_items(store, task, rule.metric, sides.candidate, sides.candidate_mode)
        theirs = _newest_items(store, task, rule.metric, sides.baseline, sides.baseline_mode)
        pairs = [(ours[item], theirs[item]) for item in sorted(ours.keys() & theirs.keys())]
        items[task] = TaskItems(pairs, max(len(ours), len(theirs)))
    return items


def _scores(store: Store, scorer_name: str, responses: PromptedResponses, offline: bool) -> list[float]:
    """Every response's score; none where one is missing and may not be asked for."""
    scorer = scorer_named(scorer_name)
    scorer.require([prompt for prompt, _ in responses])
    if offline and store.missing("score", [score_key(scorer.id, *response) for response in responses]):
        return []
    try:
        values = ensure_scores(store, scorer, responses, Progress(quiet=True), f"scoring by {scorer.label}")
    finally:
        scorer.close()
    return list(values.values())


def _newest_items(store: Store, task: str, metric: str, model: str, mode: str) -> dict[str, float]:
    """The values of a metric by item, in the model's newest evaluation on the task. A metric may be named without its
    filter."""
    evaluations = [e for e in current_evaluations(store, f"lm_eval/{task}", [model]) if e.candidate_mode == mode]
    values = item_values(store, [evaluations[0].evaluation]) if evaluations else []
    names = {value.metric for value in values}
    chosen = [name for name in names if name == metric] or [n for n in names if n.partition(",")[0] == metric]
    if len(chosen) > 1:
        raise UserError(
            f"{task} has {' and '.join(sorted(chosen))}; say which under lm_eval.{task}.metric of the policy"
        )
    return {value.item: value.value for value in values if value.metric in chosen}
