"""What a report says, whatever it is written in: of a run, of models, or of two models side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.evaluation.compare import Difference, compare_models
from tpobench.harness.store.models import NamedModel
from tpobench.harness.store.store import Store
from tpobench.reports.data import StoredRun, read_run
from tpobench.reports.evaluations import Evaluation, named_apart, newest_evaluations, read_evaluations, require_judged
from tpobench.reports.formats.charts import Style
from tpobench.reports.sections import iterations as by_iteration
from tpobench.reports.sections import provenance, training, verdict
from tpobench.reports.sections.categories import Column, Table
from tpobench.reports.sections.examples import Examples, LabelledEvaluation, read_examples
from tpobench.reports.sections.groups import Matrix, matrices, tables
from tpobench.reports.sections.head_to_head import head_to_heads_of
from tpobench.reports.sections.judges import JudgeView, judge_views
from tpobench.reports.sections.leaderboard import Leaderboard, boards
from tpobench.reports.sections.thoughts import BeforeAfter, before_and_after


@dataclass(frozen=True, kw_only=True)
class ByIteration:
    """A run's curves, head-to-head results and what goes with them, each with the rows that its chart is drawn from."""

    places: Sequence[str]
    curves: Sequence[by_iteration.Curve]
    duels: Sequence[tuple[str, Evaluation]]
    duel_chart: Markup | None
    charts: Sequence[tuple[str, Markup]]
    tasks: Sequence[by_iteration.TaskRow]
    task_charts: Sequence[tuple[str, Markup]]
    paper: bool
    """The paper's curve is in the charts."""


@dataclass(frozen=True, kw_only=True)
class TrainingSection:
    """What a run trained on and what it took."""

    rows: Sequence[training.TrainingRow]
    charts: Sequence[tuple[str, Markup]]
    warm_starts: Sequence[Any]
    spent: Sequence[training.Spent]
    thoughts: tuple[int, int, Sequence[BeforeAfter]] | None


@dataclass(frozen=True, kw_only=True)
class Content:
    """All of a report. A part that does not apply is None or empty."""

    title: str
    kind: str
    verdict: verdict.Conclusion
    provenance: provenance.Provenance
    by_iteration: ByIteration | None = None
    categories: Sequence[Table] = ()
    categories_of: str = ""
    matrices: Sequence[Matrix] = ()
    differences: Sequence[Difference] = ()
    boards: Sequence[Leaderboard] = ()
    judges: Sequence[JudgeView] = ()
    examples: Examples | None = None
    training: TrainingSection | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """What the first screen says, for machines."""
        return {
            "title": self.title,
            "verdict": self.verdict.badge,
            "sentence": self.verdict.sentence,
            "headlines": [vars(headline) for headline in self.verdict.headlines],
            "warnings": list(self.verdict.warnings),
        }


def of_run(store: Store, key: str, paper: bool = False, published: Path | None = None) -> Content:
    """The report of a run, however far it is. Raises UserError for a run that the store does not hold."""
    run = read_run(store, key)
    last = by_iteration.last_sides(run)
    by_group: list[Table] = []
    if last is not None:
        sides = last[1]
        guarded = None if run.gate is None else run.gate.guarded
        columns = [Column(arm.capitalize(), arm, sides[arm].values) for arm in by_iteration.STYLES if arm in sides]
        duel = sides["duel"].values if "duel" in sides else None
        by_group = tables(store, list(sides.values()), columns, duel, guarded)
    shown = newest_evaluations(store)
    own = {evaluation.key for name, evaluation in run.evaluations.items() if name.startswith("evaluate/")}
    met = {evaluation.key for evaluation in run.evaluations.values()} - own
    rows = training.training_rows(run)
    return Content(
        title=run.name,
        kind="run",
        verdict=verdict.of_run(run),
        provenance=provenance.of_run(run),
        by_iteration=ByIteration(
            places=by_iteration.places(run),
            curves=by_iteration.curves(run, paper),
            duels=[(by_iteration.iteration_name(i), duel) for i, duel in by_iteration.duels(run)],
            duel_chart=by_iteration.duel_chart(run),
            charts=by_iteration.figure_charts(run),
            tasks=(measured := by_iteration.tasks(run)),
            task_charts=by_iteration.task_charts(run, measured),
            paper=paper,
        ),
        categories=by_group,
        categories_of="" if last is None else by_iteration.iteration_name(last[0]),
        boards=boards(store, set(shown) - met | own, own, published) if own else (),
        judges=judge_views(store, run.evaluations.values()),
        examples=read_examples(store, _contests(run)),
        training=TrainingSection(
            rows=rows,
            charts=training.training_charts(run, rows),
            warm_starts=training.warm_starts(run),
            spent=training.spent(store, run),
            thoughts=before_and_after(store, run),
        ),
    )


