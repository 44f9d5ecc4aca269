"""Evaluations of a store: which there are, with their figures."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.models.modes import in_mode
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class StoredEvaluation:
    """An evaluation of one model (by fingerprint and name) against another. A baseline is empty where there was none
    (lm-eval's tasks). `about` says how it was made: the judge's name, the benchmark's size, and the like."""

    evaluation: str
    benchmark: str
    judge: str
    candidate: str
    candidate_name: str
    candidate_mode: str
    baseline: str
    baseline_name: str
    baseline_mode: str
    about: Mapping[str, Any]

    @property
    def metric(self) -> str:
        """The metric of the user's that it measured and nothing else; empty for all other evaluations."""
        return str(self.about.get("metric", ""))

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one."""
        return in_mode(self.baseline_name, self.baseline_mode)


@dataclass(frozen=True, kw_only=True)
class ItemValue:
    """What the candidate of an evaluation scored on one item of a task, or on one prompt, which has a category."""

    evaluation: str
    metric: str
    item: str
    value: float
    category: str | None


_EVALUATIONS = """
SELECT evaluation_key AS evaluation, benchmark, judge,
       candidate, coalesce(c.name, candidate) AS candidate_name, candidate_mode,
       baseline, coalesce(b.name, baseline) AS baseline_name, baseline_mode, params AS about
FROM {table} AS evaluation
LEFT JOIN model AS c ON c.model_key = candidate LEFT JOIN model AS b ON b.model_key = baseline
"""


def evaluation_with_key(store: Store, key: str) -> StoredEvaluation:
    """The evaluation with this key, which the store holds."""
    return _evaluations(store, "evaluation", "WHERE evaluation_key = ?", [key])[0]


def evaluations_with_keys(store: Store, keys: Collection[str]) -> dict[str, StoredEvaluation]:
    """The evaluations with these keys, as far as the store holds them, in the order of the keys."""
    rows = _evaluations(store, "evaluation", "WHERE evaluation_key IN (SELECT unnest(?))", [list(keys)])
    evaluations = {evaluation.evaluation: evaluation for evaluation in rows}
    return {key: evaluations[key] for key in keys if key in evaluations}


def current_evaluations(
    store: Store, benchmark: str = "", candidates: Collection[str] | None = None, judged: bool = False
) -> list[StoredEvaluation]:
    """The current evaluation (see views.sql) of each benchmark, judge, candidate and baseline; the newest first.

    Args:
        store: The store that holds them.
        benchmark: Only those on this benchmark.
        candidates: Only those of models with these fingerprints.
        judged: Only those with judgments, not those in which tasks were scored.
    """
    where = (
        "WHERE ? IN ('', benchmark) AND (? OR list_contains(?, candidate)) AND (NOT ? OR len(judgment_keys) > 0) "
        "ORDER BY evaluation.created_at DESC, evaluation_key"
    )
    parameters = [benchmark, candidates is None, list(candidates or ()), judged]
    return _evaluations(store, "current_evaluation", where, parameters)


def largest_evaluations(store: Store) -> list[StoredEvaluation]:
    """Every evaluation with a baseline, that on most prompts first, and of those the newest."""
    where = (
        "JOIN evaluation_size USING (evaluation_key) WHERE baseline <> '' "
        "ORDER BY prompts DESC, evaluation.created_at DESC, evaluation_key"
    )
    return _evaluations(store, "evaluation", where, [])


def evaluations_of(store: Store, *, benchmark: str = "", candidates: Collection[str] = ()) -> list[StoredEvaluation]:
    """Every evaluation on a benchmark (empty: on any) of models with these fingerprints (empty: of any), that with most
    prompts first, and of those the newest."""
    where = (
        "JOIN evaluation_size USING (evaluation_key) WHERE ? IN ('', benchmark) AND (? OR list_contains(?, candidate)) "
        "ORDER BY prompts DESC, evaluation.created_at DESC, evaluation_key"
    )
    return _evaluations(store, "evaluation", where, [benchmark, not candidates, list(candidates)])


def metric_evaluations(store: Store, benchmark: str = "") -> list[StoredEvaluation]:
    """The current evaluations by metrics of the user's, each metric of each model by its newest scorer; the newest
    first. Empty `benchmark`: on any."""
    newest: dict[tuple[str, ...], StoredEvaluation] = {}
    for evaluation in current_evaluations(store, benchmark):
        if evaluation.metric:
            model = evaluation.candidate, evaluation.candidate_mode
            newest.setdefault((evaluation.benchmark, evaluation.metric, *model), evaluation)
    return list(newest.values())


def evaluation_of_judgments(
    store: Store, sides: tuple[str, str, str, str], judge: str, judgments: Collection[str]
) -> StoredEvaluation | None:
    """The newest evaluation that consists of exactly these judgments; None where the store holds none.

    Args:
        store: Has the evaluations.
        sides: Candidate and its mode, baseline and its mode; models by fingerprint.
        judge: Its id.
        judgments: Their keys.
    """
    where = (
        "WHERE candidate = ? AND candidate_mode = ? AND baseline = ? AND baseline_mode = ? AND judge = ? "
        "AND list_sort(judgment_keys) = list_sort(?::VARCHAR[]) ORDER BY evaluation.created_at DESC, evaluation_key"
    )
    return next(iter(_evaluations(store, "evaluation", where, [*sides, judge, list(judgments)])), None)


def evaluations_on_board(store: Store, benchmark: str, also: Collection[str]) -> list[StoredEvaluation]:
    """The current evaluations, and those with the keys `also`, in the order in which they were made; without those of
    the user's own metrics, which rank nobody."""
    where = (
        "WHERE ? IN ('', benchmark) "
        "AND (evaluation_key IN (SELECT evaluation_key FROM current_evaluation) OR list_contains(?, evaluation_key)) "
        "AND json_extract_string(params, '$.metric') IS NULL "
        "ORDER BY evaluation.created_at, evaluation_key"
    )
    return _evaluations(store, "evaluation", where, [benchmark, list(also)])


def item_values(store: Store, evaluations: Collection[str]) -> list[ItemValue]:
    """What each item of these evaluations scored."""
    query = (
        "SELECT evaluation, metric, item, value, category FROM item LEFT JOIN prompt ON prompt_key = item "
        "WHERE evaluation IN (SELECT unnest(?))"
    )
    return [ItemValue(**row) for row in store.rows(query, [list(evaluations)])]


@dataclass(frozen=True, kw_only=True)
class EvaluationEntry:
    """One judgment of an evaluation by keys; those of outputs are empty where the evaluation does not list them."""

    prompt: str
    judgment: str
    candidate_output: str
    baseline_output: str


def evaluation_entries(store: Store, evaluation: str) -> list[EvaluationEntry]:
    """Every stored judgment of an evaluation, in its order."""
    query = """
        SELECT entry.prompt_key AS prompt, judgment_key AS judgment,
               coalesce(candidate_output, '') AS candidate_output, coalesce(baseline_output, '') AS baseline_output
        FROM evaluation_entry AS entry JOIN judgment USING (judgment_key)
        WHERE evaluation_key = ? ORDER BY place
    """
    return [EvaluationEntry(**row) for row in store.rows(query, [evaluation])]


def sampling_of_candidates(store: Store, evaluations: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """By evaluation, the sampling parameters of the candidate's first output, where it is stored and was sampled."""
    query = """
        SELECT evaluation_key AS evaluation, output.params FROM evaluation
        JOIN output ON output_key = candidate_outputs[1] WHERE evaluation_key IN (SELECT unnest(?))
    """
    rows = store.rows(query, [list(evaluations)])
    return {row["evaluation"]: params for row in rows if (params := json.loads(row["params"]))}


def with_candidate_texts(store: Store, evaluations: Sequence[StoredEvaluation]) -> list[StoredEvaluation]:
    """Those of the evaluations whose first output of the candidate is stored: imported judgments come without."""
    keys = candidates_with_texts(store, [evaluation.evaluation for evaluation in evaluations])
    return [evaluation for evaluation in evaluations if evaluation.evaluation in keys]


def candidates_with_texts(store: Store, evaluations: Collection[str]) -> set[str]:
    """Of the evaluations with these keys those whose candidate's first output is stored."""
    query = (
        "SELECT evaluation_key FROM evaluation JOIN output ON output_key = candidate_outputs[1] "
        "WHERE list_contains(?, evaluation_key)"
    )
    return {row["evaluation_key"] for row in store.rows(query, [list(evaluations)])}


def _evaluations(store: Store, table: str, where: str, parameters: Sequence[Any]) -> list[StoredEvaluation]:
    rows = store.rows(_EVALUATIONS.format(table=table) + where, parameters)
    return [StoredEvaluation(**row | {"about": json.loads(row["about"])}) for row in rows]
