"""Evaluations of a store: which there are, and what was judged in them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
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
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one."""
        return in_mode(self.baseline_name, self.baseline_mode)


@dataclass(frozen=True, kw_only=True)
class PromptPreference:
    """The preference for the candidate on one prompt, over all its games; None where one has no verdict."""

    evaluation: str
    prompt: str
    category: str
    preference: float | None


@dataclass(frozen=True, kw_only=True)
class ItemValue:
    """What the candidate of an evaluation scored on one item of a task."""

    evaluation: str
    metric: str
    item: str
    value: float


@dataclass(frozen=True, kw_only=True)
class JudgedEntry:
    """One judgment of an evaluation with its texts. A response is None where the store was never told it."""

    text: str
    category: str
    order: str
    verdict: str
    preference: float | None
    raw_text: str
    candidate_response: str | None
    baseline_response: str | None


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


def current_evaluations(
    store: Store, benchmark: str = "", candidates: Collection[str] | None = None
) -> list[StoredEvaluation]:
    """The newest evaluation of each benchmark, judge, candidate and baseline in their modes; the newest first.

    Args:
        store: The store that holds them.
        benchmark: Only those on this benchmark.
        candidates: Only those of models with these fingerprints.
    """
    where = (
        "WHERE ? IN ('', benchmark) AND (? OR list_contains(?, candidate)) "
        "ORDER BY evaluation.created_at DESC, evaluation_key"
    )
    parameters = [benchmark, candidates is None, list(candidates or ())]
    return _evaluations(store, "current_evaluation", where, parameters)


def largest_evaluations(store: Store) -> list[StoredEvaluation]:
    """Every evaluation with a baseline, that on most prompts first, and of those the newest."""
    where = "WHERE baseline <> '' ORDER BY len(list_distinct(prompt_keys)) DESC, evaluation.created_at DESC"
    return _evaluations(store, "evaluation", where, [])


def evaluations_on_board(store: Store, benchmark: str, also: Collection[str]) -> list[StoredEvaluation]:
    """The current evaluations, and those with the keys `also`, in the order in which they were made."""
    where = (
        "WHERE ? IN ('', benchmark) "
        "AND (evaluation_key IN (SELECT evaluation_key FROM current_evaluation) OR list_contains(?, evaluation_key)) "
        "ORDER BY evaluation.created_at, evaluation_key"
    )
    return _evaluations(store, "evaluation", where, [benchmark, list(also)])


def metrics_of(store: Store, evaluations: Collection[str]) -> dict[str, list[Metric]]:
    """The figures of each evaluation, by name and category."""
    query = (
        "SELECT evaluation, name, value, n, category, low, high FROM metric "
        "WHERE evaluation IN (SELECT unnest(?)) ORDER BY evaluation, name, category"
    )
    metrics: dict[str, list[Metric]] = {evaluation: [] for evaluation in evaluations}
    for row in store.rows(query, [list(evaluations)]):
        metrics[row.pop("evaluation")].append(Metric(**row))
    return metrics


def prompt_preferences(store: Store, evaluations: Collection[str]) -> list[PromptPreference]:
    """The preference on every prompt of these evaluations, in the order of each one's prompts."""
    query = (
        "SELECT evaluation_key AS evaluation, prompt_key AS prompt, category, preference "
        "FROM prompt_preference JOIN prompt USING (prompt_key) "
        "WHERE list_contains(?, evaluation_key) ORDER BY evaluation_key, place"
    )
    return [PromptPreference(**row) for row in store.rows(query, [list(evaluations)])]


def preferences_by_assigned(
    store: Store, evaluations: Collection[str], kind: str
) -> dict[str, dict[str, Sequence[float]]]:
    """By evaluation, and by what a model assigned to its prompts (``category`` or ``complexity``), the preferences on
    these prompts."""
    query = """
        SELECT evaluation_key AS evaluation, value, list(preference ORDER BY prompt_key) AS preferences
        FROM prompt_preference JOIN prompt USING (prompt_key) JOIN current_assignment USING (text_key)
        WHERE kind = ? AND list_contains(?, evaluation_key) AND preference IS NOT NULL AND value IS NOT NULL
        GROUP BY ALL
    """
    found: dict[str, dict[str, Sequence[float]]] = {}
    for row in store.rows(query, [kind, list(evaluations)]):
        found.setdefault(row["evaluation"], {})[row["value"]] = row["preferences"]
    return found


