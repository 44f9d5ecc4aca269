"""Two models on the prompts that they share: the paired difference, without a policy."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.differences import (
    ComparedValues,
    Difference,
    Values,
    paired_differences,
    unpaired_difference,
)
from tpobench.harness.evaluation.figure_differences import own_differences
from tpobench.harness.evaluation.head_to_head import head_to_head_differences
from tpobench.harness.evaluation.judged_rates import figures_of
from tpobench.harness.evaluation.ranks import WIN_RATE
from tpobench.harness.evaluation.registry import declaration_of, figure_titles
from tpobench.harness.records import Metric
from tpobench.harness.store.evaluations import StoredEvaluation, current_evaluations, item_values
from tpobench.harness.store.judgments import baseline_responses, prompt_preferences
from tpobench.harness.store.model_runs import one_run_each
from tpobench.harness.store.models import NamedModel, short_fingerprints
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """One measure of one model: by item, its category and the value, None without a verdict.

    `baseline` is the fingerprint of the model that its answers were compared with, in `baseline_mode`; both are empty
    where there was none.
    """

    evaluation: str
    benchmark: str
    judge: str
    measure: str
    figure: str
    values: Values
    is_own_metric: bool = False
    baseline: str = ""
    baseline_name: str = ""
    baseline_mode: str = ""

    @property
    def kind(self) -> tuple[str, ...]:
        """What has to be the same for two of them to be compared, beside the baseline's answers."""
        return self.benchmark, self.measure, self.judge, self.baseline_name, self.baseline_mode


def compare_models(
    store: Store,
    a: NamedModel,
    b: NamedModel,
    data: Path | None = None,
    by_clusters: bool = False,
    directly: bool = False,
) -> list[Difference]:
    """The paired differences of two models: on every benchmark on which both were judged by one judge against one
    baseline in one mode, in every lm-eval metric with items of both, and in every metric of the user's; overall and by
    category.

    Of each model the current evaluation counts, so that no figure is made of several. Where two evaluations name one
    baseline with different fingerprints (answers to more or fewer prompts), they are compared if its answers to the
    shared prompts are the same.

    Args:
        store: The store that holds them.
        a: The first model.
        b: The other one.
        data: The folder of official files that a benchmark fits its own figures with: their differences are then taken
            prompt by prompt. Without it they are those of two separate figures, as the store has them.
        by_clusters: Take the prompts of one category for one observation of its size.
        directly: Also where one of the two was the other's baseline; these differences come last.

    Raises:
        UserError: They share nothing with a verdict for both; the sentence says what each was measured on.
    """
    ours, theirs = _measured(store, a), _measured(store, b)
    differences: list[Difference] = []
    for mine, other in _newest_metrics(ours, _alike(store, ours, theirs)):
        compared = _compared(mine, other)
        differences += paired_differences(compared, by_clusters)
        if mine.figure == WIN_RATE:
            differences += own_differences(store, compared, data) or _of_separate_figures(store, compared)
    if directly:
        differences += head_to_head_differences(store, a, b, by_clusters)
    if not differences:
        raise UserError(f"{store.path}: {_nothing_shared(a, b, ours, theirs)}")
    return differences


def _newest_metrics(
    ours: Sequence[_Measured], pairs: Sequence[tuple[_Measured, _Measured]]
) -> list[tuple[_Measured, _Measured]]:
    """The pairs, of a metric of the user's the newest alone: its function may have changed between evaluations."""
    paired = {mine.evaluation for mine, _ in pairs}
    newest: dict[tuple[str, str], str] = {}
    for mine in ours:
        if mine.is_own_metric and mine.evaluation in paired:
            newest.setdefault((mine.benchmark, mine.figure), mine.evaluation)
    return [pair for pair in pairs if not pair[0].is_own_metric or pair[0].evaluation in newest.values()]


def _compared(mine: _Measured, other: _Measured) -> ComparedValues:
    return ComparedValues(
        benchmark=mine.benchmark,
        measure=mine.measure if mine.is_own_metric else f"{mine.measure}, {mine.judge}",
        figure=mine.figure,
        evaluations=(mine.evaluation, other.evaluation),
        a=mine.values,
        b=other.values,
        on_own_scale=mine.is_own_metric,
    )


def _of_separate_figures(store: Store, compared: ComparedValues) -> Iterator[Difference]:
    """The first of the benchmark's headline figures that the store has of both."""
    declaration = declaration_of(compared.benchmark)
    headlines = () if declaration is None else declaration.headlines
    sides = [_overall(store, evaluation) for evaluation in compared.evaluations]
    for name in headlines:
        if all(name in side for side in sides):
            title = dict(figure_titles(compared.benchmark, [name])).get(name, name)
            measure = compared.measure.replace("win rate", title, 1) + ", not paired"
            figure = unpaired_difference(replace(compared, figure=name, measure=measure), *(s[name] for s in sides))
            if figure is not None:
                yield figure
            return


