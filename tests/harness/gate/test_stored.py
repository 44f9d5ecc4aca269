"""A gate on what the store holds: whom it finds there, and what it refuses to mix."""

from dataclasses import replace
from typing import Any

import pytest

from tests.harness.gate.evaluations import CHECKLIST, NEXT_VERSION, PROMPTS, judged
from tpobench.harness.config import validate
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.stored import stored_input
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store


def gate(store: Store, candidate: str, against: str = "base", **rules: Any) -> Decision:
    policy = validate({"head_to_head": {"margin": 0.05}} | rules, Policy, "policy")
    return apply_policy(policy, stored_input(store, policy, GateRequest(candidate=candidate, against=against)))


def test_a_stored_evaluation_is_decided_on_by_name(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "fair", 10)
    metrics = {"mean_score": {"min": 0.7}}
    decision = gate(store, "good", parse_errors={"max": 0.1}, length_ratio={"max": 2}, metrics=metrics)
    assert decision.outcome == "PASS"
    assert (decision.candidate, decision.against, decision.judge) == ("good", "base", "checklist@1")
    assert {rule.outcome for rule in decision.rules} == {"PASS"}
    assert gate(store, "fair", metrics=metrics).outcome == "FAIL"


def test_the_anchor_is_found_in_the_store_or_named(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "good", 60, against="old")
    assert gate(store, "good", anchor={"against": "old", "margin": 0.1}).outcome == "PASS"
    with pytest.raises(UserError, match="holds no model 'older'; did you mean 'old'"):
        gate(store, "good", anchor={"against": "older", "margin": 0.1})
    judged(store, "good", 60, against="easy", benchmark="elsewhere")
    with pytest.raises(UserError, match=r"was never judged against easy on bench by checklist@1"):
        gate(store, "good", anchor={"against": "easy", "margin": 0.1})


def test_judgments_of_two_judges_are_not_mixed(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "good", 60, judge=NEXT_VERSION)
    with pytest.raises(UserError, match=r"more than one judge: checklist@1, checklist@2; pin one under pins\.judge"):
        gate(store, "good")
    assert gate(store, "good", pins={"judge": "checklist@2"}).judge == "checklist@2"
    assert gate(store, "good", pins={"judge": "checklist@1"}).outcome == "PASS"


def test_a_pinned_judge_that_never_judged_makes_the_gate_invalid(store: Store) -> None:
    judged(store, "good", 60)
    assert gate(store, "good", pins={"judge": "checklist@3"}).outcome == "INVALID"


def test_two_benchmarks_are_not_mixed(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "good", 60, benchmark="another")
    with pytest.raises(UserError, match="more than one benchmark: another, bench; say which under 'evaluate'"):
        gate(store, "good")


def test_modes_of_the_baseline_are_not_mixed(store: Store) -> None:
    candidate = add_answers(store, "good", PROMPTS, [f"good answers {n}: yes" for n in range(80)])
    base = add_answers(store, "base", PROMPTS, [f"base answers {n}" for n in range(80)])
    thinking = replace(base, mode=replace(DIRECT, name="think:generic"))
    evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), candidate, thinking)
    assert gate(store, "good").against == "base (think:generic)"
    evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), candidate, base)
    with pytest.raises(UserError, match="more than one baseline_mode: direct, think:generic; say which, as base@MODE"):
        gate(store, "good")


def test_two_sets_of_answers_under_one_name_are_not_mixed(store: Store) -> None:
    """A nightly job writes other answers to the same file: the gate must not decide on the older ones."""
    base = add_answers(store, "base", PROMPTS, [f"base answers {n}" for n in range(80)])
    for word in ("yes", "no"):
        candidate = add_answers(store, "cand", PROMPTS, [f"cand answers {n}: {word}" for n in range(80)])
        evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), candidate, base)
    with pytest.raises(UserError, match=r"more than one candidate: .*; name one of these fingerprints"):
        gate(store, "cand")
    assert gate(store, candidate.model.fingerprint).candidate == "cand"


def test_models_that_never_met_are_told_what_to_do(store: Store) -> None:
    judged(store, "good", 60)
    judged(store, "other", 60, against="elsewhere")
    with pytest.raises(UserError, match=r"good was never judged against elsewhere .* tpobench compare"):
        gate(store, "good", "elsewhere")
    with pytest.raises(UserError, match="holds no model 'goood'; did you mean 'good'"):
        gate(store, "goood")
