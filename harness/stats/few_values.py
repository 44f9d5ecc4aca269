"""The p-value of a mean over few distinct values, number by number: arrays of a dozen numbers cost ten times as much as
the numbers themselves. The formula is that of `mean_p_value`."""

import math
from collections.abc import Sequence

FEW = 32
"""Up to so many distinct values this is the faster way."""

STEPS = 60
CLOSE = 1e-10
"""Newton's steps towards a saddlepoint, at most, and the relative change at which they end."""

AT_THE_MEAN = 1e-3
"""So close to the middle of its distribution the saddlepoint formula is 0/0; a limit takes its place."""


def p_value_of_few(terms: Sequence[float], times: Sequence[float]) -> float:
    """The probability that the sum of ``terms[i] * E`` over ``times[i]`` exponential E each is at most 0.

    Args:
        terms: The differences to the floor, each with its weight; one of them is negative.
        times: How often each stands in the sum.

    Returns:
        The probability, in [0, 1].
    """
    largest = max(terms)
    if largest <= 0:
        return 1.0
    pairs = list(zip(terms, times, strict=True))
    point = _saddlepoint(pairs, 1 / min(terms), 1 / largest)
    cumulant = second = third = 0.0
    for term, count in pairs:
        ratio = 1 - point * term
        scaled = term / ratio
        cumulant -= count * math.log(ratio)
        second += count * scaled**2
        third += 2 * count * scaled**3
    return _tail(point, cumulant, second, third)


def _saddlepoint(pairs: Sequence[tuple[float, float]], low: float, high: float) -> float:
    point = 0.0
    for _ in range(STEPS):
        slope = curvature = 0.0
        for term, count in pairs:
            scaled = term / (1 - point * term)
            slope += count * scaled
            curvature += count * scaled * scaled
        low, high = (point, high) if slope < 0 else (low, point)
        step = point - slope / curvature
        following = step if low < step < high else (low + high) / 2
        if abs(following - point) <= CLOSE * (high - low + abs(point)):
            break
        point = following
    return point


def _tail(point: float, cumulant: float, second: float, third: float) -> float:
    root = math.copysign(math.sqrt(max(-2 * cumulant, 0.0)), point) if point else 0.0
    if abs(root) < AT_THE_MEAN:
        return min(max(0.5 + third / (6 * math.sqrt(2 * math.pi) * math.sqrt(second) ** 3), 0.0), 1.0)
    density = math.exp(-(root**2) / 2) / math.sqrt(2 * math.pi)
    below = 0.5 * math.erfc(-root / math.sqrt(2))
    return min(max(below + density * (1 / root - 1 / (point * math.sqrt(second))), 0.0), 1.0)
