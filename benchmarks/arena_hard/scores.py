"""Arena-Hard's scores (v0.1 and v2.0); pure functions over votes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpobench.benchmarks.arena_hard.labels import Vote

Floats = npt.NDArray[np.float64]

OFFICIAL_REPEATS = 100
"""Bootstraps of the official method, over votes."""


@dataclass(frozen=True)
class OfficialScore:
    """A score in 0..1 with the interval of the official method: votes, not prompts, are resampled, and strong ones are
    in there three times, so it is too narrow (a nominal 90% covered 63% in simulation)."""

    score: float
    low: float
    high: float
    prompts: int


def score_v01(votes_by_prompt: Sequence[Sequence[Vote | None]], seed: int = 0) -> OfficialScore:
    """v0.1: the weighted mean of all votes, a missing one dropped alone; 2.5 and 97.5 percentiles of 100 bootstraps.

    Since every model meets only the baseline, it equals the win rate from the Bradley-Terry fit of the official code.
    Raises ValueError when there is no vote.
    """
    kept = [[each for each in prompt if each is not None] for prompt in votes_by_prompt]
    votes = _expanded([each for prompt in kept for each in prompt])
    means = _resampled(votes, seed)
    low, high = np.quantile(means, [0.025, 0.975])
    return OfficialScore(float(votes.mean()), float(low), float(high), sum(bool(prompt) for prompt in kept))


def score_v2(votes_by_prompt: Sequence[Sequence[Vote | None]], seed: int = 0) -> OfficialScore:
    """v2.0: the mean of 100 bootstrap means with their 5 and 95 percentiles; a prompt with a missing verdict is dropped
    whole. Raises ValueError when there is no vote."""
    kept = [[each for each in prompt if each is not None] for prompt in votes_by_prompt if None not in prompt]
    votes = _expanded([each for prompt in kept for each in prompt])
    means = _resampled(votes, seed)
    low, high = np.quantile(means, [0.05, 0.95])
    return OfficialScore(float(means.mean()), float(low), float(high), len(kept))


def prompt_sums(votes_by_prompt: Sequence[Sequence[Vote | None]], whole_only: bool) -> tuple[Floats, Floats]:
    """What each prompt adds to the score's sum, and its weight; shapes (prompts,). For the bootstrap over prompts."""
    kept = [
        [each for each in prompt if each is not None] if not (whole_only and None in prompt) else []
        for prompt in votes_by_prompt
    ]
    totals = np.array([sum(each.outcome * each.weight for each in prompt) for prompt in kept], dtype=np.float64)
    weights = np.array([sum(each.weight for each in prompt) for prompt in kept], dtype=np.float64)
    return totals, weights


def _expanded(votes: Sequence[Vote]) -> Floats:
    if not votes:
        raise ValueError("there is no vote to score")
    return np.repeat([each.outcome for each in votes], [each.weight for each in votes]).astype(np.float64)


def _resampled(votes: Floats, seed: int) -> Floats:
    rows = np.random.default_rng(seed).integers(len(votes), size=(OFFICIAL_REPEATS, len(votes)))
    means: Floats = votes[rows].mean(axis=1)
    return means
