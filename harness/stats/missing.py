"""What missing verdicts leave open. A judge may refuse just where a model loses, so that a figure of the other prompts
alone says too much: the bounds are what it would be were all of the missing prompts lost, or won."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_MISSING = 0.02
"""Share of missing judgments, or items, above which nothing is decided and a figure is INVALID."""


@dataclass(frozen=True, kw_only=True)
class MissingVerdicts:
    """How many prompts have no verdict, and between what limits they leave the mean over all prompts.

    Attributes:
        missing: Prompts without a verdict.
        of: All prompts that the judge was asked about.
        low: The mean were each of the missing ones lost.
        high: The mean were each of them won.
    """

    missing: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share of prompts without a verdict; 0 where there are no prompts."""
        return self.missing / self.of if self.of else 0.0

    @property
    def is_invalid(self) -> bool:
        """Whether more are missing than a figure of the others can stand for, or nothing was judged."""
        return self.of == 0 or self.missing > MAX_MISSING * self.of


def missing_verdicts(preferences: Sequence[float | None], worst: float = 0.0, best: float = 1.0) -> MissingVerdicts:
    """The bounds of the mean of preferences, None where there is no verdict.

    Args:
        preferences: One a prompt.
        worst: What a missing one is at the least.
        best: What it is at the most.

    >>> missing_verdicts([1.0, 0.0, None, 1.0])
    MissingVerdicts(missing=1, of=4, low=0.5, high=0.75)
    """
    known = [preference for preference in preferences if preference is not None]
    missing, of = len(preferences) - len(known), len(preferences)
    if of == 0:
        return MissingVerdicts(missing=0, of=0, low=worst, high=best)
    low, high = ((sum(known) + limit * missing) / of for limit in (worst, best))
    return MissingVerdicts(missing=missing, of=of, low=low, high=high)


def missing_in_difference(pairs: Sequence[tuple[float | None, float | None]]) -> MissingVerdicts:
    """The bounds of a mean paired difference in [-1, 1]; a pair is missing where either side has no verdict.

    >>> missing_in_difference([(1.0, 0.0), (None, 0.5)])
    MissingVerdicts(missing=1, of=2, low=0.25, high=0.75)
    """
    of = len(pairs)
    if of == 0:
        return MissingVerdicts(missing=0, of=0, low=-1.0, high=1.0)

    def total(missing_a: float, missing_b: float) -> float:
        return sum((missing_a if a is None else a) - (missing_b if b is None else b) for a, b in pairs)

    missing = sum(a is None or b is None for a, b in pairs)
    return MissingVerdicts(missing=missing, of=of, low=total(0, 1) / of, high=total(1, 0) / of)
