"""A judge that prefers the higher score: verdicts, keys, what is kept, and the thought that must not reach it."""

from itertools import product

import pytest

from tpobench.harness.judges.base import Comparison
from tpobench.harness.judges.checklist import ChecklistScorer, checklist_judge
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

QUIET = Progress(quiet=True)
JUDGE = checklist_judge(JudgeRequest(name="checklist", progress=QUIET))
PROMPT = Prompt("p", checks=({"contains": "a"}, {"max_words": 2}, {"contains": "b"}, {"contains": "c"}))


def comparison(candidate: str, baseline: str, order: str = "AB") -> Comparison:
    return Comparison(prompt=PROMPT, candidate=candidate, baseline=baseline, order=order, markers=("<R>",))


def preferences(store: Store, *pairs: tuple[str, str]) -> list[float | None]:
    store.add_prompts([PROMPT])
    keys = JUDGE.judge(store, [comparison(*pair) for pair in pairs], "judging")
    found = store.preferences(keys)
    return [found[key] for key in keys]


def test_the_higher_score_is_preferred(store: Store) -> None:
    assert preferences(store, ("a b", "a"), ("a", "a b"), ("a", "b")) == [1.0, 0.0, 0.5]
    rows = store.sql("SELECT verdict, presented_order, raw_text FROM judgment ORDER BY verdict")[1]
    assert rows == [
        ("A", "AB", "0.750 against 0.500 of the checks met"),
        ("B", "AB", "0.500 against 0.750 of the checks met"),
        ("tie", "AB", "0.500 against 0.500 of the checks met"),
    ]


def test_swapping_the_sides_mirrors_the_preference(store: Store) -> None:
    pairs = list(product(["", "a", "b", "a b", "a b c", "a b c d", "d e"], repeat=2))
    found = dict(zip(pairs, preferences(store, *pairs), strict=True))
    for a, b in pairs:
        forward, backward = found[a, b], found[b, a]
        assert forward is not None
        assert backward is not None
        assert forward + backward == 1
    assert {0.0, 0.5, 1.0} == set(found.values())


def test_judgments_have_the_keys_that_they_always_had() -> None:
    assert JUDGE.key(comparison("a b", "a")) == "b014d6df8816b56697a07911839c7ae7"
    assert JUDGE.key(comparison("a b", "a", "BA")) == JUDGE.key(comparison("a b", "a")), "there is no order"
    assert JUDGE.key(comparison("a", "a b")) != JUDGE.key(comparison("a b", "a"))


def test_the_pair_is_shown_in_one_order_whatever_is_asked_for() -> None:
    assert JUDGE.orders(PROMPT, both=True) == JUDGE.orders(PROMPT, both=False) == ("AB",)


def test_both_scores_are_kept_and_nothing_is_scored_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences(store, ("a b", "a"), ("a b", "c"))
    assert store.row_counts()["score"] == 3
    monkeypatch.setattr(ChecklistScorer, "score", lambda *_: pytest.fail("it was scored again"))
    assert preferences(store, ("a b", "a"), ("a b", "c"), ("c", "a")) == [1.0, 1.0, 0.5]


def test_no_thought_reaches_a_scorer(store: Store) -> None:
    with pytest.raises(AssertionError, match="a thought would reach the judge: '<R>'"):
        JUDGE.judge(store, [comparison("hm <R> a", "a")], "judging")


def test_a_scorer_is_closed_with_its_judge() -> None:
    closed = []

    class Held(ChecklistScorer):
        def close(self) -> None:
            closed.append(True)

    ScoreJudge(scorer=Held(), progress=QUIET).close()
    assert closed == [True]
