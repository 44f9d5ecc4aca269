"""The texts of what was judged: prompts, both answers, and what the judge wrote."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class ExampleJudgment:
    """One judgment of an evaluation with its prompt. The outputs are keys, None where the evaluation lists none;
    `preference` is None without a verdict."""

    evaluation: str
    prompt: str
    text: str
    category: str
    checks: tuple[Mapping[str, Any], ...]
    candidate_output: str | None
    baseline_output: str | None
    judge: str
    order: str
    preference: float | None
    raw_text: str


@dataclass(frozen=True, kw_only=True)
class ExampleOutput:
    """An output as a model gave it; `raw_text` is empty where it parsed."""

    response: str
    thought: str
    raw_text: str
    parse_error: str | None
    finish_reason: str


@dataclass(frozen=True, kw_only=True)
class CandidateAnswer:
    """What the candidate of an evaluation answered to one prompt; `response` is empty where it did not parse."""

    prompt: str
    category: str
    thought: str
    response: str


def example_judgments(store: Store, evaluations: Collection[str], prompts: Collection[str]) -> list[ExampleJudgment]:
    """The judgments of these evaluations on these prompts, by evaluation and in its order."""
    query = """
        SELECT evaluation_key AS evaluation, entry.prompt_key AS prompt, coalesce(text, '') AS text,
               coalesce(category, '') AS category, checks, candidate_output, baseline_output, entry.judge,
               presented_order AS "order", preference, judgment.raw_text
        FROM evaluation_entry AS entry
        JOIN judgment USING (judgment_key) LEFT JOIN prompt ON prompt.prompt_key = entry.prompt_key
        WHERE list_contains(?, evaluation_key) AND entry.prompt_key IN (SELECT unnest(?))
        ORDER BY evaluation_key, place
    """
    rows = store.rows(query, [list(evaluations), list(prompts)])
    return [ExampleJudgment(**row | {"checks": tuple(json.loads(row["checks"] or "[]"))}) for row in rows]


def example_outputs(store: Store, keys: Collection[str]) -> dict[str, ExampleOutput]:
    """The outputs by key, as far as the store holds them."""
    query = """
        SELECT output_key, response, thought, CASE WHEN parse_error IS NULL THEN '' ELSE raw_text END AS raw_text,
               parse_error, finish_reason
        FROM output WHERE output_key IN (SELECT unnest(?))
    """
    return {row.pop("output_key"): ExampleOutput(**row) for row in store.rows(query, [list(keys)])}


def candidate_answers(store: Store, evaluation: str) -> list[CandidateAnswer]:
    """What the candidate answered, in the order of the evaluation."""
    query = """
        SELECT prompt.text AS prompt, prompt.category, output.thought, output.response
        FROM evaluation_entry JOIN prompt USING (prompt_key) JOIN output ON output_key = candidate_output
        WHERE evaluation_key = ? ORDER BY place
    """
    return [CandidateAnswer(**row) for row in store.rows(query, [evaluation])]
