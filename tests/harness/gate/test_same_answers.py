"""Copies of prompts in other words are told by what both models answer to them."""

from tests.harness.gate.inputs import gate_input, preferences
from tpobench.harness.gate.input import OutputSummary
from tpobench.harness.gate.same_answers import told_of_same_answers


def told(ours: list[str], theirs: list[str]) -> tuple[str, ...]:
    outputs, baseline_outputs = OutputSummary(responses=ours), OutputSummary(responses=theirs)
    return told_of_same_answers(
        gate_input(preferences(0.5, count=len(ours)), outputs=outputs, baseline_outputs=baseline_outputs)
    )


def test_the_same_two_responses_again_are_told() -> None:
    ours = [f"A long answer to the question number {n % 30}." for n in range(60)]
    theirs = [f"Another long answer to the question {n % 30}." for n in range(60)]
    assert "30 of 60 prompts have the same two responses as another prompt" in told(ours, theirs)[0]


def test_short_answers_and_answers_of_one_side_alone_are_no_copies() -> None:
    assert told(["yes"] * 60, ["no"] * 60) == ()
    assert (
        told(["I am not able to answer that question."] * 60, [f"Prompt {n} is about a kettle." for n in range(60)])
        == ()
    )
