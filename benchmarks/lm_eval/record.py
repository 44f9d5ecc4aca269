"""One task's figures, as an evaluation of the store."""

from collections.abc import Mapping, Sequence
from typing import Any

from tpobench.harness.records import Metric, content_key
from tpobench.harness.store.store import Store


def store_task_figures(
    store: Store, about: Mapping[str, Any], metrics: Sequence[Metric], key: str | None = None
) -> str:
    """Store one task's figures; `about` has benchmark, judge, params, candidate and candidate_mode, and may have
    prompt_keys and candidate_outputs. Returns the evaluation's key. The same again changes nothing."""
    row = {
        **about,
        "baseline": "",
        "baseline_mode": "",
        "prompt_keys": about.get("prompt_keys", []),
        "judgment_keys": [],
        "candidate_outputs": about.get("candidate_outputs", []),
        "baseline_outputs": [],
    }
    evaluation = key or content_key("evaluation", row)
    store.add_metrics(evaluation, metrics)
    store.add_evaluation(evaluation, **row)
    return evaluation
