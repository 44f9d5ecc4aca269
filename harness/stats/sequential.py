"""Sequential tests of a mean, valid at any stopping time: betting (Waudby-Smith & Ramdas, "Estimating means of bounded
random variables by betting"), alone or shared with one t test at the end.

Everything is vectorised over its last axis, the observations in the order in which they are consumed; the axes before
it are gates that run side by side.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tpobench.harness.stats.intervals import SMALL_SAMPLE, betting_interval, t_bounds

Floats = npt.NDArray[np.float64]
Method = Literal["hybrid", "sequential", "fixed"]

BETS = 24
HYBRID_SHARE = 0.4
"""Share of alpha that the hybrid gives to the e-process; the rest goes to one t test on all prompts (union bound)."""


@dataclass(frozen=True, eq=False)
class Decided:
    """Outcomes of gates side by side: +1 passed, -1 rejected, 0 undecided, and the number of observations `used`."""

    outcome: npt.NDArray[np.int8]
    used: npt.NDArray[np.int64]


def wealth(values: Floats, floor: float) -> Floats:
    """The e-process against the hypothesis that the mean is at most `floor`, after each observation; shape as `values`.

    The average over `BETS` constant bets of prod(1 + bet * (y - floor)), bets geometric from 0.05/floor to 0.95/floor.
    While the hypothesis holds, it reaches 1/alpha at any time with probability at most alpha (Ville's inequality).
    """
    total = np.zeros_like(values)
    with np.errstate(over="ignore"):  # a bettor richer than the largest float is rich enough
        for bet in np.geomspace(0.05, 0.95, BETS) / floor:
            total += np.cumprod(1 + bet * (values - floor), axis=-1)
    return total / BETS


def split_alpha(method: Method, alpha: float) -> tuple[float, float]:
    """What the e-process and the one test on all prompts may spend."""
    share = {"sequential": 1.0, "fixed": 0.0, "hybrid": HYBRID_SHARE}[method]
    return share * alpha, (1 - share) * alpha


def decide_mean(
    low: Floats, high: Floats, floor: float, alpha: float, method: Method = "hybrid", complete: bool = True
) -> Decided:
    """Is the mean above the floor (+1), below it (-1), or can it not be told (0)?

    Either error has probability at most `alpha`: exactly so for the e-process, about so for the t test. Where both
    sides cross at one observation, the gate rejects.

    Args:
        low: The observations as they count in the test for promotion, 0 where a judgment is missing; shape (..., n),
            in [0, 1].
        high: The same in the test for rejection, 1 where a judgment is missing.
        floor: What the mean is compared with.
        alpha: The probability of either error.
        method: The e-process, one test on all observations, or both.
        complete: Whether these are all the observations that there will be: only then the test on all is made.

    Returns:
        The outcome, and the number of observations that it took.
    """
    early, late = split_alpha(method, alpha)
    gates, n = low.shape[:-1], low.shape[-1]
    outcome, used = np.zeros(gates, dtype=np.int8), np.full(gates, n)
    if n == 0:
        return Decided(outcome, used)
    if early:
        passed, failed = first_at(wealth(low, floor), 1 / early), first_at(wealth(1 - high, 1 - floor), 1 / early)
        outcome[passed < failed] = 1
        outcome[(failed <= passed) & (failed < n)] = -1
        used = np.minimum(np.minimum(passed, failed) + 1, n)
    if late and complete:
        above, below = _exceeds(low, floor, late), _exceeds(1 - high, 1 - floor, late)
        open_ = outcome == 0
        outcome[open_ & above] = 1
        outcome[open_ & below] = -1
    return Decided(outcome, used)


def confidence_sequence(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """An interval for the mean that holds at every moment at once, from the observations so far; shape (n,).

    Every mean that neither process has ever given odds of 2 / (1 - level) against; the observed mean alone where none
    is left. All means without observations.
    """
    if values.size == 0:
        return 0.0, 1.0
    return betting_interval(values, level, anytime=True)


def first_at(process: Floats, threshold: float) -> npt.NDArray[np.int64]:
    """Index of the first observation at which the process has reached the threshold; n where it never does."""
    reached = process >= threshold
    first: npt.NDArray[np.int64] = np.where(reached.any(axis=-1), reached.argmax(axis=-1), process.shape[-1])
    return first


def _exceeds(values: Floats, floor: float, alpha: float) -> npt.NDArray[np.bool_]:
    """One test of all observations together; in a small sample what the bettor has in the end."""
    if values.shape[-1] < SMALL_SAMPLE:
        return np.asarray(wealth(values, floor)[..., -1] >= 1 / alpha)
    return np.asarray(t_bounds(values, alpha)[0] > floor)
