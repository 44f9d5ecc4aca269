"""The steps of a run: what they are called (``sample/thought/2``, ``evaluate/seed/direct``), and which are done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from tpobench.harness.errors import UserError
from tpobench.harness.store.step_details import DETAILS, StepDetails, StepKind
from tpobench.harness.store.store import Store

Arm = Literal["thought", "direct"]
ARMS: tuple[Arm, ...] = ("thought", "direct")

D = TypeVar("D", bound=StepDetails)

_OF_CHECKPOINTS = ("evaluate", "lm_eval")
"""These steps measure a model: a checkpoint, or the seed in the mode of an arm."""


@dataclass(frozen=True)
class Step(Generic[D]):
    """A step by the details that it leaves, its arm and its iteration, for example ``Step(SampleDetails, "thought",
    2)``; of ``instructions`` the number of iterations.

    A step that measures has no `iteration` where it measures the seed. `benchmark` is empty for the first benchmark of
    the configuration.
    """

    of: type[D]
    arm: Arm | None = None
    iteration: int | None = None
    benchmark: str = ""

    @property
    def kind(self) -> StepKind:
        return self.of.kind

    @property
    def checkpoint(self) -> str:
        """The model that the step makes or measures: ``thought/2``, or ``seed/direct``."""
        return f"seed/{self.arm}" if self.iteration is None else f"{self.arm}/{self.iteration}"

    @property
    def name(self) -> str:
        """How the store calls the step."""
        if self.kind in _OF_CHECKPOINTS:
            return "/".join(filter(None, (self.kind, self.checkpoint, self.benchmark)))
        return "/".join(str(part) for part in (self.kind, self.arm, self.iteration) if part is not None)

    @classmethod
    def parse(cls, name: str) -> "Step[Any]":
        """The step of this name. Raises UserError for a name that no step has."""
        kind, *rest = name.split("/", 3)
        step = Step(DETAILS[kind], *_parts(kind, rest)) if kind in DETAILS else None
        if step is None or step.name != name:
            raise UserError(f"there is no step {name!r} in a run; the store was not written by this version")
        return step


def _parts(kind: str, rest: list[str]) -> tuple[Arm | None, int | None, str]:
    """Arm, iteration and benchmark of a name whose parts after the kind are these."""
    numbers = [int(part) for part in rest[:2] if part.isdecimal()]
    arms = [part for part in rest[:2] if part in ARMS]
    return arms[0] if arms else None, numbers[0] if numbers else None, "/".join(rest[2:])


@dataclass(frozen=True)
class FinishedStep(Generic[D]):
    """A step that is done, what it left behind, and the seconds it took."""

    step: Step[D]
    details: D
    seconds: float


def run_steps(store: Store, run: str) -> list[FinishedStep[Any]]:
    """The finished steps of a run, in the order in which they finished. Raises UserError for one that this version
    cannot read."""
    query = "SELECT name, details, seconds FROM step WHERE run = ? ORDER BY rowid"
    rows = store.rows(query, [run])
    return [_finished(row["name"], json.loads(row["details"]), row["seconds"]) for row in rows]


def step_details(store: Store, run: str, step: Step[D]) -> D | None:
    """What a finished step left behind; None when it has not finished."""
    rows = store.rows("SELECT details FROM step WHERE step_key = ?", [f"{run}/{step.name}"])
    return step.of.from_stored(json.loads(rows[0]["details"])) if rows else None


def details_of_job(store: Store, of: type[D], job: str) -> D | None:
    """What any run's step of this kind left behind for a training job; the newest where there are several."""
    query = "SELECT details FROM step WHERE starts_with(name, ?) AND details->>'job' = ? ORDER BY rowid DESC LIMIT 1"
    rows = store.rows(query, [f"{of.kind}/", job])
    return of.from_stored(json.loads(rows[0]["details"])) if rows else None


def _finished(name: str, details: Mapping[str, Any], seconds: float) -> FinishedStep[Any]:
    step = Step.parse(name)
    return FinishedStep(step, step.of.from_stored(details), seconds)
