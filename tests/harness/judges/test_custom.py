"""A scorer of the user's: what it gets, what it may return, and what is said when it goes wrong."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.judges.custom import CustomScorer
from tpobench.harness.judges.named import scorer_named
from tpobench.harness.judges.scorer import PromptedResponses, Scorer
from tpobench.harness.records import Prompt, Score


def values(judge: Scorer, asked: PromptedResponses) -> list[float]:
    """In the order of what was asked, which must hold no pair twice; every one was scored exactly once."""
    found = [score for group in judge.score_all(asked) for score in group]
    by_pair = {(score.prompt.text, score.response): score.value for score in found}
    assert len(found) == len(by_pair) == len(asked)
    assert {score.judge for score in found} == {judge.id}
    return [by_pair[prompt.text, response] for prompt, response in asked]


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


def test_a_scorer_whose_neighbour_changed_is_another_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "__init__.py").write_text("from near.deep import LONGEST\n")
    (tmp_path / "near" / "deep.py").write_text("LONGEST = 20\n")
    (tmp_path / "by_neighbour.py").write_text(
        "from near import LONGEST\ndef brief(prompt, response): return float(len(response) <= LONGEST)\n"
    )
    first = CustomScorer("by_neighbour:brief").id
    assert CustomScorer("by_neighbour:brief").id == first
    (tmp_path / "near" / "deep.py").write_text("LONGEST = 30\n")
    assert CustomScorer("by_neighbour:brief").id != first


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


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("float('nan')", "as nan"),
        ("10**400", "it must return a number"),
        ("10**5000", "returned a int; it must return a number"),
        ("{'score': -10**400}", "it must return a number"),
    ],
)
def test_a_number_that_cannot_be_a_score_is_named_with_its_scorer(user_folder: Path, value: str, problem: str) -> None:
    (user_folder / "large.py").write_text(f"def score(prompt, response): return {value}\n")
    with pytest.raises(UserError, match="large:score") as caught:
        only(CustomScorer("large:score"), "Hi", "yes")
    assert problem in str(caught.value)


def test_a_scorer_that_ends_the_program_is_named_instead(user_folder: Path) -> None:
    """An exit code of 0 would be a gate's PASS."""
    (user_folder / "leaver.py").write_text("import sys\ndef score(prompt, response): sys.exit(0)\n")
    (user_folder / "gone.py").write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(UserError, match=r"leaver:score, asked about .* raised SystemExit"):
        only(CustomScorer("leaver:score"), "Hi", "yes")
    with pytest.raises(UserError, match="gone:score cannot be imported: SystemExit"):
        CustomScorer("gone:score")


def test_a_scorer_that_cannot_be_had_is_refused_at_once(scorers: str, tmp_path: Path) -> None:
    (tmp_path / "broken_scorers.py").write_text("1 / 0")
    (tmp_path / "narrow.py").write_text("def one(prompt): return 1")
    for name, problem in (
        ("no_such_module:f", "No module named 'no_such_module'"),
        (f"{scorers}:f", "no function 'f'"),
        (f"{scorers}:constant", "no function 'constant'"),
        ("broken_scorers:f", "ZeroDivisionError"),
        ("sys:getsizeof", "a module of Python itself"),
        ("timeit:timeit", "a module of Python itself"),
        ("narrow:one", r"cannot be called with a prompt and a response \(too many positional arguments\)"),
        ("no_such_file.py:f", "there is no file no_such_file.py"),
    ):
        with pytest.raises(UserError, match=problem):
            scorer_named(name)


def test_a_scorer_is_the_same_by_its_module_and_by_its_file(scorers: str, tmp_path: Path) -> None:
    by_module, by_file = CustomScorer(f"{scorers}:length"), CustomScorer(f"{scorers}.py:length")
    assert (by_file.id, by_file.label) == (by_module.id, by_module.label)
    assert CustomScorer(f"{tmp_path}/{scorers}.py:length").id == by_module.id
