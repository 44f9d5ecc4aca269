"""What was judged in the evaluations of a store, prompt by prompt."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tpobench.harness.finish_reasons import REFUSALS
from tpobench.harness.records import Prompt
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.store import Store

CLEAR = 0.25
"""How far a preference is from a tie at least, where a judgment clearly took a side."""

_MANY = 10
"""Judgments that are looked through for one of which the store has both responses."""


@dataclass(frozen=True, kw_only=True)
class PromptPreference:
    """The preference for the candidate on one prompt, over all its judgments; None where one has no verdict."""

    evaluation: str
    prompt: str
    category: str
    preference: float | None


@dataclass(frozen=True, kw_only=True)
class StoredJudgment:
    """One judgment, with the lengths of the candidate's and the baseline's response in characters. `judged_at` is None
    where it is not stored."""

    order: str
    verdict: str
    preference: float | None
    candidate_chars: int
    baseline_chars: int
    judged_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EntryKeys:
    """The keys of one judgment of an evaluation, and of what it compared. A response that was imported without its text
    has a key without a row."""

    prompt: str
    judgment: str
    candidate_output: str
    baseline_output: str


@dataclass(frozen=True, kw_only=True)
class JudgedEntry:
    """One judgment of an evaluation with its texts. A response is None where it was imported without text."""

    text: str
    category: str
    order: str
    verdict: str
    preference: float | None
    raw_text: str
    candidate_response: str | None
    baseline_response: str | None


@dataclass(frozen=True, kw_only=True)
class JudgedResponses:
    """What both sides answered to a prompt of an evaluation. A response is None where it was imported without text; a
    length, in characters, where no judgment is stored either. `candidate_refusal` is the reason for which the candidate
    has no answer (one of `REFUSALS`), empty where there is none."""

    prompt: str
    candidate_refusal: str
    candidate_response: str | None
    baseline_response: str | None
    candidate_chars: int | None
    baseline_chars: int | None


def judgments_with_keys(store: Store, keys: Collection[str]) -> dict[str, StoredJudgment]:
    """The judgments by key, as far as the store holds them."""
    query = (
        'SELECT judgment_key, presented_order AS "order", verdict, preference, chars_a AS candidate_chars, '
        "chars_b AS baseline_chars, created_at AS judged_at FROM judgment WHERE judgment_key IN (SELECT unnest(?))"
    )
    return {row.pop("judgment_key"): StoredJudgment(**row) for row in store.rows(query, [list(keys)])}


def prompt_preferences(store: Store, evaluations: Collection[str]) -> list[PromptPreference]:
    """The preference on every prompt of these evaluations, in the order of each one's prompts."""
    query = (
        "SELECT evaluation_key AS evaluation, prompt_key AS prompt, coalesce(category, '') AS category, preference "
        "FROM prompt_preference LEFT JOIN prompt USING (prompt_key) "
        "WHERE list_contains(?, evaluation_key) ORDER BY evaluation_key, place"
    )
    return [PromptPreference(**row) for row in store.rows(query, [list(evaluations)])]


def evaluation_judgments(store: Store, evaluation: str) -> dict[str, dict[str, StoredJudgment]]:
    """The judgments of an evaluation by prompt and by key; one that is not stored (any more) is without a verdict."""
    query = (
        "SELECT DISTINCT prompt_key AS prompt, judgment_key AS key, place FROM evaluation_entry "
        "WHERE evaluation_key = ? ORDER BY place"
    )
    entries = store.rows(query, [evaluation])
    known = judgments_with_keys(store, [row["key"] for row in entries])
    lost = StoredJudgment(order="", verdict="", preference=None, candidate_chars=0, baseline_chars=0, judged_at=None)
    judgments: dict[str, dict[str, StoredJudgment]] = {}
    for row in entries:
        judgments.setdefault(row["prompt"], {})[row["key"]] = known.get(row["key"], lost)
    return judgments


def preferences_by_assigned(
    store: Store, evaluations: Collection[str], kind: str
) -> dict[str, dict[str, Sequence[float | None]]]:
    """By evaluation, and by what a model assigned to its prompts (``category`` or ``complexity``), the preferences on
    these prompts; None where one has no verdict."""
    query = """
        SELECT evaluation_key AS evaluation, value, list(preference ORDER BY prompt_key) AS preferences
        FROM prompt_preference JOIN prompt USING (prompt_key) JOIN current_assignment USING (text_key)
        WHERE kind = ? AND list_contains(?, evaluation_key) AND value IS NOT NULL
        GROUP BY ALL
    """
    by_evaluation: dict[str, dict[str, Sequence[float | None]]] = {}
    for row in store.rows(query, [kind, list(evaluations)]):
        by_evaluation.setdefault(row["evaluation"], {})[row["value"]] = row["preferences"]
    return by_evaluation


