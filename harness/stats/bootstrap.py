"""The bootstrap over prompts: whole prompts are drawn, never single votes, for all models together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_CHUNK = 500
"""Resamples weighed at a time, so that memory does not grow with their number."""


@dataclass(frozen=True, eq=False)
class Bootstrapped:
    """Arrays of shape (models,): the mean over prompts and its percentile interval."""

    mean: Floats
    low: Floats
    high: Floats


def prompt_bootstrap(
    totals: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    repeats: int,
    seed: int = 0,
    confidence: float = 0.95,
    clusters: Sequence[str] | None = None,
) -> Bootstrapped:
    """Interval of the weighted mean sum(totals) / sum(weights) of each model, drawing prompts with replacement.

    The same prompts are drawn for every model.

    Args:
        totals: What each prompt adds to the sum, shape (models, prompts).
        weights: Its weight, same shape; a missing prompt has 0 in both.
        repeats: Draws.
        seed: Of the draws.
        confidence: Of the interval.
        clusters: One name a prompt: whole clusters are drawn instead of prompts.

    Raises:
        ValueError: A model has no weight at all, there is a NaN, or shapes do not match.
    """
    sums, counts = (np.atleast_2d(np.asarray(array, dtype=np.float64)) for array in (totals, weights))
    if sums.shape != counts.shape:
        raise ValueError("totals and weights have one shape, (models, prompts)")
    if not (np.isfinite(sums).all() and np.isfinite(counts).all()):
        raise ValueError("totals and weights are finite; a missing prompt is 0 in both")
    if (counts.sum(axis=1) <= 0).any():
        raise ValueError("a model has no judged prompt")
    means = sums.sum(axis=1) / counts.sum(axis=1)
    if clusters is not None:
        if len(clusters) != sums.shape[1]:
            raise ValueError("clusters names one cluster for each prompt")
        names, of = np.unique(np.asarray(clusters), return_inverse=True)
        member = (of[:, None] == np.arange(names.size)).astype(np.float64)
        sums, counts = sums @ member, counts @ member
    prompts = sums.shape[1]
    random = np.random.default_rng(seed)
    drawn = []
    for start in range(0, repeats, _CHUNK):
        size = min(_CHUNK, repeats - start)
        rows = random.integers(prompts, size=(size, prompts))
        rows += np.arange(size)[:, None] * prompts
        times = np.bincount(rows.ravel(), minlength=size * prompts).reshape(size, prompts).astype(np.float64)
        weighed = times @ counts.T
        with np.errstate(invalid="ignore"):  # a resample without any judged prompt is left out
            drawn.append(times @ sums.T / weighed)
    resampled = np.concatenate(drawn)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(resampled, [tail, 1 - tail], axis=0)
    return Bootstrapped(means, low, high)


def drawn_counts(repeats: int, prompts: int, seed: int) -> Floats:
    """How often each prompt is in each resample, shape (repeats, prompts): as many prompts as there are, with
    replacement."""
    rows = np.random.default_rng(seed).integers(prompts, size=(repeats, prompts))
    rows += np.arange(repeats)[:, None] * prompts
    return np.bincount(rows.ravel(), minlength=repeats * prompts).reshape(repeats, prompts).astype(np.float64)


def expanded_percentiles(drawn: Floats, *, n: int, parameters: int, confidence: float) -> Floats:
    """Low and high percentile of what a figure was in each resample, further out the fewer prompts there are: a
    bootstrap of n prompts is too narrow by the factor sqrt((n - parameters) / n), and by that of Student's t.

    Source: Hesterberg, "What teachers should know about the bootstrap" (2015), expanded percentile interval.
    """
    from scipy.special import ndtr, stdtrit

    degrees = max(n - parameters, 1)
    tail = float(ndtr(-stdtrit(degrees, (1 + confidence) / 2) * (n / degrees) ** 0.5))
    ends: Floats = np.quantile(drawn, [tail, 1 - tail])
    return ends
