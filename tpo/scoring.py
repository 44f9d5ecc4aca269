"""Length control (paper, section 2.3): longer responses pay, so that length alone cannot win."""

from collections.abc import Sequence

import numpy as np


def z_scores(values: Sequence[float]) -> list[float]:
    """(x - mean) / std within one prompt's samples; all zeros when there is no spread."""
    x = np.asarray(values, dtype=float)
    spread = x.std()
    return [0.0] * len(x) if spread < 1e-12 else [float(z) for z in (x - x.mean()) / spread]


def length_controlled(scores: Sequence[float], lengths: Sequence[int], rho: float) -> list[float]:
    """s_i = z(score_i) - rho * z(length_i) over one prompt's responses; `rho` in [0, 0.5], lengths in characters."""
    return [s - rho * n for s, n in zip(z_scores(scores), z_scores([float(n) for n in lengths]), strict=True)]