def of_models(store: Store, models: Sequence[str] = (), benchmark: str = "", published: Path | None = None) -> Content:
    """The report of these models, or of all that the store has judged. Raises UserError for an unknown one, and where
    nothing was judged at all."""
    require_judged(store, models, benchmark)
    keys = newest_evaluations(store, models, benchmark)
    ranked = boards(store, newest_evaluations(store, (), benchmark), keys, published)
    if not keys and not ranked:
        raise StoreLacks(
            store.path, f"{store.path} holds no judgments yet", "tpobench eval or tpobench import bring some"
        )
    evaluations = sorted(read_evaluations(store, keys).values(), key=_best_first)
    names = named_apart(evaluations)
    about = [evaluation for evaluation in evaluations if not evaluation.is_itself] or evaluations
    alone = [Column(f"{names[e.key]} v {e.against}", "thought", e.values) for e in about]
    by_group = tables(store, about, alone) if len(about) == 1 else []
    title = names[about[0].key] if len(about) == 1 else benchmark or "Models of this store"
    return Content(
        title=title,
        kind="models",
        verdict=verdict.of_models(about, _decisions(store, about)),
        provenance=provenance.of_evaluations(store, about, names),
        categories=by_group,
        matrices=[] if by_group else matrices(about, names),
        boards=ranked,
        judges=judge_views(store, about),
        examples=read_examples(
            store,
            [
                LabelledEvaluation(
                    evaluation=e,
                    label=f"{names[e.key]} v {e.against}, {e.benchmark}",
                    candidate=names[e.key],
                    baseline=e.against,
                )
                for e in about
            ],
        ),
        names=names,
    )


def of_comparison(store: Store, a: NamedModel, b: NamedModel, labels: tuple[str, str]) -> Content:
    """Two models side by side: on the prompts that they share, and head-to-head. Raises UserError where there is
    neither."""
    ours, theirs = (_of_side(store, side) for side in (a, b))
    meetings = head_to_heads_of(ours, theirs, _identity(a), _identity(b))
    try:
        differences = compare_models(store, a, b)
    except UserError:
        if not meetings:
            raise
        differences = []
    overall = [d for d in differences if d.category is None]
    overall.sort(key=lambda difference: not difference.measure.startswith("win rate"))  # what a judge said comes first
    compared = {difference.evaluations for difference in overall}
    shared = sorted(
        ((mine, other) for mine in ours for other in theirs if (mine.key, other.key) in compared),
        key=lambda pair: (pair[0].benchmark, pair[0].against, pair[0].judge),
    )
    by_group = []
    for number, (mine, other) in enumerate(shared):
        both = mine.values.keys() & other.values.keys()
        styles: tuple[Style, ...] = ("thought", "direct")
        columns = [
            Column(label, style, {prompt: value for prompt, value in side.values.items() if prompt in both})
            for label, style, side in zip(labels, styles, (mine, other), strict=True)
        ]
        title = f"{mine.benchmark} against {mine.against}" if len(shared) > 1 else ""
        met_as = mine.benchmark, mine.judge, (mine.mode, other.mode)
        duel = next((m.values for m in meetings if (m.benchmark, m.judge, m.modes) == met_as), None)
        by_group += tables(store, [mine, other], columns, duel, contest=number, title=title)
    evaluations = [evaluation for pair in shared for evaluation in pair]
    names = {evaluation.key: label for pair in shared for evaluation, label in zip(pair, labels, strict=True)}
    met = [meeting.evaluation for meeting in meetings]
    decided = [d for _, against, d in _decisions(store, ours, [e.fingerprint for e in theirs])]
    contests = [
        LabelledEvaluation(
            evaluation=e, label=f"{e.candidate} v {e.against}, {e.benchmark}", candidate=e.candidate, baseline=e.against
        )
        for e in met
    ]
    contests += [
        LabelledEvaluation(
            evaluation=e,
            label=f"{names[e.key]} v {e.against}, {e.benchmark}",
            candidate=names[e.key],
            baseline=e.against,
        )
        for e in evaluations
    ]
    return Content(
        title=f"{labels[0]} v {labels[1]}",
        kind="comparison",
        verdict=verdict.of_comparison(*labels, overall, meetings, evaluations, decided[0] if decided else None),
        provenance=provenance.of_evaluations(store, [*evaluations, *met], names | {e.key: e.candidate for e in met}),
        categories=by_group,
        differences=overall,
        boards=boards(store, newest_evaluations(store), set(names)),
        judges=judge_views(store, [*evaluations, *met]),
        examples=read_examples(store, contests),
        names=names,
    )


