"""Judges turn responses into scores and judgments. They never see a thought."""

from harness.errors import UserError, did_you_mean
from harness.judges.checklist import ChecklistJudge
from harness.modes import Mode
from harness.records import Output

JUDGES = ("checklist",)


def judge_named(name: str) -> ChecklistJudge:
    """The judge of this name; raises UserError for an unknown one."""
    if name not in JUDGES:
        raise UserError(f"unknown judge {name!r}; {did_you_mean(name, list(JUDGES))}")
    return ChecklistJudge()


def judged_text(output: Output, mode: Mode) -> str:
    """What a judge gets to see of an output: its response, empty when it did not parse.

    Raises AssertionError when a marker of the mode is in it: a thought must never reach a judge.
    """
    if output.parse_error:
        return ""
    leaked = [marker for marker in mode.markers if marker in output.response]
    assert not leaked, f"the response of output {output.key} holds the marker {leaked[0]!r}"
    return output.response
