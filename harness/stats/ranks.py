"""Which places of a ranking are certain: intervals for the ranks of all models together.

Every two models are tested against each other and Holm's procedure keeps the chance that any of these tests is wrong
at alpha. A model's best possible rank counts those that are surely better, its worst those that are surely worse, so
that all intervals hold together with probability 1 - alpha (Mogstad, Romano, Shaikh & Wilhelm, "Inference for Ranks
with Applications to Mobility across Neighborhoods and Academic Achievement across Countries").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_PSEUDO_PAIRS = 4
"""Two pairs won and two lost are added to the pairs of two models, so that a few equal differences are no certainty
(Agresti & Coull, as `mean_interval` once used them)."""


@dataclass(frozen=True)
class RankInterval:
    """The ranks, from 1 on, that a model among `of` can have."""

    low: int
    high: int
    of: int

    @property
    def leads(self) -> bool:
        """Whether no other model can be the best."""
        return self.high == 1


def paired_z(values: Floats) -> Floats:
    """How far each model is ahead of each other one, in normal deviates: of the paired differences on the prompts that
    both have.

    Args:
        values: Of shape (models, prompts), NaN where a model has no value.

    Returns:
        Of shape (models, models), antisymmetric; 0 where two models share no prompt.
    """
    from scipy.special import ndtri, stdtr

    known = (~np.isnan(values)).astype(np.float64)
    filled = np.nan_to_num(values)
    shared = known @ known.T
    sums = filled @ known.T
    squares = filled**2 @ known.T
    total = sums - sums.T
    of_squares = squares + squares.T - 2 * filled @ filled.T + _PSEUDO_PAIRS
    count = shared + _PSEUDO_PAIRS
    variance = np.maximum(of_squares - total**2 / count, 0) / (count - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(shared > 0, total / np.sqrt(variance * count), 0.0)
    tail = stdtr(count - 1, -np.abs(t))  # the small tail is exact where the large one rounds to 1
    return np.asarray(-np.sign(t) * ndtri(np.maximum(tail, np.finfo(np.float64).tiny)))


def unpaired_z(values: Floats, lows: Floats, highs: Floats, level: float = 0.95) -> Floats:
    """The same from figures with intervals of their own, such as one of a fit. Answers to the same prompts go up and
    down together, so that without pairing less is certain, and nothing more.

    Each side's error is the half of its interval that looks towards the other (Zou & Donner's MOVER). A figure whose
    interval has no width says nothing of its error: its differences count as 0.
    """
    quantile = NormalDist().inv_cdf((1 + level) / 2)
    below, above = (values - lows) / quantile, (highs - values) / quantile
    ahead = values[:, None] - values[None, :]
    variance = np.where(ahead > 0, below[:, None] ** 2 + above[None, :] ** 2, above[:, None] ** 2 + below[None, :] ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(variance > 0, ahead / np.sqrt(variance), 0.0)
    unknown = (highs <= lows)[:, None] | (highs <= lows)[None, :]
    return np.where(unknown, 0.0, z)


def rank_intervals(z: Floats, alpha: float = 0.05) -> list[RankInterval]:
    """Each model's ranks, all certain together with probability 1 - `alpha`.

    Args:
        z: How far each model is ahead of each other one, as `paired_z` and `unpaired_z` give it.
        alpha: The chance that any interval is wrong.
    """
    models = len(z)
    first, second = np.triu_indices(models, 1)
    certain = _holm(np.abs(z[first, second]), alpha)
    ahead = np.zeros((models, models), dtype=bool)
    wins = z[first, second] > 0
    ahead[first, second] = certain & wins
    ahead[second, first] = certain & ~wins
    better, worse = ahead.sum(axis=0), ahead.sum(axis=1)
    return [RankInterval(1 + int(b), models - int(w), models) for b, w in zip(better, worse, strict=True)]


def _holm(deviates: Floats, alpha: float) -> npt.NDArray[np.bool_]:
    """Which two-sided tests reject, of all together."""
    from scipy.special import ndtr

    order = np.argsort(-deviates, kind="stable")
    p_values = 2 * ndtr(-deviates[order])
    passes = p_values <= alpha / np.arange(len(order), 0, -1)
    rejected = np.zeros(len(order), dtype=bool)
    rejected[order] = np.logical_and.accumulate(passes)
    return rejected


def value_matrix(preferences: Sequence[dict[str, float]]) -> Floats:
    """The preferences of some models by prompt, of shape (models, prompts): NaN where a model has none."""
    columns = {prompt: place for place, prompt in enumerate(dict.fromkeys(p for one in preferences for p in one))}
    values = np.full((len(preferences), len(columns)), np.nan)
    for row, one in enumerate(preferences):
        for prompt, value in one.items():
            values[row, columns[prompt]] = value
    return values
