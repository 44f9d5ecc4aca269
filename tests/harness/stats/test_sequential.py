"""The sequential tests by definition: wealth by hand and in exact arithmetic, errors and coverage by simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest

from tpobench.harness.stats.intervals import Floats, mean_p_value
from tpobench.harness.stats.sequential import (
    BETS,
    Direction,
    Method,
    confidence_sequence,
    decide_mean,
    first_at,
    mean_test,
    split_alpha,
    wealth,
)
from tpobench.harness.stats.simulation import World, simulate_gates

METHODS: tuple[Method, ...] = ("hybrid", "sequential", "fixed")
QUARTERS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
FLOOR = 0.47
WORLDS = {
    "one order": World(win_rate=FLOOR),
    "ties": World(win_rate=FLOOR, ties=0.3),
    "both orders": World(win_rate=FLOOR, orders="both", spread=0.5),
    "position bias": World(win_rate=FLOOR, bias=0.2, orders="both").with_sd(0.36),
    "ties, position bias": World(win_rate=FLOOR, ties=0.2, bias=0.3),
    "clusters": World(win_rate=FLOOR, spread=0.3, cluster=4),
}


def quarters(gates: int, n: int, seed: int = 0) -> Floats:
    """Gates of many kinds, hopeless to brilliant, with values in quarters."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(QUARTERS, size=n, p=rng.dirichlet(np.ones(5))) for _ in range(gates)])


def within(share: float, bound: float, trials: int) -> bool:
    """Whether a share found in so many trials is at most the bound, give or take three binomial standard errors."""
    return share <= bound + 3 * math.sqrt(bound * (1 - bound) / trials)


def test_wealth_by_hand() -> None:
    # with floor 1/2 a bet of b is multiplied by 1 + b for a win, 1 - b for a loss, 1 for a tie; the bets are
    # 0.05 * 19 ** (j / 23), so their sum and the sum of their squares are geometric series
    ratio = 19 ** (1 / 23)
    first = 0.05 * (ratio**24 - 1) / (ratio - 1) / 24
    second = 0.05**2 * (ratio**48 - 1) / (ratio**2 - 1) / 24
    assert (first, second) == pytest.approx((0.31416, 0.16612), abs=1e-5)
    found = wealth(np.array([1.0, 0.5, 0.0, 1.0]), 0.5)
    assert found[:2] == pytest.approx(1 + first)
    assert found[2] == pytest.approx(1 - second)
    one_more = sum((1 - bet**2) * (1 + bet) for bet in (0.05 * ratio**j for j in range(24))) / 24
    assert found[3] == pytest.approx(one_more)


def exact_wealth(values: Floats, floor: float) -> list[float]:
    """The definition in rational numbers, rounded only at the end."""
    capital = [Fraction(1)] * BETS
    bets = [Fraction(0.05 * 19 ** (j / (BETS - 1)) / floor) for j in range(BETS)]
    path = []
    for y in values.tolist():
        capital = [c * (1 + bet * (Fraction(y) - Fraction(floor))) for c, bet in zip(capital, bets, strict=True)]
        path.append(float(sum(capital) / BETS))
    return path


@pytest.mark.parametrize("floor", [0.2, 0.47, 0.53, 0.9])
def test_wealth_is_what_exact_arithmetic_says(floor: float) -> None:
    for values in (*quarters(3, 60), np.random.default_rng(1).random(60)):
        assert wealth(values, floor).tolist() == pytest.approx(exact_wealth(values, floor), rel=1e-9)


@pytest.mark.parametrize("floor", [0.3, 0.47])
def test_wealth_is_what_confseq_says(floor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "float_", np.float64, raising=False)  # confseq 0.0.11 knows numpy 1 only
    betting = pytest.importorskip("confseq.betting", exc_type=ImportError)
    for values in quarters(10, 300, seed=2):
        bets = [0.05 * 19 ** (j / 23) / floor for j in range(24)]
        theirs = [
            betting.betting_mart(
                values, floor, lambdas_fn_positive=lambda x, m, bet=bet: np.full(x.size, bet), theta=1, trunc_scale=1
            )
            for bet in bets
        ]
        assert wealth(values, floor) == pytest.approx(np.mean(theirs, axis=0), rel=1e-9)


