"""Simulated models whose judge likes style as well as substance."""

import numpy as np

from tpobench.benchmarks.arena_hard.equal_style import Floats, StyledPrompts

SPREADS = np.array([0.3, 0.1, 0.1, 0.1])


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


def styled(
    n: int, strength: float, longer: float, seed: int, taste: float = 1.0, prompts: int | None = None
) -> StyledPrompts:
    """A model's prompts with two judgments each, strong ones three times.

    Args:
        n: How many.
        strength: Log-odds of winning at equal style.
        longer: How much longer the answers are on average, in standard deviations of the length difference.
        seed: Of the model.
        taste: What one standard deviation of length is worth to the judge, in log-odds.
        prompts: Seed of what the prompts decide; models with the same share it.
    """
    random = np.random.default_rng(seed)
    difference = random.normal(0, 1, (n, 4))
    difference[:, 0] += longer
    prompt = np.random.default_rng(seed if prompts is None else prompts).normal(0, 0.8, n)
    margins = (strength + taste * difference[:, 0] + prompt)[:, None] + random.logistic(size=(n, 2))
    votes = np.where(np.abs(margins) > 2, 3.0, 1.0)
    weights = votes.sum(axis=1)
    return StyledPrompts(
        outcomes=((margins > 0) * votes).sum(axis=1) / weights, weights=weights, differences=difference * SPREADS
    )
