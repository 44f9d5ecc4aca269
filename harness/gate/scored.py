"""Figures of a policy's own: the mean score that a pointwise judge gives the candidate's responses."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from tpobench.harness.gate.policy import Policy
from tpobench.harness.judges.named import scorer_named
from tpobench.harness.judges.scorer import PromptedResponses, ensure_scores
from tpobench.harness.progress import Progress
from tpobench.harness.records import Metric, Prompt, score_key
from tpobench.harness.store.store import Store


def with_scorers(
    store: Store,
    policy: Policy,
    figures: Mapping[str, Metric],
    prompts: Sequence[Prompt],
    responses: Sequence[str] | None,
    offline: bool = False,
) -> dict[str, Metric]:
    """The figures, with those of the policy that name a scorer (``module:function``, ``reward:MODEL``, ...) in place of
    any of the same name. Without texts, or offline with a score missing, there is none.

    What is scored already is not scored again. Raises UserError where the scorer fails.
    """
    scorers = {name: rule.scorer for name, rule in policy.metrics.items() if rule.scorer is not None}
    found = {name: figure for name, figure in figures.items() if name not in scorers}
    for name, scorer in scorers.items():
        if responses:
            values = _scores(store, scorer, list(zip(prompts, responses, strict=True)), offline)
            if values:
                found[name] = Metric(name=name, value=fmean(values), n=len(values))
    return found


def _scores(store: Store, scorer: str, responses: PromptedResponses, offline: bool) -> list[float]:
    """Every response's score; none where one is missing and may not be asked for."""
    judge = scorer_named(scorer)
    judge.require([prompt for prompt, _ in responses])
    if offline and store.missing("score", [score_key(judge.id, *response) for response in responses]):
        return []
    try:
        values = ensure_scores(store, judge, responses, Progress(quiet=True), f"scoring by {judge.label}")
    finally:
        judge.close()
    return list(values.values())
