"""The verdicts of an evaluation, by prompt."""

from collections.abc import Collection
from dataclasses import dataclass

from tpobench.harness.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPrompt:
    """What a judge said of one prompt.

    Attributes:
        prompt: Its key.
        category: The benchmark's own.
        verdicts: Of each judgment the order of presentation (``AB``: the candidate first) and the preference, the
            probability that the candidate is better; None where there is no verdict.
        preference: Over all judgments, as the view `prompt_preference` defines it; None unless each has a verdict.
        chars: The length of the candidate's response, in characters.
        baseline_chars: That of the baseline's.
    """

    prompt: str
    category: str
    verdicts: tuple[tuple[str, float | None], ...]
    preference: float | None
    chars: int
    baseline_chars: int


def judged_prompts(store: Store, evaluations: Collection[str]) -> dict[str, tuple[JudgedPrompt, ...]]:
    """The judged prompts of each of these evaluations, in its order."""
    query = """
        SELECT evaluation_key AS evaluation, entry.prompt_key AS prompt, coalesce(category, '') AS category,
               coalesce(presented_order, 'AB') AS presented_order, judgment.preference AS verdict,
               coalesce(chars_a, 0) AS chars, coalesce(chars_b, 0) AS baseline_chars
        FROM evaluation_entry AS entry
        LEFT JOIN judgment USING (judgment_key) LEFT JOIN prompt ON prompt.prompt_key = entry.prompt_key
        WHERE list_contains(?, evaluation_key)
        ORDER BY evaluation_key, place
    """
    preferences = _preferences(store, evaluations)
    about: dict[str, dict[str, tuple[str, int, int]]] = {evaluation: {} for evaluation in evaluations}
    verdicts: dict[tuple[str, str], list[tuple[str, float | None]]] = {}
    for row in store.rows(query, [list(evaluations)]):
        evaluation, prompt = row["evaluation"], row["prompt"]
        about[evaluation].setdefault(prompt, (row["category"], row["chars"], row["baseline_chars"]))
        verdicts.setdefault((evaluation, prompt), []).append((row["presented_order"], row["verdict"]))
    return {
        evaluation: tuple(
            JudgedPrompt(
                prompt=prompt,
                category=category,
                verdicts=tuple(verdicts[evaluation, prompt]),
                preference=preferences[evaluation, prompt],
                chars=chars,
                baseline_chars=baseline_chars,
            )
            for prompt, (category, chars, baseline_chars) in prompts.items()
        )
        for evaluation, prompts in about.items()
    }


def _preferences(store: Store, evaluations: Collection[str]) -> dict[tuple[str, str], float | None]:
    """The preference by evaluation and prompt."""
    query = (
        "SELECT evaluation_key AS evaluation, prompt_key AS prompt, preference FROM prompt_preference "
        "WHERE list_contains(?, evaluation_key)"
    )
    rows = store.rows(query, [list(evaluations)])
    return {(row["evaluation"], row["prompt"]): row["preference"] for row in rows}
