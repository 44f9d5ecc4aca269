"""What the items of a task scored, from lm-eval's samples: what an interval is made of, and what pairs two models."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tpobench.benchmarks.lm_eval.names import figures
from tpobench.harness.records import Metric, content_key
from tpobench.harness.stats.intervals import mean_interval

Sample = Mapping[str, Any]


def by_metric(samples: Sequence[Sample]) -> dict[str, list[Any]]:
    """Per-item values by the metric's name in the store."""
    items: dict[str, list[Any]] = {}
    for sample in samples:
        for name, value in _values(sample):
            items.setdefault(name, []).append(value)
    return items


def by_item(samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """By the metric's name in the store, each item's value: what pairs two models. Items are told apart by the hashes
    of their content, and equal ones by their place."""
    items: dict[str, dict[str, float]] = {}
    seen: dict[tuple[str, str], int] = {}
    for sample in samples:
        content = content_key(sample["doc_hash"], sample["target_hash"])
        filtered = sample.get("filter", "none")
        occurrence = seen[content, filtered] = seen.get((content, filtered), -1) + 1
        for name, value in _values(sample):
            if isinstance(value, int | float) and math.isfinite(value):
                items.setdefault(name, {})[f"{content}#{occurrence}"] = float(value)
    return items


def task_metrics(entry: Mapping[str, Any], n: int, items: Mapping[str, Sequence[Any]]) -> list[Metric]:
    """The figures of a task's entry under ``results``. One that is the mean of per-item values in [0, 1] gets its
    interval; others have none."""
    metrics = []
    for name, value in figures(entry).items():
        observed = items.get(name, [])
        if is_mean_of(value, observed):
            interval = mean_interval([float(item) for item in observed])
            metrics.append(
                Metric(name=name, value=value, n=interval.n, category=None, low=interval.low, high=interval.high)
            )
        else:
            metrics.append(Metric(name=name, value=value, n=len(observed) or n))
    return metrics


def are_shares(observed: Sequence[Any]) -> bool:
    """Whether there are values, all numbers in [0, 1]."""
    return bool(observed) and all(isinstance(item, int | float) and 0 <= item <= 1 for item in observed)


def is_mean_of(value: float, observed: Sequence[Any]) -> bool:
    """Whether the value is the mean of these, which are numbers in [0, 1]."""
    return are_shares(observed) and abs(math.fsum(observed) / len(observed) - value) < 1e-9


def _values(sample: Sample) -> Iterator[tuple[str, Any]]:
    """The metrics of a sample by their names in the store. Older files do not list them: they are its numbers."""
    names = sample.get("metrics")
    if names is None:
        names = [key for key, value in sample.items() if isinstance(value, int | float) and key != "doc_id"]
    for metric in names:
        yield f"{metric},{sample.get('filter', 'none')}".removesuffix(",none"), sample[metric]
