"""Intervals by definition: coverage, mirror symmetry, small samples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaincinv

from tpobench.harness.stats.intervals import difference_interval, mean_interval, one_sided_bound

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


@pytest.mark.parametrize(("wins", "n"), [(1, 1), (3, 3), (10, 12), (30, 60), (49, 49), (60, 60), (400, 750)])
def test_for_wins_and_losses_the_interval_is_the_exact_one_and_on_the_safe_side(wins: int, n: int) -> None:
    found = mean_interval([1.0] * wins + [0.0] * (n - wins))
    low = 0.0 if wins == 0 else float(betaincinv(wins, n - wins + 1, 0.025))
    high = 1.0 if wins == n else float(betaincinv(wins + 1, n - wins, 0.975))
    assert low * 0.92 - 1e-6 <= found.low <= low + 1e-6
    assert high - 1e-6 <= found.high <= 1 - 0.92 * (1 - high) + 1e-6


def test_the_bound_is_the_quantile_of_a_weighted_mean_with_random_weights() -> None:
    # Gaffke's bound by its definition: one observation of 0 joins, and the weights are uniform on the simplex.
    rng, values, weights = np.random.default_rng(3), np.array([0.2, 0.9, 0.5, 0.7, 1.0] * 6), np.array([1.0, 2, 3] * 10)
    drawn = rng.exponential(size=(400_000, 31))
    floor = mean_interval(values.tolist(), 0.9, weights.tolist()).low
    deviations = np.append(weights / 3 * (values - floor), -floor)
    assert float(((drawn * deviations).sum(axis=1) <= 0).mean()) == pytest.approx(0.05, abs=0.002)


def test_there_is_no_cliff_between_forty_nine_prompts_and_fifty() -> None:
    widths = [
        (found := mean_interval([1.0] * (n * 3 // 5) + [0.0] * (n - n * 3 // 5))).high - found.low for n in (45, 50, 55)
    ]
    assert widths[0] / widths[1] == pytest.approx((50 / 45) ** 0.5, rel=0.03)
    assert widths[1] / widths[2] == pytest.approx((55 / 50) ** 0.5, rel=0.03)


def test_three_prompts_say_next_to_nothing() -> None:
    found = mean_interval([1.0, 1.0, 1.0])
    assert found.low < 0.35
    assert found.high == 1


@pytest.mark.parametrize("values", [[], [1.2], [-0.1, 0.5]])
def test_wrong_use_fails_loudly(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"at least one prompt|lie in"):
        mean_interval(values)


def exact_coverage(n: int, shares: tuple[float, float, float], level: float) -> tuple[float, float, float]:
    """The chances that the interval holds the truth, that it lies above it, and that it lies below it, summed over
    every multiset of n outcomes in {0, 1/2, 1}."""
    loss, tie, win = shares
    truth, held, above, below = tie / 2 + win, 0.0, 0.0, 0.0
    for wins in range(n + 1 if win else 1):
        for ties in range(n - wins + 1 if tie else 1):
            ways = math.comb(n, wins) * math.comb(n - wins, ties)
            chance = ways * win**wins * tie**ties * loss ** (n - wins - ties)
            found = mean_interval([1.0] * wins + [0.5] * ties + [0.0] * (n - wins - ties), level)
            held += chance * (found.low <= truth <= found.high)
            above += chance * (found.low > truth)
            below += chance * (found.high < truth)
    return held, above, below


@pytest.mark.parametrize(
    ("n", "win", "tie"),
    [(n, p, 0.0) for n in (1, 3, 20, 60) for p in (0.02, 0.5, 0.9)] + [(3, 0.6, 0.1), (20, 0.3, 0.1)],
)
def test_the_interval_never_covers_less_than_it_claims(n: int, win: float, tie: float) -> None:
    held, above, below = exact_coverage(n, (1 - win - tie, tie, win), 0.9)
    assert held + above + below == pytest.approx(1)
    assert held >= 0.9
    assert max(above, below) <= 0.05


def test_coverage_for_graded_preferences_that_lean_to_one_side() -> None:
    draws = np.random.default_rng(1).beta(0.6, 0.3, size=(400, 60))
    held = sum(found.low <= 2 / 3 <= found.high for found in map(mean_interval, draws))
    assert held / 400 >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize("n", [20, 80])
def test_a_one_sided_bound_is_the_end_of_the_interval_that_leaves_alpha_on_each_side(n: int) -> None:
    values = [1.0, 0.0, 0.5, 1.0] * (n // 4)
    found = mean_interval(values, 0.9)
    assert one_sided_bound(values, 0.05) == pytest.approx((found.low, found.high))


@given(outcomes)
@settings(max_examples=30)
def test_more_confidence_is_never_narrower(values: list[float]) -> None:
    narrow, wide = mean_interval(values, 0.8), mean_interval(values, 0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=70))
@settings(max_examples=60)
def test_graded_preferences_mirror_too_and_the_mean_is_inside(values: list[float]) -> None:
    ours, theirs = mean_interval(values), mean_interval([1 - value for value in values])
    assert 0 <= ours.low <= ours.mean <= ours.high <= 1
    assert ours.mean == pytest.approx(math.fsum(values) / len(values))
    assert (ours.low, ours.high) == pytest.approx((1 - theirs.high, 1 - theirs.low), abs=2e-3)
    assert ours.n == len(values)


@pytest.mark.parametrize("n", [8, 24, 60])
def test_duplicating_every_prompt_keeps_the_estimate(n: int) -> None:
    values = [1.0, 0.0, 0.5, 1.0] * (n // 4)
    once, twice = mean_interval(values), mean_interval(values * 2)
    assert twice.mean == once.mean
    assert twice.high - twice.low < once.high - once.low


@pytest.mark.parametrize("n", [2, 60])
def test_a_value_that_is_no_number_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="lie in"):
        mean_interval([math.nan] * n)


def test_sixty_wins_are_no_proof_of_winning_always() -> None:
    assert mean_interval([1.0] * 60).low < 1


def test_a_paired_difference_is_a_mean_on_another_scale() -> None:
    found, halved = difference_interval([0.0] * 54 + [0.5] * 6), mean_interval([0.5] * 54 + [0.75] * 6)
    assert found.mean == pytest.approx(0.05)
    assert (found.low, found.high) == pytest.approx((2 * halved.low - 1, 2 * halved.high - 1))


def test_a_rare_loss_passes_for_certainty_no_more_often_than_it_may() -> None:
    # The mean is -0.05, of differences that are 0 but for one in twenty; how often is the lower bound above that?
    lost = np.random.default_rng(0).binomial(200, 0.05, 2000)
    low = {n: difference_interval([-1.0] * n + [0.0] * (200 - n), 0.9).low for n in set(lost.tolist())}
    assert np.mean([low[n] > -0.05 for n in lost.tolist()]) <= 0.05 + 3 * 0.005


@pytest.mark.parametrize("wrong", [[], [1.5], [float("nan"), 0.0]])
def test_a_difference_outside_its_range_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match=r"prompt|preferences"):
        difference_interval(wrong)
