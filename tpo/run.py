"""One training run in one folder: its identity, and its finished steps."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import yaml

from tpobench.harness.evaluation.provenance import provenance
from tpobench.harness.files import write_whole
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, content_key
from tpobench.harness.store.step_details import StepDetails
from tpobench.harness.store.steps import Arm, Step, step_details
from tpobench.harness.store.store import Store
from tpobench.tpo.clients import RunClients
from tpobench.tpo.config import RunConfig
from tpobench.tpo.held_model import HeldModel
from tpobench.tpo.status import write_status
from tpobench.tpo.steps import planned_steps

D = TypeVar("D", bound=StepDetails)

NOT_PART_OF_A_RUN = {"iterations", "arms", "api", "serving", "guards"}
"""Settings that may change between two starts of a run: they extend it, add an arm, or do not change its results."""


class TrainingRun:
    """The same settings and seed model are the same run. Every finished step leaves its details in the store."""

    def __init__(self, config: RunConfig, folder: Path, store: Store, progress: Progress, seed: Model) -> None:
        self.config = config
        self.folder = folder
        self.store = store
        self.progress = progress
        self.seed = seed
        self.key = content_key("run", config.model_dump(mode="json", exclude=NOT_PART_OF_A_RUN), seed.fingerprint)
        self.clients = RunClients(config.api)
        self.held = HeldModel(store, self.clients, config.serving, progress)

    def __enter__(self) -> "TrainingRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.held.release()

    def register(self, same_judge: bool) -> None:
        """Store the run itself and the seed, and write its policy for ``tpobench gate``.

        Args:
            same_judge: Whether the judge that trains is the one that evaluates.
        """
        settings = self.config.model_dump(mode="json")
        self.store.add_run(self.key, self.config.name, settings, provenance() | {"same_judge": same_judge})
        self.store.add_model(self.seed, "given")
        policy = self.config.gate.model_dump(mode="json", exclude_unset=True)
        write_whole(self.folder / "policy.yaml", yaml.safe_dump(policy))
        self._write_status(None)

    def mode(self, arm: Arm) -> Mode:
        """How the models of an arm answer."""
        return DIRECT if arm == "direct" else mode_named(self.config.thought_mode)

    def details(self, step: Step[D]) -> D | None:
        """What a finished step left behind; None when it has not finished."""
        return step_details(self.store, self.key, step)

    def step(self, step: Step[D], work: Callable[[], D]) -> D:
        """Do the step unless it is done; returns what it left behind."""
        done = self.details(step)
        if done is None:
            self._write_status(step.name)
            started, busy = time.monotonic(), self.held.busy_seconds
            done = work()
            stored = done.as_stored() | {"busy_seconds": round(self.held.busy_seconds - busy, 1)}
            self.store.finish_step(self.key, step.name, stored, round(time.monotonic() - started, 1))
            self._write_status(None)
        return done

    def _write_status(self, running: str | None) -> None:
        planned = [step.name for step in planned_steps(self.config)]
        write_status(self.folder, planned, self.store.finished_steps(self.key), running)
