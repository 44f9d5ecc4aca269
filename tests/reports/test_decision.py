"""A gate's decision in words."""

from dataclasses import asdict

import pytest

from tests.reports.decisions import of_two_benchmarks, with_evidence
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.decision import culprits, evidence, further_warnings, headline, parts, shown_as, without_interval


def test_a_pass_names_no_culprit() -> None:
    assert headline(Decision(rules=(RuleResult(rule="a", outcome="PASS", sentence=""),))) == (
        "the candidate meets every rule of the gate, so it may be promoted"
    )


def test_a_pass_with_warnings_says_so_and_does_not_claim_every_rule() -> None:
    assert headline(with_evidence()) == (
        "new meets every critical rule of the gate, so it may be promoted, with 2 warnings"
    )
    told = Decision(rules=(RuleResult(rule="a", outcome="PASS", sentence=""),), warnings=("the judge trained it",))
    assert headline(told).endswith("meets every rule of the gate, so it may be promoted, with 1 warning")


def test_a_rule_that_only_warns_is_no_culprit() -> None:
    rules = [
        RuleResult(rule="a", outcome="FAIL", sentence="", tier="supporting"),
        RuleResult(rule="b", outcome="FAIL", sentence=""),
        RuleResult(rule="c", outcome="FAIL", sentence="", tier="advisory"),
    ]
    assert headline(Decision(rules=tuple(rules))) == "the candidate is rejected by the gate (b)"


@pytest.mark.parametrize(
    ("outcome", "tier", "shown"),
    [
        ("FAIL", "critical", "FAIL"),
        ("FAIL", "supporting", "WARNING"),
        ("INCONCLUSIVE", "supporting", "WARNING"),
        ("FAIL", "advisory", "SHOWN"),
        ("PASS", "supporting", "PASS"),
        ("INVALID", "advisory", "INVALID"),
    ],
)
def test_a_rule_looks_like_what_it_does(outcome: str, tier: str, shown: str) -> None:
    assert shown_as(outcome, tier) == shown


def test_the_figures_behind_a_sentence_are_short() -> None:
    first, second, _ = with_evidence().rules
    assert evidence(asdict(first)) == "p 0.0031, e 41; sees 5.2 points; 1,200 more prompts (about $0.42) would decide"
    assert evidence(asdict(second)) == "supporting"
    assert evidence({"rule": "stored by an earlier version", "outcome": "PASS"}) == ""
    assert evidence({"p_value": 1e-9, "e_value": float("inf")}) == "p < 0.001, e > 1,000,000"
    assert evidence({"needed": 1, "dollars": 0.0001}) == "1 more prompt (less than $0.01) would decide"


def test_a_warning_is_told_once() -> None:
    assert further_warnings(with_evidence()) == ["the judge <b>trained</b> the candidate"]


def test_rules_of_several_benchmarks_stand_under_their_names() -> None:
    named = [(name, [rule.rule for rule in rules]) for name, rules in parts(of_two_benchmarks())]
    assert named == [("chat", ["head_to_head", "category a / b"]), ("code", ["head_to_head"])]
    (only,) = parts(Decision(rules=(RuleResult(rule="category a / b", outcome="PASS", sentence=""), rule_without())))
    assert only[0] == ""


def rule_without() -> RuleResult:
    return RuleResult(rule="degenerate", outcome="PASS", sentence="")


def test_a_page_with_the_interval_of_a_figure_has_no_second_one_in_a_rule() -> None:
    said = "win rate 65.0% over 20 of 90 prompts is above 45.0% (45.8 to 75.1% at alpha 0.05, hybrid)"
    assert without_interval(said) == "win rate 65.0% over 20 of 90 prompts is above 45.0% (at alpha 0.05, hybrid)"
    drop = "fell by 1.0 points (−2.0 to +0.5) at alpha 0.05, over 90 prompts"
    assert without_interval(drop) == "fell by 1.0 points at alpha 0.05, over 90 prompts"
    assert without_interval("a win rate (1 to 2) of 3") == "a win rate (1 to 2) of 3"


def test_the_rules_that_made_a_decision_are_named() -> None:
    rules = [{"rule": f"category {name}", "outcome": "FAIL"} for name in "abcd"]
    rules += [{"rule": "head_to_head", "outcome": "PASS"}, {"rule": "x", "outcome": "FAIL", "tier": "advisory"}]
    assert culprits("FAIL", rules) == " (category a, category b, category c, and 1 more)"
    assert culprits("PASS", rules) == ""
    assert culprits("INVALID", rules) == ""
