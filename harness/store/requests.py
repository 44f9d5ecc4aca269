"""How evaluations were asked for, as a store remembers it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class StoredRequest:
    """A command and its options by the parameter's name, for example ``{"judge_model": "judge@http://host/v1"}``."""

    command: str
    options: Mapping[str, Any]


def requests_of(store: Store, evaluations: Collection[str]) -> dict[str, StoredRequest]:
    """By evaluation, how it was asked for; one that an earlier version stored is left out."""
    query = "SELECT request_key AS key, command, options FROM request WHERE request_key IN (SELECT unnest(?))"
    rows = store.rows(query, [list(evaluations)])
    return {row["key"]: StoredRequest(row["command"], json.loads(row["options"])) for row in rows}
