"""Which ranks are certain."""

import time

import numpy as np
import pytest

from tpobench.harness.stats.ranks import RankInterval, paired_z, rank_intervals, unpaired_z, value_matrix

RANDOM = np.random.default_rng(14)


def answers(rates: list[float], prompts: int) -> np.ndarray:
    """Wins and losses of models that find the same prompts hard."""
    hard = RANDOM.random(prompts)
    noise = RANDOM.random((len(rates), prompts))
    return (0.5 * hard + 0.5 * noise < np.array(rates)[:, None]).astype(np.float64)


def test_a_clear_order_has_one_rank_each() -> None:
    ranks = rank_intervals(paired_z(answers([0.8, 0.5, 0.2], 300)))
    assert ranks == [RankInterval(1, 1, 3), RankInterval(2, 2, 3), RankInterval(3, 3, 3)]
    assert [rank.leads for rank in ranks] == [True, False, False]


def test_models_that_cannot_be_told_apart_share_the_first_places() -> None:
    ranks = rank_intervals(paired_z(answers([0.6, 0.6, 0.6, 0.2], 200)))
    assert ranks[:3] == [RankInterval(1, 3, 4)] * 3
    assert ranks[3] == RankInterval(4, 4, 4)


def test_equal_answers_are_never_told_apart() -> None:
    same = np.array([[1.0] * 60, [1.0] * 60])
    assert rank_intervals(paired_z(same)) == [RankInterval(1, 2, 2)] * 2


def test_a_single_model_is_the_first_of_one() -> None:
    assert rank_intervals(paired_z(np.ones((1, 10)))) == [RankInterval(1, 1, 1)]


def test_pairing_tells_apart_what_separate_intervals_do_not() -> None:
    worse = np.array([0.0, 1.0] * 200)
    better = worse.copy()
    better[:24:2] = 1.0  # ahead on 12 prompts and behind on none
    values = np.stack([better, worse])
    assert rank_intervals(paired_z(values))[0].leads
    means, half = values.mean(axis=1), 1.96 * values.std(axis=1) / 20
    assert not rank_intervals(unpaired_z(means, means - half, means + half))[0].leads


def test_only_shared_prompts_are_compared() -> None:
    values = value_matrix([{"a": 1.0, "b": 0.0}, {"c": 1.0}])
    assert np.isnan(values).sum() == 3
    assert rank_intervals(paired_z(values)) == [RankInterval(1, 2, 2)] * 2


def test_a_figure_whose_interval_has_no_width_leads_nobody() -> None:
    values, lows, highs = np.array([1.0, 0.5]), np.array([1.0, 0.4]), np.array([1.0, 0.6])
    assert rank_intervals(unpaired_z(values, lows, highs)) == [RankInterval(1, 2, 2)] * 2


@pytest.mark.parametrize(("models", "prompts"), [(2, 20), (5, 60), (20, 300)])
def test_equal_models_are_told_apart_by_chance_in_one_world_of_twenty_at_most(models: int, prompts: int) -> None:
    worlds = 300
    wrong = sum(
        any(rank.low > 1 for rank in rank_intervals(paired_z(answers([0.5] * models, prompts)))) for _ in range(worlds)
    )
    assert wrong / worlds <= 0.05 + 2 * (0.05 * 0.95 / worlds) ** 0.5


def test_two_hundred_models_take_less_than_two_seconds() -> None:
    values = answers([0.5] * 200, 805)
    start = time.perf_counter()
    rank_intervals(paired_z(values))
    assert time.perf_counter() - start < 2
