"""The result of a run, for the terminal and for machines."""

import json

import pytest

from tests.reports.stores import finished_run
from tpobench.harness.store.store import Store
from tpobench.reports.run_summary import summarise


def test_a_finished_run_is_summarised(store: Store) -> None:
    summary = summarise(store, finished_run(store))
    assert [(row.arm, row.iteration) for row in summary.rows] == [("thought", "1"), ("direct", "1")]
    assert [(row.arm, row.iteration, row.pairs, row.epoch) for row in summary.training] == [
        ("direct", 1, 10, 2),
        ("thought", 1, 10, 2),
    ], "in the order in which they were made"
    assert summary.head_to_head["1"][0] == pytest.approx(0.65)
    assert summary.decision in ("PASS", "FAIL", "INCONCLUSIVE", "INVALID")
    assert json.loads(json.dumps(summary.as_json()))["judge"] == summary.judge
