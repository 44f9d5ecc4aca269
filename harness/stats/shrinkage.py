"""Estimates of many small groups, pulled towards what they have in common. For display, never for a decision."""

from collections.abc import Sequence
from statistics import fmean, variance


def shrink(means: Sequence[float], standard_errors: Sequence[float], overall: float) -> list[float]:
    """Empirical Bayes: ``B * mean + (1 - B) * overall`` with ``B = tau^2 / (tau^2 + SE^2)`` for each group.

    tau^2, the variance between the groups beyond chance, is the variance of the means less the mean of SE^2, 0 at
    least. One group alone says nothing about tau^2 and becomes the overall figure.
    """
    spread = variance(means) - fmean(error**2 for error in standard_errors) if len(means) > 1 else 0.0
    between = max(0.0, spread)
    weights = [between / (between + error**2) if between > 0 else 0.0 for error in standard_errors]
    return [weight * mean + (1 - weight) * overall for weight, mean in zip(weights, means, strict=True)]
