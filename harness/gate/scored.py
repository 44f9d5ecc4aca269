"""Figures of a policy's own: the mean score that a pointwise judge gives the candidate's responses."""

from collections.abc import Sequence
from statistics import fmean

from harness.gate.policy import Policy
from harness.judges import pointwise_judge
from harness.records import Metric, Prompt, score_key
from harness.store import Store


def scored_figures(
    store: Store, policy: Policy, prompts: Sequence[Prompt], responses: Sequence[str] | None
) -> dict[str, Metric]:
    """By name, the metrics of the policy that name a scorer (``module:function``, ``reward:MODEL``, ...); none without
    texts. What is scored already is not scored again. Raises UserError where the scorer fails."""
    figures = {}
    for name, rule in policy.metrics.items():
        if rule.scorer is None or not responses:
            continue
        judge = pointwise_judge(rule.scorer)
        judge.require(prompts)
        asked = {score_key(judge.id, *pair): pair for pair in zip(prompts, responses, strict=True)}
        missing = store.missing("score", list(asked))
        try:
            for group in judge.score_all([asked[key] for key in missing]):
                store.add_scores(group)
        finally:
            judge.close()
        found = store.scores(list(asked))
        figures[name] = Metric(name, fmean(found.values()), len(found))
    return figures
