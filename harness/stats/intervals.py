"""Confidence bounds for the mean of per-prompt observations in [0, 1]: one rule for every number of prompts.

The lower bound is Gaffke's: the alpha-quantile of sum(D_i * x_i), where D is uniform on the simplex and one observation
of 0 joins the sample (Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
nonnegative variable"; Learned-Miller & Thomas, "A new confidence interval for the mean of a bounded random variable").
For wins and losses it is Clopper and Pearson's exact bound; for other distributions on [0, 1] no case is known in which
it fails more often than alpha. The upper bound is the mirror image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from tpobench.harness.stats.few_values import AT_THE_MEAN, CLOSE, FEW, STEPS, p_value_of_few

Floats = npt.NDArray[np.float64]

_LEAST = 1e-6
"""A bound below it is 0."""

_TINY, _EPSILON = float(np.finfo(float).tiny), float(np.finfo(float).eps)


@dataclass(frozen=True)
class Interval:
    """A mean with its two-sided interval; all in [0, 1]."""

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: Sequence[float], level: float = 0.95, weights: Sequence[float] | None = None) -> Interval:
    """The mean and its interval, each end failing with probability (1 - level) / 2.

    Args:
        values: One for each observation, in [0, 1].
        level: Of the interval.
        weights: Of the observations, positive; the sizes of clusters where an observation is the mean of one.

    Raises:
        ValueError: There are no values, or one lies outside [0, 1].
    """
    observed = np.asarray(values, dtype=float)
    if observed.size == 0:
        raise ValueError("an interval needs at least one prompt")
    if not (observed.min() >= 0 and observed.max() <= 1):  # NaN fails this, too
        raise ValueError("preferences lie in [0, 1]")
    shares = np.ones(observed.size) if weights is None else np.asarray(weights, dtype=float)
    mean = float(np.average(observed, weights=shares))
    alpha = (1 - level) / 2
    low, high = lower_bound(observed, alpha, shares), 1 - lower_bound(1 - observed, alpha, shares)
    return Interval(mean, min(low, mean), max(high, mean), observed.size)


def difference_interval(
    differences: Sequence[float], level: float = 0.95, weights: Sequence[float] | None = None
) -> Interval:
    """The mean of paired differences in [-1, 1] and its interval: `mean_interval` on their own scale. Raises ValueError
    like it."""
    share = mean_interval([(difference + 1) / 2 for difference in differences], level, weights)
    return Interval(2 * share.mean - 1, 2 * share.low - 1, 2 * share.high - 1, share.n)


def one_sided_bound(
    values: Sequence[float], alpha: float, weights: Sequence[float] | None = None
) -> tuple[float, float]:
    """Lower and upper bound for the mean, each of which fails with probability at most `alpha` on its own."""
    interval = mean_interval(values, 1 - 2 * alpha, weights)
    return interval.low, interval.high


def lower_bound(values: Floats, alpha: float, weights: Floats | None = None) -> float:
    """The smallest mean that the values do not rule out at `alpha`; shape (n,), in [0, 1]."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    shares = np.ones(values.size) if weights is None else weights
    distinct, counts = np.unique(np.stack([values, shares]), axis=1, return_counts=True)
    mean = float(np.average(values, weights=shares))
    relative = distinct[1] / distinct[1].max()
    few = list(zip(distinct[0].tolist(), relative.tolist(), strict=True)) if counts.size <= FEW else []
    times = [*counts.tolist(), 1.0]

    @cache
    def excess(floor: float) -> float:
        """In normal deviates, where it is nearly a straight line and its root is found in a few steps."""
        if few:
            terms = [share * (value - floor) for value, share in few]
            p_value = p_value_of_few([*terms, -floor], times)
        else:
            p_value = float(mean_p_value(distinct[0], floor, distinct[1], counts))
        return float(ndtri(min(max(p_value, _TINY), 1 - _EPSILON)) - ndtri(alpha))

    spread = float(np.average((values - mean) ** 2, weights=shares))
    far = mean - 5 * ((spread + 1 / values.size) / values.size) ** 0.5  # the search starts near its end
    least = far if far > _LEAST and excess(far) < 0 else _LEAST
    if mean <= _LEAST or (least == _LEAST and excess(_LEAST) >= 0):
        return 0.0
    return mean if excess(mean) <= 0 else float(brentq(excess, least, mean, xtol=1e-7))


