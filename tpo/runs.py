"""Find a run in the store, and the head-to-head evaluation of two of its checkpoints."""

from dataclasses import dataclass

from harness.errors import UserError, did_you_mean
from harness.store import Store


@dataclass(frozen=True)
class Duel:
    """The evaluation of one checkpoint (`candidate`) against another; both are model fingerprints."""

    run: str
    evaluation: str
    candidate: str
    against: str


def run_named(store: Store, name: str) -> str:
    """The key of the newest run of this name, of the newest run where `name` is empty."""
    rows = store.sql("SELECT run_key, name FROM run ORDER BY created_at DESC")[1]
    if not rows:
        raise UserError(f"{store.path} holds no run yet; tpobench quickstart makes one")
    for key, found in rows:
        if name in ("", found):
            return str(key)
    raise UserError(f"{store.path} holds no run {name!r}; {did_you_mean(name, sorted({found for _, found in rows}))}")


def duel_of(store: Store, run: str, candidate: str, against: str) -> Duel:
    """The stored evaluation of ``thought/N`` against ``direct/N``, or of ``arm/N`` against the seed's direct answers.

    Raises UserError when the run has no such evaluation, and says which it has.
    """
    key = run_named(store, run)
    against = against or f"direct/{candidate.partition('/')[2]}"
    duels = {}
    query = (
        "SELECT step.name, evaluation_key, candidate, baseline FROM step "
        "JOIN evaluation ON evaluation_key = details->>'evaluation' WHERE step.run = ?"
    )
    for name, evaluation, ours, theirs in store.sql(query, [key])[1]:
        kind, _, place = name.partition("/")
        pair = (f"thought/{place}", f"direct/{place}") if kind == "head_to_head" else (place, "seed/direct")
        duels[pair] = Duel(key, evaluation, ours, theirs)
    if (candidate, against) not in duels:
        known = "; ".join(f"{ours} against {theirs}" for ours, theirs in sorted(duels))
        raise UserError(f"the run has no evaluation of {candidate} against {against}; it has: {known}")
    return duels[candidate, against]
