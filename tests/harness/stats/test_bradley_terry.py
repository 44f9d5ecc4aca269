"""Arena-Hard's scores against the published figure and against the published algorithms written out plainly."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from tests.data import DATA, real_data
from tpobench.harness.stats.bootstrap import Floats
from tpobench.harness.stats.bradley_terry import (
    ROUNDS,
    Style,
    Vote,
    bradley_terry,
    elo_ratings,
    prompt_sums,
    score_v01,
    score_v2,
    style_controlled,
    style_difference,
    vote,
)

LABELS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
MIRROR = {"A>>B": "B>>A", "A>B": "B>A", "A=B": "A=B", "B>A": "A>B", "B>>A": "A>>B"}
PUBLISHED = {"A>>B": [1.0] * 3, "A>B": [1.0], "A=B": [0.5], "B>A": [0.0], "B>>A": [0.0] * 3}
Labels = Sequence[tuple[str | None, str | None]]
"""Game 1 shows the baseline first, game 2 the candidate."""

labels = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=20)


def games_of(given_labels: Labels) -> list[tuple[Vote | None, Vote | None]]:
    return [(vote(first or "none", False), vote(second or "none", True)) for first, second in given_labels]


def exploded(given_labels: Labels, both: bool) -> list[float]:
    """One outcome a vote, strong ones three times; a prompt with a null game falls out whole when `both`."""
    found = []
    for first, second in given_labels:
        if both and (first is None or second is None):
            continue
        if first is not None:
            found += [1 - outcome for outcome in PUBLISHED[first]]
        if second is not None:
            found += PUBLISHED[second]
    return found


def random_labels(seed: int, prompts: int, missing: float = 0.1) -> list[tuple[str | None, str | None]]:
    random = np.random.default_rng(seed)
    drawn = [[None if random.random() < missing else LABELS[random.integers(5)] for _ in "12"] for _ in range(prompts)]
    return [(first, second) for first, second in drawn]


def official_judgments() -> list[tuple[str, str]]:
    from pyarrow import parquet

    rows = parquet.read_table(DATA / "arena_hard" / "v01_judgments.parquet").to_pylist()
    return [(row["score_game1"], row["score_game2"]) for row in rows]


def published_elo(outcomes: Sequence[float]) -> float:
    """v0.1 as published: rows doubled, ties half each, logistic regression without penalty, Elo, then the win rate."""
    x, y = [], []
    for outcome in outcomes:
        for won in (1, 0) if outcome == 0.5 else (int(outcome), int(outcome)):
            x.append([np.log(10)])
            y.append(won)
    fitted = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-8, max_iter=1000).fit(x, y)
    rating = 1000 + 400 * float(fitted.coef_[0][0])
    return float(1 / (1 + 10 ** ((1000 - rating) / 400)))


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
    places = random.integers(len(outcomes), size=(ROUNDS, len(outcomes)))
    means = sorted(sum(outcomes[place] for place in row) / len(row) for row in places.tolist())

    def percentile(q: float) -> float:
        at = q * (len(means) - 1)
        below = int(at)
        return means[below] + (at - below) * (means[below + 1] - means[below])

    found = score_v2(games_of(drawn), seed=7)
    assert found.score == pytest.approx(sum(means) / len(means), abs=1e-9)
    assert (found.low, found.high) == pytest.approx((percentile(0.05), percentile(0.95)), abs=1e-9)
    assert found.prompts == sum(None not in pair for pair in drawn)


def published_style_control(who: Sequence[int], outcomes: Sequence[float], raw: Floats, seed: int) -> Floats:
    """v2.0 as published: one column a model and one for the baseline (-1), z-scored features, 100 fits."""
    features = np.array(raw)
    for column in range(features.shape[1]):
        features[:, column] = (features[:, column] - np.mean(features[:, column])) / np.std(features[:, column], ddof=1)
    models = max(who) + 1
    one_hot = np.zeros((len(who), models + 1))
    for row, model in enumerate(who):
        one_hot[row, model], one_hot[row, models] = 1, -1
    design, y = np.hstack([one_hot, features]), np.array(outcomes)
    random, rounds = np.random.default_rng(seed), []
    for _ in range(ROUNDS):
        drawn = random.integers(len(who), size=len(who))
        x, won = design[drawn], y[drawn]

        def loss(w: Floats, x: Floats = x, won: Floats = won) -> tuple[float, Floats]:
            logits = x @ w
            p = 1 / (1 + np.exp(-logits))
            return float(np.mean(np.logaddexp(0, logits) - won * logits)), x.T @ (p - won) / len(won)

        w = minimize(loss, np.full(design.shape[1], 0.5), jac=True, method="BFGS", options={"gtol": 1e-9}).x
        rounds.append([np.exp(w[m]) / (np.exp(w[m]) + np.exp(w[models])) for m in range(models)])
    return np.quantile(rounds, [0.5, 0.05, 0.95], axis=0)


@pytest.mark.parametrize("columns", [[0], [1, 2, 3], [0, 1, 2, 3]], ids=["length", "markdown", "both"])
def test_style_control_is_the_published_one(columns: list[int]) -> None:
    random = np.random.default_rng(4)
    who, weights = np.repeat([0, 1], 120), random.choice([1.0, 3.0], 240)
    raw = random.normal(size=(240, 4))
    outcomes = np.where(random.random(240) < 0.2, 0.5, (random.normal(size=240) + 0.6 * raw[:, 0] + who > 0.3))
    features = raw[:, columns]
    times = weights.astype(int)
    expected = published_style_control(
        np.repeat(who, times).tolist(), np.repeat(outcomes, times).tolist(), np.repeat(features, times, axis=0), seed=9
    )
    np.testing.assert_allclose(style_controlled(who, outcomes, weights, features, seed=9), expected, atol=1e-6)


def test_style_control_takes_length_out() -> None:
    random = np.random.default_rng(5)
    longer = np.concatenate([np.full(2000, 0.5), np.full(2000, -0.5)]) + 0.1 * random.normal(size=4000)
    who = np.repeat([0, 1], 2000)
    outcomes = (random.random(4000) < 1 / (1 + np.exp(-4 * longer))).astype(float)
    plain = [outcomes[who == model].mean() for model in (0, 1)]
    median, low, high = style_controlled(who, outcomes, np.ones(4000), longer[:, None])
    assert plain[0] - plain[1] > 0.6
    assert abs(median[0] - median[1]) < 0.3
    assert (low < 0.5).all()
    assert (high > 0.5).all()


def test_a_feature_that_never_varies_is_left_out() -> None:
    outcomes = np.array([1.0, 1.0, 0.0] * 40)
    with_it = style_controlled(np.zeros(120, dtype=np.int64), outcomes, np.ones(120), np.full((120, 1), 0.25))
    without = style_controlled(np.zeros(120, dtype=np.int64), outcomes, np.ones(120), np.zeros((120, 0)))
    np.testing.assert_allclose(with_it, without, atol=1e-9)


def test_style_difference_by_hand() -> None:
    length, header, listed, bold = style_difference(Style(299, 3, 6, 0), Style(99, 0, 1, 2))
    assert length == pytest.approx(200 / 398)
    assert header == pytest.approx(0.01 / 1.01)
    assert listed == pytest.approx((0.02 - 0.01) / 1.03)
    assert bold == pytest.approx(-0.02 / 1.02)
    assert style_difference(Style(0, 0, 0, 0), Style(0, 0, 0, 0)) == (0, 0, 0, 0)


def test_elo_of_three_models_is_sklearns() -> None:
    random = np.random.default_rng(6)
    names, strength = ["x", "y", "z"], {"x": 0.0, "y": 0.7, "z": -0.4}
    first, second, outcomes, rows, won = [], [], [], [], []
    for _ in range(600):
        a, b = (names[place] for place in random.choice(3, 2, replace=False))
        outcome = float(random.random() < 1 / (1 + np.exp(strength[b] - strength[a])))
        first.append(a), second.append(b), outcomes.append(outcome)
        rows.append([(a == name) - (b == name) for name in ("y", "z")])
        won.append(outcome)
    found = elo_ratings(first, second, np.array(outcomes), np.ones(600), anchor="x")
    fitted = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-10, solver="newton-cholesky").fit(rows, won)
    expected = 1000 + 400 / np.log(10) * fitted.coef_[0]
    assert found["x"] == 1000
    assert [found["y"], found["z"]] == pytest.approx(expected.tolist(), abs=1e-5)


def test_elo_refuses_what_has_no_rating() -> None:
    with pytest.raises(ValueError, match="no battle connects p, q with x"):
        elo_ratings(["x", "p"], ["y", "q"], np.array([0.5, 1.0]), np.ones(2), anchor="x")
    with pytest.raises(ValueError, match="in no battle"):
        elo_ratings(["x"], ["y"], np.array([0.5]), np.ones(1), anchor="base")


def test_a_model_that_always_wins_has_a_finite_fit() -> None:
    fitted = bradley_terry(np.zeros(50, dtype=np.int64), np.ones(50), np.ones(50))
    assert np.isfinite(fitted).all()
    assert 1 / (1 + np.exp(-fitted[0])) > 0.999999


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
def test_swapped_sides_change_nothing(drawn: list[tuple[str, str]]) -> None:
    for first, second in drawn:
        assert vote(first, False) == vote(MIRROR[first], True)
        assert vote(second, True) == vote(MIRROR[second], False)


@given(labels)
@settings(max_examples=50, deadline=None)
def test_duplicated_prompts_change_no_estimate(drawn: list[tuple[str, str]]) -> None:
    once, twice = score_v01(games_of(drawn)), score_v01(games_of(drawn * 2))
    assert once.score == pytest.approx(twice.score)
    for whole_only in (False, True):
        totals, weights = prompt_sums(games_of(drawn), whole_only)
        assert totals.sum() / weights.sum() == pytest.approx(once.score)


@pytest.mark.parametrize("label", ["", "none", "A", "A>>>B", "AB", "C>A", "A==B", "[[A>B]]"])
def test_an_unknown_label_is_missing(label: str) -> None:
    assert vote(label, True) is None


def test_a_half_judged_prompt_counts_in_v01_only() -> None:
    half = games_of([("A>B", None)])
    assert prompt_sums(half, whole_only=False)[1].tolist() == [1]
    assert prompt_sums(half, whole_only=True)[1].tolist() == [0]


@pytest.mark.parametrize("scored", [score_v01, score_v2])
def test_no_vote_is_no_score(scored: object) -> None:
    for games in ([], games_of([(None, None)])):
        with pytest.raises(ValueError, match="no vote"):
            scored(games)  # type: ignore[operator]
