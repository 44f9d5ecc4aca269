"""One task's figures, as an evaluation of the store."""

from collections.abc import Sequence

from tpobench.harness.records import Metric, NewEvaluation
from tpobench.harness.store.store import Store


def store_task_figures(
    store: Store, evaluation: NewEvaluation, metrics: Sequence[Metric], key: str | None = None
) -> str:
    """Store one task's figures; returns the evaluation's key. The same again changes nothing.

    Args:
        store: Where they are kept.
        evaluation: What was measured.
        metrics: The figures.
        key: The evaluation's, where it was given another one than its own: in a file that another store has written.
    """
    key = key or evaluation.key
    store.add_metrics(key, metrics)
    store.add_evaluation(evaluation, key)
    return key
