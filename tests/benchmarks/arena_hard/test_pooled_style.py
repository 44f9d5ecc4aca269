"""Style control against the published algorithm written out plainly."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import minimize

from tpobench.benchmarks.arena_hard.pooled_style import pooled_style_controlled
from tpobench.benchmarks.arena_hard.scores import OFFICIAL_REPEATS
from tpobench.harness.stats.bootstrap import Floats


def published_style_control(who: Sequence[int], outcomes: Sequence[float], raw: Floats, seed: int) -> Floats:
    """v2.0 as published: one column a model and one for the baseline (-1), z-scored features, 100 fits."""
    features = np.array(raw)
    for column in range(features.shape[1]):
        features[:, column] = (features[:, column] - np.mean(features[:, column])) / np.std(features[:, column], ddof=1)
    models = max(who) + 1
    one_hot = np.zeros((len(who), models + 1))
    for row, model in enumerate(who):
        one_hot[row, model], one_hot[row, models] = 1, -1
    design, y = np.hstack([one_hot, features]), np.array(outcomes)
    random, rounds = np.random.default_rng(seed), []
    for _ in range(OFFICIAL_REPEATS):
        drawn = random.integers(len(who), size=len(who))
        x, won = design[drawn], y[drawn]

        def loss(w: Floats, x: Floats = x, won: Floats = won) -> tuple[float, Floats]:
            logits = x @ w
            p = 1 / (1 + np.exp(-logits))
            return float(np.mean(np.logaddexp(0, logits) - won * logits)), x.T @ (p - won) / len(won)

        w = minimize(loss, np.full(design.shape[1], 0.5), jac=True, method="BFGS", options={"gtol": 1e-9}).x
        rounds.append([np.exp(w[m]) / (np.exp(w[m]) + np.exp(w[models])) for m in range(models)])
    return np.quantile(rounds, [0.5, 0.05, 0.95], axis=0)


@pytest.mark.parametrize("columns", [[0], [1, 2, 3], [0, 1, 2, 3]], ids=["length", "markdown", "both"])
def test_style_control_is_the_published_one(columns: list[int]) -> None:
    random = np.random.default_rng(4)
    who, weights = np.repeat([0, 1], 120), random.choice([1.0, 3.0], 240)
    raw = random.normal(size=(240, 4))
    outcomes = np.where(random.random(240) < 0.2, 0.5, (random.normal(size=240) + 0.6 * raw[:, 0] + who > 0.3))
    features = raw[:, columns]
    times = weights.astype(int)
    expected = published_style_control(
        np.repeat(who, times).tolist(), np.repeat(outcomes, times).tolist(), np.repeat(features, times, axis=0), seed=9
    )
    np.testing.assert_allclose(pooled_style_controlled(who, outcomes, weights, features, seed=9), expected, atol=1e-6)


def test_style_control_takes_length_out() -> None:
    random = np.random.default_rng(5)
    longer = np.concatenate([np.full(2000, 0.5), np.full(2000, -0.5)]) + 0.1 * random.normal(size=4000)
    who = np.repeat([0, 1], 2000)
    outcomes = (random.random(4000) < 1 / (1 + np.exp(-4 * longer))).astype(float)
    plain = [outcomes[who == model].mean() for model in (0, 1)]
    median, low, high = pooled_style_controlled(who, outcomes, np.ones(4000), longer[:, None])
    assert plain[0] - plain[1] > 0.6
    assert abs(median[0] - median[1]) < 0.3
    assert (low < 0.5).all()
    assert (high > 0.5).all()


def test_a_feature_that_never_varies_is_left_out() -> None:
    outcomes = np.array([1.0, 1.0, 0.0] * 40)
    with_it = pooled_style_controlled(np.zeros(120, dtype=np.int64), outcomes, np.ones(120), np.full((120, 1), 0.25))
    without = pooled_style_controlled(np.zeros(120, dtype=np.int64), outcomes, np.ones(120), np.zeros((120, 0)))
    np.testing.assert_allclose(with_it, without, atol=1e-9)
