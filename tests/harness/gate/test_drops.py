"""A figure of the candidate against the baseline's, item by item."""

import random
from typing import Any

import pytest

from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import FigureDifference
from tpobench.harness.gate.drops import check_drop
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.rules import PairedRule, TaskRule

Pairs = list[tuple[float | None, float | None]]


def outcome(pairs: Pairs, **rule: Any) -> str:
    return check_drop("lm_eval gsm8k", "exact_match", TaskRule(**rule), PairedValues(pairs=pairs)).outcome


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1.0, 1.0)] * 300 + [(0.0, 0.0)] * 300, "PASS"),
        ([(0.0, 1.0)] * 120 + [(1.0, 1.0)] * 480, "FAIL"),
        ([(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 570, "INCONCLUSIVE"),
        ([], "INVALID"),
        ([(1.0, 0.0)] * 60 + [(None, 1.0)] * 940, "INVALID"),  # nobody gets better by leaving items out
        ([(12.5, 13.5)] * 60, "INVALID"),  # outside the range
    ],
)
def test_a_drop_is_measured_item_by_item(pairs: Pairs, expected: str) -> None:
    assert outcome(pairs, max_drop=0.05) == expected


def test_an_item_that_is_missing_counts_against_either_side() -> None:
    alike: Pairs = [(1.0, 1.0)] * 990
    assert outcome([*alike, *[(1.0, 1.0)] * 10], max_drop=0.006) == "PASS"
    assert outcome([*alike, *[(None, 1.0)] * 10], max_drop=0.006) == "INCONCLUSIVE"


def test_where_lower_is_better_a_rise_is_the_drop() -> None:
    worse: Pairs = [(1.0, 0.0)] * 120 + [(0.0, 0.0)] * 480
    assert outcome(worse, max_drop=0.05, better="lower") == "FAIL"
    assert outcome(worse, max_drop=0.05, better="higher") == "PASS"
    result = check_drop("paired t", "t", PairedRule(max_drop=0.05, better="lower"), PairedValues(pairs=worse))
    assert (result.value, result.limit) == (pytest.approx(0.2), 0.05)
    assert result.low is not None
    assert result.high is not None
    assert result.limit is not None
    assert result.limit < result.low < 0.2 < result.high


def test_a_relative_drop_is_a_share_of_the_baselines_value() -> None:
    """From 0.10 to 0.08 is a fifth less, and two points."""
    pairs: Pairs = [(0.08, 0.1)] * 2000
    assert outcome(pairs, max_relative_drop=0.25) == "PASS"
    assert outcome(pairs, max_relative_drop=0.15) == "FAIL"
    assert outcome(pairs, max_drop=0.025) == "PASS"
    risen: Pairs = [(0.1, 0.08)] * 2000
    assert outcome(risen, max_relative_drop=0.3, better="lower") == "PASS"
    assert outcome(risen, max_relative_drop=0.2, better="lower") == "FAIL"


def test_a_share_of_the_baseline_that_is_estimated_too_is_not_taken_for_known() -> None:
    """Both sides are noise of one distribution: a drop of nothing may pass by alpha, no more."""
    rng = random.Random(7)
    passed = 0
    for _ in range(200):
        pairs: Pairs = [(float(rng.random() < 0.45), float(rng.random() < 0.5)) for _ in range(200)]
        passed += outcome(pairs, max_relative_drop=0.1, alpha=0.05) == "PASS"
    assert passed <= 0.05 * 200 + 2 * (0.05 * 0.95 * 200) ** 0.5


def test_values_of_any_range_are_tested_where_the_policy_says_it() -> None:
    pairs: Pairs = [(float(n % 40), float(n % 40) + 1) for n in range(400)]
    assert outcome(pairs, max_drop=3, range=(0, 60)) == "PASS"
    assert outcome(pairs, max_drop=0.5, range=(0, 60)) == "FAIL"
    result = check_drop("paired w", "words", PairedRule(max_drop=0.5), PairedValues(pairs=pairs), "prompts")
    assert result.outcome == "INVALID"
    assert "lies between 0 and 40, not between 0 and 1; give its 'range: [LOW, HIGH]'" in result.sentence


def test_the_result_says_what_could_be_seen_and_what_it_would_take() -> None:
    pairs: Pairs = [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 570
    result = check_drop("lm_eval gsm8k", "exact_match", TaskRule(max_drop=0.06), PairedValues(pairs=pairs))
    assert result.outcome == "INCONCLUSIVE"
    assert result.p_value is not None
    assert 0.05 < result.p_value < 0.5
    assert result.detectable == pytest.approx((1.645 + 0.842) * 0.218 / 600**0.5, rel=0.01)
    assert result.needed is not None
    assert 1000 < result.needed < 3000


def fitted(difference: float, width: float = 0.03) -> PairedValues:
    figure = FigureDifference(
        name="lc",
        a=0.5 + difference,
        b=0.5,
        difference=difference,
        low=difference - width,
        high=difference + width,
        n=805,
    )
    return PairedValues(fitted=figure)


def test_a_fitted_figure_is_decided_by_its_own_interval_at_the_rules_alpha() -> None:
    def of(difference: float, **rule: Any) -> str:
        return check_drop("paired lc", "lc", PairedRule(**rule), fitted(difference), "prompts").outcome

    assert of(0.0, max_drop=0.05) == "PASS"
    assert of(-0.1, max_drop=0.05) == "FAIL"
    assert of(-0.04, max_drop=0.05) == "INCONCLUSIVE"
    assert of(0.0, max_drop=0.028, alpha=0.05) == "PASS"
    assert of(0.0, max_drop=0.028, alpha=0.01) == "INCONCLUSIVE"
    assert of(0.0, max_relative_drop=0.1) == "INVALID"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"max_drop": 2}, "a max_drop of 2 allows every drop of values between 0 and 1"),
        ({"max_drop": 0.1, "range": [1, 1]}, "with LOW below HIGH"),
        ({"max_relative_drop": 0.1, "range": [-1, 1]}, "means nothing where values may be below 0"),
        ({"max_relative_drop": 0.5, "range": [3, 5]}, "allows every drop of values between 3 and 5"),
    ],
)
def test_a_rule_that_could_not_decide_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        validate(rule, TaskRule, "policy")
