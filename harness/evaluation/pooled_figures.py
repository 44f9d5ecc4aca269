"""Figures that a benchmark computes from the judgments of several models at once."""

from collections.abc import Mapping, Sequence

from tpobench.harness.evaluation.record import stored_judgments
from tpobench.harness.evaluation.registry import declaration_of
from tpobench.harness.records import Metric
from tpobench.harness.store.evaluations import StoredEvaluation
from tpobench.harness.store.store import Store


def pooled_figures(store: Store, evaluations: Sequence[StoredEvaluation]) -> Mapping[str, Sequence[Metric]]:
    """By evaluation, the figures that its benchmark computes from all of these that may be compared: by one judge
    against one baseline. Of one model's the last counts. They are not stored, since each evaluation changes them."""
    groups: dict[tuple[str, ...], dict[tuple[str, str], str]] = {}
    for evaluation in evaluations:
        group = evaluation.benchmark, evaluation.judge, evaluation.baseline_name, evaluation.baseline_mode
        groups.setdefault(group, {})[evaluation.candidate, evaluation.candidate_mode] = evaluation.evaluation
    figures: dict[str, Sequence[Metric]] = {}
    for (benchmark, *_), keys in groups.items():
        declaration = declaration_of(benchmark)
        if declaration is not None and declaration.pooled is not None and len(keys) > 1:
            figures |= declaration.pooled({key: stored_judgments(store, key, texts=True) for key in keys.values()})
    return figures
