"""One task's figures, as an evaluation of the store."""

from collections.abc import Sequence

from tpobench.harness.records import Metric, NewEvaluation
from tpobench.harness.store.store import Store


def store_task_figures(store: Store, evaluation: NewEvaluation, metrics: Sequence[Metric]) -> str:
    """Store one task's figures; returns the evaluation's key. The same again changes nothing.

    Args:
        store: Where they are kept.
        evaluation: What was measured.
        metrics: The figures.
    """
    key = evaluation.key
    store.add_metrics(key, metrics)
    store.add_evaluation(evaluation)
    return key
