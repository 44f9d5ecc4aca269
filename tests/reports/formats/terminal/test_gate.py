"""A gate's decision in the terminal."""

import io
import re

import pytest
from rich.console import Console

from tests.reports.decisions import HOSTILE, OUTCOMES, hostile, of_two_benchmarks, with_evidence
from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleOutcome, RuleResult
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
    assert len(told) == 5
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


def test_the_figures_stand_below_the_sentence_and_warnings_above_the_decision() -> None:
    lines = [" ".join(line.split()) for line in drawn(with_evidence(), 120)]
    assert lines[:6] == [
        "PASS head_to_head win rate 60%",
        "p 0.0031, e 41; sees 5.2 points; 1,200 more prompts (about $0.42) would decide",
        "FAIL length_ratio 2.1 times as long",
        "supporting",
        "INCONCLUSIVE metric brevity unknown",
        "advisory",
    ]
    assert lines[6] == "warning the judge <b>trained</b> the candidate"
    assert lines[7].startswith("PASS decision new meets every critical rule")


def test_a_warning_is_amber_and_not_red() -> None:
    console = Console(file=io.StringIO(), width=120, highlight=False, force_terminal=True, color_system="standard")
    console.print(decision_table(with_evidence()))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[33mFAIL" in console.file.getvalue()
    assert "\x1b[31m" not in console.file.getvalue()


def test_rules_of_several_benchmarks_have_a_heading_each() -> None:
    shown = [" ".join(line.split()) for line in drawn(of_two_benchmarks(), 120)]
    assert shown[:5] == ["chat", "PASS head_to_head 60%", "PASS category a / b 60%", "code", "PASS head_to_head 60%"]


def test_a_prompt_that_is_not_revealed_leaves_its_category() -> None:
    lost = (ClearPrompt("", "coding", 0.0),)
    assert clear_prompt_lines(Decision(rules=(), lost=lost)).plain == "lost   0.0%  coding"
