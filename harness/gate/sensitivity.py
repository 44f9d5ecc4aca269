"""Can the judge tell answers apart at all? One that goes by position, or ties everything, decides nothing."""

from collections.abc import Sequence

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.control import ControlResult
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.gate.verdict_shares import beyond_limits, verdict_shares, with_reasons


def judge_sensitivity(limits: Sensitivity, control: ControlResult, judged: Sequence[Sequence[Verdict]]) -> RuleResult:
    """What shows that the judge can tell answers apart: its control, and the verdicts that the decision rests on.

    Args:
        limits: Of the policy.
        control: How the control went.
        judged: The verdicts by prompt. Prompts with two equal responses show nothing of the judge, and are left out.
    """
    shares = verdict_shares(judged)
    problems = [control.sentence] if control.outcome == "INVALID" else []
    beyond = beyond_limits(limits, shares, controlled=control.outcome == "PASS", free=control.sees)
    if beyond:
        reasons = "; ".join(with_reasons(beyond, judged))
        problems.append(f"the judge cannot tell these answers apart: {reasons}")
    if problems:
        return RuleResult(rule="sensitivity", outcome="INVALID", sentence=", and ".join(problems))
    seen = ", ".join(f"{name} {share.share:.0%} of {share.of}" for name, share in shares.items())
    shown = [text for text in (control.sentence, seen or "no verdict to look at") if text]
    outcome: RuleOutcome = "PASS" if shares or control.outcome == "PASS" else "SHOWN"
    return RuleResult(rule="sensitivity", outcome=outcome, sentence="; ".join(shown))