@dataclass(frozen=True, kw_only=True)
class MissingCause:
    """Why judgments of an evaluation have no verdict: what was stored in its place, how often, and one of the texts:
    the server's words for a refused request, else the judge's."""

    verdict: str
    judgments: int
    text: str


def missing_causes(store: Store, evaluation: str) -> list[MissingCause]:
    """Why judgments of the evaluation have no verdict, the most frequent cause first."""
    query = """
        SELECT verdict, count(*) AS judgments, min(judgment.raw_text) AS text
        FROM evaluation_entry JOIN judgment USING (judgment_key)
        WHERE evaluation_key = ? AND preference IS NULL GROUP BY verdict ORDER BY judgments DESC, verdict
    """
    return [MissingCause(**row) for row in store.rows(query, [evaluation])]


def baseline_responses(store: Store, evaluations: Collection[str]) -> dict[str, dict[str, str]]:
    """By evaluation and prompt, the text key of the baseline's response."""
    return _responses(store, evaluations, "response_b")


def candidate_responses(store: Store, evaluations: Collection[str]) -> dict[str, dict[str, str]]:
    """By evaluation and prompt, the text key of the candidate's response."""
    return _responses(store, evaluations, "response_a")


def _responses(store: Store, evaluations: Collection[str], column: str) -> dict[str, dict[str, str]]:
    query = (
        f"SELECT evaluation_key AS evaluation, entry.prompt_key AS prompt, any_value({column}) AS response "
        "FROM evaluation_entry AS entry JOIN judgment USING (judgment_key) "
        "WHERE list_contains(?, evaluation_key) GROUP BY ALL"
    )
    responses: dict[str, dict[str, str]] = {evaluation: {} for evaluation in evaluations}
    for row in store.rows(query, [list(evaluations)]):
        responses[row["evaluation"]][row["prompt"]] = row["response"]
    return responses


@dataclass(frozen=True, kw_only=True)
class EvaluationSpread:
    """How the preferences of an evaluation spread on prompts that are asked about: how many of them it has, how many
    have a verdict, the mean, the standard deviation, and the judgments by prompt."""

    prompts: int
    judged: int
    win_rate: float
    deviation: float
    games: int


def evaluation_spreads(store: Store, judge: str, texts: Collection[str]) -> list[EvaluationSpread]:
    """Of every evaluation by this judge of one model against another, the spread on prompts with these text keys. One
    whose prompts were not all judged in as many orders is left out."""
    query = (
        "SELECT evaluation_key FROM evaluation "
        "WHERE judge = ? AND baseline <> '' AND (candidate, candidate_mode) <> (baseline, baseline_mode)"
    )
    evaluations = [row["evaluation_key"] for row in store.rows(query, [judge])]
    query = """
        SELECT count(*) AS prompts, count(preference) AS judged, avg(preference) AS win_rate,
               stddev(preference) AS deviation, max(games) AS games
        FROM prompt_preference JOIN prompt USING (prompt_key)
        WHERE list_contains(?, evaluation_key) AND text_key IN (SELECT unnest(?))
        GROUP BY evaluation_key
        HAVING count(preference) > 1 AND min(games) = max(games)
        ORDER BY evaluation_key
    """
    return [EvaluationSpread(**row) for row in store.rows(query, [evaluations, list(texts)])]


def judged_responses(store: Store, evaluation: str) -> list[JudgedResponses]:
    """Both sides' responses to every prompt of an evaluation, in the order of its prompts. Of a prompt that is listed
    several times, the responses of its first judgment."""
    query = """
        SELECT entry.prompt_key AS prompt, a.response AS candidate_response, b.response AS baseline_response,
               CASE WHEN list_contains(?, a.finish_reason) THEN a.finish_reason ELSE '' END AS candidate_refusal,
               coalesce(chars_a, length(a.response)) AS candidate_chars,
               coalesce(chars_b, length(b.response)) AS baseline_chars
        FROM evaluation_entry AS entry
        LEFT JOIN judgment USING (judgment_key)
        LEFT JOIN output AS a ON a.output_key = candidate_output
        LEFT JOIN output AS b ON b.output_key = baseline_output
        WHERE evaluation_key = ?
        QUALIFY row_number() OVER (PARTITION BY entry.prompt_key ORDER BY place) = 1
        ORDER BY place
    """
    return [JudgedResponses(**row) for row in store.rows(query, [list(REFUSALS), evaluation])]


