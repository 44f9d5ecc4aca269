"""What models assigned to prompts: their category and their complexity."""

from collections.abc import Collection

from tpobench.harness.store.store import Store


def assigned_values(store: Store, kind: str, prompts: Collection[str]) -> dict[str, str]:
    """What was assigned last (``category`` or ``complexity``) to each of these prompts, as far as something was."""
    query = """
        SELECT prompt_key AS prompt, value FROM current_assignment JOIN prompt USING (text_key)
        WHERE kind = ? AND value IS NOT NULL AND prompt_key IN (SELECT unnest(?)) ORDER BY prompt_key
    """
    return {row["prompt"]: row["value"] for row in store.rows(query, [kind, list(prompts)])}
