"""Files of finished answers: broken ones, and ones that are for other prompts."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import aligned, answers_in


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
