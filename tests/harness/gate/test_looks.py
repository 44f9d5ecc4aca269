"""Looks only append: what was looked at can neither be left out nor put elsewhere."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.harness.gate.inputs import GivenPreferences, gate_input, policy, preferences
from tpobench.harness.errors import UserError
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.comparison import SequentialComparison
from tpobench.harness.gate.decision import Outcome
from tpobench.harness.gate.input import GateInput
from tpobench.harness.gate.looks import (
    continued_chain,
    open_looks,
    prompts_left_out,
    require_judge_of_line,
    told_of_repeats,
)
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.win_rates import win_rate_outcome
from tpobench.harness.records import GateLook
from tpobench.harness.store.store import Store

FLOOR = 0.45


def look(parent: str, *observations: str) -> GateLook:
    return GateLook(
        test="t",
        parent=parent,
        role="head_to_head",
        candidate="c",
        against="b",
        judge="j",
        line="",
        observations=observations,
    )


def first_of(source: GivenPreferences, count: int) -> GivenPreferences:
    return replace(source, prompts=source.prompts[:count], asked=[])


def gated(store: Store, rules: Policy, source: GivenPreferences) -> Outcome:
    """What the head-to-head says, with the look entered in the store."""
    comparison = SequentialComparison(source, open_looks(store, rules, gate_input(source))["head_to_head"].look)
    comparison.advance(len(source.prompts))
    assert rules.head_to_head is not None
    return win_rate_outcome(rules.head_to_head, comparison.prefix())[0]


def test_the_longest_chain_that_is_wholly_there_is_continued() -> None:
    first = look("", "a", "b")
    second = look(first.key, "c")
    other = look("", "x")
    looks = [first, second, other]
    assert continued_chain(looks, ["b", "a", "c", "d"]) == (first, second)
    assert continued_chain(looks, ["a", "b", "d"]) == (first,)
    assert continued_chain(looks, ["a", "d"]) == ()
    assert continued_chain(looks, ["a", "b", "c", "x"]) == (first, second)
    assert continued_chain(looks, ["a", "b", "d"], grows=False) == ()
    assert continued_chain(looks, ["a", "b"], grows=False) == (first,)


def test_the_same_look_again_enters_nothing(store: Store) -> None:
    rules, source = policy(), preferences(0.5, count=40)
    shuffled = replace(source, prompts=random.Random(1).sample(list(source.prompts), 40))
    looks = [open_looks(store, rules, gate_input(one))["head_to_head"] for one in (source, shuffled)]
    assert looks[0] == looks[1]
    assert store.rows("SELECT count(*) AS looks FROM gate_look") == [{"looks": 1}]


def test_prompts_that_are_added_are_consumed_last_and_the_one_test_was_made_before(store: Store) -> None:
    rules, source = policy(), preferences(0.5, count=90)
    few = open_looks(store, rules, gate_input(first_of(source, 60)))["head_to_head"]
    many = open_looks(store, rules, gate_input(source))["head_to_head"]
    assert many.look.order[:60] == few.look.order
    assert (many.look.first, len(many.look.order), many.root) == (60, 90, few.root)
    fewer = open_looks(store, rules, gate_input(first_of(source, 50)))["head_to_head"]
    assert fewer.root != few.root, "what was looked at is left out: another test"


def test_another_seed_block_or_pin_is_the_same_test_and_another_margin_is_not(store: Store) -> None:
    source = gate_input(preferences(0.5, count=40))
    roots = [
        open_looks(store, rules, source)["head_to_head"].root
        for rules in (policy(), policy(seed=7), policy(block=3), policy(pins={"judge": "judge@1"}))
    ]
    assert len(set(roots)) == 1
    assert open_looks(store, policy(head_to_head={"margin": 0.06}), source)["head_to_head"].root not in roots


def test_a_file_of_answers_that_grew_is_another_model_and_the_same_test(store: Store) -> None:
    rules, source = policy(), preferences(0.5, count=90)
    few = gate_input(first_of(source, 60))
    more = replace(gate_input(source), candidate_fingerprint="another")
    roots = [open_looks(store, rules, looked)["head_to_head"].root for looked in (few, more)]
    assert roots[0] == roots[1]
    assert told_of_repeats(store, None, rules, more).warnings == ()
    part = replace(gate_input(replace(source, prompts=source.prompts[30:])), candidate_fingerprint="a third")
    assert "was tested once before" in told_of_repeats(store, None, rules, part).warnings[0]


def test_prompts_of_a_line_may_not_be_left_out_and_may_be_added(store: Store) -> None:
    rules, source = policy(line="assistant"), preferences(0.5, count=90)

    def left_out(looked: GateInput) -> int:
        looks = open_looks(store, rules, looked, line="assistant")
        return prompts_left_out(store, "assistant", [looked], [looks])

    few = gate_input(first_of(source, 60))
    assert [left_out(few), left_out(gate_input(source)), left_out(few)] == [0, 0, 0], "the same gate again is the same"
    lost = replace(source, prompts=source.prompts[5:], values={key: 1.0 for key in source.values})
    assert left_out(gate_input(lost)) == 5
    assert prompts_left_out(store, None, [gate_input(lost)], []) == 0
    decision = apply_policy(rules, replace(gate_input(lost), left_out=5))
    assert decision.outcome == "INVALID"
    assert lost.asked == [], "nobody is asked for it"


def share_of_passes(decisions: Sequence[Sequence[Outcome]]) -> float:
    return sum("PASS" in looks for looks in decisions) / len(decisions)


def test_growing_the_prompts_until_they_pass_passes_no_more_often_than_alpha(store: Store) -> None:
    rules, worlds = policy(), 40
    decisions = []
    for seed in range(worlds):
        source = preferences(FLOOR, count=240, seed=1000 + seed)
        source = replace(source, judge=f"judge@{seed}")
        decisions.append([gated(store, rules, first_of(source, count)) for count in (60, 120, 180, 240)])
    assert share_of_passes(decisions) <= 0.05 + 2 * (0.05 * 0.95 / worlds) ** 0.5


def test_a_pair_that_was_tested_before_without_a_line_is_told(store: Store) -> None:
    rules, source = policy(), preferences(0.5, count=40)
    looked = gate_input(source)
    assert told_of_repeats(store, None, rules, looked).warnings == ()
    open_looks(store, rules, looked)
    assert told_of_repeats(store, None, rules, looked).warnings == (), "the same gate again is no repeat"
    other = gate_input(preferences(0.5, count=40, seed=3))
    (warning,) = told_of_repeats(store, None, rules, other).warnings
    assert "this pair, or one with the same answers, was tested once before with" in warning
    (warning,) = told_of_repeats(store, "another", rules, other).warnings
    assert "once before outside this line" in warning, "a new line is no new budget for an old pair"
    open_looks(store, rules, other, line="own")
    third = gate_input(preferences(0.5, count=40, seed=4))
    assert "tested once before outside this line" in told_of_repeats(store, "own", rules, third).warnings[0]


def test_a_line_stays_with_its_judge(store: Store) -> None:
    looked = gate_input(preferences(0.5, count=40))
    open_looks(store, policy(line="assistant"), looked, line="assistant")
    require_judge_of_line(store, "assistant", looked)
    with pytest.raises(
        UserError, match=r"the line 'assistant' were decided by the judge judge@1, this one asks judge@2"
    ):
        require_judge_of_line(store, "assistant", replace(looked, judge="judge@2"))
    require_judge_of_line(store, "another", replace(looked, judge="judge@2"))
