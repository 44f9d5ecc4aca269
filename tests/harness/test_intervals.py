"""Intervals by definition: coverage, mirror symmetry, small samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.intervals import mean_interval

outcomes = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=80)


@given(outcomes)
def test_swapping_the_sides_mirrors_the_interval(values: list[float]) -> None:
    ours, theirs = mean_interval(values), mean_interval([1 - value for value in values])
    assert ours.mean + theirs.mean == pytest.approx(1)
    assert ours.low + theirs.high == pytest.approx(1, abs=2e-3)
    assert 0 <= ours.low <= ours.mean <= ours.high <= 1


@given(outcomes, st.randoms())
def test_the_order_of_prompts_does_not_matter(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    a, b = mean_interval(values), mean_interval(shuffled)
    assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=2e-3)


@pytest.mark.parametrize(("n", "p"), [(3, 0.5), (20, 0.8), (60, 0.5)])
def test_coverage(n: int, p: float) -> None:
    rng = np.random.default_rng(0)
    trials, level = 600, 0.95
    ties = 0.2
    draws = rng.choice([0.0, 0.5, 1.0], p=[(1 - ties) * (1 - p), ties, (1 - ties) * p], size=(trials, n))
    truth = ties / 2 + (1 - ties) * p
    found = [mean_interval(row, level) for row in draws]
    covered = sum(interval.low <= truth <= interval.high for interval in found)
    assert covered / trials >= level - 3 * math.sqrt(level * (1 - level) / trials)


def test_the_t_interval_by_hand() -> None:
    values = [1.0] * 30 + [0.0] * 30
    half = 2.0009954 * math.sqrt(0.25 * 60 / 59) / math.sqrt(60)
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)


def test_three_prompts_say_next_to_nothing() -> None:
    found = mean_interval([1.0, 1.0, 1.0])
    assert found.low < 0.35
    assert found.high == 1


@pytest.mark.parametrize("values", [[], [1.2], [-0.1, 0.5]])
def test_wrong_use_fails_loudly(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"at least one prompt|lie in"):
        mean_interval(values)