def test_a_gate_among_others_is_decided_as_if_it_were_alone() -> None:
    values = quarters(60, 120)
    for method in METHODS:
        together = decide_mean(values, values, FLOOR, 0.05, method)
        for number, row in enumerate(values):
            alone = decide_mean(row, row, FLOOR, 0.05, method)
            assert (alone.outcome, alone.used) == (together.outcome[number], together.used[number])


def test_the_first_crossing_decides() -> None:
    values = np.array([1.0] * 5 + [0.0] * 95)
    path = wealth(values, 0.5)
    alpha = 1 / float(path[4])
    found = decide_mean(values, values, 0.5, alpha, "sequential")
    assert (int(found.outcome), int(found.used)) == (1, 5)
    later = decide_mean(values, values, 0.5, alpha * 0.999, "sequential")
    assert int(later.outcome) == -1, "the losses that follow decide then"
    against = wealth(1 - values, 0.5)
    assert int(later.used) == 1 + next(t for t, capital in enumerate(against) if capital >= 1 / (alpha * 0.999))


def test_the_final_test_does_not_overrule_an_early_decision() -> None:
    values = np.array([1.0] * 20 + [0.0] * 180)
    found = decide_mean(values, values, 0.5, 0.05, "hybrid")
    assert (int(found.outcome), int(found.used)) == (1, 1 + int(first_at(wealth(values, 0.5)[:20], 1 / 0.02)))
    assert int(decide_mean(values, values, 0.5, 0.05, "fixed").outcome) == -1


def test_the_final_test_is_one_test_whatever_the_number_of_prompts() -> None:
    # 49 prompts of which 60% are won are decided by the rule that decides 50 of them.
    for n in (40, 49, 50, 51, 200):
        for values in quarters(20, n, seed=13):
            above = float(mean_p_value(values, FLOOR)) <= 0.05
            below = float(mean_p_value(1 - values, 1 - FLOOR)) <= 0.05
            assert int(decide_mean(values, values, FLOOR, 0.05, "fixed").outcome) == (
                1 if above else -1 if below else 0
            )


def test_the_final_test_is_made_once_and_what_comes_later_is_for_the_e_process() -> None:
    before = np.tile([1.0, 0.0], 30)
    grown = np.concatenate([before, np.ones(400)])
    assert int(decide_mean(grown, grown, 0.52, 0.05, "fixed").outcome) == 1
    assert int(decide_mean(grown, grown, 0.52, 0.05, "fixed", final=60).outcome) == 0
    assert int(decide_mean(grown, grown, 0.52, 0.05, "hybrid", final=60).outcome) == 1


@pytest.mark.parametrize("method", METHODS)
def test_the_p_value_is_at_most_alpha_where_the_gate_decides(method: Method) -> None:
    for values in quarters(60, 80, seed=4):
        decided = decide_mean(values, values, FLOOR, 0.05, method).outcome
        above = mean_test(values, FLOOR, method, "above")[1]
        below = mean_test(1 - values, 1 - FLOOR, method, "below")[1]
        if int(decided) == 1:
            assert above <= 0.05
        elif int(decided) == -1:
            assert below <= 0.05
        else:
            assert min(above, below) > 0.05


def test_first_at_counts_from_zero_and_ends_behind_the_last() -> None:
    assert first_at(np.array([[1.0, 3.0, 2.0], [1.0, 1.0, 1.0], [2.0, 0.0, 0.0]]), 2.0).tolist() == [1, 3, 0]


@pytest.mark.parametrize("method", ["sequential", "fixed"])
@pytest.mark.parametrize("n", [30, 120])
def test_swapping_the_labels_mirrors_the_decision(method: Method, n: int) -> None:
    low = quarters(200, n)
    high = np.where(np.random.default_rng(3).random(low.shape) < 0.02, 1.0, low)
    for floor in (0.4, FLOOR, 0.5):
        ours = decide_mean(low, high, floor, 0.05, method)
        theirs = decide_mean(1 - high, 1 - low, 1 - floor, 0.05, method)
        assert (ours.outcome == -theirs.outcome).all()
        assert (ours.used == theirs.used).all()
        assert {-1, 1} <= set(ours.outcome.tolist())


