"""What a report shows of one run, read from the store into frozen records. Whatever the run has not done is absent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import Evaluation, read_evaluations

ARMS = ("thought", "direct")


@dataclass(frozen=True)
class Step:
    """A finished step: its name, for example ``train/thought/1``, what it left behind, and how long it took."""

    name: str
    details: Mapping[str, Any]
    seconds: float

    @property
    def place(self) -> tuple[str, ...]:
        return tuple(self.name.split("/"))


@dataclass(frozen=True)
class Checkpoint:
    """A model of the run. `parent` is the fingerprint of the model that training started from."""

    fingerprint: str
    name: str
    folder: str
    made_by: str
    parent: str | None


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The decision and its rules: mappings with ``rule``, ``outcome`` and ``sentence``."""

    decision: str
    rules: tuple[Mapping[str, str], ...]
    candidate: str
    against: str
    iteration: int | None
    """The iteration that was decided on; None when the step does not say."""
    guarded: tuple[str, ...] | None
    """The categories that the policy guards: all where it is empty, none where it is None."""


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    key: str
    name: str
    started: str
    config: Mapping[str, Any]
    provenance: Mapping[str, Any]
    steps: tuple[Step, ...]
    evaluations: Mapping[str, Evaluation]
    """By the name of the step that made it, for example ``evaluate/thought/0``."""
    tasks: Mapping[str, Mapping[str, Metric]]
    """lm-eval's figures by step, for example ``lm_eval/thought/1``, and by ``task, metric``."""
    checkpoints: tuple[Checkpoint, ...]
    gate: Gate | None

    def details(self, *place: object) -> Mapping[str, Any] | None:
        """What the step of this name left behind; None when it has not finished."""
        name = "/".join(map(str, place))
        return next((step.details for step in self.steps if step.name == name), None)

    def evaluation(self, *place: object) -> Evaluation | None:
        return self.evaluations.get("/".join(map(str, place)))

    def measured(self, first: object, second: object) -> dict[str, Evaluation]:
        """By benchmark, the evaluations of a place, for example ``("thought", 1)`` or ``("seed", "direct")``."""
        place = ("evaluate", str(first), str(second))
        return {e.benchmark: e for name, e in self.evaluations.items() if tuple(name.split("/"))[:3] == place}

    @property
    def iterations(self) -> tuple[int, ...]:
        """Every iteration with at least one finished step, 0 (after the warm start) included."""
        numbered = {"evaluate": 2, "sample": 2, "pairs": 2, "train": 2, "head_to_head": 1}
        found = {_number(step.place, numbered[step.place[0]]) for step in self.steps if step.place[0] in numbered}
        return tuple(sorted(number for number in found if number is not None))

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """In the order of the configuration, as far as they were measured; the first one decides."""
        seeds = [name for name in self.evaluations if name.startswith("evaluate/")]
        return tuple(dict.fromkeys(self.evaluations[name].benchmark for name in seeds))

    @property
    def first(self) -> Evaluation | None:
        """Any evaluation on the first benchmark; None before there is one."""
        return next((found for name, found in self.evaluations.items() if name.startswith("evaluate/")), None)


def read_run(store: Store, run_key: str) -> StoredRun:
    """Everything but the texts of one run. Raises UserError for a run that the store does not hold."""
    rows = store.sql("SELECT name, created_at, config, provenance FROM run WHERE run_key = ?", [run_key])[1]
    if not rows:
        raise UserError(f"{store.path} holds no run {run_key}")
    name, started, config, provenance = rows[0]
    query = "SELECT name, details, seconds FROM step WHERE run = ? ORDER BY finished_at, name"
    steps = tuple(Step(step, json.loads(details), seconds) for step, details, seconds in store.sql(query, [run_key])[1])
    keys = {step.name: step.details["evaluation"] for step in steps if "evaluation" in step.details}
    found = read_evaluations(store, list(keys.values()))
    return StoredRun(
        key=run_key,
        name=name,
        started=started.strftime("%Y-%m-%d %H:%M"),
        config=json.loads(config),
        provenance=json.loads(provenance),
        steps=steps,
        evaluations={step: found[key] for step, key in keys.items() if key in found},
        tasks=_tasks(store, steps),
        checkpoints=_checkpoints(store, steps),
        gate=_gate(store, steps),
    )


def _tasks(store: Store, steps: Sequence[Step]) -> dict[str, dict[str, Metric]]:
    asked = {(step.name, task): key for step in steps for task, key in (step.details.get("evaluations") or {}).items()}
    found = read_evaluations(store, list(asked.values()))
    tasks: dict[str, dict[str, Metric]] = {}
    for (step, task), key in asked.items():
        if key in found:
            metrics = {metric.name: metric for metric in found[key].metrics}
            for name, title in figure_titles(found[key].benchmark, list(metrics)):
                tasks.setdefault(step, {})[f"{task}, {title}"] = metrics[name]
    return tasks


def _checkpoints(store: Store, steps: Sequence[Step]) -> tuple[Checkpoint, ...]:
    """The models in the order in which the steps made them."""
    wanted = list(dict.fromkeys(step.details["model"] for step in steps if "model" in step.details))
    query = "SELECT model_key, name, folder, made_by, parent FROM model WHERE model_key IN (SELECT unnest(?))"
    found = {row[0]: Checkpoint(*row) for row in store.sql(query, [wanted])[1]}
    return tuple(found[key] for key in wanted if key in found)


def _gate(store: Store, steps: Sequence[Step]) -> Gate | None:
    """The latest iteration's decision: step ``gate``, or ``gate/N`` when a run was extended."""
    decided = [step for step in steps if step.place[0] == "gate" and "gate_decision" in step.details]
    if not decided:
        return None
    last = max(decided, key=lambda step: _number(step.place, 1) or 0)
    query = "SELECT decision, rules, candidate, against, policy FROM gate_decision WHERE gate_decision_key = ?"
    rows = store.sql(query, [last.details["gate_decision"]])[1]
    if not rows:
        return None
    decision, rules, candidate, against, policy = rows[0]
    guards = json.loads(policy).get("categories")
    guarded = None if guards is None else tuple(guards.get("only") or ())
    return Gate(
        decision=decision,
        rules=tuple(json.loads(rules)),
        candidate=candidate,
        against=against,
        iteration=_number(last.place, 1),
        guarded=guarded,
    )


def _number(place: Sequence[str], at: int) -> int | None:
    return int(place[at]) if len(place) > at and place[at].isdigit() else None
