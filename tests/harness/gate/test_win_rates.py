"""The win-rate rules on judgments made by hand."""

from dataclasses import replace

import pytest

from tests.harness.gate.inputs import prompts_of
from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.rules import EquivalenceRule, WinRateRule
from tpobench.harness.gate.win_rates import equivalence_outcome, judge_win_rate, observations, win_rate_outcome
from tpobench.harness.records import Prompt


def prefix(values: list[float | None], of: int | None = None) -> JudgedPrefix:
    size = len(values) if of is None else of
    return JudgedPrefix(prompts=prompts_of(len(values)), values=values, of=size, final=size)


def test_a_missing_judgment_counts_against_promotion() -> None:
    rule = WinRateRule(margin=0.05, method="fixed")
    seen: list[float | None] = [1.0] * 104 + [0.0] * 96
    few: list[float | None] = [1.0] * 100 + [None] * 4 + [0.0] * 96
    assert win_rate_outcome(rule, prefix(seen))[0] == "PASS"
    assert win_rate_outcome(rule, prefix(few))[0] == "INCONCLUSIVE"


def test_a_decision_waits_until_few_enough_of_the_consumed_are_missing() -> None:
    values: list[float | None] = [None, *[1.0] * 99]
    assert win_rate_outcome(WinRateRule(margin=0.05), prefix(values, of=400)) == ("PASS", 50)


def test_a_negative_margin_asks_for_a_win() -> None:
    level: list[float | None] = [1.0] * 400 + [0.0] * 400
    won: list[float | None] = [1.0] * 480 + [0.0] * 320
    assert win_rate_outcome(WinRateRule(margin=-0.04, method="fixed"), prefix(level))[0] == "FAIL"
    assert win_rate_outcome(WinRateRule(margin=-0.04, method="fixed"), prefix(won))[0] == "PASS"


@pytest.mark.parametrize(("won", "outcome"), [(500, "PASS"), (700, "FAIL"), (300, "FAIL"), (545, "INCONCLUSIVE")])
def test_equivalence_is_certain_on_both_sides_or_it_is_none(won: int, outcome: str) -> None:
    values: list[float | None] = [1.0, 0.0] * min(won, 1000 - won) + [float(won > 500)] * abs(2 * won - 1000)
    assert equivalence_outcome(EquivalenceRule(within=0.05, method="fixed"), prefix(values))[0] == outcome


def test_the_interval_leaves_out_the_floor_exactly_where_the_rule_has_decided() -> None:
    for won in range(60, 141, 4):
        values: list[float | None] = [1.0, 0.0] * min(won, 200 - won) + [float(won > 100)] * abs(2 * won - 200)
        result = judge_win_rate("head_to_head", WinRateRule(margin=0.0), prefix(values), against="it")
        assert result.low is not None
        assert result.high is not None
        reading = "PASS" if result.low > 0.5 else "FAIL" if result.high < 0.5 else "INCONCLUSIVE"
        assert (result.outcome, won) == (reading, won)


def test_what_is_still_needed_is_told_where_more_prompts_would_decide() -> None:
    level: list[float | None] = [1.0, 0.0] * 50
    rule = WinRateRule(margin=0.05)
    open_ = judge_win_rate("head_to_head", rule, prefix(level), against="it", dollars_per_prompt=0.01)
    assert open_.outcome == "INCONCLUSIVE"
    assert open_.needed == pytest.approx(742 - 100, abs=30)
    assert open_.dollars == pytest.approx((open_.needed or 0) * 0.01)
    lost: list[float | None] = [1.0, 0.0, 0.0] * 30
    assert judge_win_rate("head_to_head", rule, prefix(lost[:20]), against="it").needed is None


def test_observations_of_clusters_by_hand() -> None:
    prompts = [Prompt(f"p{number}", name) for number, name in enumerate("aabbbcc")]
    values: list[float | None] = [1.0, None, 0.0, 0.5, 1.0, None, 1.0]
    seen = JudgedPrefix(prompts=prompts, values=values, of=9, final=9, clusters="category", largest=4)
    part = observations(seen)
    assert part.sizes.tolist() == [2, 3], "the last cluster may go on"
    assert (part.low.tolist(), part.high.tolist()) == ([0.5, 0.5], [1.0, 0.5])
    assert part.weights is not None
    assert part.weights.tolist() == [0.5, 0.75]
    whole = observations(replace(seen, of=7, final=7))
    assert (whole.sizes.tolist(), whole.low.tolist(), whole.high.tolist()) == (
        [2, 3, 2],
        [0.5, 0.5, 0.5],
        [1.0, 0.5, 1.0],
    )
    assert observations(replace(seen, clusters=None)).sizes.tolist() == [1] * 7


def test_more_than_two_missing_in_a_hundred_decide_nothing_here_either() -> None:
    values: list[float | None] = [None] * 3 + [1.0] * 97
    assert win_rate_outcome(WinRateRule(margin=0.05), prefix(values))[0] == "INVALID"
    assert win_rate_outcome(WinRateRule(margin=0.05), prefix([None, None, *values[3:], 1.0]))[0] == "PASS"


def test_so_many_missing_that_the_rest_cannot_make_up_for_them_ends_the_gate_at_once() -> None:
    rule = WinRateRule(margin=0.05)
    assert win_rate_outcome(rule, prefix([None] * 9 + [1.0] * 91, of=400))[0] == "INVALID"
    assert win_rate_outcome(rule, prefix([None] * 8 + [1.0] * 91, of=400))[0] == "INCONCLUSIVE"
