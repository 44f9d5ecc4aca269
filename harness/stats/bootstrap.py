"""The bootstrap over prompts: whole prompts are drawn, never single votes, and what is estimated is fitted again."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def drawn_counts(repeats: int, prompts: int, seed: int) -> Floats:
    """How often each prompt is in each resample, shape (repeats, prompts): as many prompts as there are, with
    replacement."""
    rows = np.random.default_rng(seed).integers(prompts, size=(repeats, prompts))
    rows += np.arange(repeats)[:, None] * prompts
    return np.bincount(rows.ravel(), minlength=repeats * prompts).reshape(repeats, prompts).astype(np.float64)


def expanded_percentiles(drawn: Floats, *, n: int, parameters: int, confidence: float) -> Floats:
    """Low and high percentile of what a figure was in each resample, further out the fewer prompts there are: a
    bootstrap of n prompts is too narrow by the factor sqrt((n - parameters) / n), and by that of Student's t.

    Source: Hesterberg, "What teachers should know about the bootstrap" (2015), expanded percentile interval.
    """
    from scipy.special import ndtr, stdtrit

    degrees = max(n - parameters, 1)
    tail = float(ndtr(-stdtrit(degrees, (1 + confidence) / 2) * (n / degrees) ** 0.5))
    ends: Floats = np.quantile(drawn, [tail, 1 - tail])
    return ends
