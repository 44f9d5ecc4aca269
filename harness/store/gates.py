"""Gates that were opened and decided, and moves of the champion, as a store remembers them.

Looks and moves are in the order of their rows (`rowid`), which only grow: a clock may go back.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.records import GateLook
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class Attempt:
    """A gate that was opened: its number in the line, and the share of each alpha that it may spend."""

    key: str
    number: int
    share: float


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """An attempt with the names of the two models and its last decision (``none yet`` where it ended without one)."""

    number: int
    candidate: str
    against: str
    share: float
    decision: str
    opened: str


def attempt_with_key(store: Store, key: str) -> Attempt | None:
    """The attempt with this key; None where the store has none."""
    query = "SELECT gate_attempt_key AS key, number, share FROM gate_attempt WHERE gate_attempt_key = ?"
    rows = store.rows(query, [key])
    return Attempt(**rows[0]) if rows else None


def attempt_at_test(store: Store, line: str, test: str) -> Attempt | None:
    """The first attempt of the line at this test, whatever the models were called; None where it has none."""
    query = (
        "SELECT gate_attempt_key AS key, number, share FROM gate_attempt WHERE line = ? AND test = ? "
        "ORDER BY number, opened_at LIMIT 1"
    )
    rows = store.rows(query, [line, test])
    return Attempt(**rows[0]) if rows else None


def last_attempt(store: Store, line: str) -> int:
    """The number of the line's last attempt; 0 where it has none."""
    query = "SELECT coalesce(max(number), 0) AS number FROM gate_attempt WHERE line = ?"
    return int(store.rows(query, [line])[0]["number"])


def ledger(store: Store, line: str) -> list[LedgerRow]:
    """Every gate of a line, in order."""
    query = """
        SELECT number, coalesce(c.name, candidate) AS candidate, coalesce(b.name, against) AS against, share,
               coalesce((
                   SELECT decision FROM gate_decision WHERE attempt = gate_attempt_key ORDER BY decided_at DESC LIMIT 1
               ), 'none yet') AS decision,
               strftime(opened_at, '%Y-%m-%d %H:%M') AS opened
        FROM gate_attempt
        LEFT JOIN model AS c ON c.model_key = candidate LEFT JOIN model AS b ON b.model_key = against
        WHERE line = ? ORDER BY number, opened_at
    """
    return [LedgerRow(**row) for row in store.rows(query, [line])]


def looks_of(store: Store, test: str) -> list[GateLook]:
    """Every look at a test, in the order in which they were opened."""
    query = "SELECT * EXCLUDE (gate_look_key, opened_at) FROM gate_look WHERE test = ? ORDER BY rowid"
    return [GateLook(**row) for row in store.rows(query, [test])]


def similar_looks(
    store: Store, candidate: str, against: str, observations: Sequence[str], *, line: str = "", before: str = ""
) -> list[str]:
    """The keys of the first looks at tests of one model against another, whatever was varied between them, and of those
    of which half the observations are among these, whatever the models are called; the oldest first.

    Args:
        store: Where looks are kept.
        candidate: A fingerprint.
        against: A fingerprint.
        observations: Keys.
        line: Looks of this line are left out: they share their error.
        before: The key of a look: only those that were opened before it; empty for all.
    """
    query = """
        SELECT gate_look_key AS key FROM gate_look
        WHERE parent = '' AND (line = '' OR line <> ?)
          AND (? = '' OR rowid < (SELECT rowid FROM gate_look WHERE gate_look_key = ?))
          AND ((candidate = ? AND against = ?) OR 2 * len(list_intersect(observations, ?)) >= len(observations))
        ORDER BY rowid
    """
    rows = store.rows(query, [line, before, before, candidate, against, list(observations)])
    return [row["key"] for row in rows]


def judges_of_line(store: Store, line: str) -> list[str]:
    """The judges that the gates of a line have asked."""
    return [
        row["judge"] for row in store.rows("SELECT DISTINCT judge FROM gate_look WHERE line = ? ORDER BY judge", [line])
    ]


def prompts_before(store: Store, line: str, looks: Collection[str]) -> set[str]:
    """The text keys of the prompts that the gates of a line looked at before the first of these looks."""
    query = """
        SELECT DISTINCT unnest(prompts) AS prompt FROM gate_look WHERE line = ? AND rowid < (
            SELECT min(rowid) FROM gate_look WHERE gate_look_key IN (SELECT unnest(?))
        )
    """
    return {row["prompt"] for row in store.rows(query, [line, list(looks)])}


def known_lines(store: Store) -> list[str]:
    """The lines of which the store has gates."""
    return [row["line"] for row in store.rows("SELECT DISTINCT line FROM gate_attempt ORDER BY line")]


def champion_moves(store: Store, file: Path) -> list[dict[str, Any]]:
    """Every promotion and rollback by this alias file, in order, by the columns of table `champion`."""
    query = "SELECT * EXCLUDE (champion_key, file) FROM champion WHERE file = ? ORDER BY rowid"
    return store.rows(query, [str(file.resolve())])


@dataclass(frozen=True, kw_only=True)
class StoredDecision:
    """A gate's decision as it was stored: its rules are mappings with ``rule``, ``outcome`` and ``sentence``, its
    policy is as the user wrote it."""

    decision: str
    candidate: str
    against: str
    rules: tuple[Mapping[str, str], ...]
    policy: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class DecisionOfModels:
    """A gate's decision on one model against another, by their names; its rules are mappings with ``rule``, ``outcome``
    and ``sentence``."""

    candidate: str
    against: str
    decision: str
    rules: tuple[Mapping[str, Any], ...] = ()


def decision_with_key(store: Store, key: str) -> StoredDecision | None:
    """The decision with this key; None where the store has none."""
    query = "SELECT decision, candidate, against, rules, policy FROM gate_decision WHERE gate_decision_key = ?"
    rows = store.rows(query, [key])
    if not rows:
        return None
    row = rows[0]
    return StoredDecision(**row | {"rules": tuple(json.loads(row["rules"])), "policy": json.loads(row["policy"])})


def newest_decisions(
    store: Store, candidates: Collection[str], against: Collection[str] | None = None
) -> list[DecisionOfModels]:
    """The gate's newest decision on each of these candidates, the newest first.

    Args:
        store: The store that holds them.
        candidates: Fingerprints.
        against: Only decisions against models with these fingerprints.
    """
    query = """
        SELECT coalesce(c.name, candidate) AS candidate, coalesce(a.name, against) AS against, decision, rules
        FROM gate_decision
        LEFT JOIN model AS c ON c.model_key = gate_decision.candidate
        LEFT JOIN model AS a ON a.model_key = gate_decision.against
        WHERE gate_decision.candidate IN (SELECT unnest(?)) AND (? OR gate_decision.against IN (SELECT unnest(?)))
        QUALIFY row_number() OVER (
            PARTITION BY gate_decision.candidate ORDER BY decided_at DESC, gate_decision_key
        ) = 1
        ORDER BY decided_at DESC, gate_decision_key
    """
    parameters = [list(candidates), against is None, list(against or ())]
    return [
        DecisionOfModels(**row | {"rules": tuple(json.loads(row["rules"]))}) for row in store.rows(query, parameters)
    ]
