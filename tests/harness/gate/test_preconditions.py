"""What must hold before anything is spent."""

from dataclasses import replace

from tests.harness.gate.inputs import gate_input, policy, preferences
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.records import Prompt


def test_a_guarded_category_that_there_is_none_of_is_named_before_anything_is_spent() -> None:
    head = preferences(0.8, categories=2)
    decision = apply_policy(policy(categories={"margin": 0.15, "only": ["category 0", "categry 1"]}), gate_input(head))
    (rule,) = [rule for rule in decision.rules if rule.outcome == "INVALID"]
    assert (rule.rule, head.asked) == ("category categry 1", [])
    assert "did you mean 'category 1'?" in rule.sentence


def test_what_is_pinned_must_be_as_it_was() -> None:
    head = preferences(0.8)
    right = {"judge": "judge@1", "baseline": "b" * 32, "prompts": prompts_digest(head.prompts)}
    assert apply_policy(policy(pins=right), gate_input(head)).outcome == "PASS"
    for what in right:
        decision = apply_policy(policy(pins=right | {what: "other"}), gate_input(replace(head, asked=[])))
        (rule,) = [rule for rule in decision.rules if rule.outcome == "INVALID"]
        assert rule.rule == f"pinned {what}"
        assert right[what] in rule.sentence


def test_what_is_pinned_of_prompts_is_all_that_decides() -> None:
    plain = [Prompt("p", "a", "one file", ({"contains": "x"},))]
    assert prompts_digest(plain) == prompts_digest([Prompt("p", "a", "another file", ({"contains": "x"},))])
    for other in (
        Prompt("q", "a", "f", ({"contains": "x"},)),
        Prompt("p", "b", "f", ({"contains": "x"},)),
        Prompt("p", "a", "f", ({"contains": "y"},)),
    ):
        assert prompts_digest([other]) != prompts_digest(plain)
    assert prompts_digest(plain * 2) != prompts_digest(plain)
