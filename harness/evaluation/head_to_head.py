"""Two models of which one was the other's baseline: a comparison without a third."""

from collections.abc import Iterator

from tpobench.harness.evaluation.differences import ComparedValues, Difference, paired_differences
from tpobench.harness.store.evaluations import StoredEvaluation, current_evaluations
from tpobench.harness.store.judgments import prompt_preferences
from tpobench.harness.store.model_runs import one_run_each
from tpobench.harness.store.models import NamedModel
from tpobench.harness.store.store import Store

HEAD_TO_HEAD = "head_to_head"
"""The figure: A's win rate against B, and what is left of it to B."""


def head_to_head_differences(
    store: Store, a: NamedModel, b: NamedModel, by_clusters: bool = False
) -> Iterator[Difference]:
    """A's share of the preferences minus B's, where one was judged against the other: overall and by category.

    Args:
        store: The store that holds them.
        a: The first model.
        b: The other one.
        by_clusters: Take the prompts of one category for one observation of its size.

    Yields:
        The differences of each benchmark and judge, from the newest evaluation of A against B or of B against A.
    """
    newest: dict[tuple[str, ...], StoredEvaluation] = {}
    current = current_evaluations(store, candidates=(*a.fingerprints, *b.fingerprints), judged=True)
    between = [one for one in current if _is_between(one, a, b) or _is_between(one, b, a)]
    for evaluation in one_run_each(store, between):
        modes = evaluation.candidate_mode, evaluation.baseline_mode
        key = evaluation.benchmark, evaluation.judge, *(modes if _is_between(evaluation, a, b) else modes[::-1])
        newest.setdefault(key, evaluation)
    for _, evaluation in sorted(newest.items()):
        yield from paired_differences(_compared(store, evaluation, _is_between(evaluation, a, b)), by_clusters)


def _is_between(evaluation: StoredEvaluation, candidate: NamedModel, baseline: NamedModel) -> bool:
    return (
        evaluation.candidate in candidate.fingerprints
        and evaluation.baseline in baseline.fingerprints
        and candidate.mode in ("", evaluation.candidate_mode)
        and baseline.mode in ("", evaluation.baseline_mode)
    )


def _compared(store: Store, evaluation: StoredEvaluation, a_is_candidate: bool) -> ComparedValues:
    judged = prompt_preferences(store, [evaluation.evaluation])
    candidate = {one.prompt: (one.category, one.preference) for one in judged}
    baseline = {
        prompt: (category, None if preference is None else 1 - preference)
        for prompt, (category, preference) in candidate.items()
    }
    a, b = (candidate, baseline) if a_is_candidate else (baseline, candidate)
    return ComparedValues(
        benchmark=evaluation.benchmark,
        measure=f"win rate head to head, {evaluation.judge}",
        figure=HEAD_TO_HEAD,
        evaluations=(evaluation.evaluation, evaluation.evaluation),
        a=a,
        b=b,
    )
