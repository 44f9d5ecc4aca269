"""What stops an iteration before it trains."""

from pathlib import Path

import pytest

from tests.tpo.runs import Config, refused, run


def test_a_constant_judge_is_named(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flat.py").write_text("def score(prompt, response):\n    return 0.25\n")
    monkeypatch.chdir(tmp_path)
    config |= {"judge": {"name": "flat:score"}, "arms": ["direct"]}
    counts = refused(config, tmp_path / "a", r"the same score, 0\.25")
    assert counts["output"] > 0  # what was sampled is kept


def test_a_broken_guard_stops_the_run_and_raising_it_goes_on(
    config: Config, tmp_path: Path, train_in_this_process: None
) -> None:
    config |= {"arms": ["direct"], "warm_start": {"examples": 4, "epochs": 1}}
    counts = refused(config | {"guards": {"truncated": 0.001}}, tmp_path / "a", "cut at max_new_tokens")
    assert counts["pair"] == 0
    _, after = run(config, tmp_path / "a")
    assert after["pair"] > 0
