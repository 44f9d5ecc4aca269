"""What a gate looks at: the preferences of one model over others, and what is known of both sides' outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tpobench.harness.records import Metric, Prompt


class PreferenceSource(Protocol):
    """The candidate's preferences over one other model, prompt by prompt.

    `against` names the other model; `free` says that judging costs nothing; `advice` is what to do about judgments
    that are missing.
    """

    @property
    def against(self) -> str: ...

    @property
    def prompts(self) -> Sequence[Prompt]: ...

    @property
    def free(self) -> bool: ...

    @property
    def advice(self) -> str: ...

    def judge(self, indices: Sequence[int]) -> list[float | None]:
        """The candidate's preference on the prompts with these indices, in [0, 1]; None where it is missing."""


@dataclass(frozen=True, kw_only=True)
class OutputSummary:
    """What is known of one side's outputs: means over prompts in characters, the share of first tries that did not
    parse, and the responses. None where the store does not say."""

    response_chars: float | None = None
    thought_chars: float | None = None
    parse_error_rate: float | None = None
    responses: Sequence[str] | None = None


@dataclass(frozen=True)
class TaskItems:
    """Candidate's and baseline's values of every item of an lm-eval task that both have answered; `of` is how many
    items the larger side has."""

    pairs: Sequence[tuple[float, float]] = ()
    of: int = 0


@dataclass(frozen=True, kw_only=True)
class GateInput:
    """What a gate looks at.

    `metrics` are those of the candidate's own evaluation, by name; `items` are by lm-eval task. `champion` is None
    where nothing was promoted yet, or the candidate was. `also_met` are the fingerprints of anchor and champion.
    `folder` is where the candidate's weights are, where that is known.
    """

    candidate: str
    candidate_fingerprint: str
    candidate_mode: str
    baseline: str
    baseline_fingerprint: str
    judge: str
    benchmark: str
    head_to_head: PreferenceSource
    anchor: PreferenceSource | None = None
    champion: PreferenceSource | None = None
    outputs: OutputSummary
    baseline_outputs: OutputSummary
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    items: Mapping[str, TaskItems] = field(default_factory=dict)
    also_met: tuple[str, ...] = ()
    folder: str | None = None
    notes: tuple[str, ...] = ()
