"""How prompts of different lengths stand in one batch, so that what a row yields does not depend on the other rows.

Padding between the shared beginning and a row's own rest lets the beginning be read once, but it stands between tokens
that a model with a sliding window, or with distances counted in columns, would see closer together. Padding on the left
keeps a row's tokens side by side. A recurrent state also reads what it should not see, so it gets no padding at all.
"""

from dataclasses import dataclass
from enum import Enum


class Padding(Enum):
    """Where the shorter rows of a batch are padded."""

    MIDDLE = "between the shared beginning and a row's rest"
    LEFT = "on the left"
    NONE = "nowhere: rows of one length, sampled to their end by the model's own generation"


@dataclass(frozen=True, kw_only=True)
class PaddingRule:
    """The padding of batches whose rows grow to at most `limit` tokens, and of longer ones (`beyond`). Models that keep
    something of a batch in themselves are not run `side_by_side`; of some, two rows disturb each other even without
    padding (`one_by_one`)."""

    within: Padding
    limit: int | None = None
    beyond: Padding = Padding.NONE
    side_by_side: bool = True
    one_by_one: bool = False

    def of(self, tokens: int) -> Padding:
        """The padding of a batch whose longest row grows to so many tokens."""
        return self.within if self.limit is None or tokens <= self.limit else self.beyond

    def equal_from(self, new_tokens: int) -> int | None:
        """From this length on, prompts are batched only with prompts of their own length; None for never."""
        if self.within is Padding.NONE:
            return 0
        return self.limit - new_tokens + 1 if self.limit is not None and self.beyond is Padding.NONE else None
