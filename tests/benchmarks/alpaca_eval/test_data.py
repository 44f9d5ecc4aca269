"""AlpacaEval's instructions, answers to them, and its figures."""

from pathlib import Path

import pytest

from tests.benchmarks.alpaca_eval.small import PROMPTS, written
from tests.data import DATA, real_data
from tpobench.benchmarks.alpaca_eval.data import Answered, aligned, answers_in, digest, load, score
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict
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
    rows = [Answered(Prompt("instruction 0"), "x"), Answered(Prompt("other"), "y")]
    with pytest.raises(UserError, match=r"holds 2 answers, the benchmark 4 instructions; 4 differ: not in the.*other"):
        aligned(rows, PROMPTS[:4], "f.json")


@real_data
def test_the_official_instructions_are_recognised_wherever_they_come_from(tmp_path: Path) -> None:
    data = load(DATA)
    assert data.official
    assert len(data.rows) == 805
    assert digest(data.prompts[1:]) != digest(data.prompts)
    official = [
        {"instruction": row.prompt.text, "dataset": row.prompt.category, "output": row.answer, "generator": "g"}
        for row in data.rows
    ]
    written(tmp_path, official, "alpaca_eval_gpt4_baseline.json")
    again = load(tmp_path)
    assert again.official
    assert again.gamed is None


@real_data
def test_the_baseline_against_itself_is_fifty() -> None:
    gamed = load(DATA).gamed
    rows = [
        PromptJudgments(prompt=prompt, games=(Verdict("BA", "m", 0.5),), candidate_chars=100, baseline_chars=100)
        for prompt in PROMPTS
    ]
    found = {metric.name: metric for metric in score(gamed)(rows)}
    assert found["lc_win_rate_surrogate"].value == found["official_lc_win_rate_surrogate"].value == 0.5
