"""Scores: a number each, kept as they come, and asked for once."""

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scorer import ensure_scores, scored
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, score_key
from tpobench.harness.store.store import Store

QUIET = Progress(quiet=True)
PROMPT = Prompt("Name a fruit.", checks=({"contains": "fig"}, {"max_words": 1}))


def test_a_score_that_is_no_number_names_judge_and_prompt() -> None:
    for value in (float("inf"), float("-inf"), float("nan")):
        with pytest.raises(UserError, match=r'checklist.*"Hi" as (-?inf|nan)'):
            scored(ChecklistScorer(), Prompt("Hi"), "x", value, {})


def test_scores_are_had_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    responses = [(PROMPT, "fig"), (PROMPT, "a fig"), (PROMPT, "fig")]
    expected = {score_key(ChecklistScorer.id, PROMPT, "fig"): 1.0, score_key(ChecklistScorer.id, PROMPT, "a fig"): 0.5}
    assert ensure_scores(store, ChecklistScorer(), responses, QUIET, "scoring") == expected
    assert store.row_counts()["prompt"] == 1
    monkeypatch.setattr(ChecklistScorer, "score", lambda *_: pytest.fail("it was scored again"))
    assert ensure_scores(store, ChecklistScorer(), responses, QUIET, "scoring") == expected


def test_a_scorer_that_leaves_a_response_out_is_named_and_the_others_are_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ChecklistScorer.score_all
    monkeypatch.setattr(ChecklistScorer, "score_all", lambda self, responses: whole(self, responses[1:]))
    with pytest.raises(UserError, match="left 1 of 2 responses without a score"):
        ensure_scores(store, ChecklistScorer(), [(PROMPT, "fig"), (PROMPT, "plum")], QUIET, "scoring")
    assert store.row_counts()["score"] == 1
