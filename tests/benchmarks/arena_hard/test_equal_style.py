"""Style control of one model: its score where no style difference to the baseline is left, with an interval."""

import time

import numpy as np
import pytest
from scipy.optimize import minimize

from tests.benchmarks.arena_hard.styled import sigmoid, styled
from tpobench.benchmarks.arena_hard.equal_style import StyledPrompts, equal_style, equal_style_difference

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def raw(prompts: StyledPrompts) -> float:
    return float(np.average(prompts.outcomes, weights=prompts.weights))


def with_outcomes(prompts: StyledPrompts, outcome: float) -> StyledPrompts:
    return StyledPrompts(
        outcomes=np.full(prompts.outcomes.size, outcome), weights=prompts.weights, differences=prompts.differences
    )


def test_models_that_are_only_longer_win_half_at_equal_style() -> None:
    models = [styled(500, strength=0, longer=1, seed=seed) for seed in range(40)]
    found = [equal_style(model, repeats=100) for model in models]
    assert np.mean([raw(model) for model in models]) > 0.66
    assert np.mean([each.score for each in found]) == pytest.approx(0.5, abs=0.012)
    assert sum(each.low <= 0.5 <= each.high for each in found) >= 35


def test_the_score_is_the_prediction_of_a_logistic_regression_at_no_difference() -> None:
    model = styled(800, strength=0.4, longer=0.5, seed=3)
    design = np.column_stack([np.ones(800), model.differences])

    def loss(w: np.ndarray) -> float:
        logits = design @ w
        return float((model.weights * (np.logaddexp(0, logits) - model.outcomes * logits)).sum())

    plain = minimize(loss, np.zeros(5), method="BFGS").x
    assert equal_style(model, repeats=10).score == pytest.approx(float(sigmoid(plain[0])), abs=0.002)


def test_without_any_style_difference_it_is_the_raw_score() -> None:
    model = styled(200, strength=0.5, longer=0, seed=1)
    plain = StyledPrompts(outcomes=model.outcomes, weights=model.weights, differences=np.zeros((200, 4)))
    assert equal_style(plain, repeats=10).score == pytest.approx(raw(model), abs=1e-4)


def test_a_feature_that_never_differs_changes_nothing() -> None:
    model = styled(100, strength=0.5, longer=0.5, seed=1)
    more = StyledPrompts(
        outcomes=model.outcomes, weights=model.weights, differences=np.column_stack([model.differences, np.zeros(100)])
    )
    assert equal_style(more, repeats=50) == equal_style(model, repeats=50)


def test_the_interval_is_over_prompts_and_two_judgments_of_one_are_no_more_than_one() -> None:
    model = styled(300, strength=0, longer=0, seed=4)
    twice = StyledPrompts(outcomes=model.outcomes, weights=2 * model.weights, differences=model.differences)
    once, doubled = equal_style(model, repeats=400), equal_style(twice, repeats=400)
    assert doubled.high - doubled.low == pytest.approx(once.high - once.low, rel=0.05)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
@pytest.mark.parametrize("n", [10, 60, 500])
def test_all_won_or_all_lost_has_a_width(n: int, outcome: float) -> None:
    found = equal_style(with_outcomes(styled(n, 0, 0.5, seed=2), outcome), repeats=300)
    assert found.score == pytest.approx(outcome, abs=0.01)
    assert 0 <= found.low <= found.score <= found.high <= 1
    assert found.high - found.low > 1 / n


@pytest.mark.parametrize("n", [10, 40])
def test_style_that_separates_won_from_lost_does_not_explode(n: int) -> None:
    model = styled(n, strength=0, longer=0, seed=5)
    longer = model.differences[:, 0] > 0.1
    separated = StyledPrompts(outcomes=longer * 1.0, weights=model.weights, differences=model.differences)
    found = equal_style(separated, repeats=300)
    assert 0.01 < found.score < 0.5
    assert found.low < found.score < found.high


def test_one_style_difference_throughout_cannot_be_told_from_strength() -> None:
    model = styled(40, strength=0, longer=0, seed=5)
    same = StyledPrompts(outcomes=model.outcomes, weights=model.weights, differences=np.full((40, 1), 0.3))
    with pytest.raises(ValueError, match="cannot be told apart"):
        equal_style(same)


def test_style_that_hardly_varies_says_that_it_knows_nothing() -> None:
    model = styled(100, strength=0, longer=0, seed=5)
    same = StyledPrompts(
        outcomes=model.outcomes, weights=model.weights, differences=0.3 + 0.001 * model.differences[:, :1]
    )
    found = equal_style(same, repeats=300)
    assert found.high - found.low > 0.9


def test_a_thousand_refits_of_750_prompts_take_a_moment() -> None:
    model = styled(750, strength=0.3, longer=0.5, seed=6)
    started = time.process_time()
    equal_style(model)
    assert time.process_time() - started < 5


def test_coverage() -> None:
    """Of a model that is longer than the baseline: the truth is the fit on very many prompts."""
    truth = equal_style(styled(200_000, 1.0, 0.7, seed=99), repeats=2).score
    found = [equal_style(styled(60, 1.0, 0.7, seed=seed), repeats=200) for seed in range(150)]
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.94 - 2 * 0.018


# --- two models ---


def test_a_longer_model_is_no_better_than_a_short_one() -> None:
    short, long = styled(400, 0.3, 0, seed=1, prompts=9), styled(400, 0.3, 1, seed=2, prompts=9)
    found = equal_style_difference(long, short, repeats=300)
    assert raw(long) - raw(short) > 0.1
    assert found.low < 0 < found.high


def test_a_better_model_is_seen_and_mirrored() -> None:
    good, bad = styled(400, 1, 0, seed=1, prompts=9), styled(400, -0.5, 1, seed=2, prompts=9)
    found, mirrored = (equal_style_difference(*pair, repeats=300) for pair in ((good, bad), (bad, good)))
    assert found.low > 0.15
    assert found.a - found.b == pytest.approx(mirrored.b - mirrored.a)
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=0.02)


def test_pairing_takes_out_what_the_prompts_share() -> None:
    same = styled(300, 0.3, 0, seed=1)
    found, alone = equal_style_difference(same, same, repeats=300), equal_style(same, repeats=300)
    assert found.a == found.b
    assert 0 < found.high - found.low < 0.5 * (alone.high - alone.low)


def test_two_models_that_win_all_have_a_width() -> None:
    a, b = (with_outcomes(styled(40, 0, 0.5, seed=seed), 1.0) for seed in (1, 2))
    found = equal_style_difference(a, b, repeats=300)
    assert found.high - found.low > 0.04


def test_other_prompts_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="same prompts"):
        equal_style_difference(styled(40, 0, 0, seed=1), styled(30, 0, 0, seed=1))
