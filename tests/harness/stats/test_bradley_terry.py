"""Bradley-Terry against another implementation, and where there is no rating."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.elo import elo_ratings
from tpobench.harness.stats.bradley_terry import bradley_terry


def test_elo_of_three_models_is_sklearns() -> None:
    random = np.random.default_rng(6)
    names, strength = ["x", "y", "z"], {"x": 0.0, "y": 0.7, "z": -0.4}
    first, second, outcomes, rows, won = [], [], [], [], []
    for _ in range(600):
        a, b = (names[place] for place in random.choice(3, 2, replace=False))
        outcome = float(random.random() < 1 / (1 + np.exp(strength[b] - strength[a])))
        first.append(a), second.append(b), outcomes.append(outcome)
        rows.append([(a == name) - (b == name) for name in ("y", "z")])
        won.append(outcome)
    found = elo_ratings(first, second, np.array(outcomes), np.ones(600), anchor="x")
    fitted = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-10, solver="newton-cholesky").fit(rows, won)
    expected = 1000 + 400 / np.log(10) * fitted.coef_[0]
    assert found["x"] == 1000
    assert [found["y"], found["z"]] == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_model_that_always_wins_has_a_finite_fit() -> None:
    fitted = bradley_terry(np.zeros(50, dtype=np.int64), np.ones(50), np.ones(50))
    assert np.isfinite(fitted).all()
    assert 1 / (1 + np.exp(-fitted[0])) > 0.999999
