"""The verdicts of an evaluation by prompt."""

import pytest

from tests.harness.store.test_views import evaluated, judgments
from tpobench.harness.records import Prompt
from tpobench.harness.store.judged_prompts import judged_prompts
from tpobench.harness.store.store import Store

FIRST, SECOND = Prompt("first", "a"), Prompt("second", "b")


def test_a_prompt_without_every_verdict_has_no_preference(store: Store) -> None:
    judgments(store, a=0.8, b=0.4, c=None)
    evaluated(store, "e", [("whole", "a"), ("whole", "b"), ("half", "a"), ("half", "c")])
    whole, half = judged_prompts(store, ["e"])["e"]
    assert (whole.preference, half.preference) == (pytest.approx(0.6), None)


def test_verdicts_come_by_prompt_in_the_order_of_the_evaluation(store: Store) -> None:
    store.add_prompts([FIRST, SECOND])
    judgments(store, a=1.0, b=None, c=0.5)
    evaluated(store, "e", [(SECOND.key, "a"), (SECOND.key, "b"), (FIRST.key, "c")])
    second, first = judged_prompts(store, ["e"])["e"]
    assert (second.prompt, second.category, second.verdicts) == (SECOND.key, "b", (("AB", 1.0), ("AB", None)))
    assert (first.preference, first.chars, first.baseline_chars) == (0.5, 1, 1)


def test_a_judgment_that_is_lost_is_a_missing_verdict(store: Store) -> None:
    evaluated(store, "e", [("p", "lost")])
    (prompt,) = judged_prompts(store, ["e", "other"])["e"]
    assert (prompt.verdicts, prompt.chars) == ((("AB", None),), 0)
    assert judged_prompts(store, ["other"]) == {"other": ()}
