"""Find a run in the store, its checkpoints, and the head-to-head evaluation of two of them."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.secrets import without_secrets
from tpobench.harness.store.models import NamedModel, model_named
from tpobench.harness.store.store import Store

CHECKPOINT = re.compile(r"(thought|direct|seed)/\w+")
"""How a checkpoint of a run is named: ``thought/1``, ``seed/direct``."""


@dataclass(frozen=True, kw_only=True)
class CheckpointEvaluation:
    """What a finished step of a run evaluated; both models are fingerprints."""

    step: str
    evaluation: str
    candidate: str
    candidate_mode: str
    baseline: str

    @property
    def pair(self) -> tuple[str, str]:
        """Both sides as checkpoints of the run: ``thought/1`` against ``direct/1``, or against the seed's answers."""
        kind, _, point = self.step.partition("/")
        return (f"thought/{point}", f"direct/{point}") if kind == "head_to_head" else (point, "seed/direct")


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """A run as it was started: its settings, and where it was started with what."""

    key: str
    name: str
    started: datetime
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]


def run_with_key(store: Store, key: str) -> StoredRun:
    """The run with this key.

    Raises:
        UserError: The store does not hold it.
    """
    query = "SELECT run_key AS key, name, created_at AS started, config, provenance FROM run WHERE run_key = ?"
    rows = store.rows(query, [key])
    if not rows:
        raise UserError(f"{store.path} holds no run {key}")
    row = rows[0]
    documents = {name: without_secrets(json.loads(row[name])) for name in ("config", "provenance")}
    return StoredRun(**row | documents)


def holds_a_run(store: Store) -> bool:
    """Whether the store holds any run."""
    return bool(store.rows("SELECT 1 FROM run LIMIT 1"))


def run_named(store: Store, name: str) -> str:
    """The key of the newest run of this name, of the newest run where `name` is empty.

    Raises:
        StoreLacks: The store holds no such run.
    """
    rows = store.rows("SELECT run_key, name FROM run ORDER BY rowid DESC")
    if not rows:
        raise StoreLacks(store.path, f"{store.path} holds no run yet", "tpobench quickstart makes one")
    for row in rows:
        if name in ("", row["name"]):
            return str(row["run_key"])
    known = sorted({row["name"] for row in rows})
    raise StoreLacks(store.path, f"{store.path} holds no run {name!r}; {did_you_mean(name, known)}")


def checkpoint_evaluation(store: Store, run: str, candidate: str, against: str) -> CheckpointEvaluation:
    """The stored evaluation of ``thought/N`` against ``direct/N``, or of ``arm/N`` against the seed's direct answers.

    Raises:
        UserError: The run has no such evaluation; the sentence says which it has.
    """
    against = against or f"direct/{candidate.partition('/')[2]}"
    pairs = {evaluation.pair: evaluation for evaluation in _evaluations(store, run_named(store, run))}
    if (candidate, against) not in pairs:
        known = "; ".join(f"{ours} against {theirs}" for ours, theirs in sorted(pairs))
        raise UserError(f"the run has no evaluation of {candidate} against {against}; it has: {known}")
    return pairs[candidate, against]


def checkpoint_named(store: Store, run: str, checkpoint: str) -> NamedModel:
    """The model of ``thought/1``, in the mode in which the run evaluated it.

    Raises:
        UserError: The run has not got there.
    """
    evaluations = _evaluations(store, run_named(store, run))
    measured = {e.step.removeprefix("evaluate/"): e for e in evaluations if e.step.startswith("evaluate/")}
    if checkpoint not in measured:
        raise UserError(f"the run has evaluated no {checkpoint}; it has: {', '.join(sorted(measured))}")
    return model_named(store, measured[checkpoint].candidate, measured[checkpoint].candidate_mode)


def last_checkpoint(store: Store, run: str) -> NamedModel:
    """The run's last evaluated checkpoint, of the thought arm where there is one.

    Raises:
        UserError: The run has evaluated none yet.
    """
    steps = [evaluation.step for evaluation in _evaluations(store, run_named(store, run))]
    matches = [match for step in steps if (match := re.fullmatch(r"evaluate/(thought|direct)/([0-9]+)", step))]
    if not matches:
        raise UserError(f"the run {run!r} has evaluated no checkpoint yet")
    last = max(matches, key=lambda match: (match[1] == "thought", int(match[2])))
    return checkpoint_named(store, run, f"{last[1]}/{last[2]}")


def model_or_checkpoint(
    store: Store, text: str, mode: str = "", run: str = "", among: Collection[str] = ()
) -> NamedModel:
    """The model that a user means: a checkpoint of a run (``thought/1``), a model as `model_named` has it, or the last
    checkpoint of the run of this name.

    Args:
        store: Has the models and the runs.
        text: What the user wrote.
        mode: The model's mode, where it is known in several.
        run: The name of the run of a checkpoint; empty for the newest.
        among: Fingerprints that the model must be one of; empty for any.

    Raises:
        UserError: The store holds no such model.
    """
    if CHECKPOINT.fullmatch(text):
        return checkpoint_named(store, run, text)
    try:
        return model_named(store, text, mode, among)
    except StoreLacks:
        if store.rows("SELECT 1 FROM run WHERE name = ?", [text]):
            return last_checkpoint(store, text)
        raise


def _evaluations(store: Store, run: str) -> list[CheckpointEvaluation]:
    query = (
        "SELECT step.name AS step, evaluation_key AS evaluation, candidate, candidate_mode, baseline FROM step "
        "JOIN evaluation ON evaluation_key = details->>'evaluation' WHERE step.run = ? ORDER BY step.rowid"
    )
    return [CheckpointEvaluation(**row) for row in store.rows(query, [run])]
