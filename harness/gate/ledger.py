"""The error budget of a release train: successive gates of one line of models share their alphas.

The k-th gate of a line may spend 6 / (pi k)^2 of every alpha of its policy; all shares sum to 1, so that fifty attempts
together promote noise no more often than one would. An attempt is entered before anything is judged: looking and
giving up counts.
"""

from dataclasses import dataclass

from tpobench.harness.records import content_key
from tpobench.harness.stats.multiplicity import share_of_attempt
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


def open_attempt(store: Store, line: str, candidate: str, against: str, test: str) -> Attempt:
    """Enter a gate in its line. The same candidate and baseline in the same test (policy, judge, prompts, opponents)
    are the same attempt, and spend nothing more; anything else takes the next number."""
    key = content_key("attempt", line, candidate, against, test)
    known = store.sql("SELECT number, share FROM gate_attempt WHERE gate_attempt_key = ?", [key])[1]
    if known:
        return Attempt(key, *known[0])
    ((before,),) = store.sql("SELECT coalesce(max(number), 0) FROM gate_attempt WHERE line = ?", [line])[1]
    share = share_of_attempt(before + 1)
    store.add_attempt(key, line=line, number=before + 1, candidate=candidate, against=against, test=test, share=share)
    return Attempt(key, before + 1, share)


def ledger(store: Store, line: str) -> list[LedgerRow]:
    """Every gate of a line, in order."""
    query = (
        "SELECT number, coalesce(c.name, candidate), coalesce(b.name, against), share, "
        "(SELECT decision FROM gate_decision WHERE attempt = gate_attempt_key ORDER BY decided_at DESC LIMIT 1), "
        "opened_at FROM gate_attempt LEFT JOIN model c ON c.model_key = candidate "
        "LEFT JOIN model b ON b.model_key = against WHERE line = ? ORDER BY number, opened_at"
    )
    return [
        LedgerRow(
            number=number,
            candidate=candidate,
            against=against,
            share=share,
            decision=decision or "none yet",
            opened=f"{opened:%Y-%m-%d %H:%M}",
        )
        for number, candidate, against, share, decision, opened in store.sql(query, [line])[1]
    ]


def known_lines(store: Store) -> list[str]:
    """The lines of which the store has gates."""
    return [line for (line,) in store.sql("SELECT DISTINCT line FROM gate_attempt ORDER BY line")[1]]
