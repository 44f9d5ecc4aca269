"""What a report says, whatever it is written in: of a run, of models, or of two models side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from markupsafe import Markup

from harness.comparison import Difference, Side, compare_models
from harness.errors import UserError
from harness.provenance import installed_versions
from harness.stats.intervals import Interval
from harness.store import Store
from reports import iterations as by_iteration
from reports import training, verdict
from reports.boards import Board, boards
from reports.categories import Column, Table, tabulate
from reports.data import Run, read_run
from reports.evaluations import Evaluation, named_apart, newest_evaluations, read_evaluations
from reports.examples import Contest, Examples, read_examples
from reports.judging import JudgeView, judge_views
from reports.thoughts import BeforeAfter, before_and_after

MATRIX = 60
"""Models that the table by category shows; more are left to the leaderboard."""


@dataclass(frozen=True)
class ByIteration:
    """A run's curves, head-to-head results and what goes with them, each with the rows that its chart is drawn from."""

    places: Sequence[str]
    curves: Sequence[by_iteration.Curve]
    duels: Sequence[tuple[str, Evaluation]]
    duel_chart: Markup | None
    charts: Sequence[tuple[str, Markup]]
    tasks: Sequence[by_iteration.TaskRow]
    task_charts: Sequence[tuple[str, Markup]]


@dataclass(frozen=True)
class Training:
    """What a run trained on and what it took."""

    rows: Sequence[training.TrainingRow]
    charts: Sequence[tuple[str, Markup]]
    warm_starts: Sequence[Any]
    spent: Sequence[training.Spent]
    thoughts: tuple[int, int, Sequence[BeforeAfter]] | None


@dataclass(frozen=True)
class Provenance:
    """Where the figures come from. `facts` are short, `blocks` are mappings to unfold; `how` introduces the `command`
    that makes them again."""

    facts: Sequence[tuple[str, str]]
    blocks: Sequence[tuple[str, Any]]
    models: Sequence[Mapping[str, str]]
    versions: Mapping[str, str | None]
    how: str
    command: str


@dataclass(frozen=True)
class Matrix:
    """Win rates of many models by category. `rows` are names with an entry for each group."""

    groups: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Interval | None]]]
    of: int


@dataclass(frozen=True)
class Content:
    """All of a report. A part that does not apply is None or empty."""

    title: str
    kind: str
    verdict: verdict.Verdict
    provenance: Provenance
    by_iteration: ByIteration | None = None
    categories: Sequence[Table] = ()
    categories_of: str = ""
    matrix: Matrix | None = None
    differences: Sequence[Difference] = ()
    boards: Sequence[Board] = ()
    judges: Sequence[JudgeView] = ()
    examples: Examples | None = None
    training: Training | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def of_run(store: Store, key: str, paper: bool = False, published: Path | None = None) -> Content:
    """The report of a run, wherever it stands. Raises UserError for a run that the store does not hold."""
    run = read_run(store, key)
    last = by_iteration.last_sides(run)
    tables: list[Table] = []
    if last is not None:
        sides = last[1]
        guarded = None if run.gate is None else run.gate.guarded
        columns = [
            Column(arm.capitalize(), arm, sides[arm].values)
            for arm in by_iteration.STYLES if arm in sides
        ]  # fmt: skip
        duel = sides["duel"].values if "duel" in sides else None
        tables = _tables(store, list(sides.values()), columns, duel, guarded)
    shown = newest_evaluations(store)
    own = {evaluation.key for name, evaluation in run.evaluations.items() if name.startswith("evaluate/")}
    met = {evaluation.key for evaluation in run.evaluations.values()} - own
    rows = training.training_rows(run)
    return Content(
        run.name, "run", verdict.of_run(run), _of_run(run),
        ByIteration(
            by_iteration.places(run), by_iteration.curves(run, paper),
            [(by_iteration.iteration_name(i), duel) for i, duel in by_iteration.duels(run)],
            by_iteration.duel_chart(run), by_iteration.figure_charts(run), measured := by_iteration.tasks(run),
            by_iteration.task_charts(run, measured),
        ),
        tables, "" if last is None else by_iteration.iteration_name(last[0]),
        boards=boards(store, set(shown) - met, own, published) if own else (),
        judges=judge_views(store, run.evaluations.values()), examples=read_examples(store, _contests(run)),
        training=Training(
            rows, training.training_charts(run, rows), training.warm_starts(run), training.spent(store, run),
            before_and_after(store, run),
        ),
        names={c.fingerprint: c.name for c in run.checkpoints},
    )  # fmt: skip


