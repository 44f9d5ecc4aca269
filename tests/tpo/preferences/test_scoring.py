"""Every formula between a judge's words and a sample's score, on numbers worked out by hand and by other optimizers."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import minimize

from tests.elo import elo_ratings
from tpobench.tpo.preferences.scoring import PRIOR, Floats, battle_matrix, elo, elo_scores, length_controlled, z_scores

NAN = np.nan


def random_verdicts(seed: int, size: int, prompts: int = 1) -> Floats:
    random = np.random.default_rng(seed)
    verdicts = random.choice([1.0, -1.0, 0.0, NAN], size=(prompts, size, size), p=[0.4, 0.4, 0.1, 0.1])
    verdicts[:, np.arange(size), np.arange(size)] = NAN
    return verdicts


def test_z_scores() -> None:
    assert z_scores([1.0, 2.0, 3.0]) == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])
    assert z_scores([4.0, 0.0, 0.0, 4.0]) == [1.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize("value", [0.0, 0.3, 1e6 / 3, -1e-20])
def test_no_spread_is_zero_and_not_a_rounding_error_blown_up(value: float) -> None:
    assert z_scores([value] * 7) == [0.0] * 7


def test_length_control_is_z_score_minus_rho_times_z_length() -> None:
    r = 1.5**0.5  # z([1, 2, 3]) = (-r, 0, r); z([10, 30, 20]) = (-r, r, 0)
    assert length_controlled([1, 2, 3], [10, 30, 20], 0.5) == pytest.approx([-r + r / 2, -r / 2, r])
    assert length_controlled([1, 2, 3], [10, 30, 20], 0) == z_scores([1, 2, 3])
    assert length_controlled([7, 7, 7], [10, 30, 20], 0.2) == pytest.approx([0.2 * r, -0.2 * r, 0])
    assert length_controlled([1, 2, 3], [9, 9, 9], 0.5) == z_scores([1, 2, 3])


def test_the_battle_matrix_counts_wins_over_both_orders() -> None:
    verdicts = np.array(
        [
            [NAN, 1.0, 1.0, NAN],  # 0 wins both games against 1, each wins one shown first in 0 against 2
            [-1.0, NAN, 0.0, 1.0],  # 1 and 2: a tie and a missing verdict
            [1.0, NAN, NAN, -1.0],  # 3 wins both against 2
            [NAN, NAN, 1.0, NAN],  # 1 and 3: one game only; 0 and 3: none
        ]
    )
    expected = [[0, 2, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 2, 0]]
    assert battle_matrix(verdicts).tolist() == expected
    assert battle_matrix(np.stack([verdicts, verdicts]))[1].tolist() == expected


def test_a_game_told_from_the_other_side_is_the_same_game() -> None:
    for verdicts in random_verdicts(0, 6, prompts=20):
        np.testing.assert_array_equal(battle_matrix(-verdicts.T), battle_matrix(verdicts))


@pytest.mark.parametrize(("won", "lost", "prior"), [(2, 0, 0.1), (1, 0, 0.1), (1, 1, 0.1), (2, 0, 0.5), (0, 2, 0.01)])
def test_two_items_in_closed_form(won: float, lost: float, prior: float) -> None:
    apart = np.log((won + prior) / (lost + prior))
    assert elo(np.array([[0, won], [lost, 0]]), prior) == pytest.approx([apart / 2, -apart / 2], abs=1e-10)


def test_one_item_above_two_equal_ones_in_closed_form() -> None:
    apart = np.log((2 + PRIOR) / PRIOR)
    assert elo(np.array([[0.0, 2, 2], [0, 0, 0], [0, 0, 0]])) == pytest.approx([2 * apart / 3, -apart / 3, -apart / 3])


@pytest.mark.parametrize(
    "battles",
    [
        np.zeros((4, 4)),
        np.ones((4, 4)) - np.eye(4),
        np.array([[0.0, 2, 0], [0, 0, 2], [2, 0, 0]]),
        np.zeros((1, 1)),
        np.zeros((0, 0)),
    ],
)
def test_where_nobody_is_better_all_are_zero(battles: Floats) -> None:
    assert elo(battles) == pytest.approx(np.zeros(len(battles)), abs=1e-12)


def test_the_optimum_is_that_of_another_optimizer() -> None:
    for number in range(30):
        size = 2 + number % 7
        battles = battle_matrix(random_verdicts(number, size))[0]
        won = battles + PRIOR * (1 - np.eye(size))

        def loss(e: Floats, won: Floats = won) -> float:
            return float((won * np.logaddexp(0, e[None, :] - e[:, None])).sum())

        found = minimize(loss, np.zeros(size), method="BFGS", options={"gtol": 1e-9}).x
        scores = elo(battles)
        assert scores == pytest.approx(found - found.mean(), abs=1e-5)
        assert loss(scores) <= loss(found) + 1e-12
        assert scores.sum() == pytest.approx(0, abs=1e-10)


def test_it_is_the_bradley_terry_fit_of_the_leaderboards() -> None:
    battles = battle_matrix(random_verdicts(5, 6))[0]
    won = battles + PRIOR * (1 - np.eye(6))
    first, second = zip(*permutations("abcdef", 2), strict=True)
    weights = np.array([won["abcdef".index(m), "abcdef".index(n)] for m, n in zip(first, second, strict=True)])
    ratings = elo_ratings(first, second, np.ones(len(weights)), weights, anchor="a")
    expected = np.array([ratings[name] for name in "abcdef"]) * np.log(10) / 400
    assert elo(battles) == pytest.approx(expected - expected.mean(), abs=1e-6)


def test_many_prompts_at_once_are_as_each_alone() -> None:
    battles = battle_matrix(random_verdicts(1, 8, prompts=50))
    np.testing.assert_allclose(elo(battles), [elo(one) for one in battles], atol=1e-10)


def test_the_order_of_the_items_does_not_matter() -> None:
    battles = battle_matrix(random_verdicts(2, 7))[0]
    order = np.random.default_rng(0).permutation(7)
    assert elo(battles[np.ix_(order, order)]) == pytest.approx(elo(battles)[order], abs=1e-10)


def test_a_win_each_between_equals_changes_nothing() -> None:
    battles = np.array([[0.0, 1, 2], [1, 0, 2], [0, 0, 0]])
    more = battles + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert elo(more) == pytest.approx(elo(battles), abs=1e-10)


def test_one_more_win_lifts_the_winner_and_lowers_the_loser() -> None:
    for number in range(20):
        battles = battle_matrix(random_verdicts(number, 5))[0]
        more = battles.copy()
        more[3, 1] += 1
        change = elo(more) - elo(battles)
        assert change[3] > 1e-6
        assert change[1] < -1e-6


def test_who_always_wins_stays_finite_and_a_prior_that_cannot_hold_is_refused() -> None:
    ordered = 2.0 * np.triu(np.ones((32, 32)), 1)
    scores = elo(ordered)
    assert np.isfinite(scores).all()
    assert (np.diff(scores) < 0).all()
    with pytest.raises(ValueError, match=r"at least 0\.01"):
        elo(ordered, prior=0.0)


def test_a_response_without_any_verdict_has_no_score_and_does_not_touch_the_others() -> None:
    lone = np.array([[NAN, 1.0, NAN], [-1.0, NAN, NAN], [NAN, NAN, NAN]])
    tied = np.array([[NAN, 0.0], [NAN, NAN]])
    found = elo_scores([lone, np.full((2, 2), NAN), tied, np.full((1, 1), NAN), np.zeros((0, 0))])
    half = np.log((2 + PRIOR) / PRIOR) / 2
    assert found == [[pytest.approx(half), pytest.approx(-half), None], [None, None], [0.0, 0.0], [0.0], []]


def test_equal_items_get_exactly_equal_scores() -> None:
    for verdicts in random_verdicts(3, 5, prompts=30):
        twice = np.block([[verdicts, verdicts], [verdicts, verdicts]])  # each item and its twin, who never meet
        twice[:5, 5:][np.eye(5, dtype=bool)] = twice[5:, :5][np.eye(5, dtype=bool)] = NAN
        (scores,) = elo_scores([twice])
        assert scores[:5] == scores[5:]
