"""tpobench eval with a judge that scores: as a user types it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import refused, tpobench
from tests.miniature import build_reward_model

OPTIONS = ("--model", "ours.json", "--baseline", "theirs.json", "--benchmark", "bench.jsonl", "--store", "s.duckdb")


@pytest.fixture
def folder(tmp_path: Path, seed_folder: Path) -> Path:
    """A benchmark of eight prompts, two models' answers, and a reward model."""
    texts = [f"Question number {number}?" for number in range(8)]
    (tmp_path / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": text}) for text in texts))
    for name in ("ours", "theirs"):
        rows = [{"instruction": text, "output": f"{name} of {text}", "generator": name} for text in texts]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    build_reward_model(tmp_path / "rm", seed_folder)
    return tmp_path


def test_a_reward_model_is_a_judge_of_every_command(folder: Path) -> None:
    judge = ("--judge", f"reward:{folder / 'rm'}")
    done = tpobench("eval", *OPTIONS, *judge, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["judge"].startswith("reward@")
    assert {"win_rate", "mean_score"} <= {metric["name"] for metric in told["metrics"]}
    assert told["spent"]["calls"] == 0
    plan = json.loads(tpobench("plan", *OPTIONS, *judge, "--json", cwd=folder).stdout)
    assert (plan["judge_calls"], plan["dollars"]) == (0, 0.0)
    assert "nothing to check" in refused("judge", "check", *OPTIONS, *judge, cwd=folder)
    assert "asks no model" in refused("eval", *OPTIONS, *judge, "--judge-model", "gpt-4", cwd=folder)
