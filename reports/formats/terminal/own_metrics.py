"""The user's own metrics in the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.table import Table

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.evaluation.own_metrics import MetricResult
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.records import Metric
from tpobench.reports.formats.terminal.console import cell, show


def print_own_metrics(candidate: str, results: Sequence[MetricResult]) -> None:
    """Print a line and a table for each metric.

    Args:
        candidate: What to call the model.
        results: As `measure_metrics` gives them.
    """
    for result in results:
        overall = next(metric for metric in result.metrics if metric.category is None)
        print(f"\n  {result.name} {_text(overall, '95% interval {} to {}')} over {overall.n} prompts")
        show(own_metric_table(candidate, result), wide=True)


def own_metric_table(candidate: str, result: MetricResult) -> Table:
    """All prompts first, then each category where there are several."""
    table = Table(box=SIMPLE, pad_edge=False, caption_justify="left")
    sides = [candidate, *([result.baseline, "difference"] if result.baseline else [])]
    for number, column in enumerate(["", *sides, "n"]):
        table.add_column(cell(column), no_wrap=True, justify="left" if number == 0 else "right")
    theirs = {metric.category: metric for metric in result.baseline_metrics}
    apart = {difference.category: difference for difference in result.differences}
    shown = sorted(result.metrics, key=lambda metric: metric.category or "")
    if len(shown) == 2:  # a single category is all prompts
        shown = shown[:1]
    for metric in sorted(shown, key=lambda metric: metric.category is not None):
        row = [metric.category if metric.category is not None else "all", _text(metric)]
        if result.baseline:
            row += [_value(theirs.get(metric.category)), _difference(apart.get(metric.category))]
        table.add_row(*map(cell, row), f"{metric.n}{'*' if metric.n < MIN_CATEGORY else ' '}")
    if any(metric.n < MIN_CATEGORY for metric in shown):
        table.caption = cell(f"* = fewer than {MIN_CATEGORY} prompts: shown, not decided on")
    return table


def _value(metric: Metric | None) -> str:
    return "" if metric is None or metric.value is None else f"{metric.value:.3f}"


def _text(metric: Metric, form: str = "{}–{}") -> str:
    if metric.low is None or metric.high is None:
        return _value(metric)
    return f"{metric.value:.3f} ({form.format(f'{metric.low:.3f}', f'{metric.high:.3f}')})"


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return ""
    return f"{difference.difference:+.3f} ({difference.low:+.3f}, {difference.high:+.3f})"
