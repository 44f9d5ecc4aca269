"""The list of steps: in order, stable under extension, and the same for status, dry run and loop."""

from tests.tpo.runs import least
from tpobench.tpo.config import RunConfig
from tpobench.tpo.steps import planned_steps


def planned(config: RunConfig) -> list[str]:
    return [step.name for step in planned_steps(config)]


def test_every_step_of_one_iteration_in_order() -> None:
    assert planned(least(training={"epochs": 2}, warm_start={})) == [
        "instructions/1",
        "seed",
        "evaluate/seed/direct",
        "evaluate/seed/thought",
        "warm_start/thought",
        "warm_start/direct",
        "evaluate/thought/0",
        "evaluate/direct/0",
        "head_to_head/0",
        "sample/thought/1",
        "score/thought/1",
        "pairs/thought/1",
        "train/thought/1",
        "select/thought/1",
        "evaluate/thought/1",
        "sample/direct/1",
        "score/direct/1",
        "pairs/direct/1",
        "train/direct/1",
        "select/direct/1",
        "evaluate/direct/1",
        "head_to_head/1",
        "gate/1",
    ]


def test_one_epoch_needs_no_selection_and_one_arm_no_head_to_head() -> None:
    steps = planned(least(arms=["direct"]))
    assert not [step for step in steps if step.startswith(("select", "head_to_head", "gate", "evaluate/seed/thought"))]


def test_more_iterations_and_another_arm_keep_the_steps_that_there_are() -> None:
    short, long = set(planned(least())), set(planned(least(iterations=3)))
    assert short - long == {"instructions/1"}
    assert set(planned(least(arms=["direct"]))) < short


def test_other_benchmarks_and_tasks_are_measured_for_every_model() -> None:
    steps = planned(least(evaluation={"benchmarks": [{}, {"name": "alpaca_eval"}], "lm_eval": {"tasks": ["gsm8k"]}}))
    for model in ("seed/direct", "seed/thought", "thought/1", "direct/1"):
        assert {f"evaluate/{model}", f"evaluate/{model}/alpaca_eval", f"lm_eval/{model}"} <= set(steps)
