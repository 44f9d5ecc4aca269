"""Simulated gates: the worlds are what they say they are, and the figures of the documentation come out again."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tpobench.harness.stats.sequential import decide_mean
from tpobench.harness.stats.simulation import World, peeking_t, simulate_gates

STATED = World(win_rate=0.47, bias=0.2, orders="both").with_sd(0.36)
WORLDS = [
    World(win_rate=0.47),
    World(win_rate=0.3, ties=0.3),
    World(win_rate=0.55, ties=0.3, bias=0.25),
    World(win_rate=0.47, ties=0.2, bias=0.2, orders="both", spread=0.4),
    World(win_rate=0.6, orders="both", spread=1.0),
    World(win_rate=0.8, spread=0.3, cluster=5),
    World(win_rate=0.47, bias=0.3, orders="both", spread=0.5, cluster=3),
    World(win_rate=1.0),
    STATED,
]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_mean_and_spread_are_those_asked_for(world: World) -> None:
    values = world.draw(np.random.default_rng(0), 20_000, world.cluster)
    assert values.min() >= 0
    assert values.max() <= 1
    assert set(np.unique(values)) <= ({0.0, 0.5, 1.0} if world.orders == "one" else {0.0, 0.25, 0.5, 0.75, 1.0})
    error = float(values.mean(axis=1).std()) / math.sqrt(20_000)
    assert abs(values.mean() - world.win_rate) <= 4 * error
    assert values[:, 0].std() == pytest.approx(world.sd, abs=0.006)


@pytest.mark.parametrize("about", [{}, {"bias": 0.2}, {"orders": "both", "bias": 0.2}, {"orders": "both", "ties": 0.1}])
def test_a_world_takes_the_spread_that_it_is_given(about: dict[str, Any]) -> None:
    for rate in (0.4, 0.47, 0.6):
        assert World(win_rate=rate, **about).with_sd(0.37).sd == pytest.approx(0.37)


def test_a_spread_out_of_reach_gives_the_nearest() -> None:
    assert World(win_rate=0.4).with_sd(0.5).sd == pytest.approx(math.sqrt(0.24)), "no value in [0, 1] spreads more"
    assert World(win_rate=0.47, orders="both").with_sd(0.1).sd == pytest.approx(0.1), "ties make it smaller"
    assert World(win_rate=0.9, orders="both").with_sd(0.01).sd > 0.1, "not every verdict can be a tie at this win rate"
    assert World(win_rate=0.47, orders="both").with_sd(0.6) == World(win_rate=0.47, orders="both", spread=1.0)
    least = World(win_rate=0.9).with_sd(0.1)
    assert least.sd == pytest.approx(math.sqrt(0.9 * 0.1 - 0.2 / 4), abs=1e-3), "a fifth of ties leaves no loss"


def test_prompts_of_a_cluster_go_together_and_others_do_not() -> None:
    values = World(win_rate=0.5, spread=0.4, cluster=2).draw(np.random.default_rng(1), 20_000, 4)
    within, between = (stats.pearsonr(values[:, 1], values[:, other]).statistic for other in (0, 2))
    assert within == pytest.approx(0.4, abs=0.03)
    assert between == pytest.approx(0, abs=0.03)


def test_the_judge_that_goes_by_position_is_of_two_minds_in_both_orders() -> None:
    rng, biased = np.random.default_rng(2), World(win_rate=0.5, bias=0.3, spread=1.0)
    both = replace(biased, orders="both").draw(rng, 100, 200)
    assert (both == 0.5).mean() == pytest.approx(0.3, abs=0.02)
    assert set(np.unique(biased.draw(rng, 100, 200))) == {0.0, 1.0}


def test_observations_are_the_means_of_whole_clusters() -> None:
    world = World(win_rate=0.47, spread=0.3, cluster=4)
    drawn = world.draw(np.random.default_rng(3), 5, 40)
    seen = world.observations(np.random.default_rng(3), 5, 43)
    assert seen.shape == (5, 10)
    assert seen[2, 3] == pytest.approx(drawn[2, 12:16].mean())


@pytest.mark.parametrize(
    "about", [{"ties": 0.9}, {"bias": 0.9}, {"win_rate": 1.1}, {"ties": -0.1}, {"spread": 1.5}, {"cluster": 0}]
)
def test_a_world_that_cannot_be_is_refused(about: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"win rate cannot be|lie in"):
        World(**{"win_rate": 0.2} | about)


def test_the_same_seed_gives_every_method_the_same_prompts() -> None:
    first, again = (simulate_gates(STATED, 100, 300, 0.47, seed=4) for _ in range(2))
    assert first == again
    assert simulate_gates(STATED, 100, 300, 0.47, seed=5) != first
    values = STATED.observations(np.random.default_rng(4), 300, 100)
    found = decide_mean(values, values, 0.47, 0.05, "fixed")
    fixed = simulate_gates(STATED, 100, 300, 0.47, method="fixed", seed=4)
    assert (fixed.passed, fixed.failed) == ((found.outcome == 1).mean(), (found.outcome == -1).mean())


@pytest.mark.parametrize("cluster", [1, 3])
def test_rates_add_up_and_count_prompts(cluster: int) -> None:
    found = simulate_gates(World(win_rate=0.7, cluster=cluster), 300, 1000, 0.47, method="sequential")
    assert found.passed + found.failed + found.undecided == pytest.approx(1)
    assert 20 < found.prompts < 200
    lost = simulate_gates(World(win_rate=0.2), 300, 100, 0.47)
    assert (lost.failed, lost.prompts_passed) == (1.0, None)
    fixed = simulate_gates(World(win_rate=0.7, cluster=cluster), 300, 100, 0.47, method="fixed")
    assert (fixed.prompts, fixed.prompts_passed) == (300, 300)


def test_many_gates_are_the_same_whether_drawn_together_or_apart() -> None:
    few = simulate_gates(World(win_rate=0.47), 65_536, 3, 0.47, method="fixed", seed=6)
    values = (np.random.default_rng(6).random((3, 65_536)) < 0.47).astype(float)
    outcome = decide_mean(values, values, 0.47, 0.05, "fixed").outcome
    shares = [float((outcome == which).mean()) for which in (1, -1, 0)]
    assert [few.passed, few.failed, few.undecided] == shares


def test_peeking_is_a_t_test_at_every_look() -> None:
    values = World(win_rate=0.5, ties=0.2).draw(np.random.default_rng(7), 60, 110)
    found = peeking_t(values, 0.47, 0.1)
    assert {-1, 0, 1} == set(found.outcome.tolist())
    for row, outcome, used in zip(values, found.outcome, found.used, strict=True):
        expected = (0, 110)
        for look in (25, 50, 75, 100, 110):
            above = stats.ttest_1samp(row[:look], 0.47, alternative="greater").pvalue <= 0.1
            below = stats.ttest_1samp(row[:look], 0.47, alternative="less").pvalue <= 0.1
            if above or below:
                expected = (1 if above else -1, look)
                break
        assert (outcome, used) == expected


@pytest.mark.parametrize(
    ("rate", "passed", "prompts"), [(0.47, (0.0, 0.06), 750), (0.5, (0.6, 0.75), 638), (0.55, (0.99, 1.0), 194)]
)
def test_the_figures_of_the_documentation(rate: float, passed: tuple[float, float], prompts: int) -> None:
    world = World(win_rate=rate, bias=0.2, orders="both").with_sd(0.36)
    found = simulate_gates(world, 750, 600, 0.47)
    assert passed[0] <= found.passed <= passed[1]
    assert found.prompts == pytest.approx(prompts, rel=0.1)