def entry_keys(store: Store, evaluation: str) -> list[EntryKeys]:
    """What an evaluation consists of, in its order."""
    query = (
        "SELECT prompt_key AS prompt, judgment_key AS judgment, candidate_output, baseline_output "
        "FROM evaluation_entry WHERE evaluation_key = ? ORDER BY place"
    )
    return [EntryKeys(**row) for row in store.rows(query, [evaluation])]


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


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """The preferences of two judges for one pair of responses: of an evaluation's judge, and of the `other` one."""

    other: str
    prompt: str
    preference: float
    other_preference: float


def second_opinions(store: Store, evaluations: Collection[str], judge: str) -> list[SecondOpinion]:
    """What other judges made of the pairs of responses that `judge` judged in these evaluations, whichever of the two
    was the candidate's. A pair on which one of the two gave no verdict is left out."""
    query = """
        WITH shown AS (
            SELECT DISTINCT prompt_key, response_a, response_b, judgment_key FROM judgment
            WHERE judgment_key IN (SELECT judgment_key FROM evaluation_entry WHERE list_contains(?, evaluation_key))
        ), ours AS (
            SELECT prompt_key, response_a, response_b, avg(preference) AS value
            FROM shown JOIN judgment USING (judgment_key, prompt_key, response_a, response_b) GROUP BY ALL
        ), theirs AS (
            SELECT judge, prompt_key, response_a, response_b, avg(preference) AS value FROM (
                SELECT judge, prompt_key, response_a, response_b, preference FROM judgment
                UNION ALL SELECT judge, prompt_key, response_b, response_a, 1 - preference FROM judgment
                WHERE response_a <> response_b
            ) WHERE judge <> ? GROUP BY ALL
        )
        SELECT judge AS other, prompt_key AS prompt, ours.value AS preference, theirs.value AS other_preference
        FROM ours JOIN theirs USING (prompt_key, response_a, response_b)
        WHERE ours.value IS NOT NULL AND theirs.value IS NOT NULL
        ORDER BY judge, prompt_key, response_a, response_b
    """
    return [SecondOpinion(**row) for row in store.rows(query, [list(evaluations), judge])]


@dataclass(frozen=True, kw_only=True)
class ClearJudgment:
    """A judgment that clearly took a side, with what was judged."""

    key: str
    prompt: Prompt
    order: str
    preference: float
    candidate_response: str
    baseline_response: str
    judged_at: datetime


def clear_judgments(store: Store, judge: str, prompts: Collection[str], count: int) -> list[ClearJudgment]:
    """The oldest judgments by a judge that clearly took a side, of which the store has both responses: one of each
    prompt, those of the given prompts first. They stay the same while the store grows."""
    query = f"""
        WITH clear AS (
            SELECT * FROM judgment WHERE judge = ? AND abs(preference - 0.5) >= {CLEAR} AND chars_a > 0 AND chars_b > 0
            QUALIFY row_number() OVER (PARTITION BY prompt_key ORDER BY created_at, judgment_key) = 1
            ORDER BY list_contains(?, prompt_key) DESC, created_at, judgment_key LIMIT ?
        ), response AS (
            SELECT text_key, sha256(response)[:32] AS key, any_value(response) AS text
            FROM output WHERE text_key IN (SELECT text_key FROM clear JOIN prompt USING (prompt_key)) GROUP BY ALL
        )
        SELECT judgment_key AS key, prompt_key, presented_order AS "order", preference,
               ours.text AS candidate_response, theirs.text AS baseline_response, clear.created_at AS judged_at
        FROM clear JOIN prompt USING (prompt_key)
        JOIN response AS ours ON ours.text_key = prompt.text_key AND ours.key = response_a
        JOIN response AS theirs ON theirs.text_key = prompt.text_key AND theirs.key = response_b
        ORDER BY list_contains(?, prompt_key) DESC, clear.created_at, judgment_key LIMIT ?
    """
    rows = store.rows(query, [judge, list(prompts), _MANY * count, list(prompts), count])
    known = prompts_with_keys(store, [row["prompt_key"] for row in rows])
    return [
        ClearJudgment(prompt=prompt, **{name: value for name, value in row.items() if name != "prompt_key"})
        for row, prompt in zip(rows, known, strict=True)
    ]
