"""Samplers turn requests into generations. `Sampler` is the door: whatever stands behind it streams."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from tpobench.harness.records import Generation, Request, SamplingParams


class Sampler(Protocol):
    """Yields every request's generation exactly once, in order of completion, each batch as soon as it is done."""

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]: ...

    def close(self) -> None:
        """Free the model's memory."""
