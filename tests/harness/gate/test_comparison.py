"""A comparison consumes its prompts in a frozen order, each of them once."""

from tests.harness.gate.inputs import preferences, prompts_of
from tpobench.harness.gate.comparison import SequentialComparison, frozen_order


def test_prompts_that_are_added_do_not_change_the_order_of_the_others() -> None:
    prompts = prompts_of(50)
    few, many = frozen_order(prompts[:20], 3), frozen_order(prompts, 3)
    assert [place for place in many if place < 20] == few
    assert frozen_order(prompts, 4) != many


def test_no_prompt_is_judged_twice() -> None:
    head = preferences(0.5, count=90, categories=2)
    comparison = SequentialComparison(head, 0)
    comparison.advance(20)
    comparison.advance_categories(30)
    comparison.advance(80)
    comparison.advance_categories(30)
    assert sorted(head.asked) == list(range(90))


def test_reading_judges_nothing() -> None:
    head = preferences(0.5, count=90, categories=2)
    comparison = SequentialComparison(head, 0)
    comparison.advance(20)
    asked = list(head.asked)
    read = [len(part.values) for part in (comparison.prefix(), *comparison.by_category().values())]
    assert (head.asked, read[0], sum(read[1:])) == (asked, 20, 20)
    comparison.advance_categories(30)
    assert [len(part.values) for part in comparison.by_category().values()] == [30, 30]
    assert len(head.asked) == 60
