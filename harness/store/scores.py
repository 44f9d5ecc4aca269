"""What pointwise judges said of single responses."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class ScoreParts:
    """A score's value with what it is made of."""

    value: float
    components: Mapping[str, Any]


def scores_with_parts(store: Store, keys: Collection[str]) -> dict[str, ScoreParts]:
    """The scores by key, as far as the store holds them."""
    query = "SELECT score_key, value, components FROM score WHERE score_key IN (SELECT unnest(?))"
    rows = store.rows(query, [list(keys)])
    return {row["score_key"]: ScoreParts(row["value"], json.loads(row["components"])) for row in rows}


def scores_of_responses(
    store: Store, judges: Collection[str], prompts: Collection[str]
) -> dict[tuple[str, str, str], ScoreParts]:
    """What these judges gave, by judge, prompt and response."""
    query = """
        SELECT DISTINCT judge, prompt_key AS prompt, response, value, components FROM score
        WHERE judge IN (SELECT unnest(?)) AND prompt_key IN (SELECT unnest(?))
    """
    return {
        (row["judge"], row["prompt"], row["response"]): ScoreParts(row["value"], json.loads(row["components"]))
        for row in store.rows(query, [list(judges), list(prompts)])
    }
