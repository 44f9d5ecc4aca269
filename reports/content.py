"""What a report says, whatever it is written in: the sections of a run's report, of models', and of two models'."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tpobench.harness.errors import StoreLacks
from tpobench.harness.store.gates import newest_decisions
from tpobench.harness.store.models import NamedModel
from tpobench.harness.store.store import Store
from tpobench.reports.comparison import read_comparison
from tpobench.reports.evaluations import best_first, judged_models, named_apart, newest_evaluations, read_evaluations
from tpobench.reports.runs import read_run
from tpobench.reports.sections import (
    categories,
    examples,
    iterations,
    judges,
    leaderboard,
    own_metrics,
    provenance,
    thoughts,
    training,
    verdict_of_comparison,
    verdict_of_models,
    verdict_of_run,
)
from tpobench.reports.sections.section import Section
from tpobench.reports.sections.verdict import Conclusion

S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class Content:
    """A report: its first screen, and the sections below it in their order."""

    title: str
    verdict: Conclusion
    sections: tuple[Section, ...]

    def as_json(self) -> dict[str, object]:
        """What the first screen says, for machines."""
        return {
            "title": self.title,
            "verdict": self.verdict.badge,
            "sentence": self.verdict.sentence,
            "more": list(self.verdict.more),
            "headlines": [headline.as_json() for headline in self.verdict.headlines],
            "warnings": list(self.verdict.warnings),
        }

    def section(self, kind: type[S]) -> S | None:
        """The section of this kind; None where the report has none."""
        return next((section for section in self.sections if isinstance(section, kind)), None)


def of_run(store: Store, key: str, paper: bool = False, published: Path | None = None) -> Content:
    """The report of a run, however far it is.

    Args:
        store: The store that holds the run.
        key: The run's key.
        paper: Draw the paper's curve beside the run's.
        published: A published leaderboard to show beside the store's models.

    Raises:
        UserError: The store does not hold the run, or `published` is not a leaderboard.
    """
    run = read_run(store, key)
    return _content(
        run.name,
        verdict_of_run.of_run(run),
        iterations.of_run(run, paper),
        categories.of_run(store, run),
        own_metrics.of_run(store, run),
        leaderboard.of_run(store, run, published),
        judges.of_evaluations(store, run.evaluations.values()),
        examples.of_run(store, run),
        training.of_run(store, run),
        thoughts.of_run(store, run),
        provenance.of_run(run),
    )


def of_models(store: Store, models: Sequence[str] = (), benchmark: str = "", published: Path | None = None) -> Content:
    """The report of these models, or of all that the store has judged.

    Args:
        store: The store that holds them.
        models: As users name them: names, ``NAME@MODE``, beginnings of fingerprints.
        benchmark: The only one that counts, where the report is about one.
        published: A published leaderboard to show beside.

    Raises:
        StoreLacks: A model or benchmark was never judged, or nothing was.
        UserError: A name fits several models, or `published` is not a leaderboard.
    """
    chosen = judged_models(store, models, benchmark)
    named = {fingerprint for model in chosen for fingerprint in model.fingerprints} if models else None
    keys = [] if models and not chosen else newest_evaluations(store, chosen, benchmark)
    evaluations = best_first(read_evaluations(store, keys).values())
    leaderboards = leaderboard.of_models(store, keys, benchmark, published)
    if leaderboards is not None:  # a run that was imported in two forms is one row there, and counts once here
        evaluations = [evaluation for evaluation in evaluations if evaluation.key in leaderboards.evaluations]
    names = named_apart(evaluations)
    leaderboards = None if leaderboards is None else replace(leaderboards, names=names)
    known = {(e.fingerprint, e.mode): names[e.key] for e in evaluations}
    metrics = own_metrics.of_models(store, named, known)
    if not evaluations and leaderboards is None and metrics is None:
        problem = f"{store.path} holds no judgments yet"
        raise StoreLacks(store.path, problem, "tpobench eval or tpobench import bring some")
    shown = [evaluation for evaluation in evaluations if not evaluation.is_itself] or evaluations
    decisions = newest_decisions(store, [evaluation.fingerprint for evaluation in shown])
    return _content(
        names[shown[0].key] if len(shown) == 1 else benchmark or "Models of this store",
        verdict_of_models.of_models(shown, decisions) if shown or metrics is None else own_metrics.conclusion(metrics),
        leaderboards,
        categories.of_models(store, shown, names),
        metrics,
        judges.of_evaluations(store, shown),
        examples.of_models(store, shown, names),
        provenance.of_evaluations(store, shown, names, metrics.evaluations if metrics else ()),
    )


def of_comparison(store: Store, a: NamedModel, b: NamedModel, labels: tuple[str, str]) -> Content:
    """The report of two models side by side: on the prompts that they share, and head-to-head.

    Args:
        store: The store that holds them.
        a: The first model.
        b: The other one.
        labels: What to call them.

    Raises:
        UserError: They were neither compared with each other nor measured on anything alike.
    """
    comparison = read_comparison(store, a, b, labels)
    evaluations = [*comparison.shared_evaluations, *comparison.between]
    names = {evaluation.key: evaluation.candidate for evaluation in evaluations} | comparison.names
    metrics = own_metrics.of_comparison(store, comparison)
    return _content(
        f"{labels[0]} v {labels[1]}",
        verdict_of_comparison.of_comparison(comparison),
        categories.of_comparison(store, comparison),
        metrics,
        leaderboard.of_comparison(store, comparison),
        judges.of_evaluations(store, evaluations),
        examples.of_comparison(store, comparison),
        provenance.of_evaluations(store, evaluations, names, metrics.evaluations if metrics else ()),
    )


def _content(title: str, conclusion: Conclusion, *sections: Section | None) -> Content:
    """A report of those sections that there are."""
    return Content(title, conclusion, tuple(section for section in sections if section is not None))
