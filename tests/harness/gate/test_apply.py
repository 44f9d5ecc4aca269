"""A policy on preferences made by hand: what decides, what is asked, and what must not matter."""

import random
from dataclasses import replace

import pytest

from tests.harness.gate.inputs import GivenPreferences, gate_input, outcomes, policy, preferences
from tpobench.harness.config import validate
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.input import OutputSummary
from tpobench.harness.gate.policy import Policy
from tpobench.harness.records import Prompt
from tpobench.harness.stats.power import guard_size

ALWAYS = {"sensitivity": "PASS", "degenerate": "PASS"}
"""What a gate says of itself and of the outputs, whatever the policy."""


@pytest.mark.parametrize(("win_rate", "outcome"), [(0.75, "PASS"), (0.25, "FAIL"), (0.46, "INCONCLUSIVE")])
def test_the_clear_cases_are_decided_early_and_the_close_one_is_not(win_rate: float, outcome: str) -> None:
    head = preferences(win_rate)
    decision = apply_policy(policy(), gate_input(head))
    assert decision.outcome == outcome
    if outcome == "INCONCLUSIVE":
        assert len(head.asked) == 400
    else:
        assert len(head.asked) <= 100
        assert decision.rules[0].prompts is not None
        assert len(head.asked) - 25 < decision.rules[0].prompts <= len(head.asked), "asked by blocks of 25"


@pytest.mark.parametrize("method", ["fixed", "sequential"])
def test_swapping_the_labels_mirrors_the_decision(method: str) -> None:
    mirrored = {"PASS": "FAIL", "FAIL": "PASS", "INCONCLUSIVE": "INCONCLUSIVE"}
    for seed in range(20):
        head = preferences(0.3 + 0.02 * seed, count=150, seed=seed)
        swapped = replace(head, values={key: 1 - (value or 0.0) for key, value in head.values.items()}, asked=[])
        rule = {"margin": 0.0, "method": method}
        first, second = (apply_policy(policy(head_to_head=rule), gate_input(side)) for side in (head, swapped))
        assert second.outcome == mirrored[first.outcome]
        assert first.rules[0].prompts == second.rules[0].prompts


def test_the_order_in_which_prompts_come_does_not_matter() -> None:
    head = preferences(0.6, categories=4)
    shuffled = replace(head, prompts=random.Random(1).sample(list(head.prompts), len(head.prompts)), asked=[])
    asked = policy(categories={"margin": 0.2})
    first, second = apply_policy(asked, gate_input(head)), apply_policy(asked, gate_input(shuffled))
    assert first == second
    assert [head.prompts[p].key for p in head.asked] == [shuffled.prompts[p].key for p in shuffled.asked]


def test_a_gate_that_can_only_fail_asks_nobody() -> None:
    head = preferences(0.9)
    asked, outputs = policy(parse_errors={"max": 0.1}), OutputSummary(parse_error_rate=0.2)
    decision = apply_policy(asked, gate_input(head, outputs=outputs))
    assert (decision.outcome, head.asked) == ("FAIL", [])
    assert outcomes(decision)["head_to_head"] == "SHOWN"
    free = apply_policy(asked, gate_input(replace(head, free=True), outputs=outputs))
    assert outcomes(free)["head_to_head"] == "PASS", "what costs nothing is shown all the same"


def test_the_same_judgments_in_smaller_blocks_decide_at_the_same_prompt() -> None:
    blocks = [apply_policy(policy(block=size), gate_input(preferences(0.6))).rules[0] for size in (1, 7, 25, 400)]
    assert len({(rule.outcome, rule.prompts, rule.low) for rule in blocks}) == 1


def test_anchor_and_champion_are_compared_in_turn_and_any_loss_decides() -> None:
    head, anchor, champion = preferences(0.8), preferences(0.2, seed=1), preferences(0.8, seed=2)
    asked = policy(anchor={"against": "old", "margin": 0.05}, champion={"margin": 0.02})
    decision = apply_policy(asked, gate_input(head, anchor=anchor, champion=champion))
    assert outcomes(decision) == {"head_to_head": "PASS", "anchor": "FAIL", "champion": "SHOWN", **ALWAYS}
    assert champion.asked == []
    nobody = apply_policy(policy(champion={"margin": 0.02}), gate_input(preferences(0.8)))
    assert (nobody.outcome, outcomes(nobody)["champion"]) == ("PASS", "SHOWN")


def collapsed(rng: random.Random) -> GivenPreferences:
    """Five categories of 100: one is won in 20 of 100, the others in 85."""
    prompts = [Prompt(f"p{n}", f"category {n % 5}") for n in range(500)]
    rates = {f"category {n}": 0.85 for n in range(5)} | {"category 0": 0.2}
    return GivenPreferences(
        prompts=prompts, values={prompt.key: float(rng.random() < rates[prompt.category]) for prompt in prompts}
    )


def test_a_category_that_collapsed_blocks_whatever_the_block() -> None:
    asked = [policy(categories={"margin": 0.1}, block=size) for size in (1, 25, 500)]
    for seed in range(6):
        head = collapsed(random.Random(seed))
        decisions = [apply_policy(rules, gate_input(replace(head, asked=[]))) for rules in asked]
        assert {decision.outcome for decision in decisions} == {"FAIL"}
        categories = [[rule for rule in d.rules if rule.rule.startswith("category")] for d in decisions]
        assert categories[0] == categories[1] == categories[2]


