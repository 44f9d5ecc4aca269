"""The user's own metrics: figures of an evaluation that are neither everyone's nor the benchmark's, by category."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.evaluation.judged_rates import NOT_FROM_VERDICTS
from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.records import Metric
from tpobench.reports.comparison import ModelComparison
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.runs import Run, iteration_name

EVERYONES = NOT_FROM_VERDICTS | {"win_rate", "discrete_win_rate", "refused", "unanswered"}
"""The figures that evaluations have without being asked."""


@dataclass(frozen=True, kw_only=True)
class OwnMetric:
    """One metric on one benchmark: `rows` are names with a figure over all prompts and one for each of `groups`;
    `difference` is that of two models where there is one."""

    name: str
    benchmark: str
    groups: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Metric | None]]]
    difference: Difference | None = None


@dataclass(frozen=True)
class OwnMetrics:
    """Every own metric of what the report shows."""

    template: ClassVar[str] = "own_metrics.html.j2"
    anchor: ClassVar[str] = "metrics"
    title: ClassVar[str] = "Metrics"
    metrics: tuple[OwnMetric, ...]


def of_run(run: Run) -> OwnMetrics | None:
    """Of every evaluated iteration of both arms; None where none of its evaluations has any."""
    named = [
        ("seed" if step.iteration is None else iteration_name(step.iteration), step.arm, evaluation)
        for step, evaluation in run.on_benchmarks.items()
    ]
    return _section([(f"{after}, {arm}", evaluation) for after, arm, evaluation in named])


def of_models(evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> OwnMetrics | None:
    """Of evaluations, best first; `names` says what to call each."""
    return _section([(names[evaluation.key], evaluation) for evaluation in evaluations])


def of_comparison(comparison: ModelComparison) -> OwnMetrics | None:
    """Of two models on what they share, with their difference; else of each against the other."""
    evaluations = comparison.shared_evaluations or comparison.between
    named = [(comparison.names.get(evaluation.key, evaluation.candidate), evaluation) for evaluation in evaluations]
    return _section(named, comparison.differences)


def own_names(evaluation: Evaluation) -> list[str]:
    """The names of the evaluation's own metrics, in order."""
    names = dict.fromkeys(metric.name for metric in evaluation.metrics)
    benchmarks = {name for name, _ in figure_titles(evaluation.benchmark, list(names))}
    return [name for name in names if name not in EVERYONES | benchmarks]


def _section(named: Sequence[tuple[str, Evaluation]], differences: Iterable[Difference] = ()) -> OwnMetrics | None:
    by_figure: dict[tuple[str, str], list[tuple[str, Evaluation]]] = {}
    for name, evaluation in named:
        for figure in own_names(evaluation):
            by_figure.setdefault((evaluation.benchmark, figure), []).append((name, evaluation))
    apart = {(one.benchmark, one.figure): one for one in differences if one.category is None}
    metrics = [_metric(figure, rows, apart.get((benchmark, figure))) for (benchmark, figure), rows in by_figure.items()]
    return OwnMetrics(tuple(metrics)) if metrics else None


def _metric(figure: str, named: Sequence[tuple[str, Evaluation]], difference: Difference | None) -> OwnMetric:
    by_category = [evaluation.by_category(figure) for _, evaluation in named]
    sizes: dict[str, int] = {}
    for categories in by_category:
        for category, metric in categories.items():
            sizes[category] = max(metric.n, sizes.get(category, 0))
    groups = [category for category in sorted(sizes) if sizes[category] >= MIN_CATEGORY] if len(sizes) > 1 else []
    return OwnMetric(
        name=figure,
        benchmark=named[0][1].benchmark,
        groups=groups,
        rows=[
            (name, [evaluation.overall(figure), *(categories.get(group) for group in groups)])
            for (name, evaluation), categories in zip(named, by_category, strict=True)
        ],
        difference=difference,
    )
