"""Confidence intervals for the mean of per-prompt observations in [0, 1]. One prompt is one observation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

SMALL_SAMPLE = 50
"""Below this many prompts the t interval is not trusted; the betting interval holds for any sample size."""

_BETS = 24

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
        padded = np.concatenate([observed, _PSEUDO_PROMPTS])
        half = t_quantile((1 + level) / 2, padded.size - 1) * float(padded.std(ddof=1)) / padded.size**0.5
        low, high = float(padded.mean()) - half, float(padded.mean()) + half
    return Interval(mean, max(0.0, min(low, mean)), min(1.0, max(high, mean)), n)


def one_sided_bound(values: Sequence[float], alpha: float) -> tuple[float, float]:
    """Lower and upper bound for the mean, each of which fails with probability at most `alpha` on its own."""
    interval = mean_interval(values, 1 - 2 * alpha)
    return interval.low, interval.high


def betting_interval(observed: npt.NDArray[np.float64], level: float) -> tuple[float, float]:
    """Every mean m that a bettor against it does not get rich on (Waudby-Smith & Ramdas, "Estimating means of bounded
    random variables by betting").

    Capital is the average over `_BETS` constant bets of prod(1 + bet * (y - m)), bets geometric from 0.05/m to
    0.95/m, and the mirror image for the upper side; m is excluded when either exceeds 2 / (1 - level).
    """
    grid = np.linspace(0.0005, 0.9995, 1000)
    limit = np.log(2 / (1 - level))
    kept = grid[(_log_capital(observed, grid) < limit) & (_log_capital(1 - observed, 1 - grid) < limit)]
    if kept.size == 0:
        return float(observed.mean()), float(observed.mean())
    step = float(grid[1] - grid[0])
    return max(0.0, float(kept[0]) - step), min(1.0, float(kept[-1]) + step)


def _log_capital(observed: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log capital for each mean; shape (means,)."""
    bets = np.geomspace(0.05, 0.95, _BETS)[:, None] / means
    logs = np.zeros_like(bets)
    for y in observed:
        logs += np.log1p(bets * (y - means))
    peak = logs.max(axis=0)
    capital: npt.NDArray[np.float64] = peak + np.log(np.exp(logs - peak).mean(axis=0))
    return capital


@cache
def t_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))