def _contests(run: StoredRun) -> list[LabelledEvaluation]:
    """The head-to-heads from the last to the first, then both arms against their baselines."""
    found = []
    for iteration, duel in reversed(by_iteration.duels(run)):
        name = by_iteration.iteration_name(iteration)
        found.append(
            LabelledEvaluation(
                evaluation=duel, label=f"Thought v direct, {name}", candidate="Thought", baseline="Direct"
            )
        )
    for step, evaluation in reversed(list(run.evaluations.items())):
        place = step.split("/")
        if place[0] == "evaluate" and not evaluation.is_itself:
            after = (
                f"{place[1]}, {place[2]}"
                if place[1] == "seed"
                else (f"{place[1]}, {by_iteration.iteration_name(int(place[2]))}")
            )
            also = f", {evaluation.benchmark}" if len(run.benchmarks) > 1 else ""
            label = f"{after.capitalize()} v {evaluation.against}{also}"
            style = "thought" if "thought" in place[1:3] else "direct"
            found.append(
                LabelledEvaluation(
                    evaluation=evaluation,
                    label=label,
                    candidate=after.capitalize(),
                    baseline=evaluation.against,
                    styles=(style, "duel"),
                )
            )
    return found


def _of_side(store: Store, side: NamedModel) -> list[Evaluation]:
    """The side's evaluations, the newest of each contest."""
    contests: dict[tuple[str, str, str, str], Evaluation] = {}
    for e in read_evaluations(store, newest_evaluations(store, side.fingerprints)).values():
        if side.mode in ("", e.mode) and not e.is_itself:
            contests.setdefault((e.benchmark, e.judge, e.baseline_fingerprint, e.baseline_mode), e)
    return list(contests.values())


def _identity(side: NamedModel) -> Callable[[str, str], bool]:
    """Tells of a fingerprint and a mode whether it is this side."""
    return lambda fingerprint, mode: fingerprint in side.fingerprints and side.mode in ("", mode)


def _best_first(evaluation: Evaluation) -> tuple[str, float, str]:
    value = evaluation.figure("win_rate")
    return evaluation.benchmark, 1.0 if value is None else -value, evaluation.key


_DECISIONS = """
SELECT coalesce(c.name, candidate), coalesce(a.name, against), decision FROM gate_decision
LEFT JOIN model c ON c.model_key = candidate LEFT JOIN model a ON a.model_key = against
WHERE candidate IN (SELECT unnest(?)) AND (? OR against IN (SELECT unnest(?)))
QUALIFY row_number() OVER (PARTITION BY candidate ORDER BY decided_at DESC, gate_decision_key) = 1
ORDER BY decided_at DESC, gate_decision_key
"""


def _decisions(
    store: Store, evaluations: Sequence[Evaluation], against: Sequence[str] | None = None
) -> list[tuple[str, str, str]]:
    """Candidate, against and decision: the gate's newest for each of these candidates."""
    asked = [[e.fingerprint for e in evaluations], against is None, list(against or ())]
    return [(c, a, decision) for c, a, decision in store.sql(_DECISIONS, asked)[1]]
