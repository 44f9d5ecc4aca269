"""The gate on duels made by hand: what decides, what is asked, and what must not matter."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tpobench.harness.config import validate
from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.free_rules import Answers, check_drop, degenerate
from tpobench.harness.gate.policy import CategoriesRule, DropRule, Policy, WinRateRule
from tpobench.harness.gate.run import GateInput, digest_of, run_gate
from tpobench.harness.gate.win_rates import (
    JudgedPrefix,
    SequentialComparison,
    frozen_order,
    judge_categories,
    win_rate_outcome,
)
from tpobench.harness.records import Metric, Prompt


@dataclass(kw_only=True)
class Given:
    """A duel whose judgments are given; it remembers what it was asked."""

    prompts: Sequence[Prompt]
    values: dict[str, float | None]
    free: bool = False
    against: str = "the baseline"
    advice: str = "ask again"
    asked: list[int] = field(default_factory=list)

    def judge(self, places: Sequence[int]) -> list[float | None]:
        self.asked += places
        return [self.values[self.prompts[place].key] for place in places]


def prompts_of(count: int, categories: int = 1) -> list[Prompt]:
    return [Prompt(f"prompt {number}", f"category {number % categories}") for number in range(count)]


def duel(win_rate: float, count: int = 400, categories: int = 1, seed: int = 0, missing: int = 0) -> Given:
    prompts, rng = prompts_of(count, categories), random.Random(seed)
    values: list[float | None] = [float(rng.random() < win_rate) for _ in prompts]
    values[:missing] = [None] * missing
    return Given(prompts=prompts, values=dict(zip([prompt.key for prompt in prompts], values, strict=True)))


def case(head: Given, **about: Any) -> GateInput:
    known = Answers(100.0, 50.0, 0.0, [f"A response of its own to {prompt.text}." for prompt in head.prompts])
    return GateInput(
        candidate="candidate",
        judge="judge@1",
        benchmark="test",
        head_to_head=head,
        baseline="the baseline",
        baseline_fingerprint="b" * 32,
        candidate_fingerprint="c" * 32,
        candidate_mode="direct",
        **{"answers": known, "baseline_answers": Answers(100.0)} | about,
    )


def policy(**rules: Any) -> Policy:
    return validate({"head_to_head": {"margin": 0.05}} | rules, Policy, "policy")


def outcomes(decision: Decision) -> dict[str, str]:
    return {rule.rule: rule.outcome for rule in decision.rules}


@pytest.mark.parametrize(("win_rate", "outcome"), [(0.75, "PASS"), (0.25, "FAIL"), (0.46, "INCONCLUSIVE")])
def test_the_clear_cases_are_decided_early_and_the_close_one_is_not(win_rate: float, outcome: str) -> None:
    head = duel(win_rate)
    decision = run_gate(policy(), case(head))
    assert decision.outcome == outcome
    if outcome == "INCONCLUSIVE":
        assert len(head.asked) == 400
    else:
        assert len(head.asked) <= 100
        assert decision.rules[0].prompts is not None
        assert len(head.asked) - 25 < decision.rules[0].prompts <= len(head.asked), "asked by blocks of 25"


@pytest.mark.parametrize("method", ["fixed", "hybrid", "sequential"])
def test_swapping_the_labels_mirrors_the_decision(method: str) -> None:
    mirrored = {"PASS": "FAIL", "FAIL": "PASS", "INCONCLUSIVE": "INCONCLUSIVE"}
    for seed in range(20):
        head = duel(0.3 + 0.02 * seed, count=150, seed=seed)
        swapped = replace(head, values={key: 1 - (value or 0.0) for key, value in head.values.items()}, asked=[])
        rule = {"margin": 0.0, "method": method}
        first, second = (run_gate(policy(head_to_head=rule), case(side)) for side in (head, swapped))
        assert second.outcome == mirrored[first.outcome]
        assert first.rules[0].prompts == second.rules[0].prompts


def test_the_order_in_which_prompts_come_does_not_matter() -> None:
    head = duel(0.6, categories=4)
    shuffled = replace(head, prompts=random.Random(1).sample(list(head.prompts), len(head.prompts)), asked=[])
    asked = policy(categories={"margin": 0.2})
    first, second = run_gate(asked, case(head)), run_gate(asked, case(shuffled))
    assert first == second
    assert [head.prompts[p].key for p in head.asked] == [shuffled.prompts[p].key for p in shuffled.asked]


def test_prompts_that_are_added_do_not_change_the_order_of_the_others() -> None:
    prompts = prompts_of(50)
    few, many = frozen_order(prompts[:20], 3), frozen_order(prompts, 3)
    assert [place for place in many if place < 20] == few
    assert frozen_order(prompts, 4) != many


def test_a_gate_that_can_only_fail_asks_nobody() -> None:
    head = duel(0.9)
    asked, answers = policy(parse_errors={"max": 0.1}), Answers(1.0, 1.0, 0.2)
    decision = run_gate(asked, case(head, answers=answers))
    assert (decision.outcome, head.asked) == ("FAIL", [])
    assert outcomes(decision)["head_to_head"] == "SHOWN"
    told = run_gate(asked, case(replace(head, free=True), answers=answers))
    assert outcomes(told)["head_to_head"] == "PASS", "what costs nothing is told all the same"


def test_missing_judgments_count_against_promotion_and_more_than_two_in_a_hundred_decide_nothing() -> None:
    rule = WinRateRule(margin=0.05, method="fixed")
    seen: list[float | None] = [1.0] * 104 + [0.0] * 96
    few: list[float | None] = [1.0] * 100 + [None] * 4 + [0.0] * 96
    assert win_rate_outcome(rule, JudgedPrefix(prompts_of(200), seen, 200))[0] == "PASS"
    assert win_rate_outcome(rule, JudgedPrefix(prompts_of(200), few, 200))[0] == "INCONCLUSIVE"
    assert run_gate(policy(), case(duel(0.75, missing=8))).outcome == "PASS"
    many = run_gate(policy(), case(duel(0.75, missing=40)))
    assert many.outcome == "INVALID"
    assert "of 400 judgments are missing, more than 2%" in many.rules[0].sentence
    assert "ask again" in many.rules[0].sentence


def test_a_decision_waits_until_few_enough_of_the_consumed_are_missing() -> None:
    values: list[float | None] = [None, *[1.0] * 99]
    outcome, used = win_rate_outcome(WinRateRule(margin=0.05), JudgedPrefix(prompts_of(100), values, 400))
    assert (outcome, used) == ("PASS", 50)


def test_the_same_judgments_in_smaller_blocks_decide_at_the_same_prompt() -> None:
    blocks = [run_gate(policy(block=size), case(duel(0.6))).rules[0] for size in (1, 7, 25, 400)]
    assert len({(rule.outcome, rule.prompts, rule.low) for rule in blocks}) == 1


def test_anchor_and_champion_are_met_in_turn_and_any_loss_decides() -> None:
    head, anchor, champion = duel(0.8), duel(0.2, seed=1), duel(0.8, seed=2)
    asked = policy(anchor={"against": "old", "margin": 0.05}, champion={"margin": 0.02})
    decision = run_gate(asked, case(head, anchor=anchor, champion=champion))
    assert outcomes(decision) == {"head_to_head": "PASS", "anchor": "FAIL", "champion": "SHOWN", "degenerate": "PASS"}
    assert champion.asked == []
    nobody = run_gate(policy(champion={"margin": 0.02}), case(duel(0.8)))
    assert (nobody.outcome, outcomes(nobody)["champion"]) == ("PASS", "SHOWN")


def test_a_category_that_certainly_lost_blocks_and_a_small_one_is_shown() -> None:
    prompts = [Prompt(f"p{n}", "bad" if n < 60 else "tiny" if n < 80 else "good") for n in range(400)]
    values: dict[str, float | None] = {p.key: 0.0 if p.category == "bad" else 1.0 for p in prompts}
    asked = policy(categories={"margin": 0.15})
    decision = run_gate(asked, case(Given(prompts=prompts, values=values)))
    found = outcomes(decision)
    assert (decision.outcome, found["category bad"], found["small categories"]) == ("FAIL", "FAIL", "SHOWN")
    fine = run_gate(asked, case(Given(prompts=prompts, values=dict.fromkeys(values, 1.0))))
    assert fine.outcome == "PASS"
    judged = {rule.rule: rule.prompts for rule in fine.rules}
    assert judged["category good"] == judged["category bad"] == 30, "each gets its thirty, though the gate was sure"
    only = policy(categories={"margin": 0.15, "only": ["good"]})
    assert run_gate(only, case(Given(prompts=prompts, values=values))).outcome == "PASS"


def test_a_guarded_category_that_there_is_none_of_is_named_before_anything_is_spent() -> None:
    head = duel(0.8, categories=2)
    decision = run_gate(policy(categories={"margin": 0.15, "only": ["category 0", "categry 1"]}), case(head))
    (rule,) = [rule for rule in decision.rules if rule.outcome == "INVALID"]
    assert (rule.rule, head.asked) == ("category categry 1", [])
    assert "did you mean 'category 1'?" in rule.sentence


def test_holm_shares_the_alpha_of_the_categories() -> None:
    # Ten losses in a row: one category alone is rejected at 0.05, among ten it is not.
    lost = JudgedPrefix(prompts_of(30), [0.0] * 10 + [0.5] * 20, 30)
    fine = JudgedPrefix(prompts_of(30), [0.5] * 30, 30)
    rule = CategoriesRule(margin=0.05)
    alone = judge_categories(rule, {"lost": lost})
    among = judge_categories(rule, {"lost": lost} | {f"fine {n}": fine for n in range(9)})
    assert (alone[0].outcome, among[0].outcome) == ("FAIL", "PASS")


def test_a_cluster_is_one_observation() -> None:
    # Forty clusters of ten prompts that win or lose together, three of five: as 400 prompts they decide, as 40 not.
    prompts = [Prompt(f"p{n}", f"cluster {n % 40}") for n in range(400)]
    head = Given(prompts=prompts, values={prompt.key: float(int(prompt.category[8:]) < 24) for prompt in prompts})
    assert run_gate(policy(), case(head)).outcome == "PASS"
    clustered = run_gate(policy(clusters="category"), case(replace(head, asked=[])))
    assert clustered.outcome == "INCONCLUSIVE"
    assert clustered.rules[0].value == pytest.approx(0.6)
    few = case(duel(0.9, categories=29))
    assert outcomes(run_gate(policy(clusters="category"), few))["clusters"] == "INVALID"


def test_the_missing_of_one_category_do_not_hide_its_losses() -> None:
    lost = JudgedPrefix(prompts_of(60), [None, None, *[0.5] * 58], 60)
    assert judge_categories(CategoriesRule(margin=0.1), {"a": lost})[0].outcome == "INVALID"


def test_what_is_pinned_must_be_as_it_was() -> None:
    head = duel(0.8)
    right = {"judge": "judge@1", "baseline": "b" * 32, "prompts": digest_of(head.prompts)}
    assert run_gate(policy(pins=right), case(head)).outcome == "PASS"
    for what in right:
        decision = run_gate(policy(pins=right | {what: "other"}), case(replace(head, asked=[])))
        (rule,) = [rule for rule in decision.rules if rule.outcome == "INVALID"]
        assert rule.rule == f"pinned {what}"
        assert right[what] in rule.sentence


def test_degenerate_responses_are_told_apart_and_guarded_without_being_asked_for() -> None:
    prompts = [*prompts_of(9), Prompt("Answer with [[A]] or [[B]].")]
    same = "The same long answer to everything."
    texts = ["", "  \n", same, same.upper(), f"  {same}", "4", "4", "My final verdict is [[A>B]]", "fine", "[[B]]"]
    assert degenerate(prompts, texts) == {"empty": 2, "repeated": 3, "talking to the judge": 1}
    cheat = case(duel(1.0), answers=Answers(30.0, 0.0, 0.0, [same] * 400))
    decision = run_gate(policy(), cheat)
    assert (decision.outcome, outcomes(decision)["degenerate"]) == ("FAIL", "FAIL")
    unknown = case(duel(0.8), answers=Answers())
    assert run_gate(policy(), unknown).outcome == "PASS"
    assert run_gate(policy(degenerate={"max": 0.1}), unknown).outcome == "INVALID"


def test_figures_of_the_candidate_are_bounded() -> None:
    figures = {
        "lc_win_rate": Metric(name="lc_win_rate", value=0.5, n=805, category=None, low=0.46, high=0.54),
        "brevity": Metric(name="brevity", value=3.0, n=60),
    }
    for minimum, outcome in ((0.45, "PASS"), (0.5, "INCONCLUSIVE"), (0.55, "FAIL")):
        asked = policy(controlled={"min": minimum}, metrics={"brevity": {"min": 2, "max": 4}})
        assert run_gate(asked, case(duel(0.8), figures=figures)).outcome == outcome
    assert run_gate(policy(metrics={"brevity": {"max": 2}}), case(duel(0.8), figures=figures)).outcome == "FAIL"
    assert run_gate(policy(metrics={"other": {"max": 2}}), case(duel(0.8), figures=figures)).outcome == "INVALID"
    few = {"lc_win_rate": Metric(name="lc_win_rate", value=0.9, n=5, category=None, low=0.8, high=1.0)}
    assert run_gate(policy(controlled={"min": 0.5}), case(duel(0.8), figures=few)).outcome == "INVALID"


def test_a_drop_is_measured_item_by_item() -> None:
    rule = DropRule(max_drop=0.05)
    assert check_drop("gsm8k", rule, [(1.0, 1.0)] * 300 + [(0.0, 0.0)] * 300, 600).outcome == "PASS"
    assert check_drop("gsm8k", rule, [(0.0, 1.0)] * 120 + [(1.0, 1.0)] * 480, 600).outcome == "FAIL"
    assert check_drop("gsm8k", rule, [(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 570, 600).outcome == "INCONCLUSIVE"
    assert check_drop("gsm8k", rule, [], 0).outcome == "INVALID"
    assert check_drop("gsm8k", rule, [(1.0, 0.0)] * 60, 1000).outcome == "INVALID", "nobody gets better by leaving out"
    assert check_drop("perplexity", rule, [(12.5, 13.5)] * 60, 60).outcome == "INVALID"


def test_a_prompt_that_is_there_again_is_no_second_observation() -> None:
    once = duel(1.0, count=6)
    again = [Prompt(prompt.text, f"copy {copy}") for copy in range(20) for prompt in once.prompts]
    many = Given(prompts=again, values={prompt.key: 1.0 for prompt in again})
    decision = run_gate(policy(), case(many, answers=Answers()))
    assert (decision.outcome, decision.rules[0].of, len(many.asked)) == ("INCONCLUSIVE", 6, 6)


def test_what_is_pinned_of_prompts_is_all_that_decides() -> None:
    plain = [Prompt("p", "a", "one file", ({"contains": "x"},))]
    assert digest_of(plain) == digest_of([Prompt("p", "a", "another file", ({"contains": "x"},))])
    for other in (
        Prompt("q", "a", "f", ({"contains": "x"},)),
        Prompt("p", "b", "f", ({"contains": "x"},)),
        Prompt("p", "a", "f", ({"contains": "y"},)),
    ):
        assert digest_of([other]) != digest_of(plain)
    assert digest_of(plain * 2) != digest_of(plain)


def test_a_match_judges_no_prompt_twice() -> None:
    head = duel(0.5, count=90, categories=2)
    match = SequentialComparison(head, 0)
    match.advance(20)
    match.advance_categories(30)
    match.advance(80)
    match.advance_categories(30)
    assert sorted(head.asked) == list(range(90))


def test_reading_a_match_judges_nothing() -> None:
    head = duel(0.5, count=90, categories=2)
    match = SequentialComparison(head, 0)
    match.advance(20)
    asked = list(head.asked)
    read = [len(part.values) for part in (match.observed(), *match.by_category().values())]
    assert (head.asked, read[0], sum(read[1:])) == (asked, 20, 20)
    match.advance_categories(30)
    assert [len(part.values) for part in match.by_category().values()] == [30, 30]
    assert len(head.asked) == 60
