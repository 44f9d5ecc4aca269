"""The leaderboards of a report."""

from tests.reports.stores import RUN, finished_run, left_behind, section, two_models
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models, of_run
from tpobench.reports.sections.leaderboard import Leaderboards


def test_a_run_keeps_its_own_evaluation_when_there_is_a_newer_one(store: Store) -> None:
    finished_run(store)
    own = left_behind(store, "evaluate/thought/1")
    store.sql(
        "INSERT INTO evaluation SELECT * REPLACE ('newer' AS evaluation_key, now()::TIMESTAMP AS created_at) "
        "FROM evaluation WHERE evaluation_key = ?",
        [own["evaluation"]],
    )
    (first, *_) = section(of_run(store, RUN), Leaderboards).leaderboards
    assert own["evaluation"] in first.about


def test_the_report_and_the_leaderboard_show_the_same_evaluations(store: Store) -> None:
    two_models(store, 20)
    current = two_models(store, 40)
    leaderboards = section(of_models(store), Leaderboards).leaderboards
    assert {row.evaluation for one in leaderboards for row in one.rows} == set(current)
    assert {row.evaluation for row in leaderboard(store)} == set(current)
