"""tpobench import as a user types it."""

import json
from pathlib import Path

from tests.cli.command import tpobench


def test_lm_eval_results_are_on_the_leaderboard(tmp_path: Path) -> None:
    results = {
        "results": {"gsm8k": {"exact_match,strict-match": 0.75, "exact_match_stderr,strict-match": 0.1}},
        "configs": {"gsm8k": {"task": "gsm8k"}},
        "versions": {"gsm8k": 3},
        "n-shot": {"gsm8k": 5},
        "n-samples": {"gsm8k": {"original": 20, "effective": 20}},
        "model_name": "my-model",
        "config": {"model": "hf", "model_args": "pretrained=my-model"},
    }
    (tmp_path / "results_1.json").write_text(json.dumps(results))
    store = tmp_path / "s.duckdb"
    came = tpobench("import", "lm_eval", tmp_path / "results_1.json", "--store", store)
    assert came.returncode == 0, came.stderr
    shown = tpobench("leaderboard", "--store", store).stdout
    assert "exact_match,strict-match" in shown
    assert "75.00" in shown
    assert "my-model" in shown
