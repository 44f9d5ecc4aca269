"""The category rule on judgments made by hand."""

import random

import pytest

from tests.harness.gate.inputs import GivenPreferences
from tpobench.harness.gate.categories import judge_categories, shown_categories
from tpobench.harness.gate.comparison import SequentialComparison
from tpobench.harness.gate.rules import CategoriesRule
from tpobench.harness.records import Prompt
from tpobench.harness.stats.power import guard_size


def compared(free: bool = False, **categories: list[float | None]) -> SequentialComparison:
    prompts = [Prompt(f"{name} {n}", name) for name, values in categories.items() for n in range(len(values))]
    values = [value for of_category in categories.values() for value in of_category]
    keys = [prompt.key for prompt in prompts]
    return SequentialComparison(
        GivenPreferences(prompts=prompts, values=dict(zip(keys, values, strict=True)), free=free)
    )


def mixed(won: int, of: int) -> list[float | None]:
    values: list[float | None] = [1.0] * won + [0.0] * (of - won)
    return random.Random(0).sample(values, of)


def test_holm_shares_the_alpha_of_the_categories() -> None:
    rule, lost = CategoriesRule(margin=0.05), mixed(8, 30)
    alone = judge_categories(rule, compared(lost=lost))
    among = judge_categories(rule, compared(lost=lost, **{f"fine{n}": mixed(20, 30) for n in range(9)}))
    assert (alone[0].outcome, among[-1].outcome) == ("FAIL", "PASS")


def test_the_missing_of_one_category_do_not_hide_its_losses() -> None:
    lost: list[float | None] = [None, None, *[0.5] * 58]
    assert judge_categories(CategoriesRule(margin=0.1), compared(a=lost))[0].outcome == "INVALID"


def test_a_category_is_judged_until_its_power_or_to_its_end_and_to_its_end_where_that_is_free() -> None:
    rule = CategoriesRule(margin=0.05)
    paid, free = (
        judge_categories(rule, compared(large=mixed(200, 400), small=mixed(20, 40), free=f)) for f in (False, True)
    )
    size = guard_size(0.45, 0.15, 0.025, 0.8)
    assert [(result.prompts, result.of) for result in paid] == [(size, 400), (40, 40)]
    assert [(result.prompts, result.of) for result in free] == [(400, 400), (40, 40)]
    assert paid[0].detectable == pytest.approx(0.15, abs=0.003)
    assert "a win rate of 30% would be detected with 80% probability" in paid[0].sentence


def test_a_category_that_is_named_and_too_small_is_invalid_and_others_are_shown() -> None:
    comparison = compared(large=mixed(40, 60), small=mixed(0, 12))
    shown = judge_categories(CategoriesRule(margin=0.05), comparison)
    assert [result.outcome for result in shown] == ["PASS", "SHOWN"]
    named = judge_categories(CategoriesRule(margin=0.05, only=("small",)), comparison)
    assert [result.outcome for result in named] == ["INVALID"]
    assert "12 prompts are too few to guard this category, 30 are needed" in named[0].sentence


def test_a_guard_that_sees_nothing_is_invalid() -> None:
    rule = CategoriesRule(margin=0.49, drop=0.99, power=0.5)
    assert [result.outcome for result in judge_categories(rule, compared(lost=mixed(0, 100)))] == ["INVALID"]


def test_what_is_only_shown_judges_nothing() -> None:
    comparison = compared(a=mixed(20, 40))
    comparison.advance(10)
    assert [
        (result.outcome, result.prompts) for result in shown_categories(CategoriesRule(margin=0.1), comparison)
    ] == [("SHOWN", 10)]