def baseline_responses(store: Store, evaluations: Collection[str]) -> dict[str, dict[str, str]]:
    """By evaluation and prompt, the text key of the baseline's response."""
    query = (
        "SELECT evaluation_key AS evaluation, entry.prompt_key AS prompt, any_value(response_b) AS response "
        "FROM evaluation_entry AS entry JOIN judgment USING (judgment_key) "
        "WHERE list_contains(?, evaluation_key) GROUP BY ALL"
    )
    responses: dict[str, dict[str, str]] = {evaluation: {} for evaluation in evaluations}
    for row in store.rows(query, [list(evaluations)]):
        responses[row["evaluation"]][row["prompt"]] = row["response"]
    return responses


def preference_deviation(store: Store, judge: str, benchmark: str) -> float | None:
    """Standard deviation of one prompt's preference over its games, as this judge gave them on this benchmark. None
    where the store holds too few, or all alike."""
    query = (
        "SELECT evaluation_key FROM evaluation "
        "WHERE judge = ? AND benchmark = ? AND (candidate, candidate_mode) <> (baseline, baseline_mode)"
    )
    evaluations = [row["evaluation_key"] for row in store.rows(query, [judge, benchmark])]
    query = "SELECT stddev(preference) AS deviation FROM prompt_preference WHERE list_contains(?, evaluation_key)"
    deviation = store.rows(query, [evaluations])[0]["deviation"]
    return float(deviation) if deviation else None


def item_values(store: Store, evaluations: Collection[str]) -> list[ItemValue]:
    """What each item of these evaluations scored."""
    query = "SELECT evaluation, metric, item, value FROM item WHERE evaluation IN (SELECT unnest(?))"
    return [ItemValue(**row) for row in store.rows(query, [list(evaluations)])]


def candidate_outputs(store: Store, evaluation: str) -> dict[str, str]:
    """The key of the candidate's output by prompt, of an evaluation that lists them; of a prompt that is listed again
    the last one."""
    query = "SELECT prompt_keys AS prompts, candidate_outputs AS outputs FROM evaluation WHERE evaluation_key = ?"
    row = store.rows(query, [evaluation])[0]
    return dict(zip(row["prompts"], row["outputs"], strict=True)) if row["outputs"] else {}


def with_candidate_texts(store: Store, evaluations: Sequence[StoredEvaluation]) -> list[StoredEvaluation]:
    """Those of the evaluations whose first output of the candidate is stored: imported judgments come without."""
    query = (
        "SELECT evaluation_key FROM evaluation JOIN output ON output_key = candidate_outputs[1] "
        "WHERE list_contains(?, evaluation_key)"
    )
    rows = store.rows(query, [[evaluation.evaluation for evaluation in evaluations]])
    keys = {row["evaluation_key"] for row in rows}
    return [evaluation for evaluation in evaluations if evaluation.evaluation in keys]


def judged_entries(store: Store, evaluation: str) -> list[JudgedEntry]:
    """Every judgment of an evaluation in its order, with the texts."""
    query = """
        SELECT prompt.text, prompt.category, presented_order AS "order", verdict, preference, judgment.raw_text,
               a.response AS candidate_response, b.response AS baseline_response
        FROM evaluation_entry AS entry
        JOIN judgment USING (judgment_key) JOIN prompt ON prompt.prompt_key = entry.prompt_key
        LEFT JOIN output AS a ON a.output_key = candidate_output
        LEFT JOIN output AS b ON b.output_key = baseline_output
        WHERE evaluation_key = ? ORDER BY place
    """
    return [JudgedEntry(**row) for row in store.rows(query, [evaluation])]


def _evaluations(store: Store, table: str, where: str, parameters: Sequence[Any]) -> list[StoredEvaluation]:
    rows = store.rows(_EVALUATIONS.format(table=table) + where, parameters)
    return [StoredEvaluation(**row | {"about": json.loads(row["about"])}) for row in rows]
