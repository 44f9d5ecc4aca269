"""Arena-Hard's scores against the published figure and against the published algorithms written out plainly."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.benchmarks.arena_hard.published import (
    MIRROR,
    exploded,
    games_of,
    labels,
    official_judgments,
    published_elo,
    random_labels,
)
from tests.data import real_data
from tests.elo import elo_ratings
from tpobench.benchmarks.arena_hard.scores import OFFICIAL_REPEATS, prompt_sums, score_v01, score_v2


@real_data
def test_official_judgments_give_the_published_score() -> None:
    judged = official_judgments()
    found = score_v01(games_of(judged))
    assert round(100 * found.score, 2) == 23.34
    assert found.prompts == 500
    assert found.low < found.score < found.high
    assert found.score == pytest.approx(published_elo(exploded(judged, both=False)), abs=1e-6)


def test_v01_is_the_bradley_terry_win_rate_and_drops_a_null_game_alone() -> None:
    drawn = random_labels(1, 200)
    outcomes = exploded(drawn, both=False)
    found = score_v01(games_of(drawn)).score
    assert found == pytest.approx(published_elo(outcomes), abs=1e-6)
    n = len(outcomes)
    ratings = elo_ratings(["m"] * n, ["base"] * n, np.array(outcomes), np.ones(n), anchor="base")
    assert found == pytest.approx(1 / (1 + 10 ** ((1000 - ratings["m"]) / 400)), abs=1e-9)


def test_v2_is_the_mean_of_100_resampled_means_without_half_judged_prompts() -> None:
    drawn = random_labels(2, 150)
    outcomes = exploded(drawn, both=True)
    random = np.random.default_rng(7)
    places = random.integers(len(outcomes), size=(OFFICIAL_REPEATS, len(outcomes)))
    means = sorted(sum(outcomes[place] for place in row) / len(row) for row in places.tolist())

    def percentile(q: float) -> float:
        at = q * (len(means) - 1)
        below = int(at)
        return means[below] + (at - below) * (means[below + 1] - means[below])

    found = score_v2(games_of(drawn), seed=7)
    assert found.score == pytest.approx(sum(means) / len(means), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((percentile(0.05), percentile(0.95)), abs=1e-9)
    assert found.prompts == sum(None not in pair for pair in drawn)


@given(labels)
@settings(max_examples=50, deadline=None)
def test_swapped_labels_mirror_the_score(drawn: list[tuple[str, str]]) -> None:
    swapped = [(MIRROR[first], MIRROR[second]) for first, second in drawn]
    for scored in (score_v01, score_v2):
        there, back = scored(games_of(drawn)), scored(games_of(swapped))
        assert there.score + back.score == pytest.approx(1)
        assert there.low + back.high == pytest.approx(1)


@given(labels)
@settings(max_examples=50, deadline=None)
def test_duplicated_prompts_change_no_estimate(drawn: list[tuple[str, str]]) -> None:
    once, twice = score_v01(games_of(drawn)), score_v01(games_of(drawn * 2))
    assert once.score == pytest.approx(twice.score)
    for whole_only in (False, True):
        totals, weights = prompt_sums(games_of(drawn), whole_only)
        assert totals.sum() / weights.sum() == pytest.approx(once.score)


def test_a_half_judged_prompt_counts_in_v01_only() -> None:
    half = games_of([("A>B", None)])
    assert prompt_sums(half, whole_only=False)[1].tolist() == [1]
    assert prompt_sums(half, whole_only=True)[1].tolist() == [0]


@pytest.mark.parametrize("scored", [score_v01, score_v2])
def test_no_vote_is_no_score(scored: object) -> None:
    for games in ([], games_of([(None, None)])):
        with pytest.raises(ValueError, match="no vote"):
            scored(games)  # type: ignore[operator]