@pytest.mark.parametrize("n", [30, 120])
def test_before_the_end_the_final_test_is_not_made(n: int) -> None:
    values = quarters(200, n)
    fixed = decide_mean(values, values, FLOOR, 0.05, "fixed", final=n + 1)
    assert not fixed.outcome.any()
    open_ = decide_mean(values, values, FLOOR, 0.05, "hybrid", final=n + 1)
    above = decide_mean(values, values, FLOOR, split_alpha("hybrid", 0.05, "above")[0], "sequential")
    below = decide_mean(values, values, FLOOR, split_alpha("hybrid", 0.05, "below")[0], "sequential")
    assert ((open_.outcome == 1) == (above.outcome == 1)).all()
    assert ((open_.outcome == -1) == (below.outcome == -1)).all()
    whole = decide_mean(values, values, FLOOR, 0.05, "hybrid")
    early = open_.outcome != 0
    assert (whole.outcome[early] == open_.outcome[early]).all()
    assert (whole.used[~early] == n).all()
    assert whole.outcome[~early].any(), "the final test decides some that the e-process leaves open"


def test_a_decision_does_not_change_with_what_comes_later() -> None:
    values = quarters(40, 100)
    found = decide_mean(values, values, FLOOR, 0.05, "sequential")
    for row, outcome, used in zip(values, found.outcome, found.used, strict=True):
        if outcome:
            part = decide_mean(row[:used], row[:used], FLOOR, 0.05, "sequential")
            assert (part.outcome, part.used) == (outcome, used)
            before = decide_mean(row[: used - 1], row[: used - 1], FLOOR, 0.05, "sequential")
            assert not before.outcome


