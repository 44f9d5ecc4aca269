"""A weighted sum of scorers: by hand, by name, and where a part fails."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.judges.named import weighted_scorer
from tpobench.harness.judges.scorer import PromptedResponses, Scorer, scored
from tpobench.harness.judges.weighted import WeightedScorer
from tpobench.harness.records import Prompt, Score
from tpobench.harness.store.store import Store


def values(judge: Scorer, asked: PromptedResponses) -> list[float]:
    """In the order of what was asked, which must hold no pair twice; every one was scored exactly once."""
    found = [score for group in judge.score_all(asked) for score in group]
    by_pair = {(score.prompt.text, score.response): score.value for score in found}
    assert len(found) == len(by_pair) == len(asked)
    assert {score.judge for score in found} == {judge.id}
    return [by_pair[prompt.text, response] for prompt, response in asked]


class Fixed(Scorer):
    """Scores by a function of the response, one by one."""

    def __init__(self, name: str, function: Callable[[str], float]) -> None:
        self.id = self.label = name
        self._function = function
        self.closed = False
        self.required: list[Prompt] = []

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.required += prompts

    def score_all(self, asked: PromptedResponses) -> Iterator[list[Score]]:
        for prompt, response in reversed(asked):
            yield [scored(self, prompt, response, self._function(response), {"of": response})]

    def close(self) -> None:
        self.closed = True


def test_a_weighted_sum_by_hand(store: Store) -> None:
    length, vowels = Fixed("length@1", len), Fixed("vowels@1", lambda response: response.count("a"))
    judge = WeightedScorer([(length, 0.5), (vowels, -2.0)])
    prompt = Prompt("Hi")
    judge.require([prompt])
    found = [score for group in judge.score_all([(prompt, "banana"), (prompt, "fig")]) for score in group]
    assert [score.value for score in found] == [0.5 * 6 - 2 * 3, 0.5 * 3]
    assert found[0].components == {
        "length@1": {"value": 6.0, "weight": 0.5, "components": {"of": "banana"}},
        "vowels@1": {"value": 3.0, "weight": -2.0, "components": {"of": "banana"}},
    }
    assert judge.label == "0.5 x length@1 + -2 x vowels@1"
    assert length.required == vowels.required == [prompt]
    store.add_prompts([prompt])
    store.add_scores(found)
    query = "SELECT components->'vowels@1'->>'value' FROM score ORDER BY response"
    assert [float(row[0]) for row in store.sql(query)[1]] == [3.0, 0.0]
    judge.close()
    assert length.closed
    assert vowels.closed


def test_a_sum_is_determined_by_its_parts_and_weights() -> None:
    a, b = Fixed("a@1", len), Fixed("b@1", len)
    ids = [
        WeightedScorer(parts).id
        for parts in ([(a, 1.0)], [(a, 2.0)], [(a, 1.0), (b, 1.0)], [(a, 1.0), (b, 2.0)], [(a, 2.0), (b, 1.0)])
    ]
    assert len(set(ids)) == 5
    assert WeightedScorer([(b, 2.0), (a, 1.0)]).id == ids[3]
    judge = WeightedScorer([(a, 1.0), (b, 2.0)])
    assert judge.covers("b@1")
    assert judge.covers(judge.id)
    assert not judge.covers("c@1")
    with pytest.raises(UserError, match="named twice"):
        WeightedScorer([(a, 1.0), (a, 2.0)])


def test_a_part_that_fails_names_itself_and_leaves_the_earlier_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tpobench.harness.judges.weighted.WINDOW", 2)
    broken = Fixed("broken@1", lambda response: float("nan") if response == "x" else 1.0)
    groups = WeightedScorer([(Fixed("a@1", len), 1.0), (broken, 1.0)]).score_all(
        [(Prompt("Hi"), response) for response in ("a", "bb", "ccc", "x")]
    )
    assert sorted(score.value for score in next(groups)) == [2.0, 3.0]
    with pytest.raises(UserError, match='broken@1 scored a response to "Hi" as nan'):
        next(groups)


def test_parts_are_named_as_single_judges_are(user_folder: Path) -> None:
    (user_folder / "own_scorers.py").write_text("def length(prompt, response): return len(response) - len(prompt)")
    judge = weighted_scorer([("checklist", 2.0), ("own_scorers:length", 0.1)])
    prompt = Prompt("Name a fruit.", checks=({"contains": "fig"}, {"max_words": 1}))
    assert values(judge, [(prompt, "a fig"), (prompt, "")]) == pytest.approx([2 * 0.5 - 0.1 * 8, 0.1 * -13])
    with pytest.raises(UserError, match="needs checks"):
        judge.require([Prompt("Hi")])
