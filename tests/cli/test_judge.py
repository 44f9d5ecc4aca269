"""tpobench judge check as a user types it."""

import json

from tests.cli.command import tpobench


def test_a_judge_that_is_asked_twice_is_counted(compared: list[str]) -> None:
    checked = tpobench("judge", "check", *compared, "--repeats", "2", "--json")
    assert checked.returncode == 0, checked.stderr
    check = json.loads(checked.stdout)
    assert (check["calls"], check["missing"], check["repeat_variance"]) == (48, 0.0, 0.0)
    assert 0 < check["flip_rate"]["mean"] < 1
