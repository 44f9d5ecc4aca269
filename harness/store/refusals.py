"""Which prompts of an evaluation got no answer, and which judgments no verdict, and why."""

from collections.abc import Collection
from dataclasses import dataclass

from tpobench.harness.finish_reasons import REFUSALS
from tpobench.harness.store.judgments import MissingCause
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class RefusedPrompts:
    """How many prompts of an evaluation one of its sides (``candidate`` or ``baseline``) did not answer for a reason
    (one of `REFUSALS`), and the server's words for one of them, as far as there are any."""

    side: str
    reason: str
    prompts: int
    words: str


def refused_prompts(store: Store, evaluation: str) -> list[RefusedPrompts]:
    """The refused prompts of an evaluation by side and reason, the candidate's first."""
    query = """
        WITH answered AS (
            SELECT DISTINCT 'candidate' AS side, unnest(candidate_outputs) AS output_key
            FROM evaluation WHERE evaluation_key = $1
            UNION ALL
            SELECT DISTINCT 'baseline', unnest(baseline_outputs) FROM evaluation WHERE evaluation_key = $1
        ), refused AS (
            SELECT side, output_key, finish_reason AS reason FROM answered JOIN output USING (output_key)
            WHERE list_contains($2, finish_reason)
        ), words AS (
            SELECT subject, max(problem) AS problem FROM call
            WHERE subject IN (SELECT output_key FROM refused) GROUP BY subject
        )
        SELECT side, reason, count(*) AS prompts, coalesce(min(problem), '') AS words
        FROM refused LEFT JOIN words ON subject = output_key
        GROUP BY ALL ORDER BY side DESC, prompts DESC, reason
    """
    return [RefusedPrompts(**row) for row in store.rows(query, [evaluation, list(REFUSALS)])]


def causes_of_missing(store: Store, judgments: Collection[str]) -> list[MissingCause]:
    """Why these judgments have no verdict, as far as they have none, the most frequent cause first."""
    query = """
        SELECT verdict, count(*) AS judgments, min(raw_text) AS text FROM judgment
        WHERE judgment_key IN (SELECT unnest(?)) AND preference IS NULL
        GROUP BY verdict ORDER BY judgments DESC, verdict
    """
    return [MissingCause(**row) for row in store.rows(query, [list(judgments)])]


def gave_verdicts(store: Store, evaluation: str) -> bool:
    """Whether the judge of an evaluation gave any verdict at all. Equal responses are a tie without it."""
    query = """
        SELECT count(*) AS verdicts FROM evaluation_entry JOIN judgment USING (judgment_key)
        WHERE evaluation_key = ? AND preference IS NOT NULL AND verdict <> 'identical'
    """
    return bool(store.rows(query, [evaluation])[0]["verdicts"])
