"""Leaderboards in the terminal."""

import pytest

from tests.reports.formats.terminal.drawing import drawn
from tests.reports.stores import two_baselines, two_models
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.store import Store
from tpobench.reports.formats.terminal.leaderboard import category_table, leaderboard_table, print_leaderboards


def test_the_best_model_comes_first_with_its_interval(store: Store) -> None:
    two_models(store, rows=42)
    lines = drawn(leaderboard_table("test/questions", leaderboard(store)))
    new, old = (line for line in lines if line.startswith("│ "))
    assert new.split("│")[1].strip() == "new"
    assert "40 of 42" in new
    assert "67.50 (" in new
    assert old.split("│")[1].strip() == "old"
    assert "baseline" not in " ".join(lines), "there is one alone"


def test_several_baselines_have_a_column(store: Store) -> None:
    two_baselines(store)
    assert "baseline" in " ".join(drawn(leaderboard_table("test/questions", leaderboard(store))))


def test_categories_of_few_prompts_are_in_brackets(store: Store) -> None:
    two_models(store)
    text = " ".join(drawn(category_table("test/questions", leaderboard(store)), width=200))
    assert "fewer than 30 prompts in brackets" in text
    assert "(100.00 (" in text


def test_each_benchmark_has_a_table_wide_enough_for_a_pipe(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        two_models(store, name=name)
    print_leaderboards(leaderboard(store))
    printed = capsys.readouterr().out
    assert printed.index("first") < printed.index("second")
    assert "…" not in printed
