"""Arena-Hard's scores (v0.1 and v2.0) and its style control; pure functions over votes.

A vote is one game's outcome for the candidate in {0, 1/2, 1} with its weight: a strong verdict counts three times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STRONG = 3
"""How often a strong verdict counts (WEIGHT upstream)."""

ROUNDS = 100
"""Bootstraps of the official method."""


@dataclass(frozen=True)
class Vote:
    """`outcome` for the candidate, counted `weight` times."""

    outcome: float
    weight: int


LABELS: Mapping[str, Vote] = {
    "A>>B": Vote(1.0, STRONG),
    "A>B": Vote(1.0, 1),
    "A=B": Vote(0.5, 1),
    "B>A": Vote(0.0, 1),
    "B>>A": Vote(0.0, STRONG),
    "A<B": Vote(0.0, 1),
    "A<<B": Vote(0.0, STRONG),
    "B=A": Vote(0.5, 1),
    "B<A": Vote(1.0, 1),
    "B<<A": Vote(1.0, STRONG),
}
"""Every verdict label there is, as the vote of a candidate that is A. Whoever reads a label reads it here: the judge,
the scores, and the import of judgments."""

PREFERENCES: Mapping[str, float] = {label: found.outcome for label, found in LABELS.items()}
"""How much a label prefers A, however strong it is."""


def vote(label: str, candidate_is_a: bool) -> Vote | None:
    """The vote of a verdict label; None for a label that is none."""
    found = LABELS.get(label.strip().upper())
    if found is None or candidate_is_a:
        return found
    return Vote(1.0 - found.outcome, found.weight)


@dataclass(frozen=True)
class OfficialScore:
    """A score in 0..1 with the interval of the official method: votes, not prompts, are resampled, and strong ones are
    in there three times, so it is too narrow (a nominal 90% covered 63% in simulation)."""

    score: float
    low: float
    high: float
    prompts: int


def score_v01(games: Sequence[Sequence[Vote | None]], seed: int = 0) -> OfficialScore:
    """v0.1: the weighted mean of all votes, a missing game dropped alone; 2.5 and 97.5 percentiles of 100 bootstraps.

    Since every model meets only the baseline, it equals the win rate from the Bradley-Terry fit of the official code.
    Raises ValueError when there is no vote.
    """
    kept = [[found for found in prompt if found is not None] for prompt in games]
    votes = _expanded([found for prompt in kept for found in prompt])
    means = _resampled(votes, seed)
    low, high = np.quantile(means, [0.025, 0.975])
    return OfficialScore(float(votes.mean()), float(low), float(high), sum(bool(prompt) for prompt in kept))


def score_v2(games: Sequence[Sequence[Vote | None]], seed: int = 0) -> OfficialScore:
    """v2.0: the mean of 100 bootstrap means with their 5 and 95 percentiles; a prompt with a missing game is dropped
    whole. Raises ValueError when there is no vote."""
    kept = [[found for found in prompt if found is not None] for prompt in games if None not in prompt]
    votes = _expanded([found for prompt in kept for found in prompt])
    means = _resampled(votes, seed)
    low, high = np.quantile(means, [0.05, 0.95])
    return OfficialScore(float(means.mean()), float(low), float(high), len(kept))


def prompt_sums(games: Sequence[Sequence[Vote | None]], whole_only: bool) -> tuple[Floats, Floats]:
    """What each prompt adds to the score's sum, and its weight; shapes (prompts,). For the bootstrap over prompts."""
    kept = [
        [found for found in prompt if found is not None] if not (whole_only and None in prompt) else []
        for prompt in games
    ]
    totals = np.array([sum(found.outcome * found.weight for found in prompt) for prompt in kept], dtype=np.float64)
    weights = np.array([sum(found.weight for found in prompt) for prompt in kept], dtype=np.float64)
    return totals, weights


def bradley_terry(
    models: npt.NDArray[np.int64], outcomes: Floats, weights: Floats, features: Floats | None = None
) -> Floats:
    """Maximum-likelihood log-odds of each model against the baseline, then the weights of the features.

    Arrays of shape (votes,): the model's number, its outcome in [0, 1], how often the vote counts; `features` of shape
    (votes, k). Newton's method to convergence; a model that never loses has no finite optimum and is held back by a
    negligible ridge. Source: Arena-Hard v2.0, style control.
    """
    size = int(models.max()) + 1
    design = np.zeros((len(models), size))
    design[np.arange(len(models)), models] = 1.0
    if features is not None:
        design = np.hstack([design, features])
    return _logistic(design, outcomes, weights)


