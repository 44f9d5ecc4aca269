"""What a judge said of one model, prompt by prompt: the form in which every score of a benchmark is computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.records import Prompt
from tpobench.harness.stats.preferences import mean_preference


@dataclass(frozen=True)
class Verdict:
    """One judgment. `preference` is oriented to the candidate; None = missing."""

    order: str
    verdict: str
    preference: float | None


@dataclass(frozen=True, kw_only=True)
class PromptJudgments:
    """One prompt with its verdicts, and the lengths of both responses in characters."""

    prompt: Prompt
    verdicts: tuple[Verdict, ...]
    candidate_chars: int
    baseline_chars: int
    candidate_text: str | None = None
    baseline_text: str | None = None
    """Loaded for benchmarks that score the texts themselves; None also where they were imported without text."""

    @property
    def value(self) -> float | None:
        """The mean preference over the judgments; None when one has no verdict (statistics: one prompt is one
        observation)."""
        return mean_preference([verdict.preference for verdict in self.verdicts])


def values(observations: Sequence[PromptJudgments]) -> list[float]:
    """The observed values, missing prompts left out."""
    return [observation.value for observation in observations if observation.value is not None]