def of_models(store: Store, models: Sequence[str] = (), benchmark: str = "", published: Path | None = None) -> Content:
    """The report of these models, or of all that the store has judged. Raises UserError for an unknown one, and where
    nothing was judged at all."""
    keys = newest_evaluations(store, models, benchmark)
    if not keys:
        raise UserError(f"{store.path} holds no judgments yet; tpobench eval or tpobench import bring some")
    evaluations = sorted(read_evaluations(store, keys).values(), key=_best_first)
    names = named_apart(evaluations)
    about = [evaluation for evaluation in evaluations if not evaluation.is_itself] or evaluations
    tables: list[Table] = []
    matrix = None
    if len(about) == 1:
        columns = [Column(f"{names[about[0].key]} v {about[0].baseline}", "thought", about[0].values)]
        tables = _tables(store, about, columns, None, None)
    elif about:
        matrix = _matrix(about, names)
    title = names[about[0].key] if len(about) == 1 else benchmark or "Models of this store"
    return Content(
        title, "models", verdict.of_models(about, _decisions(store, about)), _of_evaluations(store, about, names),
        categories=tables, matrix=matrix, boards=boards(store, keys, keys if not models else set(keys), published),
        judges=judge_views(store, about),
        examples=read_examples(store, [
            Contest(e, f"{names[e.key]} v {e.baseline}, {e.benchmark}", names[e.key], e.baseline) for e in about
        ]),
        names=names,
    )  # fmt: skip


def of_comparison(store: Store, a: Side, b: Side, labels: tuple[str, str]) -> Content:
    """Two models side by side, on the prompts that they share. Raises UserError where they share nothing."""
    differences = compare_models(store, a, b)
    ours, theirs = (_of_side(store, side) for side in (a, b))
    shared = [
        (mine, other) for mine in ours for other in theirs
        if (mine.benchmark, mine.judge, mine.baseline) == (other.benchmark, other.judge, other.baseline)
    ]  # fmt: skip
    tables: list[Table] = []
    for number, (mine, other) in enumerate(shared):
        columns = [Column(labels[0], "thought", mine.values), Column(labels[1], "direct", other.values)]
        tables += _tables(store, [mine, other], columns, None, None, f"{mine.benchmark}-{number}" if number else "")
    overall = [d for d in differences if d.category is None]
    evaluations = [evaluation for pair in shared for evaluation in pair]
    names = {evaluation.key: label for pair in shared for evaluation, label in zip(pair, labels, strict=True)}
    decided = [d for _, against, d in _decisions(store, ours, [e.fingerprint for e in theirs])]
    return Content(
        f"{labels[0]} v {labels[1]}", "comparison",
        verdict.of_comparison(*labels, overall, evaluations, decided[0] if decided else None),
        _of_evaluations(store, evaluations, names), categories=tables, differences=overall,
        boards=boards(store, newest_evaluations(store), set(names)), judges=judge_views(store, evaluations),
        examples=read_examples(store, [
            Contest(e, f"{names[e.key]} v {e.baseline}, {e.benchmark}", names[e.key], e.baseline) for e in evaluations
        ]),
        names=names,
    )  # fmt: skip


def _contests(run: Run) -> list[Contest]:
    """The head-to-heads from the last to the first, then both arms against their baselines."""
    found = []
    for iteration, duel in reversed(by_iteration.duels(run)):
        name = by_iteration.iteration_name(iteration)
        found.append(Contest(duel, f"Thought v direct, {name}", "Thought", "Direct"))
    for step, evaluation in reversed(list(run.evaluations.items())):
        place = step.split("/")
        if place[0] == "evaluate" and not evaluation.is_itself:
            after = f"{place[1]}, {place[2]}" if place[1] == "seed" else (
                f"{place[1]}, {by_iteration.iteration_name(int(place[2]))}"
            )  # fmt: skip
            also = f", {evaluation.benchmark}" if len(run.benchmarks) > 1 else ""
            label = f"{after.capitalize()} v {evaluation.baseline}{also}"
            style = "thought" if "thought" in place[1:3] else "direct"
            found.append(Contest(evaluation, label, after.capitalize(), evaluation.baseline, (style, "duel")))
    return found


def _tables(
    store: Store, evaluations: Sequence[Evaluation], columns: Sequence[Column], duel: Mapping[str, float] | None,
    guarded: tuple[str, ...] | None, name: str = "",
) -> list[Table]:  # fmt: skip
    """By the benchmark's categories, then by what a model assigned: category and complexity."""
    own = {verdict.prompt: verdict.category for e in evaluations for verdict in e.verdicts if verdict.category}
    found = [tabulate(f"category{name}", columns, own, duel, guarded)]
    for kind in ("category", "complexity"):
        assigned = {prompt: value for prompt, value in _assigned(store, kind, list(own)).items()}
        found.append(tabulate(f"assigned-{kind}{name}", columns, assigned, duel) if assigned else None)
    return [table for table in found if table is not None]


_ASSIGNED = """
SELECT prompt_key, value FROM (
    SELECT text_key, value FROM assignment WHERE kind = ?
    QUALIFY row_number() OVER (PARTITION BY text_key ORDER BY created_at DESC, assignment_key) = 1
) JOIN prompt USING (text_key)
WHERE value IS NOT NULL AND prompt_key IN (SELECT unnest(?)) ORDER BY prompt_key
"""


