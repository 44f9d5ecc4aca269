"""Sequential tests of a mean, valid at any stopping time: betting (Waudby-Smith & Ramdas, "Estimating means of bounded
random variables by betting"), alone or shared with one test of a number of observations that is fixed in advance.

Everything is vectorised over its last axis, the observations in the order in which they are consumed; the axes before
it are gates that run side by side. An observation with a weight stands for a cluster: the mean that is tested is the
weighted one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tpobench.harness.stats.intervals import Floats, mean_p_value

Method = Literal["hybrid", "sequential", "fixed"]
Direction = Literal["above", "below"]

BETS = 24

_EARLY_SHARE: dict[Method, dict[Direction, float]] = {
    "sequential": {"above": 1.0, "below": 1.0},
    "hybrid": {"above": 0.4, "below": 0.9},
    "fixed": {"above": 0.0, "below": 0.0},
}
"""Share of alpha that the e-process may spend; the rest goes to one test on all prompts (union bound). A rejection
mostly stops early: what the last test adds there is FAIL in place of INCONCLUSIVE, and neither promotes."""

_HALVINGS = 24
"""The ends of a confidence sequence are exact to 2 to the power of minus this."""


@dataclass(frozen=True, eq=False)
class Decided:
    """Outcomes of gates side by side: +1 passed, -1 rejected, 0 undecided, and the number of observations `used`."""

    outcome: npt.NDArray[np.int8]
    used: npt.NDArray[np.int64]


def wealth(values: Floats, floor: float, weights: Floats | None = None) -> Floats:
    """The e-process against the hypothesis that the mean is at most `floor`, after each observation; shape as `values`.

    The average over `BETS` constant bets of prod(1 + bet * w * (y - floor)), bets geometric from 0.05/floor to
    0.95/floor. While the hypothesis holds, it reaches 1/alpha at any time with
    probability at most alpha (Ville's inequality).
    """
    total = np.zeros_like(values)
    gains = (values - floor) * _relative(weights)
    with np.errstate(over="ignore"):  # a bettor richer than the largest float is rich enough
        for bet in np.geomspace(0.05, 0.95, BETS) / floor:
            total += np.cumprod(1 + bet * gains, axis=-1)
    return total / BETS


def split_alpha(method: Method, alpha: float, direction: Direction = "above") -> tuple[float, float]:
    """What the e-process and the one test on all prompts may spend, in the test for promotion (``above``) or in that
    for rejection."""
    share = _EARLY_SHARE[method][direction]
    return share * alpha, (1 - share) * alpha


def decide_mean(
    low: Floats,
    high: Floats,
    floor: float,
    alpha: float,
    method: Method = "hybrid",
    final: int | None = None,
    weights: Floats | None = None,
) -> Decided:
    """Is the mean above the floor (+1), below it (-1), or can it not be told (0)?

    Either error has probability at most `alpha`. Where both sides cross at one observation, the gate rejects.

    Args:
        low: The observations as they count in the test for promotion, 0 where a judgment is missing; shape (..., n),
            in [0, 1].
        high: The same in the test for rejection, 1 where a judgment is missing.
        floor: What the mean is compared with, in (0, 1).
        alpha: The probability of either error.
        method: The e-process, one test of the first `final` observations, or both.
        final: Where the one test is made. It is fixed before anything is seen, and made once: a test that goes on
            beyond it goes on with the e-process alone. None stands for all n.
        weights: Of the observations, shape (n,), in (0, 1]: sizes over the largest that there is, consumed or not.

    Returns:
        The outcome, and the number of observations that it took.
    """
    gates, n = low.shape[:-1], low.shape[-1]
    outcome, used = np.zeros(gates, dtype=np.int8), np.full(gates, n)
    if n == 0:
        return Decided(outcome, used)
    above = _crossing(low, floor, alpha, method, direction="above", final=final or n, weights=weights)
    below = _crossing(1 - high, 1 - floor, alpha, method, direction="below", final=final or n, weights=weights)
    outcome[above < below] = 1
    outcome[(below <= above) & (below < n)] = -1
    return Decided(outcome, np.minimum(np.minimum(above, below) + 1, n))


def mean_test(
    values: Floats,
    floor: float,
    method: Method,
    direction: Direction = "above",
    final: int | None = None,
    weights: Floats | None = None,
) -> tuple[float, float]:
    """The largest e-value so far against "the mean is at most `floor`", and the p-value that goes with the method: at
    most alpha exactly where `decide_mean` has decided at alpha.

    Args:
        values: Shape (n,), as they count in this direction; mirrored ones (1 - y) for ``below``.
        floor: In (0, 1); mirrored as the values.
        method: As for `decide_mean`.
        direction: Which share of alpha each of the two tests has.
        final: As for `decide_mean`.
        weights: As for `decide_mean`.
    """
    if values.size == 0:
        return 1.0, 1.0
    early, late = split_alpha(method, 1.0, direction)
    largest = float(wealth(values, floor, weights).max())
    p_value = 1 / (largest * early) if early and largest > 0 else 1.0
    if late and values.size >= (final or values.size):
        p_value = min(p_value, _final_p_value(values, floor, final, weights).item() / late)
    return largest, min(1.0, p_value)


def confidence_sequence(values: Floats, level: float = 0.95, weights: Floats | None = None) -> tuple[float, float]:
    """An interval for the mean that holds at every moment at once, from the observations so far; shape (n,).

    Every mean that neither process has ever given odds of 2 / (1 - level) against; the observed mean alone where none
    is left. All means without observations.
    """
    alpha = (1 - level) / 2
    low, high = anytime_bound(values, alpha, weights), 1 - anytime_bound(1 - values, alpha, weights)
    if low <= high:
        return low, high
    mean = float(np.average(values, weights=None if weights is None else weights))
    return mean, mean


def anytime_bound(values: Floats, alpha: float, weights: Floats | None = None) -> float:
    """The smallest mean that no moment ruled out at `alpha`; 0 without observations. Found by bisection, since capital
    falls as the mean that is bet against grows."""
    stakes, shares = np.geomspace(0.05, 0.95, BETS)[:, None], _relative(weights)
    low, high = 0.0, 1.0
    if values.size == 0:
        return low
    with np.errstate(over="ignore"):
        for _ in range(_HALVINGS):
            mean = (low + high) / 2
            capital = np.cumprod(1 + stakes * shares * (values / mean - 1), axis=-1).mean(axis=0)
            low, high = (mean, high) if capital.max() >= 1 / alpha else (low, mean)
    return low


def first_at(process: Floats, threshold: float) -> npt.NDArray[np.int64]:
    """Index of the first observation at which the process has reached the threshold; n where it never does."""
    reached = process >= threshold
    first: npt.NDArray[np.int64] = np.where(reached.any(axis=-1), reached.argmax(axis=-1), process.shape[-1])
    return first


def _crossing(
    values: Floats,
    floor: float,
    alpha: float,
    method: Method,
    *,
    direction: Direction,
    final: int,
    weights: Floats | None,
) -> npt.NDArray[np.int64]:
    """Index of the observation at which the mean is certainly above the floor; n where it is at none."""
    early, late = split_alpha(method, alpha, direction)
    n = values.shape[-1]
    crossing = np.full(values.shape[:-1], n)
    if early:
        crossing = first_at(wealth(values, floor, weights), 1 / early)
    if late and n >= final:
        open_ = crossing >= final
        if open_.any():
            tested = _final_p_value(values[open_], floor, final, weights) <= late
            crossing[open_] = np.where(tested, final - 1, crossing[open_])
    return crossing


def _final_p_value(values: Floats, floor: float, final: int | None, weights: Floats | None) -> Floats:
    return mean_p_value(values[..., :final], floor, None if weights is None else weights[:final])


def _relative(weights: Floats | None) -> Floats | float:
    """Weights as they were fixed before anything was seen: what is still to come may not change what was bet."""
    return 1.0 if weights is None else weights
