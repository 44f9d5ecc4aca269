"""The bootstrap over prompts: what it estimates, its invariances, its coverage, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tpobench.benchmarks.arena_hard.labels import Vote, vote
from tpobench.benchmarks.arena_hard.scores import prompt_sums, score_v2
from tpobench.harness.stats.bootstrap import prompt_bootstrap

LABELS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")


def simulated(random: np.random.Generator, prompts: int) -> list[tuple[Vote | None, Vote | None]]:
    """Two games a prompt that mostly agree, since the prompt decides; every label as likely as its mirror image."""
    merit = random.normal(size=prompts)
    games = []
    for own in merit:
        levels = np.digitize(own + 0.3 * random.normal(size=2), [-1.0, -0.3, 0.3, 1.0])
        games.append((vote(LABELS[levels[0]], False), vote(LABELS[levels[1]], False)))
    return games


def test_interval_is_that_of_a_plain_loop_over_resampled_prompts() -> None:
    random = np.random.default_rng(3)
    totals, weights = random.random((2, 40)), random.integers(0, 4, (2, 40)).astype(float)
    totals *= weights
    found = prompt_bootstrap(totals, weights, repeats=700, seed=5, confidence=0.9)
    draws, means = np.random.default_rng(5), []
    for size in (500, 200):
        for drawn in draws.integers(40, size=(size, 40)):
            means.append([totals[model][drawn].sum() / weights[model][drawn].sum() for model in range(2)])
    low, high = np.quantile(means, [0.05, 0.95], axis=0)
    np.testing.assert_allclose(found.mean, totals.sum(axis=1) / weights.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose((found.low, found.high), (low, high), rtol=1e-12)


def test_every_model_meets_the_same_prompts() -> None:
    values = np.random.default_rng(1).random(60)
    both = prompt_bootstrap([values, 1 - values], np.ones((2, 60)), repeats=1000)
    assert both.low[0] == pytest.approx(1 - both.high[1], abs=1e-12)
    alone = prompt_bootstrap(values, np.ones(60), repeats=1000)
    assert alone.low[0] == pytest.approx(both.low[0], abs=1e-12)


def test_a_missing_prompt_counts_for_the_other_models() -> None:
    totals, weights = np.ones((2, 30)), np.ones((2, 30))
    totals[0, :10], weights[0, :10], totals[1, :10] = 0, 0, 0
    found = prompt_bootstrap(totals, weights, repeats=500)
    assert found.mean.tolist() == pytest.approx([1, 2 / 3])
    assert found.low[0] == found.high[0] == 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
@settings(max_examples=30, deadline=None)
def test_duplicated_prompts_of_one_cluster_change_nothing(values: list[float]) -> None:
    names = [f"{number:02}" for number in range(len(values))]
    once = prompt_bootstrap(values, np.ones(len(values)), repeats=200)
    twice = prompt_bootstrap(values * 2, np.ones(2 * len(values)), repeats=200, clusters=names * 2)
    np.testing.assert_allclose((twice.mean, twice.low, twice.high), (once.mean, once.low, once.high), atol=1e-9)


def test_clusters_that_agree_widen_the_interval() -> None:
    values = np.repeat(np.random.default_rng(2).integers(0, 2, 100), 2)
    names = [str(number // 2) for number in range(200)]
    plain = prompt_bootstrap(values, np.ones(200), repeats=10_000)
    clustered = prompt_bootstrap(values, np.ones(200), repeats=10_000, clusters=names)
    widened = (clustered.high[0] - clustered.low[0]) / (plain.high[0] - plain.low[0])
    assert widened == pytest.approx(2**0.5, rel=0.05)


def test_prompts_cover_what_votes_do_not() -> None:
    random = np.random.default_rng(11)
    hits = {"votes": 0, "prompts": 0}
    for repeat in range(300):
        games = simulated(random, 120)
        official = score_v2(games, seed=repeat)
        totals, weights = prompt_sums(games, whole_only=True)
        honest = prompt_bootstrap(totals, weights, repeats=400, seed=repeat, confidence=0.9)
        hits["votes"] += official.low <= 0.5 <= official.high  # the true score, by symmetry
        hits["prompts"] += bool(honest.low[0] <= 0.5 <= honest.high[0])
    assert hits["votes"] / 300 < 0.80
    assert 0.85 < hits["prompts"] / 300 < 0.95  # within three binomial standard errors of 0.9


@pytest.mark.parametrize(
    ("totals", "weights", "clusters", "message"),
    [
        ([1.0, np.nan], [1, 1], None, "finite"),
        ([1.0, 1.0], [1, np.nan], None, "finite"),
        ([1.0, 1.0], [1], None, "one shape"),
        ([0.0, 0.0], [0, 0], None, "no judged prompt"),
        ([1.0, 1.0], [1, 1], ["a"], "one cluster for each prompt"),
    ],
)
def test_wrong_use_is_refused(totals: object, weights: object, clusters: list[str] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prompt_bootstrap(totals, weights, repeats=10, clusters=clusters)
