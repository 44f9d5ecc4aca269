"""Find a run in the store, and the head-to-head evaluation of two of its checkpoints."""

from dataclasses import dataclass

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class CheckpointEvaluation:
    """The evaluation of one checkpoint (`candidate`) against another; both are model fingerprints."""

    run: str
    evaluation: str
    candidate: str
    against: str


def run_named(store: Store, name: str) -> str:
    """The key of the newest run of this name, of the newest run where `name` is empty."""
    rows = store.sql("SELECT run_key, name FROM run ORDER BY created_at DESC")[1]
    if not rows:
        raise StoreLacks(store.path, f"{store.path} holds no run yet", "tpobench quickstart makes one")
    for key, found in rows:
        if name in ("", found):
            return str(key)
    known = sorted({found for _, found in rows})
    raise StoreLacks(store.path, f"{store.path} holds no run {name!r}; {did_you_mean(name, known)}")


def checkpoint_evaluation(store: Store, run: str, candidate: str, against: str) -> CheckpointEvaluation:
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
        duels[pair] = CheckpointEvaluation(key, evaluation, ours, theirs)
    if (candidate, against) not in duels:
        known = "; ".join(f"{ours} against {theirs}" for ours, theirs in sorted(duels))
        raise UserError(f"the run has no evaluation of {candidate} against {against}; it has: {known}")
    return duels[candidate, against]


def checkpoint_of(store: Store, run: str, place: str) -> tuple[str, str]:
    """Folder and mode of ``thought/1``, as it was evaluated. Raises UserError when the run has not got there."""
    model, mode = measured_as(store, run, place)
    ((folder,),) = store.sql("SELECT folder FROM model WHERE model_key = ?", [model])[1]
    return str(folder), mode


def measured_as(store: Store, run: str, place: str) -> tuple[str, str]:
    """Fingerprint and mode of ``thought/1``, as it was evaluated. Raises UserError when the run has not got there."""
    query = (
        "SELECT step.name, candidate, candidate_mode FROM step "
        "JOIN evaluation ON evaluation_key = details->>'evaluation' "
        "WHERE step.run = ? AND starts_with(step.name, 'evaluate/')"
    )
    rows = store.sql(query, [run_named(store, run)])[1]
    found = {name.removeprefix("evaluate/"): (model, mode) for name, model, mode in rows}
    if place not in found:
        raise UserError(f"the run has evaluated no {place}; it has: {', '.join(sorted(found))}")
    return found[place]


def last_checkpoint(store: Store, run: str) -> tuple[str, str]:
    """Fingerprint and mode of the run's last evaluated checkpoint, of the thought arm where there is one."""
    query = "SELECT name FROM step WHERE run = ? AND regexp_matches(name, '^evaluate/(thought|direct)/[0-9]+$')"
    places = [row[0].split("/")[1:] for row in store.sql(query, [run_named(store, run)])[1]]
    if not places:
        raise UserError(f"the run {run!r} has evaluated no checkpoint yet")
    arm, iteration = max(places, key=lambda place: (place[0] == "thought", int(place[1])))
    return measured_as(store, run, f"{arm}/{iteration}")
