"""What a run would take, in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tpobench.reports.formats.terminal.estimate import estimate_table
from tpobench.tpo.estimate import Estimate, StepEstimate


def test_steps_are_added_up_and_an_unknown_time_is_a_question_mark() -> None:
    steps = [
        StepEstimate(name="sample/thought/1", outputs=1200, tokens=19_000, seconds=90.0),
        StepEstimate(name="train/thought/1", trained_tokens=2_100_000, disk=3 * 10**9, seconds=None),
    ]
    lines = [line.split() for line in drawn(estimate_table(Estimate(steps, 10**9, 2 * 10**9, ["a note"])))]
    assert ["sample/thought/1", "1,200", "19.0k", "1.5"] in lines
    assert ["train/thought/1", "2.10M", "3", "?"] in lines
    assert ["all", "1,200", "19.0k", "2.10M", "5", "?"] in lines, "the disk: what is kept, and the largest step"
