"""A comparison consumes its prompts in one order, each of them once."""

from dataclasses import replace

from tests.harness.gate.inputs import preferences, prompts_of
from tpobench.harness.gate.comparison import Look, SequentialComparison, frozen_order


def test_prompts_that_are_added_do_not_change_the_order_of_the_others() -> None:
    prompts = prompts_of(50)
    few, many = frozen_order(prompts[:20]), frozen_order(prompts)
    assert [index for index in many if index < 20] == few


def test_no_prompt_is_judged_twice() -> None:
    head = preferences(0.5, count=90, categories=2)
    comparison = SequentialComparison(head)
    comparison.advance(20)
    for indices in comparison.by_category().values():
        comparison.part(indices[:30])
    comparison.advance(80)
    assert sorted(head.asked) == list(range(90))


def test_reading_judges_nothing() -> None:
    head = preferences(0.5, count=90, categories=2)
    comparison = SequentialComparison(head)
    comparison.advance(20)
    asked = list(head.asked)
    parts = [comparison.part(indices, judge=False) for indices in comparison.by_category().values()]
    assert (head.asked, len(comparison.prefix().values), sum(len(part.values) for part in parts)) == (asked, 20, 20)


def test_what_was_looked_at_before_comes_first() -> None:
    head = preferences(0.5, count=40)
    fresh = [head.observations[index] for index in frozen_order(head.prompts)]
    looked = replace(head, asked=[])
    comparison = SequentialComparison(looked, Look(tuple([*fresh[30:], *fresh[:30]]), 10))
    comparison.advance(10)
    assert [looked.observations[index] for index in looked.asked] == fresh[30:]
    assert comparison.prefix().final == 10
