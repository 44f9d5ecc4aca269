"""A gate's decision in words."""

from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.decision import headline


def test_a_pass_names_no_culprit() -> None:
    assert headline(Decision(rules=(RuleResult(rule="a", outcome="PASS", sentence=""),))) == (
        "the candidate meets every rule of the gate, so it may be promoted"
    )