def test_categories_are_not_judged_where_the_decision_is_certain_without_them() -> None:
    head = preferences(0.2, categories=4)
    decision = apply_policy(policy(categories={"margin": 0.1}), gate_input(head))
    assert decision.outcome == "FAIL"
    assert {outcome for name, outcome in outcomes(decision).items() if name.startswith("category")} == {"SHOWN"}
    assert len(head.asked) <= 100


def test_a_policy_of_categories_alone_judges_what_they_need() -> None:
    head = preferences(0.6, categories=4)
    rules = validate({"categories": {"margin": 0.1}}, Policy, "policy")
    decision = apply_policy(rules, gate_input(head))
    size = guard_size(0.4, 0.15, 0.0125, 0.8)
    assert (decision.outcome, len(head.asked)) == ("PASS", 4 * size)


def test_a_supporting_rule_warns_and_an_advisory_one_is_shown() -> None:
    for tier, warned in (("supporting", True), ("advisory", False)):
        rules = policy(thought_chars={"max": 10, "tier": tier})
        decision = apply_policy(rules, gate_input(preferences(0.75)))
        assert (decision.outcome, outcomes(decision)["thought_chars"]) == ("PASS", "FAIL")
        assert any("thought_chars" in warning for warning in decision.warnings) == warned


def test_a_policy_of_which_no_rule_could_decide_passes_nobody() -> None:
    rules = validate({"champion": {"margin": 0.05}}, Policy, "policy")
    decision = apply_policy(rules, gate_input(preferences(0.1)))
    assert (decision.outcome, outcomes(decision)["champion"]) == ("INVALID", "SHOWN")


def test_a_rule_that_not_even_all_wins_could_meet_is_invalid() -> None:
    decision = apply_policy(policy(), gate_input(preferences(1.0, count=4)))
    assert decision.outcome == "INVALID"
    assert any("4 prompts are too few: a candidate that wins all" in rule.sentence for rule in decision.rules)
    rules = policy(equivalence={"within": 0.02})
    level = apply_policy(rules, gate_input(preferences(0.5, count=60)))
    assert any("60 prompts are too few: a candidate that ties on all" in rule.sentence for rule in level.rules)


def test_a_cluster_is_one_observation() -> None:
    # Forty clusters of ten prompts that win or lose together, three of five: as 400 prompts they decide, as 40 not.
    prompts = [Prompt(f"p{n}", f"cluster {n % 40}") for n in range(400)]
    head = GivenPreferences(
        prompts=prompts, values={prompt.key: float(int(prompt.category[8:]) < 24) for prompt in prompts}
    )
    assert apply_policy(policy(), gate_input(head)).outcome == "PASS"
    clustered = apply_policy(policy(clusters="category"), gate_input(replace(head, asked=[])))
    assert clustered.outcome == "INCONCLUSIVE"
    assert clustered.rules[0].value == pytest.approx(0.6)
    assert "400 of 400 prompts in 40 clusters" in clustered.rules[0].sentence
    few = gate_input(preferences(0.9, categories=29))
    assert outcomes(apply_policy(policy(clusters="category"), few))["clusters"] == "INVALID"


@pytest.mark.parametrize("method", ["hybrid", "sequential", "fixed"])
@pytest.mark.parametrize("name", ["big", "a big one", "the big one", "another name", "last"])
def test_a_large_cluster_that_is_lost_is_not_passed_by_many_small_ones(method: str, name: str) -> None:
    # 15% of the prompts are won, in 75 clusters of one prompt each; wherever the large one stands in the order.
    prompts = [Prompt(f"p{n}", name if n < 425 else f"small {n}") for n in range(500)]
    head = GivenPreferences(prompts=prompts, values={prompt.key: float(prompt.category != name) for prompt in prompts})
    rules = policy(clusters="category", head_to_head={"margin": 0.05, "method": method})
    assert apply_policy(rules, gate_input(head)).outcome != "PASS"


def test_a_prompt_that_is_there_again_is_no_second_observation() -> None:
    once = preferences(1.0, count=6)
    again = [Prompt(prompt.text, f"copy {copy}") for copy in range(20) for prompt in once.prompts]
    many = GivenPreferences(prompts=again, values={prompt.key: 1.0 for prompt in again})
    decision = apply_policy(policy(), gate_input(many, outputs=OutputSummary()))
    assert (decision.rules[0].of, len(many.asked)) == (6, 6)
    assert "114 of 120 prompts repeat others and are left out" in decision.notes


def test_more_than_two_missing_in_a_hundred_decide_nothing() -> None:
    assert apply_policy(policy(), gate_input(preferences(0.75, missing=8))).outcome == "PASS"
    many = apply_policy(policy(), gate_input(preferences(0.75, missing=40)))
    assert many.outcome == "INVALID"
    assert "of 400 judgments are missing, more than 2%" in many.rules[0].sentence
    assert "ask again" in many.rules[0].sentence


def test_a_sample_says_of_how_many_prompts_it_is() -> None:
    decision = apply_policy(policy(), gate_input(preferences(0.9, 60), rows=200))
    (result,) = [rule for rule in decision.rules if rule.rule == "head_to_head"]
    assert result.of == 200
    assert f"over {result.prompts} of 200 prompts" in result.sentence
    assert "at most 60 of the benchmark's 200 prompts may be judged" in decision.notes
