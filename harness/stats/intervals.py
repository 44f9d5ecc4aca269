"""Confidence intervals for the mean of per-prompt observations in [0, 1]. One prompt is one observation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SMALL_SAMPLE = 50
"""Below this many prompts the t interval is not trusted; the betting interval holds for any sample size."""

_BETS = 24

_HALVINGS = 24
"""The ends of a betting interval are exact to 2 to the power of minus this."""

_PSEUDO_PROMPTS = np.array([0.0, 0.0, 1.0, 1.0])


@dataclass(frozen=True)
class Interval:
    """A mean with its two-sided interval; all in [0, 1]."""

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """The mean and its interval: Student's t from `SMALL_SAMPLE` prompts on, betting below.

    The t interval is that of the prompts and four more, two won and two lost (Agresti & Coull, "Approximate is better
    than 'exact' for interval estimation of binomial proportions"): without them sixty wins would have no width.
    Raises ValueError without values or with one outside [0, 1].
    """
    observed = np.asarray(values, dtype=float)
    if observed.size == 0:
        raise ValueError("an interval needs at least one prompt")
    if not (observed.min() >= 0 and observed.max() <= 1):  # NaN fails this, too
        raise ValueError("preferences lie in [0, 1]")
    n, mean = observed.size, float(observed.mean())
    if n < SMALL_SAMPLE:
        low, high = betting_interval(observed, level)
    else:
        low, high = (float(bound) for bound in t_bounds(observed, (1 - level) / 2))
    return Interval(mean, max(0.0, min(low, mean)), min(1.0, max(high, mean)), n)


def difference_interval(differences: Sequence[float], level: float = 0.95) -> Interval:
    """The mean of paired differences in [-1, 1] and its interval: `mean_interval` on their own scale, whose four more
    pairs keep it honest where nearly all differences are 0. Raises ValueError like it."""
    share = mean_interval([(difference + 1) / 2 for difference in differences], level)
    return Interval(2 * share.mean - 1, 2 * share.low - 1, 2 * share.high - 1, share.n)


def t_bounds(values: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Lower and upper bound for the mean over the last axis, each failing with probability `alpha`; see
    `mean_interval`."""
    padded = np.concatenate([values, np.broadcast_to(_PSEUDO_PROMPTS, (*values.shape[:-1], 4))], axis=-1)
    count = padded.shape[-1]
    half = t_quantile(1 - alpha, count - 1) * padded.std(axis=-1, ddof=1) / count**0.5
    center = padded.mean(axis=-1)
    return center - half, center + half


def one_sided_bound(values: Sequence[float], alpha: float) -> tuple[float, float]:
    """Lower and upper bound for the mean, each of which fails with probability at most `alpha` on its own."""
    interval = mean_interval(values, 1 - 2 * alpha)
    return interval.low, interval.high


def betting_interval(observed: Floats, level: float, anytime: bool = False) -> tuple[float, float]:
    """Every mean m that a bettor against it does not get rich on (Waudby-Smith & Ramdas, "Estimating means of bounded
    random variables by betting").

    Capital is the average over `_BETS` constant bets of prod(1 + bet * (y - m)), bets geometric from 0.05/m to
    0.95/m, and the mirror image for the upper side; m is excluded when either reaches 2 / (1 - level): now, or with
    `anytime` ever since the first observation, which makes the interval one of a confidence sequence. Capital falls as
    m grows, so each end is found by bisection. Where every m is excluded, the interval is the mean observed.
    """
    stakes = np.geomspace(0.05, 0.95, _BETS)[:, None]

    def end(values: Floats) -> float:
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            m = (low + high) / 2
            capital = np.cumprod(1 + stakes * (values / m - 1), axis=-1).mean(axis=0)
            rich = (capital.max() if anytime else capital[-1]) >= 2 / (1 - level)
            low, high = (m, high) if rich else (low, m)
        return low

    with np.errstate(over="ignore"):  # a bettor richer than the largest float is rich enough
        low, high = end(observed), 1 - end(1 - observed)
    mean = float(observed.mean())
    return (low, high) if low <= high else (mean, mean)


@cache
def t_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
