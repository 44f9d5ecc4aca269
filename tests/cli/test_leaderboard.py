"""tpobench leaderboard as a user types it."""

import json
from pathlib import Path

from tests.cli.command import refused, tpobench
from tests.reports.stores import two_models
from tpobench.harness.store.store import Store


def test_a_figure_that_nobody_has_is_nothing_to_sort_by(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb") as store:
        two_models(store)
    said = refused("leaderboard", "--sort", "win_rat", "--store", "s.duckdb", cwd=tmp_path)
    assert "no evaluation here has a figure 'win_rat' to sort by; did you mean 'win_rate'?" in said
    done = tpobench("leaderboard", "--sort", "win_rate", "--store", "s.duckdb", "--json", cwd=tmp_path)
    rows = json.loads(done.stdout)
    assert [row["model"] for row in rows] == ["new", "old"]
    assert {row["rank"]["of"] for row in rows} == {2}
    assert "preferences" not in rows[0]
