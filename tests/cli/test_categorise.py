"""tpobench categorise as a user types it."""

import json
from pathlib import Path

from tests.cli.command import tpobench


def test_answers_that_name_no_category_are_counted(tmp_path: Path, api: str, prompts: Path) -> None:
    done = tpobench("categorise", "--model", api, "--benchmark", prompts, "--store", tmp_path / "s.duckdb", "--json")
    assert json.loads(done.stdout)["unassigned"] == 1.0, "the server says m or M to everything"
