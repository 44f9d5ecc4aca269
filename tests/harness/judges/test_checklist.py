"""The checklist judge: the share of checks met, and a comparison that does not care which side is asked first."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tpobench.harness.errors import UserError
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.records import Prompt

JUDGE = ChecklistJudge()
PROMPT = Prompt("Name fruit.", checks=({"contains": "apple"}, {"contains": "fig"}, {"max_words": 3}, {"number": 2}))
responses = st.lists(st.sampled_from(["apple", "fig", "2", "plum"]), max_size=6).map(" ".join)


@given(responses)
def test_the_score_is_the_share_of_components_that_are_true(response: str) -> None:
    score = JUDGE.score(PROMPT, response)
    words = response.split()
    met = ["apple" in words, "fig" in words, 0 < len(words) <= 3, "2" in words]
    assert score.components == {str(number): value for number, value in enumerate(met)}
    assert score.value == sum(met) / 4
    assert json.loads(json.dumps(score.components)) == score.components


@given(responses, responses)
@settings(max_examples=50)
def test_swapping_the_sides_mirrors_the_preference(a: str, b: str) -> None:
    forward, scores = JUDGE.compare(PROMPT, a, b)
    backward, swapped = JUDGE.compare(PROMPT, b, a)
    assert forward.preference is not None
    assert backward.preference is not None
    assert forward.preference + backward.preference == 1
    assert {forward.verdict, backward.verdict} in ({"A", "B"}, {"tie"})
    assert list(scores) == list(reversed(swapped))


@given(responses)
def test_a_response_ties_with_itself_and_never_loses_to_nothing(response: str) -> None:
    against_nothing = JUDGE.compare(PROMPT, response, "")[0].preference
    assert JUDGE.compare(PROMPT, response, response)[0].verdict == "tie"
    assert against_nothing is not None
    assert against_nothing >= 0.5


def test_the_same_work_has_the_same_key_and_other_work_another() -> None:
    other = Prompt(PROMPT.text, checks=PROMPT.checks[:-1])
    keys = [JUDGE.score(PROMPT, "fig").key, JUDGE.score(PROMPT, "apple").key, JUDGE.score(other, "fig").key]
    assert len(set(keys)) == 3
    assert ChecklistJudge().score(PROMPT, "fig").key == keys[0]
    assert JUDGE.compare(PROMPT, "a", "b")[0].key != JUDGE.compare(PROMPT, "b", "a")[0].key


def test_a_prompt_without_checks_is_named_before_anything_is_judged() -> None:
    JUDGE.require([PROMPT])
    with pytest.raises(UserError, match="Why is the sky blue"):
        JUDGE.require([PROMPT, Prompt("Why is the sky blue?")])
