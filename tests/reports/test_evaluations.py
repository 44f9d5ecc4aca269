"""Which evaluations a report is about."""

import pytest

from tests.reports.stores import THINK, Judging, answered, judged, prompts, two_models
from tpobench.harness.errors import StoreLacks
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import judged_models, newest_evaluations


def test_the_newest_of_an_evaluation_is_shown(store: Store) -> None:
    asked = prompts(30)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(30)]) for name in ("new", "old"))
    first = judged(store, new.at(range(10)), old.at(range(10)), Judging(say=lambda n, order: 0.9))
    second = judged(store, new, old, Judging(say=lambda n, order: 0.9))
    assert first != second
    assert newest_evaluations(store) == [second]


def test_a_model_in_one_mode_is_named_with_it(store: Store) -> None:
    asked = prompts(10)
    old = answered(store, "old", DIRECT, asked, [f"old {n}" for n in range(10)])
    keys = {
        mode.name: judged(store, new, old, Judging(say=lambda n, order: 0.9))
        for mode in (DIRECT, THINK)
        for new in [answered(store, "new", mode, asked, [f"new {mode.name} {n}" for n in range(10)])]
    }
    assert newest_evaluations(store, judged_models(store, [f"new@{THINK.name}"], "")) == [keys[THINK.name]]
    assert set(newest_evaluations(store, judged_models(store, ["new"], ""))) == set(keys.values())


def test_a_model_that_was_only_a_baseline_was_not_judged(store: Store) -> None:
    two_models(store)
    with pytest.raises(StoreLacks, match="has judged no 'base'"):
        judged_models(store, ["base"], "")


def test_a_benchmark_that_was_not_judged_is_a_sentence(store: Store) -> None:
    two_models(store)
    with pytest.raises(StoreLacks, match="nothing of the benchmark 'test/questoins'; did you mean 'test/questions'"):
        judged_models(store, [], "test/questoins")
