"""The figures of one evaluation in the terminal."""

from collections.abc import Iterable

from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.records import Metric


def print_metrics(metrics: Iterable[Metric]) -> None:
    """Print a line for each figure: those over all prompts first, then by category."""
    for metric in sorted(metrics, key=lambda m: (m.category is not None, m.name, m.category or "")):
        print(metric_line(metric))


def metric_line(metric: Metric) -> str:
    """Name, category, value, 95% interval and number of prompts; of few prompts it says that nothing is decided."""
    bounds = "" if metric.low is None else f"  [{metric.low:.3f}, {metric.high:.3f}]"
    few = "" if metric.category is None or metric.n >= MIN_CATEGORY else "  shown, not decided on"
    value = "-" if metric.value is None else f"{metric.value:.3f}"
    return f"  {metric.name:<36} {metric.category or 'all':<34} {value}{bounds}  n={metric.n}{few}"
