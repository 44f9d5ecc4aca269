"""What was judged: evaluations with the names of both sides, their figures, and the verdicts on every prompt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tpobench.harness.errors import StoreLacks, did_you_mean
from tpobench.harness.evaluation.judged_rates import judged_rates, shown_metrics
from tpobench.harness.evaluation.ranks import headline_figure
from tpobench.harness.judges.checklist import LABEL
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
from tpobench.harness.stats.missing import MissingVerdicts, missing_verdicts
from tpobench.harness.store.evaluations import (
    StoredEvaluation,
    current_evaluations,
    evaluations_with_keys,
    metric_evaluations,
)
from tpobench.harness.store.judged_prompts import JudgedPrompt, judged_prompts
from tpobench.harness.store.models import NamedModel, model_named
from tpobench.harness.store.store import Store
from tpobench.reports.home import without_home


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One stored comparison of a candidate with a baseline, by their names and fingerprints.

    Attributes:
        rows: The size of the whole benchmark, where that is published.
        notes: Why a figure cannot be compared with published ones.
        metrics: Its figures, over all prompts and by category; one that missing verdicts make INVALID has no value.
        prompts: The verdicts on every prompt.
        unanswered: The prompts without a verdict, and what they leave the win rate between.
    """

    key: str
    benchmark: str
    judge: str
    judge_label: str
    candidate: str
    fingerprint: str
    mode: str
    baseline: str
    baseline_fingerprint: str
    baseline_mode: str
    rows: int | None
    notes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    prompts: tuple[JudgedPrompt, ...]
    unanswered: MissingVerdicts

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one."""
        return in_mode(self.baseline, self.baseline_mode)

    @property
    def title(self) -> str:
        """The candidate against the baseline."""
        return f"{self.candidate} v {self.against}"

    @property
    def is_itself(self) -> bool:
        """The baseline is the candidate, in the same mode: nothing but ties."""
        return (self.fingerprint, self.mode) == (self.baseline_fingerprint, self.baseline_mode)

    def overall(self, name: str) -> Metric | None:
        """The figure over all prompts; None when it was not measured."""
        return next((m for m in self.metrics if m.name == name and m.category is None), None)

    def by_category(self, name: str) -> dict[str, Metric]:
        return {m.category: m for m in self.metrics if m.name == name and m.category is not None}

    def figure(self, name: str) -> float | None:
        """The value of the figure over all prompts."""
        metric = self.overall(name)
        return None if metric is None else metric.value

    @cached_property
    def preferences(self) -> dict[str, float]:
        """The candidate's preference by prompt, those without a verdict left out."""
        return {judged.prompt: judged.preference for judged in self.prompts if judged.preference is not None}

    @property
    def size(self) -> int:
        """How many prompts were judged."""
        return len(self.prompts)

    @cached_property
    def without_verdict(self) -> frozenset[str]:
        """The prompts without a verdict."""
        return frozenset(judged.prompt for judged in self.prompts if judged.preference is None)

    @property
    def missing(self) -> int:
        return self.size - len(self.preferences)

    @property
    def is_invalid(self) -> bool:
        """Whether too many verdicts are missing for a figure of the others."""
        return self.unanswered.is_invalid

    @property
    def wins(self) -> int:
        return sum(preference > 0.5 for preference in self.preferences.values())

    @property
    def losses(self) -> int:
        return sum(preference < 0.5 for preference in self.preferences.values())

    @property
    def ties(self) -> int:
        return len(self.preferences) - self.wins - self.losses

    @property
    def is_rule_based(self) -> bool:
        return _is_rule_based(self.judge)


def read_evaluations(store: Store, keys: Sequence[str]) -> dict[str, Evaluation]:
    """The evaluations with these keys, in the order of the keys; one that the store does not hold is left out."""
    stored = evaluations_with_keys(store, list(dict.fromkeys(keys)))
    metrics, prompts = store.metrics_of(list(stored)), judged_prompts(store, list(stored))
    return {key: _evaluation(evaluation, metrics[key], prompts[key]) for key, evaluation in stored.items()}


def newest_evaluations(store: Store, models: Sequence[NamedModel] = (), benchmark: str = "") -> list[str]:
    """Keys of the current evaluations with judgments, of these models or of all, the newest first."""
    candidates = [fingerprint for model in models for fingerprint in model.fingerprints] if models else None
    measured = {(fingerprint, model.mode) for model in models for fingerprint in model.fingerprints}
    return [
        evaluation.evaluation
        for evaluation in current_evaluations(store, benchmark, candidates, judged=True)
        if not models or measured & {(evaluation.candidate, mode) for mode in ("", evaluation.candidate_mode)}
    ]


