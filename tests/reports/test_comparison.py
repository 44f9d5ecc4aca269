"""Two models side by side: where one was the other's baseline, and where both had a third."""

import pytest

from tests.reports.stores import (
    THINK,
    Judging,
    answered,
    finished_run,
    judged,
    prompts,
    section,
    two_baselines,
    two_models,
)
from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison, of_models
from tpobench.reports.formats.html import render
from tpobench.reports.sections.categories import Categories
from tpobench.reports.sections.leaderboard import Leaderboards


def test_where_two_models_met_that_counts(store: Store) -> None:
    finished_run(store)
    thought, direct = model_named(store, "run/thought-1"), model_named(store, "run/direct-1")
    ((shown,),) = store.sql(
        "SELECT value FROM metric JOIN evaluation ON evaluation = evaluation_key JOIN model ON model_key = baseline "
        "WHERE metric.name = 'win_rate' AND metric.category IS NULL AND model.name = 'run/direct-1'"
    )[1]
    forth = of_comparison(store, thought, direct, ("t", "d"))
    back = of_comparison(store, direct, thought, ("d", "t"))
    assert forth.verdict.headlines[0].value == pytest.approx(shown)
    assert back.verdict.headlines[0].value == pytest.approx(1 - shown)
    head_to_head = section(forth, Categories).tables[0].overall.head_to_head
    assert head_to_head is not None
    assert head_to_head.mean == pytest.approx(shown)
    assert forth.verdict.more == ["t, gated against d, meets every rule of the gate, so it may be promoted."]
    assert {rule["rule"] for rule in forth.verdict.rules} >= {"head_to_head", "degenerate"}
    assert (back.verdict.more, back.verdict.rules) == ([], ())
    render(back)


def test_two_models_that_only_met_are_compared(store: Store) -> None:
    asked = prompts(40)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    other = answered(store, "other", DIRECT, asked, [f"other {n}" for n in range(40)])
    judged(store, new, old, Judging(say=lambda n, order: 0.9))
    judged(store, old, other, Judging(say=lambda n, order: 0.9))
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert content.verdict.badge == "A IS BETTER"
    assert "A wins 90.0% of 40 prompts against B (95% interval" in content.verdict.sentence
    render(content)
    with pytest.raises(UserError, match="have no measured benchmark, judge and baseline in common"):
        of_comparison(store, model_named(store, "new"), model_named(store, "other"), ("new", "other"))


def test_a_baseline_that_never_was_a_candidate_is_compared(store: Store) -> None:
    two_models(store)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "base"), ("new", "base"))
    assert content.verdict.headlines[0].value == pytest.approx(27 / 40)
    back = of_comparison(store, model_named(store, "base"), model_named(store, "new"), ("base", "new"))
    assert back.verdict.headlines[0].value == pytest.approx(13 / 40)
    render(back)


def test_a_baseline_in_another_mode_is_another_one(store: Store) -> None:
    two_baselines(store)
    compared = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert [
        (difference.measure.partition(",")[0], difference.difference)
        for difference in section(compared, Categories).differences
    ] == [("win rate v base", 0.5), (f"win rate v base ({THINK.name})", -0.5)]
    assert [headline.label for headline in compared.verdict.headlines] == [
        "A minus B: test/questions, win rate v base",
        "A v base, test/questions",
        "B v base, test/questions",
    ]
    leaderboards = section(compared, Leaderboards).leaderboards
    assert {(one.baseline, len(one.rows)) for one in leaderboards} == {("base", 2), (f"base ({THINK.name})", 2)}
    assert f"against base ({THINK.name})" in render(compared)
    assert "new leads 2 models on test/questions: it wins 100.0% against base (" in of_models(store).verdict.sentence


def test_two_models_that_met_in_two_modes_met_twice(store: Store) -> None:
    two_baselines(store)
    met = of_comparison(store, model_named(store, "new"), model_named(store, "base"), ("new", "base")).verdict.headlines
    assert {headline.label: headline.value for headline in met} == {
        "A v B, test/questions": 1.0,
        f"A v B ({THINK.name}), test/questions": 0.0,
    }
    (headline,) = of_comparison(
        store, model_named(store, "new"), model_named(store, "base", DIRECT.name), ("n", "b")
    ).verdict.headlines
    assert (headline.label, headline.value) == ("A v B, test/questions", 1.0)