def elo_ratings(
    first: Sequence[str], second: Sequence[str], outcomes: Floats, weights: Floats, anchor: str
) -> dict[str, float]:
    """Bradley-Terry ratings on the Elo scale (400 points = odds of ten) of battles between any models; `anchor` has
    1000. `outcomes` of `first` in [0, 1], ties 1/2. The win rate of a over b is 1 / (1 + 10^((b - a) / 400)).

    Raises ValueError where no battle, through others or directly, leads from the anchor to a model. Source: v0.1.
    """
    if anchor not in {*first, *second}:
        raise ValueError(f"the anchor {anchor!r} is in no battle")
    reached, pairs = {anchor}, set(zip(first, second, strict=True))
    while found := {name for pair in pairs if reached & set(pair) for name in pair} - reached:
        reached |= found
    if missing := sorted({*first, *second} - reached):
        raise ValueError(f"no battle connects {', '.join(missing)} with {anchor}")
    rated = sorted(reached - {anchor})
    place = {name: number for number, name in enumerate(rated)}
    design = np.zeros((len(first), len(rated)))
    for names, sign in ((first, 1.0), (second, -1.0)):
        for row, name in enumerate(names):
            if name != anchor:
                design[row, place[name]] += sign
    coefficients = _logistic(design, outcomes, weights)
    scale = 400 / np.log(10)
    return {anchor: 1000.0} | {name: float(1000 + scale * coefficients[place[name]]) for name in rated}


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


@dataclass(frozen=True)
class Style:
    """Counts of one answer, code blocks left out: tokens, headers, list entries, bold spans."""

    tokens: int
    headers: int
    lists: int
    bold: int

    @property
    def densities(self) -> tuple[float, float, float]:
        return tuple(count / (self.tokens + 1) for count in (self.headers, self.lists, self.bold))  # type: ignore[return-value]


def style_difference(candidate: Style, baseline: Style) -> tuple[float, float, float, float]:
    """Length (a - b) / (a + b); header, list and bold density (a - b) / (a + b + 1)."""
    tokens = candidate.tokens + baseline.tokens
    length = (candidate.tokens - baseline.tokens) / tokens if tokens else 0.0
    densities = zip(candidate.densities, baseline.densities, strict=True)
    header, listed, bold = ((a - b) / (a + b + 1) for a, b in densities)
    return length, header, listed, bold


def style_controlled(
    models: npt.NDArray[np.int64], outcomes: Floats, weights: Floats, features: Floats, seed: int = 0
) -> tuple[Floats, Floats, Floats]:
    """Win rate of each model against the baseline with style held at its mean: the median of 100 bootstraps over votes
    with their 5 and 95 percentiles, arrays of shape (models,).

    `features` of shape (votes, k) are z-scored over all votes; one that never varies is left at 0.
    """
    repeated = np.repeat(np.arange(len(models)), weights.astype(int))
    raw = features[repeated]
    spread = raw.std(axis=0, ddof=1) if len(raw) > 1 else np.zeros(raw.shape[1])
    scaled = np.where(spread > 0, (raw - raw.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 0.0)
    who, won = models[repeated], outcomes[repeated]
    size = int(models.max()) + 1
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(ROUNDS):
        counts = np.bincount(random.integers(len(who), size=len(who)), minlength=len(who)).astype(np.float64)
        fitted = bradley_terry(who, won, counts, scaled)[:size]
        drawn.append(1 / (1 + np.exp(-fitted)))
    low, median, high = np.quantile(np.array(drawn), [0.05, 0.5, 0.95], axis=0)
    return median, low, high


def _expanded(votes: Sequence[Vote]) -> Floats:
    if not votes:
        raise ValueError("there is no vote to score")
    return np.repeat([found.outcome for found in votes], [found.weight for found in votes]).astype(np.float64)


def _resampled(votes: Floats, seed: int) -> Floats:
    places = np.random.default_rng(seed).integers(len(votes), size=(ROUNDS, len(votes)))
    means: Floats = votes[places].mean(axis=1)
    return means