def _overall(store: Store, evaluation: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in figures_of(store, evaluation)[0] if metric.category is None}


def _measured(store: Store, model: NamedModel) -> list[_Measured]:
    """What was measured of the model, each measure in its current evaluation; the newest first. Raises UserError where
    several runs of the model were measured and none is named."""
    evaluations: dict[tuple[str, ...], StoredEvaluation] = {}
    current = current_evaluations(store, candidates=model.fingerprints)
    for evaluation in one_run_each(store, [one for one in current if model.mode in ("", one.candidate_mode)]):
        key = evaluation.benchmark, evaluation.judge, evaluation.baseline, evaluation.baseline_mode
        evaluations.setdefault(key, evaluation)
    by_key = {evaluation.evaluation: evaluation for evaluation in evaluations.values()}
    values: dict[tuple[str, str], dict[str, tuple[str | None, float | None]]] = {}
    for judged in prompt_preferences(store, by_key):
        values.setdefault((judged.evaluation, WIN_RATE), {})[judged.prompt] = judged.category, judged.preference
    for item in item_values(store, by_key):
        if by_key[item.evaluation].metric or 0 <= item.value <= 1:
            values.setdefault((item.evaluation, item.metric), {})[item.item] = item.category, item.value
    newest_first = sorted(values.items(), key=lambda entry: list(by_key).index(entry[0][0]))
    return [_measure(by_key[key], figure, items) for (key, figure), items in newest_first]


def _measure(evaluation: StoredEvaluation, figure: str, values: Values) -> _Measured:
    measure = f"win rate v {evaluation.against}" if figure == WIN_RATE and evaluation.baseline else figure
    return _Measured(
        figure=figure,
        evaluation=evaluation.evaluation,
        benchmark=evaluation.benchmark,
        judge=evaluation.judge,
        measure=measure,
        values=values,
        is_own_metric=bool(evaluation.metric),
        baseline=evaluation.baseline,
        baseline_name=evaluation.baseline_name,
        baseline_mode=evaluation.baseline_mode,
    )


def _alike(store: Store, ours: Sequence[_Measured], theirs: Sequence[_Measured]) -> list[tuple[_Measured, _Measured]]:
    """The pairs that can be compared, in the order of benchmark, measure and judge: with one baseline, and where there
    is none such, the newest whose baselines of one name gave the same answers."""
    pairs = [(mine, other) for mine in ours for other in theirs if mine.kind == other.kind]
    alike = [(mine, other) for mine, other in pairs if mine.baseline == other.baseline]
    kinds = {mine.kind for mine, _ in alike}
    apart = [pair for pair in pairs if pair[0].kind not in kinds]
    answers = baseline_responses(store, {side.evaluation for pair in apart for side in pair}) if apart else {}
    for mine, other in apart:
        if mine.kind not in kinds and _same_answers(answers[mine.evaluation], answers[other.evaluation]):
            kinds.add(mine.kind)
            alike.append((mine, other))
    alike.sort(key=lambda pair: (*pair[0].kind, pair[0].baseline))
    several = Counter(mine.kind for mine, _ in alike)
    short = short_fingerprints({mine.baseline for mine, _ in alike})
    return [
        (mine if several[mine.kind] == 1 else replace(mine, measure=f"{mine.measure} [{short[mine.baseline]}]"), other)
        for mine, other in alike
    ]


def _same_answers(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    """To the prompts that both were asked, and there are such prompts."""
    return bool(ours.keys() & theirs.keys()) and all(
        ours[prompt] == theirs[prompt] for prompt in ours.keys() & theirs.keys()
    )


def _nothing_shared(a: NamedModel, b: NamedModel, ours: Sequence[_Measured], theirs: Sequence[_Measured]) -> str:
    """What each was measured on; baselines of one name are told apart by their fingerprints."""
    baselines: dict[str, set[str]] = {}
    for measured in (*ours, *theirs):
        baselines.setdefault(measured.baseline_name, set()).add(measured.baseline)
    short = short_fingerprints({measured.baseline for measured in (*ours, *theirs)})

    def listed(side: Sequence[_Measured]) -> str:
        measures = []
        for measured in side:
            several = len(baselines[measured.baseline_name]) > 1
            which = f" [{short[measured.baseline]}]" if several else ""
            verdicts = any(value is not None for _, value in measured.values.values())
            nothing = "" if verdicts else ", without any verdict"
            measures.append(f"{measured.benchmark} ({measured.measure}{which}, {measured.judge}{nothing})")
        return "; ".join(sorted(measures)) or "nothing"

    return (
        f"{a.name} and {b.name} have no measured benchmark, judge and baseline in common. {a.name}: "
        f"{listed(ours)}. {b.name}: {listed(theirs)}. "
        "Run tpobench eval for both with the same benchmark, judge and baseline"
    )
