"""Bradley-Terry ratings of any models on the Elo scale, as the first leaderboards gave them: a reference."""

from collections.abc import Sequence

import numpy as np

from tpobench.harness.stats.bradley_terry import Floats


def elo_ratings(
    first: Sequence[str], second: Sequence[str], outcomes: Floats, weights: Floats, anchor: str
) -> dict[str, float]:
    """Bradley-Terry ratings on the Elo scale (400 points = odds of ten) of battles between any models. The win rate
    of a over b is 1 / (1 + 10^((b - a) / 400)).

    Args:
        first: By battle, one model.
        second: By battle, the other one.
        outcomes: By battle, of `first`: in [0, 1], ties 1/2.
        weights: By battle, how often it counts.
        anchor: The model that has 1000.

    Raises:
        ValueError: No battle, through others or directly, leads from the anchor to a model.

    Source: Arena-Hard v0.1.
    """
    if anchor not in {*first, *second}:
        raise ValueError(f"the anchor {anchor!r} is in no battle")
    reached, pairs = {anchor}, set(zip(first, second, strict=True))
    while neighbours := {name for pair in pairs if reached & set(pair) for name in pair} - reached:
        reached |= neighbours
    if missing := sorted({*first, *second} - reached):
        raise ValueError(f"no battle connects {', '.join(missing)} with {anchor}")
    rated = sorted(reached - {anchor})
    column = {name: number for number, name in enumerate(rated)}
    design = np.zeros((len(first), len(rated)))
    for names, sign in ((first, 1.0), (second, -1.0)):
        for row, name in enumerate(names):
            if name != anchor:
                design[row, column[name]] += sign
    coefficients = _logistic(design, outcomes, weights)
    scale = 400 / np.log(10)
    return {anchor: 1000.0} | {name: float(1000 + scale * coefficients[column[name]]) for name in rated}


def _logistic(design: Floats, outcomes: Floats, weights: Floats) -> Floats:
    """The optimum of a weighted logistic regression without intercept, and with next to no penalty."""
    coefficients = np.zeros(design.shape[1])
    ridge = 1e-9 * np.eye(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ coefficients, -30, 30)))
        gradient = design.T @ (weights * (outcomes - p)) - 1e-9 * coefficients
        hessian = (design * (weights * p * (1 - p))[:, None]).T @ design + ridge
        step = np.clip(np.linalg.solve(hessian, gradient), -5, 5)
        coefficients += step
        if np.abs(step).max() < 1e-10:
            break
    return coefficients
