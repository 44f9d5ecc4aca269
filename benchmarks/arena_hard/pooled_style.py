"""Arena-Hard's official style control: one fit over the votes of all models, with style held at their common mean."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tpobench.benchmarks.arena_hard.scores import OFFICIAL_REPEATS
from tpobench.harness.stats.bradley_terry import bradley_terry

Floats = npt.NDArray[np.float64]


def pooled_style_controlled(
    models: npt.NDArray[np.int64],
    outcomes: Floats,
    weights: Floats,
    features: Floats,
    seed: int = 0,
    quantiles: Sequence[float] = (0.05, 0.95),
) -> tuple[Floats, Floats, Floats]:
    """Win rate of each model against the baseline with style held at the mean over all votes: the median of 100
    bootstraps over votes with their percentiles, arrays of shape (models,).

    The intervals are as narrow as those of the official score, and for one model alone this is its raw score: the mean
    at which style is held is its own. `equal_style` is at the baseline's style instead.

    Args:
        models: By vote, the model's number.
        outcomes: By vote, 1 for a win of the model, 0 for a loss, 0.5 for a tie.
        weights: By vote, how often it counts.
        features: Shape (votes, k), z-scored over all votes; one that never varies is left at 0.
        seed: Of the bootstrap.
        quantiles: The ends of the interval.
    """
    repeated = np.repeat(np.arange(len(models)), weights.astype(int))
    raw = features[repeated]
    spread = raw.std(axis=0, ddof=1) if len(raw) > 1 else np.zeros(raw.shape[1])
    scaled = np.where(spread > 0, (features - raw.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 0.0)
    size = int(models.max()) + 1
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(OFFICIAL_REPEATS):
        votes = repeated[random.integers(len(repeated), size=len(repeated))]
        counts = np.bincount(votes, minlength=len(models)).astype(np.float64)
        fitted = bradley_terry(models, outcomes, counts, scaled)[:size]
        drawn.append(1 / (1 + np.exp(-fitted)))
    low, median, high = np.quantile(np.array(drawn), [quantiles[0], 0.5, quantiles[1]], axis=0)
    return median, low, high
