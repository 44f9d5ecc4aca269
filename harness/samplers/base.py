"""Samplers turn requests into generations. `Sampler` is the door: whatever stands behind it streams."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tpobench.harness.records import Generation, Model, Request, SamplingParams


class Sampler(Protocol):
    """Yields every request's generation exactly once, in order of completion, each batch as soon as it is done."""

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Raises UserError where a generation cannot be had; those before it have been yielded."""

    def close(self) -> None:
        """Free the model's memory."""


Load = Callable[[Model], Sampler]
"""Makes the sampler of a model, ready to sample: its weights are loaded, or its server is up."""
