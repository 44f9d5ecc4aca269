"""Two models on the prompts that they share: the paired difference, without a policy."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from tpobench.harness.errors import UserError
from tpobench.harness.stats.intervals import difference_interval
from tpobench.harness.store.evaluations import StoredEvaluation, current_evaluations, item_values
from tpobench.harness.store.judgments import baseline_responses, prompt_preferences
from tpobench.harness.store.models import NamedModel, short_fingerprints
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A's figure minus B's on the items that both have, with its 95% interval; all in [-1, 1] (win rates and shares).

    `category` is None for all items. `a` and `b` are the means over the shared items; `own_a` and `own_b` count what
    each has. `evaluations` are the keys of A's evaluation and of B's.
    """

    benchmark: str
    measure: str
    category: str | None
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    own_a: int
    own_b: int
    evaluations: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """One measure of one model: by item, its category and the value. `baseline` is the fingerprint of the model that
    its answers were compared with, in `baseline_mode`; both are empty where there was none."""

    evaluation: str
    benchmark: str
    judge: str
    measure: str
    values: Mapping[str, tuple[str | None, float]]
    baseline: str = ""
    baseline_name: str = ""
    baseline_mode: str = ""

    @property
    def kind(self) -> tuple[str, ...]:
        """What has to be the same for two of them to be compared, beside the baseline's answers."""
        return self.benchmark, self.measure, self.judge, self.baseline_name, self.baseline_mode


def compare_models(store: Store, a: NamedModel, b: NamedModel) -> list[Difference]:
    """The paired differences of two models: on every benchmark on which both were judged by one judge against one
    baseline in one mode, and in every lm-eval metric with items of both; overall and by category.

    Of each model the current evaluation counts, so that no figure is made of several. Where two evaluations name one
    baseline with different fingerprints (answers to more or fewer prompts), they are compared if its answers to the
    shared prompts are the same.

    Raises:
        UserError: They share nothing; the sentence says what each was measured on.
    """
    ours, theirs = _measured(store, a), _measured(store, b)
    differences = [row for mine, other in _alike(store, ours, theirs) for row in _differences(mine, other)]
    if not differences:
        raise UserError(f"{store.path}: {_nothing_shared(a, b, ours, theirs)}")
    return differences


def _measured(store: Store, model: NamedModel) -> list[_Measured]:
    """What was measured of the model, each measure in its current evaluation; the newest first."""
    evaluations: dict[tuple[str, ...], StoredEvaluation] = {}
    for evaluation in current_evaluations(store, candidates=model.fingerprints):
        if model.mode in ("", evaluation.candidate_mode):
            key = evaluation.benchmark, evaluation.judge, evaluation.baseline, evaluation.baseline_mode
            evaluations.setdefault(key, evaluation)
    by_key = {evaluation.evaluation: evaluation for evaluation in evaluations.values()}
    values: dict[tuple[str, str], dict[str, tuple[str | None, float]]] = {}
    for judged in prompt_preferences(store, by_key):
        if judged.preference is not None:
            measure = f"win rate v {by_key[judged.evaluation].against}"
            values.setdefault((judged.evaluation, measure), {})[judged.prompt] = judged.category, judged.preference
    for item in item_values(store, by_key):
        if 0 <= item.value <= 1:
            values.setdefault((item.evaluation, item.metric), {})[item.item] = None, item.value
    newest_first = sorted(values.items(), key=lambda entry: list(by_key).index(entry[0][0]))
    return [_measure(by_key[key], measure, items) for (key, measure), items in newest_first]


def _measure(evaluation: StoredEvaluation, measure: str, values: Mapping[str, tuple[str | None, float]]) -> _Measured:
    return _Measured(
        evaluation=evaluation.evaluation,
        benchmark=evaluation.benchmark,
        judge=evaluation.judge,
        measure=measure,
        values=values,
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


def _differences(ours: _Measured, theirs: _Measured) -> Iterator[Difference]:
    """Overall, and by category where there are several."""
    mine, other = ours.values, theirs.values
    shared = sorted(mine.keys() & other.keys())
    categories = sorted({category for item in shared if (category := mine[item][0]) is not None})
    for category in [None, *(categories if len(categories) > 1 else [])]:
        pairs = [(mine[item][1], other[item][1]) for item in shared if category in (None, mine[item][0])]
        if not pairs:
            continue
        interval = difference_interval([a - b for a, b in pairs])
        yield Difference(
            benchmark=ours.benchmark,
            measure=f"{ours.measure}, {ours.judge}",
            category=category,
            a=fmean(a for a, _ in pairs),
            b=fmean(b for _, b in pairs),
            difference=interval.mean,
            low=interval.low,
            high=interval.high,
            n=interval.n,
            own_a=len(mine),
            own_b=len(other),
            evaluations=(ours.evaluation, theirs.evaluation),
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
            measures.append(f"{measured.benchmark} ({measured.measure}{which}, {measured.judge})")
        return "; ".join(sorted(measures)) or "nothing"

    return (
        f"{a.name} and {b.name} have no measured benchmark, judge and baseline in common. {a.name}: "
        f"{listed(ours)}. {b.name}: {listed(theirs)}. "
        "Run tpobench eval for both with the same benchmark, judge and baseline"
    )
