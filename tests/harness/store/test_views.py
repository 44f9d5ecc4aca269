"""The views that say what the tables mean, on evaluations that were entered by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tpobench.harness.records import Judgment, NewEvaluation
from tpobench.harness.store.evaluations import largest_evaluations
from tpobench.harness.store.store import Store

Games = list[tuple[str, str]]
"""Prompt and judgment of each entry of an evaluation."""


def evaluated(store: Store, key: str, games: Games = [("p", "j")], **about: Any) -> None:  # noqa: B006
    """An evaluation with these entries, without outputs."""
    evaluation = NewEvaluation(
        benchmark="bench",
        judge="judge",
        params="{}",
        candidate="new",
        candidate_mode="direct",
        baseline="base",
        baseline_mode="direct",
        prompt_keys=[prompt for prompt, _ in games],
        judgment_keys=[judgment for _, judgment in games],
    )
    store.add_evaluation(replace(evaluation, **about), key)


def judgments(store: Store, **preferences: float | None) -> None:
    store.add_judgments(
        Judgment(
            key=key,
            judge="judge",
            prompt_key="p",
            response_a="a",
            response_b="b",
            chars_a=1,
            chars_b=1,
            order="AB",
            verdict="none",
            preference=preference,
            raw="",
        )
        for key, preference in preferences.items()
    )


def test_entries_are_in_order_with_the_outputs_of_both_sides(store: Store) -> None:
    games = [("p2", "j2 BA"), ("p2", "j2 AB"), ("p1", "j1 BA"), ("p1", "j1 AB")]
    evaluated(store, "e", games, candidate_outputs=["o2", "o2", "o1", "o1"], baseline_outputs=["x", "x", "y", "y"])
    query = "SELECT place, prompt_key, judgment_key, candidate_output, baseline_output, candidate, baseline_mode "
    assert store.sql(query + "FROM evaluation_entry WHERE evaluation_key = 'e' ORDER BY place")[1] == [
        (0, "p2", "j2 BA", "o2", "x", "new", "direct"),
        (1, "p2", "j2 AB", "o2", "x", "new", "direct"),
        (2, "p1", "j1 BA", "o1", "y", "new", "direct"),
        (3, "p1", "j1 AB", "o1", "y", "new", "direct"),
    ]


def test_judgments_without_outputs_are_entries_and_outputs_without_judgments_are_none(store: Store) -> None:
    evaluated(store, "imported", [("p", "j")])
    evaluated(store, "lm_eval", [], prompt_keys=["p", "q"], candidate_outputs=["o", "o2"])
    query = "SELECT evaluation_key, judgment_key, candidate_output, baseline_output FROM evaluation_entry"
    assert store.sql(query)[1] == [("imported", "j", None, None)]


def test_the_preference_is_the_mean_over_the_games_and_missing_unless_all_have_a_verdict(store: Store) -> None:
    judgments(store, a=1.0, b=0.5, c=0.25, d=None)
    evaluated(store, "e", [("both", "a"), ("both", "b"), ("one", "c"), ("half", "a"), ("half", "d"), ("none", "d")])
    query = "SELECT prompt_key, preference, games FROM prompt_preference WHERE evaluation_key = 'e' ORDER BY place"
    assert store.sql(query)[1] == [("both", 0.75, 2), ("one", 0.25, 1), ("half", None, 2), ("none", None, 1)]


def test_a_judgment_that_is_listed_twice_is_one_game(store: Store) -> None:
    judgments(store, a=1.0, b=0.0)
    evaluated(store, "e", [("p", "a"), ("p", "a"), ("p", "b")])
    evaluated(store, "other", [("p", "a")])
    query = "SELECT evaluation_key, preference, games FROM prompt_preference ORDER BY ALL"
    assert store.sql(query)[1] == [("e", 0.5, 2), ("other", 1.0, 1)]


def test_a_judgment_that_the_store_lacks_is_a_missing_verdict(store: Store) -> None:
    judgments(store, a=1.0)
    evaluated(store, "e", [("p", "a"), ("p", "lost")])
    assert store.sql("SELECT preference, games FROM prompt_preference")[1] == [(None, 2)]


@pytest.mark.parametrize("column", ["benchmark", "judge", "candidate", "candidate_mode", "baseline", "baseline_mode"])
def test_the_newest_of_what_is_alike_is_current(store: Store, column: str) -> None:
    evaluated(store, "first")
    evaluated(store, "second", params='{"limit": 3}')
    evaluated(store, "different", **{column: "other"})
    query = "SELECT evaluation_key FROM current_evaluation ORDER BY created_at"
    assert store.sql(query)[1] == [("second",), ("different",)]


def test_a_look_at_a_few_prompts_does_not_stand_in_for_the_whole(store: Store) -> None:
    evaluated(store, "whole", [("p", "j"), ("q", "k")])
    evaluated(store, "few", [("p", "j")])
    assert store.sql("SELECT evaluation_key FROM current_evaluation")[1] == [("whole",)]


def test_two_orders_on_fewer_prompts_do_not_make_a_larger_evaluation(store: Store) -> None:
    both_orders = [(prompt, f"{prompt} {order}") for prompt in "pq" for order in ("AB", "BA")]
    evaluated(store, "three prompts", [("p", "p AB"), ("q", "q AB"), ("r", "r AB")])
    evaluated(store, "two prompts in both orders", both_orders)
    evaluated(store, "a task", [], candidate="task", prompt_keys=[], candidate_outputs=["o", "o", "o2"])
    assert dict(store.sql("SELECT evaluation_key, prompts FROM evaluation_size")[1]) == {
        "three prompts": 3,
        "two prompts in both orders": 2,
        "a task": 2,
    }
    query = "SELECT evaluation_key FROM current_evaluation WHERE candidate = 'new'"
    assert store.sql(query)[1] == [("three prompts",)]
    assert [e.evaluation for e in largest_evaluations(store) if e.candidate == "new"] == [
        "three prompts",
        "two prompts in both orders",
    ]


def test_views_are_there_in_a_store_that_is_only_read_and_never_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "s.duckdb"
    with Store(path) as store:
        judgments(store, j=1.0)
        evaluated(store, "e")
    with duckdb.connect(str(path), read_only=True) as plain:
        assert plain.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall() == []
    with Store(path, read_only=True) as store:
        assert store.sql("SELECT evaluation_key FROM current_evaluation")[1] == [("e",)]
        assert store.sql("SELECT preference FROM prompt_preference")[1] == [(1.0,)]
