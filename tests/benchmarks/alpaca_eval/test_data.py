"""AlpacaEval's instructions, answers to them, and its figures."""

from pathlib import Path

from tests.benchmarks.alpaca_eval.small import PROMPTS, written
from tests.data import DATA, real_data
from tpobench.benchmarks.alpaca_eval.data import digest, load
from tpobench.benchmarks.alpaca_eval.figures import score
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict


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
    data = load(DATA)
    rows = [
        PromptJudgments(prompt=prompt, verdicts=(Verdict("BA", "m", 0.5),), candidate_chars=100, baseline_chars=100)
        for prompt in PROMPTS
    ]
    found = {metric.name: metric for metric in score(data)(rows)}
    assert found["lc_win_rate_surrogate"].value == found["official_lc_win_rate_surrogate"].value == 0.5