@pytest.mark.parametrize("method", METHODS)
def test_the_parts_of_alpha_sum_to_alpha(method: Method) -> None:
    directions: tuple[Direction, Direction] = ("above", "below")
    for direction in directions:
        assert sum(split_alpha(method, 0.05, direction)) == pytest.approx(0.05)
    early = {"hybrid": 0.02, "sequential": 0.05, "fixed": 0.0}[method]
    assert split_alpha(method, 0.05)[0] == pytest.approx(early)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_observed_decides_nothing(method: Method) -> None:
    none = np.zeros((3, 0))
    assert not decide_mean(none, none, FLOOR, 0.05, method).outcome.any()
    assert confidence_sequence(np.zeros(0)) == (0.0, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_missing_judgments_are_losses_for_promotion_and_wins_for_rejection(method: Method) -> None:
    whole = quarters(150, 100)
    gone = np.random.default_rng(4).random(whole.shape) < 0.02
    low, high = np.where(gone, 0.0, whole), np.where(gone, 1.0, whole)
    found = decide_mean(low, high, FLOOR, 0.05, method)
    as_losses, as_wins = (decide_mean(side, side, FLOOR, 0.05, method) for side in (low, high))
    assert ((found.outcome == 1) <= (as_losses.outcome == 1)).all()
    assert ((found.outcome == -1) <= (as_wins.outcome == -1)).all()
    assert {-1, 1} <= set(found.outcome.tolist())


@pytest.mark.parametrize("method", METHODS)
def test_clusters_of_unequal_size_keep_the_promise_about_the_mean_over_prompts(method: Method) -> None:
    # Large clusters are lost more often than small ones: the mean over clusters is far above that over prompts.
    rng, gates, sizes = np.random.default_rng(14), 2000, np.array([1, 1, 1, 9] * 25)
    rates = np.where(sizes == 9, 0.3, 0.8)
    floor = float((sizes * rates).sum() / sizes.sum())
    chosen = rng.permuted(np.tile(np.arange(100), (gates, 1)), axis=1)
    values = (rng.random((gates, 100)) < rates[chosen]).astype(float)
    passed = [
        decide_mean(row, row, floor, 0.05, method, weights=sizes[order] / 9).outcome == 1
        for row, order in zip(values, chosen, strict=True)
    ]
    assert within(float(np.mean(passed)), 0.05, gates)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
@pytest.mark.parametrize("method", METHODS)
def test_either_error_at_the_boundary_has_the_probability_promised(world: World, method: Method) -> None:
    gates, alpha = 2000, 0.05
    found = simulate_gates(world, 300, gates, FLOOR, alpha, method, seed=5)
    assert within(found.passed, alpha, gates)
    assert within(found.failed, alpha, gates)


def test_the_e_process_keeps_its_promise_in_small_samples_and_lopsided_worlds() -> None:
    gates, alpha = 4000, 0.05
    for rate in (0.05, 0.9):
        found = simulate_gates(World(win_rate=rate), 40, gates, rate, alpha, "hybrid", seed=6)
        assert within(found.passed, alpha, gates)
        assert within(found.failed, alpha, gates)


def test_peeking_with_a_t_test_does_not_keep_it() -> None:
    found = simulate_gates(WORLDS["position bias"], 750, 1000, FLOOR, 0.05, "peeking", seed=7)
    assert found.passed > 2 * 0.05
    assert found.failed > 2 * 0.05


def test_prompts_of_a_cluster_counted_one_by_one_break_it() -> None:
    world, gates = WORLDS["clusters"], 2000
    values = world.draw(np.random.default_rng(8), gates, 300)
    naive = decide_mean(values, values, FLOOR, 0.05, "fixed").outcome == 1
    assert naive.mean() - 3 * naive.std() / math.sqrt(gates) > 0.05


def test_a_clear_candidate_is_promoted_early_and_a_clear_loser_rejected() -> None:
    for rate, side in ((0.58, "passed"), (0.36, "failed")):
        found = simulate_gates(World(win_rate=rate, orders="both", spread=0.5), 750, 200, FLOOR, 0.05, "hybrid", seed=9)
        assert getattr(found, side) > 0.95
        assert found.prompts < 400


def test_the_confidence_sequence_covers_at_a_random_time() -> None:
    rng, level, sequences = np.random.default_rng(10), 0.9, 120
    values = World(win_rate=0.4, ties=0.2).draw(rng, sequences, 40)
    intervals = [confidence_sequence(row[: rng.integers(1, 41)], level) for row in values]
    missed = sum(not low <= 0.4 <= high for low, high in intervals) / sequences
    assert within(missed, 1 - level, sequences)


@pytest.mark.parametrize(
    "world",
    [World(win_rate=0.4, ties=0.2), World(win_rate=0.47, bias=0.2, orders="both").with_sd(0.36), World(win_rate=0.9)],
)
def test_the_confidence_sequence_covers_at_the_worst_time(world: World) -> None:
    # the truth is outside at some time just when a bettor against it has had 2 / (1 - level) at some time
    level, sequences = 0.9, 2000
    values, rate = world.draw(np.random.default_rng(11), sequences, 300), world.win_rate
    richest = np.maximum(wealth(values, rate), wealth(1 - values, 1 - rate)).max(axis=-1)
    assert within(float((richest >= 2 / (1 - level)).mean()), 1 - level, sequences)


def test_the_confidence_sequence_ends_where_a_bettor_was_rich_and_never_widens() -> None:
    step, limit = 0.0011, 2 / (1 - 0.95)
    for values in quarters(4, 60, seed=12):
        ends = [confidence_sequence(values[:n]) for n in (20, 40, 60)]
        lows, highs = zip(*ends, strict=True)
        assert list(lows) == sorted(lows)
        assert list(highs) == sorted(highs, reverse=True)
        low, high = ends[-1]
        if low > 0.01:
            assert wealth(values, low - step).max() >= limit > wealth(values, low + 2 * step).max()
        if high < 0.99:
            below = 1 - values
            assert wealth(below, 1 - high - step).max() >= limit > wealth(below, 1 - high + 2 * step).max()
