"""A run as a report reads it."""

import pytest

from tests.reports.stores import RUN, finished_run
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store
from tpobench.reports.runs import read_run


def test_a_finished_run_is_read_with_its_models_and_its_gate(store: Store) -> None:
    run = read_run(store, finished_run(store))
    assert [model.name for model in run.models] == ["seed", "run/direct-1", "run/thought-1"]
    assert run.gate is not None
    assert (run.gate.iteration, run.gate.guarded) == (1, ())
    assert (run.iterations, run.last_evaluated, run.benchmarks) == ((1,), 1, ("test/questions",))
    assert {arm: evaluation.size for arm, evaluation in run.arms_after(1).items()} == {"thought": 90, "direct": 90}
    assert run.measured("thought", None) == {}, "the seed was not evaluated"


def test_a_run_that_is_not_there_is_a_sentence(store: Store) -> None:
    with pytest.raises(UserError, match=f"holds no run {RUN}"):
        read_run(store, RUN)


def test_what_has_not_been_done_is_absent(store: Store) -> None:
    store.add_run(RUN, "young", {"name": "young"}, {"versions": {}})
    run = read_run(store, RUN)
    assert (run.gate, run.first, run.last_evaluated, run.iterations, run.models) == (None, None, None, (), ())
    assert run.arms == ("thought", "direct"), "unless the settings say otherwise"
