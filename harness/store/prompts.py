"""The prompts of a store."""

import json
from collections.abc import Sequence

from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store


def prompts_with_keys(store: Store, keys: Sequence[str]) -> list[Prompt]:
    """The prompts with these keys, in the order given."""
    query = "SELECT prompt_key, text, category, source, checks FROM prompt WHERE prompt_key IN (SELECT unnest(?))"
    prompts = {
        row.pop("prompt_key"): Prompt(**row | {"checks": tuple(json.loads(row["checks"]))})
        for row in store.rows(query, [list(keys)])
    }
    return [prompts[key] for key in keys]
