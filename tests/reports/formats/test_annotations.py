"""A gate's decision in the log of GitHub Actions."""

from tests.reports.decisions import with_evidence
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.formats.annotations import annotations


def test_annotations_escape_and_have_the_level_of_the_outcome() -> None:
    rules = (
        RuleResult(rule="metric a,b:c", outcome="FAIL", sentence="100% of 3%0A"),
        RuleResult(rule="degenerate", outcome="PASS", sentence="none"),
    )
    first, second = annotations(Decision(rules=rules, candidate="new"))
    assert first == "::error title=FAIL tpobench gate::new is rejected by the gate (metric a,b:c)"
    assert second == "::error title=FAIL metric a%2Cb%3Ac::100%25 of 3%250A"
    (passed,) = annotations(Decision(rules=rules[1:], candidate="new"))
    assert passed.startswith("::notice title=PASS tpobench gate::new meets every rule")


def test_what_only_warns_is_a_warning_and_what_only_advises_is_not_told() -> None:
    assert annotations(with_evidence())[1:] == [
        "::warning title=WARNING length_ratio::2.1 times as long (supporting)",
        "::warning title=WARNING tpobench gate::the judge <b>trained</b> the candidate",
    ]