def _assigned(store: Store, kind: str, prompts: Sequence[str]) -> dict[str, str]:
    return dict(store.sql(_ASSIGNED, [kind, list(prompts)])[1])


def _matrix(evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> Matrix | None:
    metrics = [
        (names[e.key], {m.category: m for m in e.metrics if m.name == "win_rate" and m.category is not None})
        for e in evaluations
    ]  # fmt: skip
    groups = sorted({str(group) for _, found in metrics for group in found})
    if len(groups) < 2:
        return None
    rows = []
    for name, found in metrics[:MATRIX]:
        cells = [found.get(group) for group in groups]
        rows.append((name, [
            None if m is None or m.value is None or m.low is None or m.high is None
            else Interval(m.value, m.low, m.high, m.n) for m in cells
        ]))  # fmt: skip
    return Matrix(groups, rows, len(metrics))


def _of_side(store: Store, side: Side) -> list[Evaluation]:
    found = read_evaluations(store, newest_evaluations(store, [side.model])).values()
    return [e for e in found if side.mode in ("", e.mode) and not e.is_itself]


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


def _of_run(run: Run) -> Provenance:
    origin = {k: v for k, v in run.provenance.items() if k not in ("versions", "same_judge")}
    names = {c.fingerprint: c.name for c in run.checkpoints}
    facts = [("Run", run.key), ("Seed", str(run.config.get("seed", 0)))]
    facts += [(key, str(value)) for key, value in origin.items() if not isinstance(value, Mapping)]
    judges = dict.fromkeys(e.judge for e in run.evaluations.values())
    facts += [("Judge", judge) for judge in judges]
    sources = [entry.get("source") for entry in (run.config.get("instructions") or {}).get("sources") or ()]
    if sources:
        facts.append(("Training prompts", ", ".join(map(str, sources))))
    blocks: list[tuple[str, Any]] = [(key, value) for key, value in origin.items() if isinstance(value, Mapping)]
    models = [
        {"name": c.name, "made by": c.made_by, "from": names.get(c.parent or "", c.parent or "–"),
         "fingerprint": c.fingerprint, "folder": c.folder}
        for c in run.checkpoints
    ]  # fmt: skip
    how, command = "To make it again:", "tpobench quickstart"
    if run.name != "quickstart":
        how = f"To make it again, with the settings below in {run.name}.yaml:"
        command = f"tpobench train {quote(f'{run.name}.yaml')}"
    versions = run.provenance.get("versions") or {}
    return Provenance(facts, [*blocks, ("settings", run.config)], models, versions, how, command)


_ABOUT = """
SELECT evaluation_key, params, candidate, c.folder, c.made_by FROM evaluation
LEFT JOIN model c ON c.model_key = candidate WHERE evaluation_key IN (SELECT unnest(?)) ORDER BY evaluation_key
"""

_SPENT = """
SELECT count(*), sum(cost_usd) FROM call WHERE subject IN (
    SELECT unnest(judgment_keys) FROM evaluation WHERE evaluation_key IN (SELECT unnest(?))
)
"""


def _of_evaluations(store: Store, evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> Provenance:
    keys = [e.key for e in evaluations]
    about = {row[0]: row[1:] for row in store.sql(_ABOUT, [keys])[1]}
    ((calls, dollars),) = store.sql(_SPENT, [keys])[1]
    facts = [("Judge", judge) for judge in dict.fromkeys(e.judge for e in evaluations)]
    facts += [("Judge calls", str(calls))] + ([("Cost of judging", f"${dollars:.2f}")] if dollars is not None else [])
    models = [
        {"name": names[e.key], "made by": about[e.key][3] or "–", "benchmark": e.benchmark, "mode": e.mode,
         "fingerprint": e.fingerprint, "folder": about[e.key][2] or "–"}
        for e in evaluations
    ]  # fmt: skip
    command = "\n".join(dict.fromkeys(_again(e, about[e.key][3] or "", about[e.key][2] or "") for e in evaluations))
    return Provenance(facts, [], models, installed_versions(), "To judge again, at the same settings:", command)


def _again(evaluation: Evaluation, made_by: str, folder: str) -> str:
    """The command that brings an evaluation's judgments into a store."""
    if made_by == "imported":
        return f"tpobench import {quote(evaluation.benchmark)} FOLDER"
    mode = "" if evaluation.mode == "direct" else f" --mode {quote(evaluation.mode)}"
    benchmark, _, split = evaluation.benchmark.partition("/")
    where = f" --split {quote(split)}" if split else ""
    return f"tpobench eval --model {quote(folder or evaluation.candidate)} --benchmark {quote(benchmark)}{where}{mode}"
