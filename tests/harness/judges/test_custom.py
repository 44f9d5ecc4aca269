"""Pointwise judges: a scorer of the user's, weighted sums, the checklist behind the same door, and the names of all."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.custom import CustomScorer
from tpobench.harness.judges.named import scorer_named, weighted_scorer
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


def test_a_score_that_is_no_number_names_judge_and_prompt() -> None:
    for value in (float("inf"), float("-inf"), float("nan")):
        with pytest.raises(UserError, match=r'checklist.*"Hi" as (-?inf|nan)'):
            scored(ChecklistScorer(), Prompt("Hi"), "x", value, {})


SCORERS = """
import numpy
def length(prompt, response): return len(response) - len(prompt)
def parts(prompt, response): return {"score": 2, "polite": "please" in response, "weight": numpy.float32(0.5)}
def passes(prompt, response): return response == "yes"
def numeric(prompt, response): return numpy.float32(1.5)
def raises(prompt, response): return 1 / len(response)
def word(prompt, response): return "good"
def nothing(prompt, response): pass
def lacks(prompt, response): return {"value": 1}
def infinite(prompt, response): return float("inf")
def odd(prompt, response): return {"score": 1, "part": {1, 2}}
def odd_number(prompt, response): return {"score": 1, "part": float("nan")}
constant = 3
"""


@pytest.fixture
def scorers(user_folder: Path) -> str:
    """The name of a module in the current folder."""
    (user_folder / "own_scorers.py").write_text(SCORERS)
    return "own_scorers"


def only(judge: Scorer, prompt: str, response: str) -> Score:
    ((score,),) = judge.score_all([(Prompt(prompt), response)])
    return score


def test_a_scorer_gets_prompt_and_response(scorers: str) -> None:
    length = scorer_named(f"{scorers}:length")
    assert values(length, [(Prompt("abc"), "abcde"), (Prompt("a"), "")]) == [2.0, -1.0]
    assert length.label == f"{scorers}:length"
    found = only(scorer_named(f"{scorers}:parts"), "Hi", "please")
    assert (found.value, found.components) == (2.0, {"polite": True, "weight": 0.5})
    assert only(scorer_named(f"{scorers}:passes"), "Hi", "yes").value == 1.0
    assert only(scorer_named(f"{scorers}:numeric"), "Hi", "").value == 1.5


def test_a_changed_scorer_is_another_judge(scorers: str, tmp_path: Path) -> None:
    first = CustomScorer(f"{scorers}:length").id
    assert first == CustomScorer(f"{scorers}:length").id != CustomScorer(f"{scorers}:passes").id
    (tmp_path / "own_scorers.py").write_text(SCORERS + "# another\n")
    assert CustomScorer(f"{scorers}:length").id != first
    assert first.startswith(f"{scorers}:length#")


def test_the_id_of_a_scorer_is_its_name_and_its_files_hash(scorers: str) -> None:
    assert CustomScorer(f"{scorers}:length").id == "own_scorers:length#9e22fc53ff89"


def test_a_scorer_may_be_called_like_a_room_of_tpobench(scorers: str, tmp_path: Path) -> None:
    (tmp_path / "reports.py").write_text("def score(prompt, response): return 3")
    (tmp_path / "tpo").mkdir()
    (tmp_path / "tpo" / "__init__.py").write_text("")
    (tmp_path / "tpo" / "scorers.py").write_text("def score(prompt, response): return 4")
    assert only(scorer_named("reports:score"), "Hi", "").value == 3
    assert only(scorer_named("tpo.scorers:score"), "Hi", "").value == 4


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("raises", "ZeroDivisionError"),
        ("word", "returned 'good'"),
        ("nothing", "returned None"),
        ("lacks", "returned None"),
        ("infinite", "as inf"),
        ("odd", "not JSON"),
        ("odd_number", "not JSON"),
    ],
)
def test_a_scorer_that_goes_wrong_is_named_with_its_prompt(scorers: str, function: str, problem: str) -> None:
    judge = CustomScorer(f"{scorers}:{function}")
    with pytest.raises(UserError) as caught:
        only(judge, "Why is the sky blue?", "")
    for text in (f"{scorers}:{function}", '"Why is the sky blue?"', problem):
        assert text in str(caught.value)


def test_a_scorer_that_cannot_be_had_is_refused_at_once(scorers: str, tmp_path: Path) -> None:
    (tmp_path / "broken_scorers.py").write_text("1 / 0")
    for name, problem in (
        ("no_such_module:f", "No module named 'no_such_module'"),
        (f"{scorers}:f", "no function 'f'"),
        (f"{scorers}:constant", "no function 'constant'"),
        ("broken_scorers:f", "ZeroDivisionError"),
        ("sys:getsizeof", "not in a file"),
    ):
        with pytest.raises(UserError, match=problem):
            scorer_named(name)


class Fixed:
    """Scores by a function of the response, one by one."""

    def __init__(self, name: str, function: Callable[[str], float]) -> None:
        self.id = self.label = name
        self._function = function
        self.closed = False
        self.bounded = False
        self.required: list[Prompt] = []

    def covers(self, judge: str) -> bool:
        return judge == self.id

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


def test_parts_are_named_as_single_judges_are(scorers: str) -> None:
    judge = weighted_scorer([("checklist", 2.0), (f"{scorers}:length", 0.1)])
    prompt = Prompt("Name a fruit.", checks=({"contains": "fig"}, {"max_words": 1}))
    assert values(judge, [(prompt, "a fig"), (prompt, "")]) == pytest.approx([2 * 0.5 - 0.1 * 8, 0.1 * -13])
    with pytest.raises(UserError, match="needs checks"):
        judge.require([Prompt("Hi")])


def test_the_checklist_is_a_pointwise_judge() -> None:
    judge: Scorer = scorer_named("checklist")
    prompt = Prompt("Name a fruit.", checks=({"contains": "fig"}, {"max_words": 1}))
    assert values(judge, [(prompt, "fig"), (prompt, "a fig"), (prompt, "a plum")]) == [1.0, 0.5, 0.0]
    assert judge.covers(ChecklistScorer.id)
    judge.close()


@pytest.mark.parametrize("name", ["cheklist", ":f", "m:", ""])
def test_an_unknown_judge_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="unknown judge"):
        scorer_named(name)


@pytest.mark.parametrize("name", ["reward", "reward:", "armorm:", "verdict"])
def test_a_judge_without_its_argument_is_told_the_form(name: str) -> None:
    with pytest.raises(UserError, match=rf"the judge {name.strip(':')} is named with its"):
        scorer_named(name)


@pytest.mark.parametrize("kind", ["reward", "armorm"])
def test_a_reward_model_is_no_endpoint(kind: str) -> None:
    with pytest.raises(UserError, match="names an endpoint"):
        scorer_named(f"{kind}:rm@http://127.0.0.1:8000/v1")


def test_torch_is_imported_only_for_a_reward_model() -> None:
    code = "import sys; from tpobench.harness.judges.named import scorer_named as p; p('checklist'); p('json:loads'); "
    code += "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