def judged_models(store: Store, names: Sequence[str], benchmark: str) -> list[NamedModel]:
    """The models that a user names for a report on what was judged.

    Args:
        store: The store that holds them.
        names: As `model_named` takes them.
        benchmark: The only one that the report is about, or empty.

    Raises:
        StoreLacks: One of them was neither judged nor measured by a metric of the user's, or nothing of this benchmark
            was.
        UserError: A name fits several models.
    """
    judged = [*current_evaluations(store, judged=True), *metric_evaluations(store)]
    candidates = {evaluation.candidate: evaluation.candidate_name for evaluation in judged}
    models = [_judged_model(store, name, candidates) for name in names]
    benchmarks = {evaluation.benchmark for evaluation in judged}
    if benchmark and benchmark not in benchmarks:
        problem = f"{store.path} holds nothing of the benchmark {benchmark!r}"
        raise StoreLacks(store.path, f"{problem}; {did_you_mean(benchmark, sorted(benchmarks))}")
    return models


def best_first(evaluations: Iterable[Evaluation]) -> list[Evaluation]:
    """By benchmark, then by the figure that it is known by; those without one last."""
    every = list(evaluations)
    headlines = {
        benchmark: headline_of([evaluation for evaluation in every if evaluation.benchmark == benchmark])
        for benchmark in {evaluation.benchmark for evaluation in every}
    }

    def rank(evaluation: Evaluation) -> tuple[str, float, str]:
        rate = evaluation.figure(headlines[evaluation.benchmark])
        return evaluation.benchmark, 1.0 if rate is None else -rate, evaluation.key

    return sorted(every, key=rank)


def headline_of(evaluations: Sequence[Evaluation]) -> str:
    """The figure by which these evaluations, of one benchmark, are ranked."""
    measured = [{m.name: m.value for m in evaluation.metrics if m.category is None} for evaluation in evaluations]
    return headline_figure(evaluations[0].benchmark, measured)


def named_apart(evaluations: Iterable[Evaluation]) -> dict[str, str]:
    """What to call each evaluation's candidate, by key: its name, with mode and fingerprint only where it needs them
    to be told from another one."""
    every = list(evaluations)

    def several(attribute: str, name: str) -> bool:
        return len({getattr(e, attribute) for e in every if e.candidate == name}) > 1

    def name(e: Evaluation) -> str:
        mode = f", {e.mode}" if several("mode", e.candidate) else ""
        return e.candidate + (f" ({e.fingerprint[:6]})" if several("fingerprint", e.candidate) else "") + mode

    return {evaluation.key: name(evaluation) for evaluation in every}


def _judged_model(store: Store, name: str, candidates: Mapping[str, str]) -> NamedModel:
    lacking = f"{store.path} has judged no {name!r}; {did_you_mean(name, sorted(set(candidates.values())))}"
    try:
        model = model_named(store, name, among=candidates)
    except StoreLacks as error:
        raise StoreLacks(store.path, lacking) from error
    if not candidates.keys() & set(model.fingerprints):
        raise StoreLacks(store.path, lacking)
    return model


def _is_rule_based(judge: str) -> bool:
    return judge.partition("@")[0] == "checklist"


def _evaluation(stored: StoredEvaluation, metrics: Sequence[Metric], prompts: tuple[JudgedPrompt, ...]) -> Evaluation:
    about = stored.about
    rates = judged_rates((judged.category, judged.preference) for judged in prompts)
    return Evaluation(
        key=stored.evaluation,
        benchmark=stored.benchmark,
        judge=stored.judge,
        judge_label=LABEL if _is_rule_based(stored.judge) else about.get("judge_label") or stored.judge,
        candidate=without_home(stored.candidate_name),
        fingerprint=stored.candidate,
        mode=stored.candidate_mode,
        baseline=without_home(stored.baseline_name),
        baseline_fingerprint=stored.baseline,
        baseline_mode=stored.baseline_mode,
        rows=about.get("rows"),
        notes=tuple(about.get("not_comparable") or ()),
        metrics=tuple(shown_metrics(metrics, rates)),
        prompts=prompts,
        unanswered=missing_verdicts([judged.preference for judged in prompts]),
    )
