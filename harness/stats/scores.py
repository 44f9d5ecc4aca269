"""Means of scores on any scale, with intervals: of shares as for win rates, of other numbers by Student's t."""

from collections.abc import Sequence

import numpy as np

from tpobench.harness.stats.intervals import Interval, mean_interval


def are_shares(values: Sequence[float]) -> bool:
    """Whether all of them lie in [0, 1]."""
    return all(0 <= value <= 1 for value in values)


def score_interval(values: Sequence[float], weights: Sequence[float] | None = None) -> Interval | None:
    """The mean of scores and its 95% interval, each end failing with probability 0.025.

    Args:
        values: One for each observation. In [0, 1] the interval is that of `mean_interval`; else Student's t, which
            holds for many observations, or for few that are about normal.
        weights: Of the observations, positive; the sizes of clusters where an observation is the mean of one.

    Returns:
        None where there is no interval: of one observation on an unknown scale.
    """
    return mean_interval(values, weights=weights) if are_shares(values) else t_interval(values, weights)


def t_interval(values: Sequence[float], weights: Sequence[float] | None = None) -> Interval | None:
    """Student's 95% interval of a weighted mean; None of a single observation.

    The mean is a ratio of two means: its variance is that of w * (x - mean), over the square of sum(w).

    Source: Cochran, "Sampling Techniques", 3rd edition, section 6.3.
    """
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return None
    observed = np.asarray(values, dtype=float)
    shares = np.ones(n) if weights is None else np.asarray(weights, dtype=float)
    mean = float(np.average(observed, weights=shares))
    error = float(np.sqrt(n / (n - 1) * np.sum((shares * (observed - mean)) ** 2)) / shares.sum())
    reach = float(t.ppf(0.975, n - 1)) * error
    return Interval(mean, mean - reach, mean + reach, n)
