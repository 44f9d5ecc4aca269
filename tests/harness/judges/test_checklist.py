"""The checklist scorer: the share of checks met."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpobench.harness.errors import UserError
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.named import judge_named
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt

SCORER = ChecklistScorer()
PROMPT = Prompt("Name fruit.", checks=({"contains": "apple"}, {"contains": "fig"}, {"max_words": 3}, {"number": 2}))
responses = st.lists(st.sampled_from(["apple", "fig", "2", "plum"]), max_size=6).map(" ".join)


@given(responses)
def test_the_score_is_the_share_of_components_that_are_true(response: str) -> None:
    score = SCORER.score(PROMPT, response)
    words = response.split()
    met = ["apple" in words, "fig" in words, 0 < len(words) <= 3, "2" in words]
    assert score.components == {str(number): value for number, value in enumerate(met)}
    assert score.value == sum(met) / 4
    assert json.loads(json.dumps(score.components)) == score.components


@given(responses)
def test_a_response_never_scores_less_than_nothing(response: str) -> None:
    assert SCORER.score(PROMPT, response).value >= SCORER.score(PROMPT, "").value


def test_the_same_work_has_the_same_key_and_other_work_another() -> None:
    other = Prompt(PROMPT.text, checks=PROMPT.checks[:-1])
    keys = [SCORER.score(PROMPT, "fig").key, SCORER.score(PROMPT, "apple").key, SCORER.score(other, "fig").key]
    assert len(set(keys)) == 3
    assert ChecklistScorer().score(PROMPT, "fig").key == keys[0]


def test_a_prompt_without_checks_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="no checks"):
        SCORER.score(Prompt("p"), "a")


def test_a_prompt_without_checks_is_named_before_anything_is_judged() -> None:
    SCORER.require([PROMPT])
    with pytest.raises(UserError, match="Why is the sky blue"):
        SCORER.require([PROMPT, Prompt("Why is the sky blue?")])


def test_the_checklist_is_named_alone() -> None:
    with pytest.raises(UserError, match="the judge checklist takes no argument: write checklist, not checklist:strict"):
        judge_named(JudgeRequest(name="checklist:strict", progress=Progress(quiet=True)))
