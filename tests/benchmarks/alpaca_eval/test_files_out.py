"""AlpacaEval's official files out of the store."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.alpaca_eval.small import PROMPTS, SMALL, annotations, written
from tpobench.benchmarks.alpaca_eval.files_in import import_alpaca
from tpobench.benchmarks.alpaca_eval.files_out import export_annotations, export_leaderboard, export_outputs
from tpobench.benchmarks.categories.data import CATEGORIES
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import beside_published, leaderboard, recategorised
from tpobench.harness.records import Assignment
from tpobench.harness.store.store import Store


def test_what_goes_out_is_what_came_in(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "in", annotations())
    list(import_alpaca(store, tmp_path / "in", SMALL))
    assert json.loads(export_annotations(store, "m", tmp_path / "out").read_text()) == annotations()
    rows = json.loads(export_outputs(store, "m", tmp_path / "out").read_text())
    assert [row["output"] for row in rows] == [f"answer {n}" for n in range(40)]
    board = export_leaderboard([vars(row) for row in leaderboard(store, "alpaca_eval")], tmp_path / "leaderboard.csv")
    header, line = board.read_text().splitlines()
    assert header.startswith(",win_rate,standard_error,n_total")
    assert line.startswith("m,48.75")
    with pytest.raises(UserError, match="holds no model 'nobody'; known: m"):
        export_annotations(store, "nobody", tmp_path)


def test_the_leaderboard_shows_every_note_and_assigned_categories(store: Store, tmp_path: Path) -> None:
    written(tmp_path / "m", annotations())
    list(import_alpaca(store, tmp_path, SMALL))
    (row,) = leaderboard(store, "alpaca_eval")
    assert row.notes == ("40 of 805 prompts",)
    assert row.value("win_rate") == pytest.approx(0.4875)
    assert set(row.categories) == {"a", "b"}
    store.add_assignments(
        Assignment(
            key=f"k{n}",
            assigner="x",
            kind="category",
            text_key=prompt.text_key,
            value=CATEGORIES[n % 3] if n else None,
            raw="",
        )
        for n, prompt in enumerate(PROMPTS)
    )
    (again,) = recategorised(store, [row], "category")
    assert {name: figure["n"] for name, figure in again.categories.items()} == {
        CATEGORIES[0]: 13,
        CATEGORIES[1]: 13,
        CATEGORIES[2]: 13,
    }
    (tmp_path / "l.csv").write_text(",win_rate,n_total,length_controlled_winrate\nm,48.8,805,50.5\n")
    assert beside_published([row], tmp_path / "l.csv")[0].value("published_lc_win_rate") == pytest.approx(0.505)


def test_no_name_in_the_leaderboard_is_a_formula(tmp_path: Path) -> None:
    row = {"model": '=HYPERLINK("http://x")', "prompts": 1, "metrics": {"response_chars": {"value": 1.0}}}
    lines = export_leaderboard([row], tmp_path / "leaderboard.csv").read_text().splitlines()
    assert lines[1].startswith("\"'=HYPERLINK")
