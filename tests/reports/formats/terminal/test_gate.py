"""A gate's decision in the terminal."""

import io
import re

import pytest
from rich.console import Console

from tests.reports.decisions import HOSTILE, OUTCOMES, hostile
from tpobench.harness.gate.decision import Decision, RuleOutcome, RuleResult
from tpobench.reports.formats.annotations import annotations
from tpobench.reports.formats.terminal.gate import clear_prompt_lines, decision_table


def drawn(decision: Decision, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(decision_table(decision))
    console.print(clear_prompt_lines(decision), no_wrap=True, overflow="ellipsis")
    assert isinstance(console.file, io.StringIO)
    console.file.getvalue().encode()
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_line_of_the_log_is_a_forged_command(text: str) -> None:
    for line in drawn(hostile(text)):
        seen = re.sub("[^ -~]", "", line)  # a runner may overlook what has no width
        assert not seen.lstrip().startswith("::")
        assert "##" not in seen
        assert "\x1b" not in line
    told = annotations(hostile(text))
    assert len(told) == 4
    for command in told:
        assert re.match(r"::(error|warning) title=[^:,\r\n]*::[^\r\n]*$", command)
        assert not re.search("%(?!25|0D|0A|3A|2C)", command)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("outcome", OUTCOMES[:4])
def test_the_terminal_keeps_every_outcome_word(width: int, outcome: RuleOutcome) -> None:
    sentence = "win rate 41.7% against the baseline over 60 of 60 prompts is below the floor of 45.0% " * 3
    name = "category " + "a_very_long_name_without_a_blank_" * 3
    lines = drawn(
        Decision(
            rules=(
                RuleResult(rule=name, outcome=outcome, sentence=sentence),
                RuleResult(rule="b", outcome="SHOWN", sentence="x"),
            ),
            candidate="new",
            against="old",
        ),
        width,
    )
    assert all(len(line.rstrip()) <= width for line in lines)
    assert [word for word in " ".join(lines).split() if word in OUTCOMES] == [outcome, "SHOWN", outcome]
    *_, last = [line for line in lines if line.startswith(outcome)]
    assert "decision" in last
