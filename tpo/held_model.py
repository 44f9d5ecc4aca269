"""The one model that a run holds in memory for sampling, which makes room when something else is to be done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model
from tpobench.harness.samplers.base import Load
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.choose import sampler_for
from tpobench.harness.store.store import Store
from tpobench.tpo.clients import RunClients
from tpobench.tpo.config import ServingConfig


class HeldModel:
    """Gives the outputs of any model, one model at a time, and measures how long the work takes.

    A checkpoint is sampled in this process, or from a server that is started for it where `serving` says how.
    """

    def __init__(self, store: Store, clients: RunClients, serving: ServingConfig | None, progress: Progress) -> None:
        self._store = store
        self._clients = clients
        self._serving = serving
        self._progress = progress
        self._outputs: OutputCache | None = None
        self._busy_seconds = 0.0

    @property
    def busy_seconds(self) -> float:
        """What sampling, judging and training took so far; the rest of a run's time is the harness's own."""
        return self._busy_seconds + (0.0 if self._outputs is None else self._outputs.seconds)

    def outputs_of(self, model: Model) -> OutputCache:
        """The outputs of a model, stored or sampled; the model that was held before is released."""
        if self._outputs is None or self._outputs.model.fingerprint != model.fingerprint:
            self.release()
            self._outputs = OutputCache(self._store, model, self._load(model), self._progress, exact=True)
        return self._outputs

    def release(self) -> None:
        """Free the memory of the model that is held."""
        if self._outputs is not None:
            self._busy_seconds += self._outputs.seconds
            self._outputs.__exit__()
            self._outputs = None

    @contextmanager
    def released(self) -> Iterator[None]:
        """For judging or training inside; the model makes room for it, and its time counts as busy."""
        self.release()
        started = time.monotonic()
        yield
        self._busy_seconds += time.monotonic() - started

    def _load(self, model: Model) -> Load:
        if self._serving is None or is_endpoint(model.name):
            return sampler_for(self._clients.connect)
        from tpobench.harness.samplers.started_server import started_server_sampler

        return started_server_sampler(self._serving.command, self._serving.startup_seconds, self._clients.connect_own)
