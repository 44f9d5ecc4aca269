"""From a judge's words to scores that samples of one prompt can be compared by: Elo from pairwise verdicts (paper,
section 2.2), and length control (section 2.3): longer responses pay, so that length alone cannot win."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRIOR = 0.1
"""Wins that every item has over every other before the first game, both ways. The paper's likelihood has no finite
optimum for an item that always wins; with this, one real game outweighs the prior by ten to one."""

CONVERGED = 1e-10
"""Newton steps end below this; a win at even odds is worth about one."""

DIGITS = 9
"""Decimals of an Elo score that are kept: what the optimizer leaves behind must not decide between equals."""


def z_scores(values: Sequence[float]) -> list[float]:
    """(x - mean) / std within one prompt's samples; all zeros when there is no spread."""
    x = np.asarray(values, dtype=float)
    spread = x.std()
    # Equal values have a spread of rounding errors, in proportion to their size.
    flat = spread <= 1e-12 * np.abs(x).max(initial=0.0)
    return [0.0] * len(x) if flat else [float(z) for z in (x - x.mean()) / spread]


def length_controlled(scores: Sequence[float], lengths: Sequence[int], rho: float) -> list[float]:
    """s_i = z(score_i) - rho * z(length_i) over one prompt's responses; `rho` in [0, 0.5], lengths in characters."""
    return [s - rho * n for s, n in zip(z_scores(scores), z_scores([float(n) for n in lengths]), strict=True)]


def battle_matrix(verdicts: Floats) -> Floats:
    """B_mn = [r_mn = 1] + [r_nm = -1]: how often m won against n over both orders (paper, section 2.2).

    `verdicts` and the result have shape (..., K, K). r_mn is the game that shows m first: 1 when m won, -1 when n won,
    0 for a tie and NaN for a verdict that is missing; neither of the two is a win for anybody.
    """
    won_first, won_second = verdicts == 1, np.swapaxes(verdicts, -1, -2) == -1
    battles: Floats = (won_first.astype(np.float64) + won_second) * (1.0 - np.eye(verdicts.shape[-1]))
    return battles


def elo(battles: Floats, prior: float = PRIOR) -> Floats:
    """argmax_e sum_mn (B_mn + prior) log sigmoid(e_m - e_n), in natural log-odds with mean 0 (paper, section 2.2).

    Shapes (..., K, K) and (..., K). Two items that won w and l games come out log((w + prior) / (l + prior)) apart.
    Raises ValueError for a prior under 0.01: who always wins runs away, and Newton's method after it.
    """
    if prior < 0.01:
        raise ValueError(f"the prior must be at least 0.01, not {prior:g}")
    size = battles.shape[-1]
    won = battles + prior * (1.0 - np.eye(size))
    games = won + np.swapaxes(won, -1, -2)
    e = np.zeros(battles.shape[:-1])
    for _ in range(100):
        p = 1 / (1 + np.exp(e[..., None, :] - e[..., :, None]))
        gradient = (won - games * p).sum(axis=-1)
        curvature = games * p * (1 - p)
        # Scores are only determined up to a constant; the added 1 holds their sum at zero.
        hessian = np.eye(size) * curvature.sum(axis=-1)[..., None] - curvature + 1.0
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        e += step
        if np.abs(step).max(initial=0.0) < CONVERGED:
            return e
    raise ArithmeticError("the Elo scores did not converge")


def elo_scores(verdicts: Sequence[Floats]) -> list[list[float | None]]:
    """Elo scores of each prompt's responses from its verdicts, of shape (K, K) with a K of its own (`battle_matrix`).

    A response whose games all lack a verdict has no score (None), and the others are scored as if it were not there.
    The only response of a prompt has 0.
    """
    scores_by_prompt: list[list[float | None]] = [[None] * len(given) for given in verdicts]
    by_size: dict[int, list[tuple[int, npt.NDArray[np.intp], Floats]]] = {}
    for prompt, given in enumerate(verdicts):
        played = np.isfinite(given) & ~np.eye(len(given), dtype=bool)
        scored = played.any(axis=0) | played.any(axis=1) if len(given) > 1 else np.ones(len(given), dtype=bool)
        kept = np.flatnonzero(scored)
        by_size.setdefault(len(kept), []).append((prompt, kept, given[np.ix_(kept, kept)]))
    for group in by_size.values():
        scores = np.round(elo(battle_matrix(np.stack([given for _, _, given in group]))), DIGITS) + 0.0
        for (prompt, kept, _), values in zip(group, scores, strict=True):
            for response, value in zip(kept, values, strict=True):
                scores_by_prompt[prompt][response] = float(value)
    return scores_by_prompt
