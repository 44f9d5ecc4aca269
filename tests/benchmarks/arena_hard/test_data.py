"""Arena-Hard's questions and answers: both layouts and every form, and what is wrong with bad ones."""

from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import DATA, official, write
from tests.data import real_data
from tpobench.benchmarks.arena_hard.data import aligned_answers, answers, questions, read_answers
from tpobench.harness.errors import UserError


@real_data
@pytest.mark.parametrize(
    ("version", "count", "categories"), [("v0.1", 500, 250), ("v2.0", 750, 3)], ids=["v0.1", "v2.0"]
)
def test_official_questions(version: str, count: int, categories: int) -> None:
    found = questions(version, DATA)
    assert len({question.uid for question in found}) == len(found) == count
    assert len({question.prompt.category for question in found}) == categories
    assert {question.prompt.source for question in found} == {f"arena_hard_{version}"}


@real_data
def test_official_answers_fit_the_questions() -> None:
    for version, model in (("v0.1", "gpt-4-0314"), ("v0.1", "gpt-3.5-turbo-0125"), ("v2.0", "o3-mini-2025-01-31")):
        asked = questions(version, DATA)
        assert len(aligned_answers(answers(version, DATA, model), asked, model)) == len(asked)


def test_other_line_separators_stay_in_the_text(tmp_path: Path) -> None:
    text = "one\u2028two\x85three\x0cfour\r"
    row = {"uid": "a", "prompt": text, "category": "hard_prompt", "subcategory": "math"}
    write(tmp_path / "v2_question.jsonl", row)
    assert [question.prompt.text for question in questions("v2.0", tmp_path)] == [text]


def test_older_forms(tmp_path: Path) -> None:
    turns = [{"content": "Old?"}]
    write(tmp_path / "v01_question.jsonl", {"question_id": "a", "cluster": "C", "turns": turns})
    assert questions("v0.1", tmp_path)[0].prompt.text == "Old?"
    path = write(tmp_path / "m.jsonl", {"question_id": "a", "choices": [{"turns": [{"content": "Old."}]}]})
    assert read_answers(path) == {"a": "Old."}
    path = write(tmp_path / "n.jsonl", {"uid": "a", "messages": [{"role": "assistant", "content": "Plain."}]})
    assert read_answers(path) == {"a": "Plain."}


GOOD = {"uid": "a", "prompt": "P", "cluster": "C"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([GOOD, '{"uid": "b", "pro'], ":2 is not valid JSON, it may be cut off"),
        ([GOOD, "[1]"], ":2 is not a JSON object"),
        ([GOOD, GOOD], ":2 repeats the question a"),
        ([{"uid": "a", "cluster": "C"}], ":1 has no 'uid' or no 'prompt'"),
        ([{"prompt": "P", "cluster": "C"}], ":1 has no 'uid' or no 'prompt'"),
        ([{"uid": "a", "cluster": "C", "turns": ["P"]}], ":1 has no 'uid' or no 'prompt'"),
        ([{"uid": "a", "prompt": "P"}], ":1 has no 'cluster'"),
        ([], "holds no questions"),
    ],
)
def test_bad_questions(tmp_path: Path, rows: list[object], message: str) -> None:
    write(tmp_path / "v01_question.jsonl", *rows)
    with pytest.raises(UserError) as caught:
        questions("v0.1", tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        {"uid": "a"},
        {"uid": "a", "messages": []},
        {"uid": "a", "messages": ["x"]},
        {"uid": "a", "choices": [1]},
        {"uid": "a", "choices": [{}]},
        {"messages": [{"content": "x"}]},
    ],
)
def test_answers_without_a_text(tmp_path: Path, row: object) -> None:
    with pytest.raises(UserError, match=":1 has no 'uid' or no answer"):
        read_answers(write(tmp_path / "m.jsonl", row))


def test_answers_that_do_not_fit(tmp_path: Path) -> None:
    asked = questions("v0.1", official(tmp_path, "v0.1"))
    with pytest.raises(UserError) as caught:
        aligned_answers({"a": "", "x": "", "y": ""}, asked, "m.jsonl")
    assert str(caught.value) == (
        "m.jsonl holds 3 answers, the benchmark 3 prompts; 4 differ: not in the benchmark: 'x'; "
        "not in the benchmark: 'y'; no answer to: 'b'"
    )
    path = write(tmp_path / "m.jsonl", *[{"uid": "a", "messages": [{"content": "x"}]}] * 2)
    with pytest.raises(UserError, match="answers the question a a second time"):
        read_answers(path)


def test_missing_files(tmp_path: Path) -> None:
    for ask in (lambda: questions("v2.0", tmp_path), lambda: answers("v2.0", tmp_path, "m")):
        with pytest.raises(UserError, match="holds neither v2_"):
            ask()
