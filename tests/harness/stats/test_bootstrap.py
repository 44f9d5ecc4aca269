"""The bootstrap over prompts: what is drawn, and how far its percentiles are expanded."""

import numpy as np
import pytest

from tpobench.harness.stats.bootstrap import drawn_counts, expanded_percentiles


def test_as_many_prompts_are_drawn_as_there_are_each_as_often_as_another() -> None:
    counts = drawn_counts(4000, 7, seed=1)
    assert counts.shape == (4000, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.06)
    assert counts.var() == pytest.approx(6 / 7, abs=0.05)  # binomial: 7 draws with a chance of 1/7


def test_a_seed_draws_the_same_prompts_again() -> None:
    assert (drawn_counts(5, 9, seed=3) == drawn_counts(5, 9, seed=3)).all()
    assert (drawn_counts(5, 9, seed=3) != drawn_counts(5, 9, seed=4)).any()


def test_of_many_prompts_the_percentiles_are_plain() -> None:
    drawn = np.random.default_rng(0).normal(size=20_000)
    ends = expanded_percentiles(drawn, n=100_000, parameters=1, confidence=0.9)
    np.testing.assert_allclose(ends, np.quantile(drawn, [0.05, 0.95]), atol=1e-3)


def test_of_few_prompts_they_are_those_of_students_t() -> None:
    """The standard error of a bootstrap of 12 prompts is too small by sqrt(11/12); t with 11 degrees has 2.201."""
    drawn = np.random.default_rng(0).normal(size=400_000)
    low, high = expanded_percentiles(drawn, n=12, parameters=1, confidence=0.95)
    assert high == pytest.approx(2.201 * (12 / 11) ** 0.5, abs=0.03)
    assert low == pytest.approx(-high, abs=0.04)


def test_means_of_few_prompts_are_covered() -> None:
    random = np.random.default_rng(2)
    held = []
    for seed in range(600):
        values = random.random(12)
        counts = drawn_counts(300, 12, seed)
        low, high = expanded_percentiles(counts @ values / 12, n=12, parameters=1, confidence=0.95)
        held.append(low <= 0.5 <= high)
    assert np.mean(held) > 0.94 - 2 * 0.009
