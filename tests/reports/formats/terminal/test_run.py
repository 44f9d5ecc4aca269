"""What came of a run, in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tests.reports.stores import finished_run
from tpobench.harness.store.store import Store
from tpobench.reports.formats.terminal.run import result_table, training_table
from tpobench.reports.run_summary import summarise


def test_both_arms_and_the_head_to_head_within_80_columns(store: Store) -> None:
    lines = drawn(result_table(summarise(store, finished_run(store))), width=80)
    rows = [line.split()[1:4] for line in lines if line.split()[:1] == ["1"]]
    assert [row[0] for row in rows] == ["thought", "direct", "thought"]
    assert rows[-1] == ["thought", "v", "direct"]
    assert any("thought v direct" in line and "65.0 (" in line for line in lines)


def test_what_each_iteration_was_trained_on(store: Store) -> None:
    lines = drawn(training_table(summarise(store, finished_run(store))), width=80)
    cells = [line.split() for line in lines if line.split()[:1] == ["1"]]
    assert cells[0] == ["1", "direct", "95%", "30+15", "10", "10%", "0.1", "20/30", "2.50", "2"]
