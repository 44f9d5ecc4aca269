"""Many tests, one budget: Holm by hand, by its definition, and on simulated data; the shares of a line of gates."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpobench.harness.stats.multiplicity import holm, share_of_attempt


def test_holm_by_hand() -> None:
    # smallest first: 4 * 0.005, 3 * 0.01, 2 * 0.03, 1 * 0.04 raised to the one before it
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})
    assert list(found) == ["a", "b", "c", "d"]
    assert holm({"a": 0.02}) == {"a": 0.02}
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closure_of_bonferroni(p_values: list[float]) -> None:
    # a hypothesis is rejected when every set that holds it is, each by its smallest p times its size
    places = range(len(p_values))
    sets = [chosen for size in range(1, len(p_values) + 1) for chosen in combinations(places, size)]
    closed = {
        place: max(min(1.0, len(s) * min(p_values[other] for other in s)) for s in sets if place in s)
        for place in places
    }
    assert holm(dict(enumerate(p_values))) == pytest.approx(closed)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
@pytest.mark.parametrize("false", [0, 3])
def test_a_true_hypothesis_is_rejected_no_more_often_than_promised(correlation: float, false: int) -> None:
    rng, trials, tests, alpha = np.random.default_rng(0), 2000, 8, 0.05
    noise = correlation**0.5 * rng.normal(size=(trials, 1)) + (1 - correlation) ** 0.5 * rng.normal(
        size=(trials, tests)
    )
    noise[:, :false] += 3
    p_values = [[math.erfc(z / 2**0.5) / 2 for z in row] for row in noise]
    adjusted = [holm(dict(enumerate(row))) for row in p_values]
    errors = sum(any(row[place] <= alpha for place in range(false, tests)) for row in adjusted) / trials
    unadjusted = sum(any(p <= alpha for p in row[false:]) for row in p_values) / trials
    assert errors <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / trials)
    assert unadjusted > 2 * alpha
    if false:
        assert sum(row[0] <= alpha for row in adjusted) / trials > 0.6


def test_the_shares_of_all_gates_together_are_one() -> None:
    assert share_of_attempt(1) == pytest.approx(0.607927)
    assert share_of_attempt(3) == pytest.approx(0.607927 / 9, abs=1e-6)
    total = math.fsum(share_of_attempt(number) for number in range(1, 20_001))
    assert 1 - 1e-4 < total < 1


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_no_gate_before_the_first(number: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        share_of_attempt(number)
