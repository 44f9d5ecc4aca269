"""What a number of prompts can tell: the distance that a test on them detects, and how many prompts a test takes."""

import math
from functools import cache

import numpy as np

from tpobench.harness.stats.sequential import Method, split_alpha

POWER_Z = 0.841621
"""80% power."""

TWO_SIDED_Z = 1.959964
"""A two-sided test at 5%."""

_FINEST = 1e-3
"""Drops are told to a tenth of a point."""


def detectable(spread: float, prompts: int, critical: float, *, most: float = 0.5) -> float:
    """The distance that this many prompts detect about four times out of five.

    Args:
        spread: The standard deviation of one prompt's value.
        prompts: How many there are.
        critical: How many standard errors the test asks for.
        most: The largest distance that there is: of a win rate from one half, one half.
    """
    return min(most, (critical + POWER_Z) * spread / math.sqrt(max(prompts, 1)))


def anytime_critical(alpha: float) -> float:
    """Standard errors that the e-process asks for, about: it pays for looking at every prompt."""
    return math.sqrt(2 * (math.log(1 / alpha) + 2))


def final_critical(method: Method, alpha: float) -> float:
    """Standard errors that a sequential test asks for on all prompts."""
    late = split_alpha(method, alpha)[1]
    return _z(1 - late) if late else anytime_critical(alpha)


def prompts_to_see(distance: float, spread: float, critical: float) -> int:
    """With this many prompts a win rate this far above the floor passes four times out of five, about.

    Args:
        distance: From the floor; positive.
        spread: The standard deviation of one prompt's value.
        critical: How many standard errors the test asks for.
    """
    return math.ceil(((critical + POWER_Z) * spread / distance) ** 2)


def guard_power(floor: float, drop: float, prompts: int, alpha: float) -> float:
    """The probability with which one exact test at `alpha` on so many wins and losses sees a win rate of `drop` below
    the floor. Ties make the spread smaller and the power larger. A drop below 0 is one to 0."""
    from scipy.special import bdtr

    wins = np.arange(prompts + 1)
    rejected = int(np.searchsorted(bdtr(wins, prompts, floor), alpha, side="right")) - 1
    return float(bdtr(rejected, prompts, max(floor - drop, 0.0))) if rejected >= 0 else 0.0


@cache
def guard_size(floor: float, drop: float, alpha: float, power: float) -> int:
    """The number of prompts with which one test at `alpha` sees a `drop` below the floor with this power."""
    low = max(floor - drop, 0.0)
    reach = _z(1 - alpha) * _deviation(floor) + _z(power) * _deviation(low)
    prompts = math.ceil((reach / (floor - low)) ** 2)
    while guard_power(floor, drop, prompts, alpha) < power:
        prompts += 1
    return prompts


def seen_drop(floor: float, prompts: int, alpha: float, power: float) -> float | None:
    """The smallest drop below the floor that one test on this many prompts sees with this power; None where none is."""
    steps = int(floor / _FINEST)
    low, high = 1, steps + 1
    while low < high:
        middle = (low + high) // 2
        enough = middle <= steps and guard_power(floor, middle * _FINEST, prompts, alpha) >= power
        low, high = (low, middle) if enough else (middle + 1, high)
    return low * _FINEST if low <= steps else None


def _deviation(rate: float) -> float:
    return math.sqrt(rate * (1 - rate))


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
