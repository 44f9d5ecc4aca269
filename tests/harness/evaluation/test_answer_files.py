"""Files of finished answers: broken ones, and ones that are for other prompts."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import AnsweredPrompt, aligned, answers_in
from tpobench.harness.records import Prompt


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[{"instruction": "a", "out', "is not valid JSON, it may be cut"),
        (b"\xff\xfe[]", "is not UTF-8: byte 0"),
        (b'{"a": 1}', "is not a list of JSON objects"),
        (b'[{"instruction": "a"}]', "entry 0 has no text"),
        (b'[{"instruction": "a", "output": "b"}, {"instruction": "a", "output": "c"}]', "repeats the instruction 'a'"),
    ],
)
def test_output_files_that_are_broken(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "model_outputs.json").write_bytes(content)
    with pytest.raises(UserError, match=told):
        list(answers_in(tmp_path / "model_outputs.json"))


def test_answers_that_do_not_match_name_the_first_three() -> None:
    rows = [AnsweredPrompt(Prompt("instruction 0"), "x"), AnsweredPrompt(Prompt("other"), "y")]
    with pytest.raises(UserError, match=r"holds 2 answers, the benchmark 4 instructions; 4 differ: not in the.*other"):
        aligned(rows, [Prompt(f"instruction {number}") for number in range(4)], "f.json")
