"""One prompt is one observation: its preference, over all judgments of it."""

from collections.abc import Sequence
from statistics import fmean


def mean_preference(judgments: Sequence[float | None]) -> float | None:
    """A prompt's preference over its judgments; None when one of them has no verdict, or there are none.

    The store's view ``prompt_preference`` says the same in SQL.
    """
    known = [preference for preference in judgments if preference is not None]
    return fmean(known) if known and len(known) == len(judgments) else None
