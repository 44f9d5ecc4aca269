"""Samplers turn requests into generations. `Sampler` is the door: whatever stands behind it streams."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tpobench.harness.records import Generation, Model, Request, SamplingParams


class Sampler(Protocol):
    """Yields every request's generation exactly once, in order of completion, each batch as soon as it is done. An
    empty batch is a sign of life of a server that is waited for."""

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Raises UserError where a generation cannot be had; those before it have been yielded."""

    def close(self) -> None:
        """Free the model's memory."""


def activity(sampler: Sampler) -> str:
    """What a sampler that asks a server is doing, in words; empty for one in this process."""
    return str(getattr(sampler, "activity", ""))


Listener = Callable[[Sequence[Generation]], None]
"""Told what is written so far: outputs of which no more than the beginning is there, with the reason `UNFINISHED`."""

UNFINISHED = ""

BETWEEN_LOOKS = 0.05
"""Seconds between two times that a listener is told: sooner is not seen."""

Load = Callable[[Model], Sampler]
"""Makes the sampler of a model, ready to sample: its weights are loaded, or its server is up."""


def unanswered(request: Request, reason: str) -> Generation:
    """What stands for the answer to a prompt that gets none; `reason` is one of `REFUSALS`."""
    return Generation(request=request, prompt_ids=(), token_ids=(), text="", finish_reason=reason, seconds=0.0)
