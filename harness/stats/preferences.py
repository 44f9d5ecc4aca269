"""One prompt is one observation: its preference, over all judgments of it, and whether that depends on the order."""

from collections.abc import Sequence
from statistics import fmean


def mean_preference(judgments: Sequence[float | None]) -> float | None:
    """A prompt's preference over its judgments; None when one of them has no verdict, or there are none.

    The store's view ``prompt_preference`` says the same in SQL.
    """
    known = [preference for preference in judgments if preference is not None]
    return fmean(known) if known and len(known) == len(judgments) else None


def flips(ab: float, ba: float) -> bool:
    """Whether a preference for the candidate changes sides with the order of presentation; a tie does not flip.

    Args:
        ab: The preference where the candidate is shown first.
        ba: The preference where the baseline is.
    """
    return (ab - 0.5) * (ba - 0.5) < 0
