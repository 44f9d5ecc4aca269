"""The examples of the warm start: the same answers for both arms, with thoughts for one."""

import json
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.thoughts import mode_named, template_named
from tpobench.tpo.warm_start import warm_start_examples, warm_start_rows

LINE = {"prompt": "p", "thought": "t", "response": "r"}


def test_both_arms_get_the_same_answers_and_one_of_them_the_thoughts() -> None:
    template, thinking = template_named("generic"), mode_named("think:generic")
    thought, direct = (warm_start_rows(64, mode, template) for mode in (thinking, DIRECT))
    for example, with_thought, without in zip(warm_start_examples(64), thought, direct, strict=True):
        assert without["completion"] == example["response"]
        parts = thinking.split(with_thought["completion"])
        assert (parts.thought, parts.response) == (example["thought"], example["response"])
        assert example["prompt"] in with_thought["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([LINE], "examples is 2, but there are 1"),
        ([LINE, {"prompt": "p", "response": "r"}], "jsonl:2 needs the texts .*'thought'"),
        ([LINE, LINE | {"thought": " "}], "jsonl:2: .* none of them empty"),
    ],
)
def test_a_file_without_enough_whole_examples_is_refused(
    lines: list[dict[str, str]], sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(UserError, match=sentence):
        warm_start_examples(2, str(file))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        warm_start_examples(2, str(tmp_path / "missing.jsonl"))
