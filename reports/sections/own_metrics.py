"""The user's own metrics: figures of single responses that no judge and no benchmark has asked for, by category.

Each metric of a model on a benchmark is an evaluation of its own, without a baseline, which names it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
from tpobench.harness.store.evaluations import StoredEvaluation, metric_evaluations
from tpobench.harness.store.store import Store
from tpobench.reports.comparison import ModelComparison
from tpobench.reports.formats import figures
from tpobench.reports.home import without_home
from tpobench.reports.runs import Run
from tpobench.reports.sections.verdict import Conclusion

Names = Mapping[tuple[str, str], str]
"""What to call models, by fingerprint and mode."""


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
    """Every own metric of what the report shows, and the keys of the evaluations that they are."""

    template: ClassVar[str] = "own_metrics.html.j2"
    anchor: ClassVar[str] = "metrics"
    title: ClassVar[str] = "Metrics"
    metrics: tuple[OwnMetric, ...]
    evaluations: tuple[str, ...]


def of_run(store: Store, run: Run) -> OwnMetrics | None:
    """Of the models that the run made; None where none of them was measured so."""
    return _section(store, {model.fingerprint for model in run.models}, _own_name)


def of_models(store: Store, candidates: Collection[str] | None, names: Names) -> OwnMetrics | None:
    """Of the models with these fingerprints, or of all; `names` says what to call some."""
    return _section(store, candidates, lambda one: names.get((one.candidate, one.candidate_mode)) or _own_name(one))


def of_comparison(store: Store, comparison: ModelComparison) -> OwnMetrics | None:
    """Of two models, with the difference of each metric that both have."""
    names = comparison.labelled
    return _section(store, set(names), lambda one: names.get(one.candidate) or _own_name(one), comparison.differences)


def conclusion(section: OwnMetrics) -> Conclusion:
    """What a report comes to that has nothing but own metrics."""
    first, models = section.metrics[0], {name for metric in section.metrics for name, _ in metric.rows}
    name, (figure, *_) = first.rows[0]
    if len(models) == 1 and figure is not None and figure.value is not None:
        reach = f" ({figures.INTERVAL} {figures.decimal_range(figure)})" if figures.decimal_range(figure) else ""
        said = f"{name} has {first.name} {figures.decimal(figure.value)} on {first.benchmark}{reach}"
    else:
        said = f"{len(models)} models were measured by metrics of your own"
    more = "" if len(section.metrics) == 1 else f"; {len(section.metrics)} metrics are below"
    return Conclusion(badge="MEASURED", tone="pending", sentence=f"{said}{more}; no judge was asked.")


def _own_name(evaluation: StoredEvaluation) -> str:
    return in_mode(without_home(evaluation.candidate_name), evaluation.candidate_mode)


def _section(
    store: Store,
    candidates: Collection[str] | None,
    name_of: Callable[[StoredEvaluation], str],
    differences: Iterable[Difference] = (),
) -> OwnMetrics | None:
    measured: dict[tuple[str, str], list[StoredEvaluation]] = {}
    for evaluation in metric_evaluations(store):
        if candidates is None or evaluation.candidate in candidates:
            measured.setdefault((evaluation.benchmark, evaluation.metric), []).append(evaluation)
    measures = store.metrics_of([one.evaluation for models in measured.values() for one in models])
    apart = {(one.benchmark, one.figure): one for one in differences if one.category is None}
    metrics = []
    for (benchmark, metric), models in sorted(measured.items()):
        named = sorted((name_of(one), one.evaluation) for one in models)
        rows = [(name, measures[key]) for name, key in named]
        metrics.append(_metric(metric, benchmark, rows, apart.get((benchmark, metric))))
    return OwnMetrics(tuple(metrics), tuple(measures)) if metrics else None


def _metric(
    name: str, benchmark: str, named: Sequence[tuple[str, Sequence[Metric]]], difference: Difference | None
) -> OwnMetric:
    """The metric with a column for each category that has enough prompts."""
    by_model = [(model, {one.category: one for one in measured if one.name == name}) for model, measured in named]
    sizes: dict[str, int] = {}
    for _, by_category in by_model:
        for category, figure in by_category.items():
            if category is not None:
                sizes[category] = max(figure.n, sizes.get(category, 0))
    large = [category for category in sorted(sizes) if sizes[category] >= MIN_CATEGORY] if len(sizes) > 1 else []
    return OwnMetric(
        name=name,
        benchmark=benchmark,
        groups=large,
        rows=[(model, [own.get(None), *(own.get(group) for group in large)]) for model, own in by_model],
        difference=difference,
    )
