"""Files of finished answers: broken ones, and ones that are for other prompts."""

import json
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import aligned, answers_in, author_of


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[{"instruction": "a"}]', "entry 0 has no text"),
        (b'[{"instruction": "a", "output": "b"}, {"instruction": "a", "output": "c"}]', "repeats the instruction 'a'"),
    ],
)
def test_output_files_that_are_broken(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "model_outputs.json").write_bytes(content)
    with pytest.raises(UserError, match=told):
        list(answers_in(tmp_path / "model_outputs.json"))


def test_answers_that_do_not_match_name_the_first_three() -> None:
    answers = {"instruction 0": "x", "other": "y"}
    with pytest.raises(UserError, match=r"holds 2 answers, the benchmark 4 prompts; 4 differ: not in the.*other"):
        aligned(answers, [f"instruction {number}" for number in range(4)], "f.json")


def test_answers_one_a_line_under_other_names(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"prompt": "a", "response": "b"}\n{"instruction": "c", "output": null}\n')
    assert [(row.prompt.text, row.answer) for row in answers_in(tmp_path / "m.jsonl")] == [("a", "b"), ("c", "")]


def test_rows_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    rows = [{"instruction": "a", "output": "b"}, {"output": "c"}, 3, {"instruction": "a", "output": "x"}]
    (tmp_path / "m.json").write_text(json.dumps([*rows, rows[0], {"instruction": "d", "output": 5}]))
    told: dict[str, str] = {}
    assert len(list(answers_in(tmp_path / "m.json", leave_out=told.__setitem__))) == 1
    assert list(told) == ["entry 1", "entry 2", "entry 3", "entry 5"]


@pytest.mark.parametrize(
    ("path", "generator", "name"),
    [
        ("my-model/model_outputs.json", "g", "my-model"),
        ("model_outputs.json", "g", "g"),
        ("model_outputs.json", "example", "folder"),
        ("model_outputs.json", "", "folder"),
        ("../folder/model_outputs.json", "g", "folder"),
        ("my-model.jsonl", "g", "my-model"),
    ],
)
def test_the_author_of_a_file_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, generator: str, name: str
) -> None:
    (tmp_path / "folder" / "my-model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "folder")
    Path(path).write_text(json.dumps([{"instruction": "a", "output": "b", "generator": generator}]))
    assert author_of(Path(path)) == name
