"""One training run in one folder: its identity, its finished steps, and how its models are reached."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tpobench.harness.api.budget import Budget, load_prices
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint, is_endpoint
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.provenance import provenance
from tpobench.harness.records import Model, content_key
from tpobench.harness.samplers.cached import OutputCache, sampler_for
from tpobench.harness.store.store import Store
from tpobench.tpo.config import Arm, RunConfig
from tpobench.tpo.status import write_status
from tpobench.tpo.steps import planned

Details = dict[str, Any]

NOT_PART_OF_A_RUN = {"iterations", "arms", "api", "serving", "guards"}
"""Settings that may change while a run goes on: it is extended, gets another arm, or is only carried out otherwise."""


class TrainingRun:
    """The same settings and seed model are the same run. Every finished step leaves its details in the store.

    One model at a time is held for sampling. `busy_seconds` of a step is what sampling, judging and training took; the
    rest is the harness's own.
    """

    def __init__(self, config: RunConfig, folder: Path, store: Store, reporter: Progress, seed: Model) -> None:
        self.config = config
        self.folder = folder
        self.store = store
        self.reporter = reporter
        self.seed = seed
        self.key = content_key("run", config.model_dump(mode="json", exclude=NOT_PART_OF_A_RUN), seed.fingerprint)
        self._budget = config.api.budget()
        self._generator: OutputCache | None = None
        self._busy = 0.0

    def __enter__(self) -> "TrainingRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def register(self, same_judge: bool) -> None:
        """The run's row, and the seed's."""
        settings = self.config.model_dump(mode="json")
        self.store.add_run(self.key, self.config.name, settings, provenance() | {"same_judge": same_judge})
        self.store.add_model(self.seed, "given")
        self._show(None)

    def mode(self, arm: Arm) -> Mode:
        return DIRECT if arm == "direct" else mode_named(self.config.thought_mode)

    def details(self, name: str) -> Details | None:
        """What a finished step left behind; None when it has not finished."""
        return self.store.step_details(self.key, name)

    def step(self, name: str, work: Callable[[], Details]) -> Details:
        """Do the step unless it is done; returns what it left behind."""
        done = self.details(name)
        if done is None:
            self._show(name)
            started, busy = time.monotonic(), self._busy_seconds()
            done = work() | {"busy_seconds": round(self._busy_seconds() - busy, 1)}
            self.store.finish_step(self.key, name, done, round(time.monotonic() - started, 1))
            self._show(None)
        return done

    def generator(self, model: Model) -> OutputCache:
        """Samples from a model: in this process, from an endpoint, or from a server that is started for it."""
        if self._generator is None or self._generator.model.fingerprint != model.fingerprint:
            self.release()
            load = sampler_for(self.connect)
            if (serving := self.config.serving) is not None and not is_endpoint(model.name):
                from tpobench.harness.samplers.served import served_sampler

                load = served_sampler(serving.command, serving.startup_seconds, self._connect_own)
            self._generator = OutputCache(self.store, model, load, self.reporter, exact=True)
        return self._generator

    def release(self) -> None:
        """Free the model that is held for sampling."""
        if self._generator is not None:
            self._busy += self._generator.seconds
            self._generator.__exit__()
            self._generator = None

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Judging or training goes on inside; the model that was sampled from makes room for it."""
        self.release()
        started = time.monotonic()
        yield
        self._busy += time.monotonic() - started

    def connect(self, endpoint: Endpoint) -> Client:
        """All clients of a run share one budget."""
        return Client(endpoint, self.config.api.limits(), self._budget)

    def _connect_own(self, endpoint: Endpoint) -> Client:
        """Our own server costs nothing: its calls are not the judge's."""
        return Client(endpoint, self.config.api.limits(), Budget(prices=load_prices()))

    def _busy_seconds(self) -> float:
        return self._busy + (0.0 if self._generator is None else self._generator.seconds)

    def _show(self, running: str | None) -> None:
        write_status(self.folder, planned(self.config), self.store.finished_steps(self.key), running)
