"""What a gate can see: the distance from the floor that N prompts detect, and how many prompts a PASS takes."""

import math

from tpobench.harness.gate.policy import WinRateRule
from tpobench.harness.stats.sequential import split_alpha

POWER_Z = 0.841621
"""80% power."""


def detectable(spread: float, prompts: int, critical: float) -> float:
    """The distance from the floor that this many prompts detect about four times out of five. `spread` is the standard
    deviation of a prompt's preference, `critical` how many standard errors the test asks for."""
    return min(1.0, (critical + POWER_Z) * spread / math.sqrt(max(prompts, 1)))


def anytime_critical(alpha: float) -> float:
    """Standard errors that the e-process asks for, about: it pays for looking at every prompt."""
    return math.sqrt(2 * (math.log(1 / alpha) + 2))


def final_critical(rule: WinRateRule) -> float:
    """Standard errors that the rule asks for on all prompts."""
    late = split_alpha(rule.method, rule.alpha)[1]
    return _z(1 - late) if late else anytime_critical(rule.alpha)


def prompts_needed(spread: float, rule: WinRateRule) -> int | None:
    """With this many prompts an equal candidate passes a test on all of them four times out of five; None where
    no number is enough."""
    if rule.margin == 0:
        return None
    return math.ceil((_z(1 - rule.alpha) + POWER_Z) ** 2 * spread**2 / rule.margin**2)


def _z(probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))
