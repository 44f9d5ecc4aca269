"""How far a run is, in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tpobench.reports.formats.terminal.status import status_table
from tpobench.tpo.status import StepState


def test_a_row_a_step_and_how_many_are_done() -> None:
    steps = [StepState("seed", "done", 2.0), StepState("train/thought/1", "running"), StepState("gate/1", "waiting")]
    text = drawn(status_table(steps))
    assert any(line.split() == ["seed", "done", "2.0", "s"] for line in text)
    assert any(line.split() == ["train/thought/1", "running"] for line in text)
    assert "1 of 3 steps done in 2.0 s" in " ".join(text)
