"""The decision that rules make together, and what it may show."""

import pytest

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleOutcome, RuleResult, merged, revealed
from tpobench.harness.gate.rules import Reveal, Tier


def result(outcome: RuleOutcome, tier: Tier = "critical", rule: str = "rule") -> RuleResult:
    return RuleResult(rule=rule, outcome=outcome, sentence="", tier=tier)


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([result("PASS"), result("FAIL", "supporting"), result("INCONCLUSIVE", "advisory")], "PASS"),
        ([result("PASS"), result("INVALID", "advisory")], "INVALID"),
        ([result("FAIL"), result("INCONCLUSIVE")], "FAIL"),
        ([result("SHOWN"), result("PASS", "supporting")], "INVALID"),
        ([], "INVALID"),
    ],
)
def test_critical_rules_decide_and_what_is_broken_always_does(results: list[RuleResult], outcome: str) -> None:
    assert Decision(rules=tuple(results)).outcome == outcome


def test_several_benchmarks_make_one_decision() -> None:
    chat = Decision(rules=(result("PASS", rule="head_to_head"),), judge="j", benchmark="a", warnings=("w",))
    code = Decision(rules=(result("FAIL", rule="head_to_head"),), judge="j", benchmark="b", warnings=("w",))
    both = merged({"chat": chat, "code": code})
    assert (both.outcome, both.judge, both.benchmark, both.warnings) == ("FAIL", "j", "a, b", ("w",))
    assert [rule.rule for rule in both.rules] == ["chat / head_to_head", "code / head_to_head"]
    assert merged({"": chat}) == chat


@pytest.mark.parametrize(
    ("reveal", "passed", "failed"),
    [("all", "secret", "secret"), ("after_pass", "secret", None), ("categories", "", ""), ("none", None, None)],
)
def test_prompts_are_shown_as_far_as_the_policy_lets(reveal: Reveal, passed: str | None, failed: str | None) -> None:
    for outcome, shown in (("PASS", passed), ("FAIL", failed)):
        rules = (result(outcome),)  # type: ignore[arg-type]
        prompts = (ClearPrompt("secret", "math", 0.0),)
        lost = revealed(Decision(rules=rules, lost=prompts, won=prompts), reveal).lost
        assert [prompt.prompt for prompt in lost] == ([] if shown is None else [shown])
        assert all(prompt.category == "math" for prompt in lost)
