"""What a number of prompts can tell: the distance that a test on them detects, and how many prompts a test takes."""

import math

from tpobench.harness.stats.sequential import Method, split_alpha

POWER_Z = 0.841621
"""80% power."""

TWO_SIDED_Z = 1.959964
"""A two-sided test at 5%."""


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


def prompts_needed(spread: float, alpha: float, margin: float) -> int | None:
    """With this many prompts an equal candidate passes a test on all of them four times out of five; None where
    no number is enough."""
    if margin == 0:
        return None
    return math.ceil((_z(1 - alpha) + POWER_Z) ** 2 * spread**2 / margin**2)


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
