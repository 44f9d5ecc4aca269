"""Two models side by side: where one was compared with the other, and where both were compared with a third."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.evaluation.ranks import WIN_RATE
from tpobench.harness.evaluation.registry import declaration_of
from tpobench.harness.stats.intervals import Interval, mean_interval
from tpobench.harness.stats.missing import MissingVerdicts, missing_verdicts
from tpobench.harness.store.gates import DecisionOfModels, newest_decisions
from tpobench.harness.store.models import NamedModel
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation, newest_evaluations, read_evaluations


@dataclass(frozen=True, kw_only=True)
class HeadToHead:
    """A and B on one benchmark before one judge, each in one mode (`modes`): A's win rate against B, A's preference by
    prompt, and what prompts without a verdict leave that rate between."""

    evaluation: Evaluation
    modes: tuple[str, str]
    rate: Interval
    preferences: Mapping[str, float]
    missing: MissingVerdicts

    @property
    def benchmark(self) -> str:
        return self.evaluation.benchmark

    @property
    def judge(self) -> str:
        return self.evaluation.judge


@dataclass(frozen=True, kw_only=True)
class ModelComparison:
    """Two models, A and B.

    Attributes:
        labels: What to call them.
        head_to_heads: Where one was the other's baseline.
        shared: Evaluations of both on one benchmark by one judge against one baseline in one mode, as the differences
            have them.
        differences: A's overall figures minus B's on the items that both have, what a judge said first.
        decision: The gate's newest decision on A against B; None where there is none.
        fingerprints: Those of each model.
    """

    labels: tuple[str, str]
    head_to_heads: Sequence[HeadToHead]
    shared: Sequence[tuple[Evaluation, Evaluation]]
    differences: Sequence[Difference]
    decision: DecisionOfModels | None
    fingerprints: tuple[frozenset[str], frozenset[str]]

    @cached_property
    def names(self) -> dict[str, str]:
        """What to call the candidate of each shared evaluation, by the evaluation's key."""
        return {e.key: label for pair in self.shared for e, label in zip(pair, self.labels, strict=True)}

    @property
    def labelled(self) -> dict[str, str]:
        """What to call the models, by fingerprint; of one model in two modes that is not known."""
        return {
            fingerprint: label
            for label, own, other in zip(self.labels, self.fingerprints, reversed(self.fingerprints), strict=True)
            for fingerprint in own - other
        }

    @property
    def shared_evaluations(self) -> list[Evaluation]:
        return [evaluation for pair in self.shared for evaluation in pair]

    @property
    def between(self) -> list[Evaluation]:
        """The evaluations of one of the two against the other."""
        return [one.evaluation for one in self.head_to_heads]


def read_comparison(store: Store, a: NamedModel, b: NamedModel, labels: tuple[str, str]) -> ModelComparison:
    """Everything that the store knows of both models.

    Args:
        store: The store that holds them.
        a: The first model.
        b: The other one.
        labels: What to call them.

    Raises:
        UserError: They were neither compared with each other nor measured on anything alike.
    """
    ours, theirs = _evaluations_of(store, a), _evaluations_of(store, b)
    head_to_heads = head_to_heads_of(ours, theirs, a, b)
    try:
        differences = [difference for difference in compare_models(store, a, b) if difference.category is None]
    except UserError:
        if not head_to_heads:
            raise
        differences = []
    decisions = newest_decisions(store, [e.fingerprint for e in ours], [e.fingerprint for e in theirs])
    return ModelComparison(
        labels=labels,
        head_to_heads=head_to_heads,
        shared=_shared(ours, theirs, differences),
        differences=sorted(differences, key=_importance),
        decision=decisions[0] if decisions else None,
        fingerprints=(frozenset(a.fingerprints), frozenset(b.fingerprints)),
    )


def head_to_heads_of(
    ours: Sequence[Evaluation], theirs: Sequence[Evaluation], a: NamedModel, b: NamedModel
) -> list[HeadToHead]:
    """Where A and B were compared with each other, one a benchmark, judge and modes of both; where B was the candidate,
    its preferences are turned round."""
    between: dict[tuple[str, str, str, str], tuple[Evaluation, Mapping[str, float]]] = {}
    for e in theirs:
        if _is_against(e, a):
            turned = {prompt: 1 - preference for prompt, preference in e.preferences.items()}
            between[e.benchmark, e.judge, e.baseline_mode, e.mode] = e, turned
    for e in ours:
        if _is_against(e, b):
            between[e.benchmark, e.judge, e.mode, e.baseline_mode] = e, e.preferences
    return [
        HeadToHead(
            evaluation=e,
            modes=(mode, other),
            rate=mean_interval(list(preferences.values())),
            preferences=preferences,
            missing=missing_verdicts([*preferences.values(), *[None] * e.missing]),
        )
        for (_, _, mode, other), (e, preferences) in between.items()
        if preferences
    ]


def _importance(difference: Difference) -> int:
    """What is told first: the figure that the benchmark is known by, then win rates, tasks, the user's own metrics."""
    if difference.on_own_scale:
        return 3
    if difference.figure == WIN_RATE:
        return 1
    declaration = declaration_of(difference.benchmark)
    return 0 if declaration is not None and difference.figure in declaration.headlines else 2


def _is_against(evaluation: Evaluation, model: NamedModel) -> bool:
    return evaluation.baseline_fingerprint in model.fingerprints and model.mode in ("", evaluation.baseline_mode)


def _evaluations_of(store: Store, model: NamedModel) -> list[Evaluation]:
    """The newest on each benchmark by each judge against each baseline, but that of the model against itself."""
    newest: dict[tuple[str, str, str, str], Evaluation] = {}
    for e in read_evaluations(store, newest_evaluations(store, [model])).values():
        if not e.is_itself:
            newest.setdefault((e.benchmark, e.judge, e.baseline_fingerprint, e.baseline_mode), e)
    return list(newest.values())


def _shared(
    ours: Sequence[Evaluation], theirs: Sequence[Evaluation], differences: Sequence[Difference]
) -> list[tuple[Evaluation, Evaluation]]:
    """Those of which there are differences."""
    compared = {difference.evaluations for difference in differences}
    pairs = [(mine, other) for mine in ours for other in theirs if (mine.key, other.key) in compared]
    return sorted(pairs, key=lambda pair: (pair[0].benchmark, pair[0].against, pair[0].judge))