def mean_p_value(
    values: Floats, floor: float, weights: Floats | None = None, counts: npt.NDArray[np.int64] | None = None
) -> Floats:
    """The p-value of "the mean is at most `floor`", in (0, 1), by Gaffke's bound.

    It is P(sum E_i * w_i * (x_i - floor) <= 0) for independent standard exponential E_i and one more observation of 0
    with the largest weight: a sum of gamma variables, whose distribution the saddlepoint formula (Lugannani & Rice,
    "Saddle point approximation for the distribution of the sum of independent random variables") gives to better than
    one per cent from 50 observations on, and to six per cent, on the safe side, for one.

    Args:
        values: Shape (..., n), in [0, 1]; the axes before the last are samples side by side.
        floor: In (0, 1).
        weights: Shape (n,), positive.
        counts: Shape (n,): how often each value stands in the sample; once unless given.

    Returns:
        Shape (...,).
    """
    shares = np.ones(values.shape[-1]) if weights is None else weights / weights.max()
    extreme = np.full((*values.shape[:-1], 1), -floor)
    terms = np.concatenate([shares * (values - floor), extreme], axis=-1)
    times = np.append(np.ones(values.shape[-1]) if counts is None else counts, 1.0)
    largest = terms.max(axis=-1)
    possible = largest > 0
    largest = np.where(possible, largest, 1.0)
    point = _saddlepoint(terms, times, largest)
    ratio = 1 - point[..., None] * terms
    cumulant = -(times * np.log(ratio)).sum(axis=-1)
    second = (times * (terms / ratio) ** 2).sum(axis=-1)
    third = 2 * (times * (terms / ratio) ** 3).sum(axis=-1)
    p_values: Floats = np.where(possible, _tail(point, cumulant, second, third), 1.0)
    return p_values


def _saddlepoint(terms: Floats, times: Floats, largest: Floats) -> Floats:
    """Where the derivative of the cumulant generating function, sum(times * a / (1 - t * a)), is 0: by Newton's steps
    inside a bracket; shape of `largest`."""
    low, high = 1 / terms.min(axis=-1), 1 / largest
    point = np.zeros_like(largest)
    for _ in range(STEPS):
        scaled = terms / (1 - point[..., None] * terms)
        slope, curvature = (times * scaled).sum(axis=-1), (times * scaled**2).sum(axis=-1)
        low, high = np.where(slope < 0, point, low), np.where(slope < 0, high, point)
        step = point - slope / curvature
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        if np.all(np.abs(following - point) <= CLOSE * (high - low + np.abs(point))):
            break
        point = following
    return point


def _tail(point: Floats, cumulant: Floats, second: Floats, third: Floats) -> Floats:
    """The saddlepoint formula for the probability of a sum of at most 0."""
    from scipy.special import ndtr

    root = np.sign(point) * np.sqrt(np.maximum(-2 * cumulant, 0))
    middle = np.abs(root) < AT_THE_MEAN
    safe, scaled = np.where(middle, 1.0, root), np.where(middle, 1.0, point * np.sqrt(second))
    density = np.exp(-(root**2) / 2) / np.sqrt(2 * np.pi)
    at_the_mean = 0.5 + third / (6 * np.sqrt(2 * np.pi) * second**1.5)
    tail: Floats = np.clip(np.where(middle, at_the_mean, ndtr(root) + density * (1 / safe - 1 / scaled)), 0.0, 1.0)
    return tail
