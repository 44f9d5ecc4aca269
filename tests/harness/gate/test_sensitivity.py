"""The rule that every decision has: its control, and what the verdicts show of their judge."""

from dataclasses import replace

import pytest

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.control import ControlResult
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.gate.sensitivity import judge_sensitivity

LIMITS = Sensitivity()
LOST = ControlResult("PASS", "control: bad answers lost 8 of 8")
FIRST = (Verdict("AB", "A", 1.0), Verdict("BA", "A", 0.0))
WON = (Verdict("AB", "A", 1.0), Verdict("BA", "B", 1.0))


def test_figures_are_stated() -> None:
    result = judge_sensitivity(LIMITS, LOST, [WON] * 9 + [FIRST])
    assert result.outcome == "PASS"
    assert result.sentence == (
        "control: bad answers lost 8 of 8; flips 10% of 10, ties 0% of 10, position 10% of 10, missing 0% of 20"
    )


def test_a_control_that_did_not_lose_or_a_limit_makes_it_invalid() -> None:
    prefers = ControlResult("INVALID", "the judge preferred bad answers")
    assert judge_sensitivity(LIMITS, prefers, [WON] * 20).outcome == "INVALID"
    flips = judge_sensitivity(LIMITS, LOST, [FIRST] * 10)
    assert flips.outcome == "INVALID"
    assert "flips 100% of 10, allowed up to 50%" in flips.sentence


def test_nothing_judged_is_shown() -> None:
    result = judge_sensitivity(LIMITS, ControlResult("SHOWN", "no rule asks a judge"), [])
    assert (result.outcome, result.sentence) == ("SHOWN", "no rule asks a judge; no verdict to look at")


@pytest.mark.parametrize("verdicts", [FIRST, (Verdict("AB", "C", 0.5), Verdict("BA", "C", 0.5))])
def test_without_a_control_not_one_verdict_on_a_side_is_enough_to_see_nothing(verdicts: tuple[Verdict, ...]) -> None:
    uncontrolled = ControlResult("SHOWN", "no control")
    assert judge_sensitivity(LIMITS, uncontrolled, [verdicts] * 3).outcome == "INVALID"
    assert judge_sensitivity(LIMITS, uncontrolled, [verdicts] * 3 + [WON] * 3).outcome == "PASS"
    assert judge_sensitivity(LIMITS, LOST, [verdicts] * 3).outcome == "PASS"


def test_rules_that_tie_what_meets_the_same_checks_decide_where_a_control_lost() -> None:
    tied = [(Verdict("AB", "tie", 0.5),)] * 60
    free = replace(LOST, sees=True)
    assert judge_sensitivity(LIMITS, free, tied).outcome == "PASS"
    assert judge_sensitivity(Sensitivity(ties=0.5), free, tied).outcome == "INVALID"
    assert judge_sensitivity(LIMITS, LOST, tied).outcome == "INVALID"
    assert judge_sensitivity(LIMITS, ControlResult("SHOWN", "no control"), tied).outcome == "INVALID"
