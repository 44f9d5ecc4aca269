"""What stops an iteration before it trains."""

from pathlib import Path

import pytest

from tests.tpo.runs import Config, refused, run
from tpobench.harness.store.store import Store


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


def test_pairs_over_max_length_are_not_told_as_trained(
    config: Config, tmp_path: Path, train_in_this_process: None
) -> None:
    config |= {"arms": ["direct"], "training": {"epochs": 1, "batch_size": 2, "max_length": 66}}
    refused(config, tmp_path / "a", r"longer than training\.max_length, 66 tokens, and would be left out")
    run(config | {"guards": {"truncated": 0.999, "length_growth": 50, "too_long": 0.99}}, tmp_path / "a")
    with Store(tmp_path / "a" / "store.duckdb") as store:
        query = "SELECT details->>'pairs', details->>'too_long' FROM step WHERE name LIKE 'pairs%'"
        ((told, left_out),) = store.sql(query)[1]
        trained = store.row_counts()["pair"]
    assert int(told) == int(trained) > 0
    assert int(left_out) > 0
