"""The leaderboards of a report."""

from dataclasses import replace

from tests.reports.stores import RUN, Judging, answered, finished_run, judged, left_behind, prompts, section, two_models
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Model, content_key
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


def test_a_run_that_was_imported_twice_counts_once(store: Store) -> None:
    asked = prompts(40)
    base = answered(store, "base", DIRECT, asked, ["base"] * 40)
    for form in ("with texts", "without"):
        model = answered(store, "new", DIRECT, asked, [f"{n:02} is {form[:4]}" for n in range(40)])
        other = Model("new", "imported", content_key(form))
        store.add_model(other, "imported")
        judged(store, replace(model, model=other), base, Judging(say=lambda n, order: float(n % 3 > 0)))
    content = of_models(store)
    assert content.verdict.badge == "NOT GATED"
    assert content.verdict.sentence.startswith("new is the only model on test/questions: it wins 65.0% against base")
    assert [len(one.rows) for one in section(content, Leaderboards).leaderboards] == [1]
