"""Leaderboards in the terminal."""

from dataclasses import replace

import pytest

from tests.reports.formats.terminal.drawing import drawn
from tests.reports.stores import two_baselines, two_models
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.store import Store
from tpobench.reports.formats.terminal.leaderboard import category_tables, leaderboard_table, print_leaderboards


def test_the_best_model_comes_first_with_its_interval(store: Store) -> None:
    two_models(store, rows=42)
    lines = drawn(leaderboard_table(leaderboard(store)))
    new, old = (line for line in lines if line.split()[:1] in (["new"], ["old"]))
    assert new.split()[0] == "new"
    assert "40 of 42" in new
    assert "67.50 (" in new
    assert lines.index(new) < lines.index(old)


@pytest.mark.parametrize("by_category", [False, True])
def test_each_baseline_has_a_table(store: Store, capsys: pytest.CaptureFixture[str], by_category: bool) -> None:
    two_baselines(store)
    print_leaderboards(leaderboard(store), by_category)
    printed = capsys.readouterr().out
    assert printed.count("against base") == 2
    assert printed.count("against base (think:generic)") == 1


@pytest.mark.parametrize("by_category", [False, True])
def test_judges_are_not_mixed_in_one_table(store: Store, capsys: pytest.CaptureFixture[str], by_category: bool) -> None:
    two_models(store)
    two_models(store, judge="verdict:strict@judge-model#2")
    print_leaderboards(leaderboard(store), by_category)
    first, second = capsys.readouterr().out.split("judge verdict:")[1:]
    assert first.startswith("strict@judge-model#2")
    assert second.startswith("test@judge-model#1")


def test_categories_of_few_prompts_are_in_brackets(store: Store) -> None:
    two_models(store)
    text = "\n".join(drawn(*category_tables(leaderboard(store)), width=200))
    assert "fewer than 30 prompts" in text
    assert "(100.00 (" in text


def test_each_benchmark_has_a_table_wide_enough_for_a_pipe(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        two_models(store, name=name)
    print_leaderboards(leaderboard(store))
    printed = capsys.readouterr().out
    assert printed.index("first") < printed.index("second")
    assert "…" not in printed


def test_a_table_fits_a_hundred_columns(store: Store) -> None:
    two_models(store, name="a" * 40)
    rows = leaderboard(store)
    more = ("lc_win_rate", "official_lc_win_rate", "published_win_rate")
    figures = {name: rows[0].metrics["win_rate"] for name in more}
    wide = [replace(row, benchmark="alpaca_eval", model="m" * 60, metrics=row.metrics | figures) for row in rows]
    for tables in ([leaderboard_table(wide)], list(category_tables(wide)), list(category_tables(wide * 5))):
        for line in drawn(*tables, width=100):
            assert "…" not in line
