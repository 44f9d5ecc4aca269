"""What a run trained on and what it took."""

import pytest

from tests.reports.stores import RUN, finished_run, longer_run, section
from tpobench.harness.records import CallRecord, Usage
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_run
from tpobench.reports.formats.html import render
from tpobench.reports.runs import read_run
from tpobench.reports.sections.training import Training, training_rows


def test_a_step_s_judge_calls_are_counted_with_their_cost(store: Store) -> None:
    finished_run(store)
    thought = read_run(store, RUN).evaluation("thought", 1)
    assert thought is not None
    query = "SELECT judgment_key FROM evaluation_entry WHERE evaluation_key = ?"
    store.add_calls(
        CallRecord(
            key=f"call {number}",
            subject=row["judgment_key"],
            kind="judge",
            model="m",
            served_model="m",
            usage=Usage(10, 5, 0.01),
            latency_s=0.1,
            attempt=1,
        )
        for number, row in enumerate(store.rows(query, [thought.key]))
    )
    content = of_run(store, RUN)
    costs = {step.step: (step.calls, step.dollars) for step in section(content, Training).costs}
    assert costs["evaluate/thought/1"] == (180, pytest.approx(1.80))
    assert costs["evaluate/direct/1"] == (0, None)
    assert ">1.80<" in render(content)


def test_a_row_has_what_the_steps_of_its_arm_left(store: Store) -> None:
    direct, thought = training_rows(read_run(store, finished_run(store)))
    assert (direct.arm, thought.arm) == ("direct", "thought")
    assert (thought.epoch, thought.chosen_epoch, thought.held_out) == ("2 of 2", 2, {1: 0.5, 2: 0.6})
    assert (thought.margin, thought.longer, thought.dropped) == (2.5, -10.0, "tie 2")
    assert (thought.thought_chars, direct.thought_chars) == (15.0, None), "the direct arm has no thoughts"
    assert thought.judge_gap is None, "one judge alone"


def test_one_point_is_no_chart(store: Store) -> None:
    content = of_run(store, finished_run(store))
    titles = [title for title, _ in section(content, Training).charts]
    assert titles == ["Training loss by epoch"], "of two epochs; all else has one iteration"


def test_win_rates_stand_against_the_time_that_they_took(store: Store) -> None:
    training = section(of_run(store, longer_run(store)), Training)
    assert [(point.after, point.seconds, point.rate.value) for point in training.compute] == [
        ("seed", 0.0, pytest.approx(1 / 3)),
        ("iteration 1", 200.0, pytest.approx(0.5)),
        ("iteration 2", 400.0, pytest.approx(0.75)),
    ]
    assert training.charts[0][0] == "Win rate by minutes of sampling, judging and training"


@pytest.mark.parametrize(("accuracy", "flagged"), [(0.52, True), (0.7, False)])
def test_a_reward_accuracy_near_chance_is_a_caveat(store: Store, accuracy: float, flagged: bool) -> None:
    content = of_run(store, longer_run(store, accuracy))
    said = "Training hardly separated chosen from rejected: reward accuracy thought in iteration 1 52.0%"
    assert any(warning.startswith(said) for warning in content.verdict.warnings) == flagged
    assert ('<span class="flag"' in render(content)) == flagged


def test_small_figures_keep_their_digits(store: Store) -> None:
    assert "<td>0.00042</td>" in render(of_run(store, longer_run(store)))
