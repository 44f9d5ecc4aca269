"""The win-rate rule on judgments made by hand."""

from tests.harness.gate.inputs import prompts_of
from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.policy import WinRateRule
from tpobench.harness.gate.win_rates import win_rate_outcome


def test_a_missing_judgment_counts_against_promotion() -> None:
    rule = WinRateRule(margin=0.05, method="fixed")
    seen: list[float | None] = [1.0] * 104 + [0.0] * 96
    few: list[float | None] = [1.0] * 100 + [None] * 4 + [0.0] * 96
    assert win_rate_outcome(rule, JudgedPrefix(prompts_of(200), seen, 200))[0] == "PASS"
    assert win_rate_outcome(rule, JudgedPrefix(prompts_of(200), few, 200))[0] == "INCONCLUSIVE"


def test_a_decision_waits_until_few_enough_of_the_consumed_are_missing() -> None:
    values: list[float | None] = [None, *[1.0] * 99]
    outcome, used = win_rate_outcome(WinRateRule(margin=0.05), JudgedPrefix(prompts_of(100), values, 400))
    assert (outcome, used) == ("PASS", 50)
