"""tpobench judge check as a user types it."""

import json
from pathlib import Path

from tests.cli.command import refused, tpobench


def test_a_judge_that_is_asked_twice_is_counted(compared: list[str]) -> None:
    checked = tpobench("judge", "check", *compared, "--repeats", "2", "--json")
    assert checked.returncode == 0, checked.stderr
    check = json.loads(checked.stdout)
    assert (check["calls"], check["missing"], check["repeat_variance"]) == (48, 0.0, 0.0)
    assert 0 < check["flip_rate"]["mean"] < 1


def test_lm_evals_tasks_have_no_judge_to_check(tmp_path: Path) -> None:
    told = refused("judge", "check", "--model", "m", "--benchmark", "lm_eval:gsm8k", "--judge", "ste", cwd=tmp_path)
    assert "lm-eval scores lm_eval:gsm8k by itself: no judge compares answers to it" in told
