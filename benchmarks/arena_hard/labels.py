"""Verdict labels, and what each is worth as a vote for the candidate."""

from collections.abc import Mapping
from dataclasses import dataclass

STRONG = 3
"""How often a strong verdict counts (WEIGHT upstream)."""


@dataclass(frozen=True)
class Vote:
    """`outcome` for the candidate, counted `weight` times."""

    outcome: float
    weight: int


LABELS: Mapping[str, Vote] = {
    "A>>B": Vote(1.0, STRONG),
    "A>B": Vote(1.0, 1),
    "A=B": Vote(0.5, 1),
    "B>A": Vote(0.0, 1),
    "B>>A": Vote(0.0, STRONG),
    "A<B": Vote(0.0, 1),
    "A<<B": Vote(0.0, STRONG),
    "B=A": Vote(0.5, 1),
    "B<A": Vote(1.0, 1),
    "B<<A": Vote(1.0, STRONG),
}
"""Every verdict label there is, as the vote of a candidate that is A. Whoever reads a label reads it here: the judge,
the scores, and the import of judgments."""

PREFERENCES: Mapping[str, float] = {label: each.outcome for label, each in LABELS.items()}
"""How much a label prefers A, however strong it is."""


def vote(label: str, candidate_is_a: bool) -> Vote | None:
    """The vote of a verdict label; None for a label that is none."""
    given = LABELS.get(label.strip().upper())
    if given is None or candidate_is_a:
        return given
    return Vote(1.0 - given.outcome, given.weight)
